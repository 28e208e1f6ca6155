"""The benchmark's parts of leads, churn, value and actions on small tables of the same form."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import benchmarks.closure.actions as actions
import benchmarks.closure.churn as churn
import benchmarks.closure.leads as leads
import benchmarks.closure.value as value
from benchmarks.closure.planted_leads import HONEST, LEAKING, UNSHOWN, draw_leads, make_tables
from benchmarks.closure.spread import spread, spread_of_lead
from benchmarks.frame import Options
from forecasting.customers.purchases import Purchases


def measured(part, path: Path, **options):
    """Rows and summary of a part's cells on one file."""
    asked = Options(data=path.parent, instances=(path,), size="quick", **options)
    rows = [row for _, run in part.cells(asked) for row in run()]
    summary = part.summarise(rows)
    assert set(summary) <= set(part.SUMMARY_KEYS)
    return rows, summary


def test_parts_without_their_file_measure_nothing(tmp_path: Path) -> None:
    asked = Options(data=tmp_path)
    for part in (leads, churn, value):
        assert [key for key, _ in part.cells(asked)] == {
            leads: ["planted"],
            churn: ["planted 0", "planted 1", "planted 2"],
            value: [],
        }[part]
        assert part.summarise([]) == {}
    assert len(list(actions.cells(asked))) == 3


def test_leads_are_split_by_number_and_the_leak_is_refused(tmp_path: Path) -> None:
    """Visits tell who converts, `Tags` was written afterwards; rows stand in no order."""
    rng = np.random.default_rng(3)
    rows = 900
    visits = rng.poisson(4, rows)
    won = rng.random(rows) < 1 / (1 + np.exp(3 - 0.7 * visits))
    table = pd.DataFrame(
        {"Prospect ID": [f"p{i}" for i in range(rows)], "Lead Number": 5000 + np.arange(rows), "TotalVisits": visits,
         "Tags": np.where(won, "closed", "not interested"), "Converted": won.astype(int)}
    )  # fmt: skip
    path = tmp_path / leads.FILE
    table.sample(frac=1, random_state=1).to_csv(path, index=False)
    found, summary = measured(leads, path, solutions=tmp_path / "out")
    assert [row["model"] for row in found] == [leads.OURS, leads.BASE, leads.LOGISTIC]
    assert summary["leads.known_leaks_refused"] == summary["leads.known_leaks"] == 1
    assert 0.6 < summary["leads.auc"] < 0.95
    assert summary["leads.base_rate_bias_pp"] == pytest.approx(100 * (won[:630].mean() - won[630:].mean()))
    assert len(pd.read_csv(tmp_path / "out" / "leads.csv")) == 270
    ahead = summary["leads.auc"] - summary["leads.base_rate_auc"]
    assert summary["leads.ahead_of_base_rate_auc"] == pytest.approx(ahead)
    assert summary["leads.ahead_of_base_rate_auc_low"] < ahead < summary["leads.ahead_of_base_rate_auc_high"]


def test_planted_leads_are_drawn_as_described() -> None:
    """8 to 50 % convert; honest columns know no outcome beyond keenness, a status does; the fresh have no outcome."""
    for seed in range(3):
        drawn = draw_leads(np.random.default_rng(seed))
        assert 0.05 < drawn.won.mean() < 0.55
        assert 0.7 <= drawn.past / len(drawn.won) <= 0.8
    fresh, history = make_tables(4, ("status", "tag"))
    assert set(history.columns) == {*HONEST, "status", "tag", "lead_id", "converted"}
    assert set(fresh.columns) == set(history.columns) - {"converted"}
    assert ((history["status"] == "signed") == (history["converted"] == 1)).mean() > 0.9
    assert set(fresh["status"]) == {"open", "refused"}
    fresh, history = make_tables(5, tuple(LEAKING))
    won = history["converted"] == 1
    assert fresh["days to close"].isna().all()
    assert history.loc[won, "days to close"].notna().all()
    assert (history.loc[~won, "discount"] == 0).all()
    assert history[UNSHOWN].notna().all()
    assert fresh["calls"].mean() < history["calls"].mean()
    assert (fresh["last activity"] == "visited").mean() < (history["last activity"] == "visited").mean()


def test_planted_leaks_are_counted_kind_by_kind() -> None:
    """Three tables: every kind's row says how often it was there; what is not refused of a leak is missed."""
    rows = list(leads.measure_planted(900, 3))
    by = {row["model"].removeprefix("planted "): row for row in rows}
    assert set(by) == {*LEAKING, *HONEST}
    assert all(by[name]["rows"] == 3 for name in HONEST)
    found = leads.summarise(rows)
    assert set(found) <= set(leads.SUMMARY_KEYS)
    assert found["leads.planted_honest_columns"] == 3 * len(HONEST)
    shown = [by[name] for name in LEAKING if name != UNSHOWN]
    assert found["leads.planted_leaks"] == sum(row["rows"] for row in shown) > 0
    assert found["leads.planted_leaks_missed"] == sum(row["rows"] - row["refused"] for row in shown)


