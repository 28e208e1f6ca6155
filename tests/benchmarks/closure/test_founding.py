"""The founding case: every figure by hand where it can be, and tiny runs from end to end."""

from datetime import date

import numpy as np
import pytest

import benchmarks.closure.founding as founding
import benchmarks.closure.observer as observer
from benchmarks.frame import Options
from forecasting.closure.landmarks import take_censuses
from forecasting.closure.load import read_deals
from forecasting.closure.models import describe
from forecasting.closure.report.judged import Judged
from inputs.synthetic.deals import MEDIAN_EUR
from inputs.synthetic.pipeline import Year, make_pipeline


@pytest.fixture(scope="module")
def whole():
    pipeline = make_pipeline(deals=300, years={2025: Year(0.3)}, as_of=date(2025, 12, 31), seed=1)
    deals = read_deals(pipeline.opportunities, pipeline.stage_events, start_stages=[], as_of=date(2025, 12, 31))
    return deals, take_censuses(deals, horizon_days=90)


def test_each_observation_alone_is_described_as_among_its_deal(whole) -> None:
    """Cutting a deal into its observations loses nothing that models look at."""
    deals, rows = whole
    found = describe(*founding.as_seen(deals, rows, None), horizon_days=90)
    told = describe(deals, rows, horizon_days=90)
    assert found.features.names == told.features.names
    # The usual order of stages is counted anew; all that does not hang on it is equal.
    same = [name for name in told.features.names if not name.startswith("stage") and name != "jumps_back"]
    assert np.array_equal(found.features.arranged(tuple(same)), told.features.arranged(tuple(same)), equal_nan=True)
    assert np.array_equal(found.state.stage, told.state.stage)


def test_shuffling_moves_stages_and_nothing_else(whole) -> None:
    """Per observation the same stages at the same times, in another order; outcomes stay."""
    deals, rows = whole
    plain, at = founding.as_seen(deals, rows, None)
    mixed, same = founding.as_seen(deals, rows, np.random.default_rng(0))
    assert np.array_equal(plain.entered, mixed.entered)
    assert (plain.stage != mixed.stage).mean() > 0.3
    for row in range(0, len(at), 97):
        part = slice(plain.first[row], plain.first[row + 1])
        assert sorted(plain.stage[part]) == sorted(mixed.stage[part])
    assert np.array_equal(at.won, same.won)


def test_one_row_a_deal() -> None:
    """Each deal once, by a draw that depends on the seed alone."""
    deal = np.repeat([3, 5, 9], [4, 1, 7])
    found = founding.one_row_a_deal(deal, 1)
    assert deal[found].tolist() == [3, 5, 9]
    assert np.array_equal(found, founding.one_row_a_deal(deal, 1))
    assert len({tuple(founding.one_row_a_deal(deal, seed)) for seed in range(20)}) > 5


def test_a_posterior_knows_what_the_path_and_the_amount_say() -> None:
    """A large amount is a key account's; long in one stage: slow, and worse than average; a quick leap: good."""

    def means(stage, day, amount):
        weight = observer.posterior(np.array(stage), np.array(day), float(np.log(amount)))
        assert weight.sum() == pytest.approx(1.0)
        quality, pace = weight.sum(axis=(0, 2)) @ observer.QUALITY, weight.sum(axis=(0, 1)) @ observer.LOG_PACE
        return int(weight.sum(axis=(1, 2)).argmax()), float(quality), float(pace)

    fresh = means([0], [0.0, 0.001], MEDIAN_EUR[3])
    assert fresh == pytest.approx((3, 0.0, 0.0), abs=0.02)
    _, quality, pace = means([0], [0.0, 60.0], MEDIAN_EUR[0])
    assert quality < -0.05
    assert pace > 0.3
    assert means([0, 3, 4], [0.0, 1.0, 2.0, 3.0], MEDIAN_EUR[1])[1] > 0.15


def test_the_interval_of_ours_far_and_the_reps_near_is_of_their_difference() -> None:
    """Perfect order far ahead, none of the reps near: half an AUC apart."""
    count = 400
    won = np.arange(count) % 2 == 0
    at = np.zeros(count, dtype=np.int64)
    noise = np.random.default_rng(0).random(count)
    judged = Judged(np.arange(count), at, at, at + 1, won, {"model": won * 0.8 + 0.1}, noise, at * 1.0, at)
    low, high = founding.apart(judged, judged, 1)
    assert low == pytest.approx(0.45, abs=0.06)
    assert high == pytest.approx(0.55, abs=0.06)
    assert np.isnan(founding.apart(judged.pick(won), judged, 1)).all()


@pytest.mark.parametrize("which", ["strict", "noisy"])
def test_leads_from_end_to_end(which: str) -> None:
    """Right for more leads than a coin or one answer, not for more than a perfect model but by luck."""
    row = next(founding.measure_accuracy(which, 500, 5))
    assert row["perfect_pct"] + 3 > row["accuracy_pct"] > 65  # on few leads luck may beat perfection
    assert row["low"] < row["accuracy_pct"] < row["high"]
    assert (row["strict_pct"] < 100) == (which == "noisy")


def test_years_lead_times_and_order_from_end_to_end() -> None:
    """Rows of whole years with who was nearer by their own figures, last year's rate beside the better year."""
    rows = list(founding.measure_years(1200, 5))
    years = {row["model"]: row for row in rows if "nearer" in row}
    better = years["year FY24 5"]
    assert better["whole"]
    assert better["last_rate_nearer"] in ("rep", "model", "equal")
    for row in years.values():
        gap = abs(row["bias_pp"]) - abs(row["rep_bias_pp"])
        assert row["nearer"] == ("equal" if abs(gap) < 0.5 else "model" if gap < 0 else "rep")
    rows += [*founding.measure_lead_time(120, 5), *founding.measure_order(150, 5), observer.measure_observer(60, 5)]
    found = founding.summarise([{"part": "founding", **row} for row in rows])
    assert set(found) <= set(founding.SUMMARY_KEYS)
    assert found["founding.max_year_bias_pp"] == max(abs(row["bias_pp"]) for row in years.values() if row["whole"])
    assert found["founding.lead_days"] % founding.LEAD_STEP_DAYS == 0
    assert found["founding.observer_auc"] <= found["founding.truth_auc"] + 0.03


def test_every_claim_has_a_cell_for_every_seed(tmp_path) -> None:
    """Three seeds of five claims, and the order once; keys are unique."""
    keys = [key for key, _ in founding.cells(Options(tmp_path))]
    assert len(keys) == len(set(keys)) == 16
