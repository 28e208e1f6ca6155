import numpy as np
import pandas as pd
import pytest

import benchmarks.closure.probabilities as probabilities
from benchmarks.closure.cases import DECIDED_BEFORE, cohort_of, judged_history, known_history, read_log, train_history
from benchmarks.closure.probabilities import AS_OF, OURS, by_chance, differences, figures, simple_models, summarise
from benchmarks.frame import Options
from forecasting.closure.load import NEVER
from forecasting.closure.models import Care
from forecasting.metrics import auc


@pytest.fixture(scope="module")
def log(tmp_path_factory, write_log):
    return read_log(write_log(tmp_path_factory.mktemp("log")))


def test_cases_are_cut_as_the_terms_say(log) -> None:
    assert len(log.cases) == 270
    assert (log.train["q"] < "2011-12-05").all()
    assert (log.train["end"] < "2012-01-05").all()
    assert ((log.test["q"] >= "2012-01-05") & (log.test["q"] < "2012-02-08")).all()
    assert set(log.cases["outcome"]) == {"A_APPROVED", "A_DECLINED"}


def test_rows_are_open_cases_on_mondays_and_only_states_are_stages(log) -> None:
    train = train_history(log)
    test = judged_history(log, train.deals)
    moment = pd.DatetimeIndex(np.asarray(test.rows.landmark).astype("datetime64[s]"))
    assert (moment.day_of_week == 0).all()
    assert (moment.hour == 0).all()
    assert (test.deals.terminal[test.rows.deal] > test.rows.landmark).all()
    assert (np.asarray(test.created) < test.rows.landmark).all()
    assert train.deals.stages == ("A_PREACCEPTED", "A_SUBMITTED", "O_SENT", "(unknown stage)")
    assert train.deals.touches.kinds == ("W_CALL",)
    assert test.deals.stages == train.deals.stages
    assert set(cohort_of(test)) <= {0, 1, 2}


def test_figures_and_differences_are_those_of_the_measures(log) -> None:
    train = train_history(log)
    test = judged_history(log, train.deals)
    found = simple_models(train, test)
    assert set(found) == {"last stage", "stage + dwell logistic, isotonic"}
    p = found["last stage"]
    row = figures("last stage", p, test, draws=20, seed=1)
    assert row["auc"] == auc(p, test.rows.won)
    assert row["auc_low"] <= row["auc"] <= row["auc_high"]
    assert row["max_cohort_bias_pp"] >= abs(row["bias_pp"]) - 1e-9
    same = list(differences({OURS: p, "last stage": p}, test, draws=10, seed=1))
    assert [each["low"] for each in same] == [0.0, 0.0]
    summary = summarise([row | {"model": OURS}, *same])
    assert summary["auc"] == row["auc"]
    assert summary["last_stage.auc_gain_low"] == 0.0


def test_what_was_known_before_the_test_holds_open_cases_without_an_outcome(log) -> None:
    train = train_history(log)
    known = known_history(log, train.deals)
    begins = int(DECIDED_BEFORE.timestamp())
    ids = known.deals.table["opportunity_id"]
    assert len(log.undecided) == 30
    assert set(log.undecided.index[log.undecided["q"] < DECIDED_BEFORE].astype(str)) < set(ids)
    assert set(train.deals.table["opportunity_id"]) < set(ids)
    assert (known.rows.known_at[known.rows.known_at < NEVER] < begins).all()
    assert (known.rows.known_at == NEVER).any()
    assert (known.deals.entered < begins).all()
    # The rows of a train case are the same in both.
    mine = ids.isin(train.deals.table["opportunity_id"]).to_numpy()[known.rows.deal]
    assert mine.sum() == len(train.rows)
    same = known.pick(mine)
    names = tuple(name for name in train.features.names if name in known.features.names)
    assert np.array_equal(
        np.sort(same.features.arranged(names), axis=0), np.sort(train.features.arranged(names), axis=0), equal_nan=True
    )


def test_a_perfect_forecast_errs_by_chance_alone(log) -> None:
    test = judged_history(log, train_history(log).deals)
    sure = by_chance(test.rows.won.astype(float), test, draws=5, seed=1)
    assert (sure["auc"], sure["brier"], sure["ece"], sure["max_cohort_bias_pp"]) == (1.0, 0.0, 0.0, 0.0)
    p = np.full(len(test.rows), 0.3)
    vague = by_chance(p, test, draws=200, seed=1)
    assert vague["auc"] == 0.5
    assert vague["brier"] == pytest.approx(0.21, abs=0.02)
    assert 0 < vague["ece"] < vague["ece_high"] < 0.3
    summary = summarise([vague, figures(AS_OF, p, test, draws=0, seed=1)])
    assert summary["perfect.ece_high"] == vague["ece_high"]
    assert summary["as_of.auc"] == 0.5


def test_a_whole_log_is_measured_and_written(tmp_path, write_log, monkeypatch) -> None:
    few = Care(tree_seeds=1, tree_rows=1_000, hazard_seeds=1, hazard_spans=2_000)
    monkeypatch.setattr(probabilities, "SIZES", {"quick": few})
    monkeypatch.setattr(probabilities, "FOLDS", 2)
    folder = write_log(tmp_path, seed=3, count=1200)
    options = Options(data=tmp_path, instances=(folder,), size="quick", solutions=tmp_path / "out")
    ((_, run),) = probabilities.cells(options)
    rows = list(run())
    summary = summarise(rows)
    assert set(probabilities.SUMMARY_KEYS) == set(summary)
    assert summary["test_rows"] == len(pd.read_csv(tmp_path / "out" / "closure.csv"))
    assert summary["auc"] > summary["base_rate.auc"] == 0.5
    assert 0 <= summary["pipeline_cover80_pct"] <= 100
    shared, alone = (next(row for row in rows if row["model"] == f"{OURS}, {name}") for name in
                     ("shared shift", "independent"))  # fmt: skip
    assert shared["pipeline_mape_pct"] == alone["pipeline_mape_pct"]
    assert shared["pipeline_cover80_pct"] >= alone["pipeline_cover80_pct"]


def test_a_log_too_small_for_the_heads_is_measured_all_the_same(tmp_path, write_log, monkeypatch) -> None:
    monkeypatch.setattr(probabilities, "FOLDS", 2)
    folder = write_log(tmp_path, seed=3, count=150)
    rows = list(probabilities.measure_log(folder, Options(data=tmp_path, size="quick")))
    summary = summarise(rows)
    assert 0 < summary["test_rows"] < 200
    assert 0 <= summary["brier"] <= 0.5