def test_churn_is_the_mean_over_splits(tmp_path: Path) -> None:
    """Three splits of 500 customers; the mean, the worst and the best are those of the rows."""
    rng = np.random.default_rng(4)
    tenure = rng.uniform(0, 60, 500)
    left = rng.random(500) < np.where(tenure < 20, 0.6, 0.1)
    path = tmp_path / churn.FILE
    pd.DataFrame(
        {"customerID": np.arange(500), "tenure": tenure, "Churn": np.where(left, "Yes", "No")}
    ).to_csv(path, index=False)  # fmt: skip
    rows, summary = measured(churn, path, solutions=tmp_path)
    ours = [row["auc"] for row in rows if row["model"] == churn.OURS]
    assert len(ours) == summary["churn.splits"] == 3
    assert summary["churn.auc"] == pytest.approx(np.mean(ours))
    assert (summary["churn.auc_worst_split"], summary["churn.auc_best_split"]) == (min(ours), max(ours))
    assert summary["churn.ahead_of_logistic"] == pytest.approx(summary["churn.auc"] - summary["churn.logistic_auc"])
    assert len(pd.read_csv(tmp_path / "churn.csv")) == 100


def test_planted_churn_is_held_against_what_can_be_learned(monkeypatch: pytest.MonkeyPatch) -> None:
    """The planted order is the best, what many customers teach second; the summary is the differences of the rows."""
    monkeypatch.setattr(churn, "MANY", 20_000)
    monkeypatch.setattr(churn, "LEARNED", 1000)
    row = next(iter(churn.measure_planted(901)))
    assert 0.6 < row["auc"] < row["learnable_auc"] < row["truth_auc"]
    assert row["ece"] < 0.05
    found = churn.summarise([row])
    assert found["churn.planted_short_of_truth_auc"] == pytest.approx(row["truth_auc"] - row["auc"])
    parts = found["churn.planted_short_of_learnable_auc"] + found["churn.planted_learnable_short_of_truth_auc"]
    assert parts == pytest.approx(found["churn.planted_short_of_truth_auc"])
    assert set(found) <= set(churn.SUMMARY_KEYS)


def test_value_measures_every_baseline_at_the_origin(tmp_path: Path) -> None:
    """Sixty customers who buy for 10 EUR every 20 days, to the end: everything that repeats is nearly right."""
    days = pd.date_range("1997-01-01", "1998-06-30", freq="20D")
    table = pd.concat(
        pd.DataFrame({"customer_id": who, "date": days + pd.Timedelta(days=who % 20), "quantity": 1, "amount": 10.0})
        for who in range(1, 61)
    )
    path = tmp_path / value.FILE
    table.to_csv(path, index=False)
    rows, summary = measured(value, path, solutions=tmp_path)
    assert [row["model"] for row in rows] == [value.OURS, *value.KEYS]
    assert abs(summary["value.last_weeks_bias_pct"]) < 12
    assert abs(summary["value.rule_bias_pct"]) < 12
    assert summary["value.best_capture10"] >= summary["value.capture10"] > 0.08
    ahead = summary["value.capture10"] - summary["value.own_mean_capture10"]
    assert summary["value.ahead_of_own_mean"] == pytest.approx(ahead)
    assert len(pd.read_csv(tmp_path / "value.csv")) == 60


def test_the_recency_frequency_rule_by_hand() -> None:
    """All bought once and long ago, half again in the last 13 weeks for 30: those alike get the mean of their kind."""
    ids = np.array([f"c{i}" for i in range(10)])
    row = np.concatenate([np.arange(10), np.arange(5)])
    day = np.concatenate([np.zeros(10, int), np.full(5, 150)])
    purchases = Purchases(ids, row, day, np.concatenate([np.full(10, 5.0), np.full(5, 30.0)]), 200, ())
    found = value.recency_frequency(purchases, 200)
    assert found[5:] == pytest.approx([15.0] * 5)


def test_habit_against_effects() -> None:
    """The planted order itself is 100 %, its reverse -100 %, no order 0."""
    pairs = pd.DataFrame({"planted": [0.3, 0.2, 0.1], "good": [3, 2, 1], "bad": [1, 2, 3], "flat": [1, 1, 1]})
    assert [actions.share_of_oracle(pairs, name) for name in ("good", "bad", "flat")] == pytest.approx([100, -100, 0])


def test_effects_and_churn_are_averaged_by_kind() -> None:
    rows = [
        {"model": "effects 1", "qini_pct_of_oracle": 80.0, "within_pct": 1.0, "habit_pct": 40.0, "seconds": 1.0},
        {"model": "effects 2", "qini_pct_of_oracle": 90.0, "within_pct": 3.0, "habit_pct": 50.0, "seconds": 3.0},
        {"model": "churn 1", "ece": 0.01, "auc": 0.7, "truth_auc": 0.8, "euros_pct": 5.0, "value_pct": 1.0},
    ]
    found = actions.summarise(rows)
    assert found["actions.qini_pct_of_oracle"] == 85
    assert found["actions.worst_qini_pct_of_oracle"] == 80
    assert found["churn.euros_vs_planted_pct"] == 5
    assert set(found) <= set(actions.SUMMARY_KEYS)


def test_a_lead_is_measured_on_the_same_rows() -> None:
    """Means 1 and 0 of the same numbers: ahead by exactly 1 in every sample, though either mean varies."""
    numbers = np.random.default_rng(1).normal(size=50)
    found = spread_of_lead(lambda said, _: float(said.mean()), numbers + 1, numbers, numbers)
    assert found == pytest.approx((1, 1, 1))


def test_the_interval_of_a_mean_holds_it() -> None:
    """90 % of samples of 400 numbers of mean 0: about 1.645 / 20 either way."""
    numbers = np.random.default_rng(1).normal(size=400)
    low, high = spread(lambda first, _: float(first.mean()), numbers - numbers.mean(), numbers)
    assert -0.11 < low < -0.06 < 0.06 < high < 0.11
