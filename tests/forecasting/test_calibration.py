import numpy as np
import pytest
from scipy.special import expit

from forecasting.calibration import Calibrator, fit_calibrator, logit
from forecasting.metrics import auc, bias_points, ece


def sample(rows: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """True probabilities, outcomes drawn from them, and times in order."""
    rng = np.random.default_rng(seed)
    truth = expit(rng.normal(-0.5, 1.2, rows))
    return truth, (rng.random(rows) < truth).astype(int), np.arange(rows)


def test_a_score_that_is_right_already_is_left_nearly_alone() -> None:
    truth, won, order = sample(20000)
    assert np.abs(fit_calibrator(truth, won, order).apply(truth) - truth).max() < 0.03
    assert np.array_equal(fit_calibrator(truth, won, order, kinds=("none",)).apply(truth), truth)


def test_platt_undoes_a_known_distortion_of_the_log_odds() -> None:
    truth, won, order = sample(20000)
    shouted = expit(2.0 * logit(truth) + 1.0)
    calibrator = fit_calibrator(shouted, won, order)
    # The undoing line is 0.5 x - 0.5.
    assert calibrator.kind == "platt"
    assert calibrator.slope == pytest.approx(0.5, abs=0.03)
    assert calibrator.intercept == pytest.approx(-0.5, abs=0.05)
    assert abs(bias_points(calibrator.apply(shouted), won)) < 0.1
    assert auc(calibrator.apply(shouted), won) == pytest.approx(auc(shouted, won))


def test_isotonic_wins_where_the_distortion_is_a_step() -> None:
    rng = np.random.default_rng(1)
    score = rng.random(6000)
    won = (rng.random(6000) < np.where(score > 0.7, 0.9, 0.1)).astype(int)
    calibrator = fit_calibrator(score, won, np.arange(6000))
    assert calibrator.kind == "isotonic"
    assert calibrator.apply([0.2, 0.95]) == pytest.approx([0.1, 0.9], abs=0.06)
    assert ece(calibrator.apply(score), won) < 0.02


@pytest.mark.parametrize("kind", ["none", "platt", "beta", "isotonic"])
def test_a_calibrated_probability_never_falls_where_the_raw_one_rises(kind) -> None:
    truth, won, order = sample(800)
    grid = np.linspace(0, 1, 201)
    mapped = fit_calibrator(truth, won, order, kinds=(kind,)).apply(grid)
    assert (np.diff(mapped) >= 0).all()
    assert mapped.min() >= 0
    assert mapped.max() <= 1


def test_isotonic_never_promises_certainty() -> None:
    score = np.linspace(0.01, 0.99, 100)
    won = (score > 0.5).astype(int)
    mapped = fit_calibrator(score, won, np.arange(100) % 10, kinds=("isotonic",)).apply(score)
    # 50 rows of one outcome are drawn to the mean by one row's weight: 0.5 / 51 from the end.
    assert mapped.min() == pytest.approx(0.5 / 51)
    assert mapped.max() == pytest.approx(50.5 / 51)


def test_beta_bends_at_one_end_where_a_line_cannot() -> None:
    # Kull et al. (2017): p^2 odds at the low end only, a log p - b log(1 - p) with a = 2 and b = 1.
    truth, won, order = sample(30000)
    z = np.linspace(1e-6, 1 - 1e-6, 400001)
    raw = np.interp(truth, expit(2 * np.log(z) - np.log1p(-z)), z)
    calibrator = fit_calibrator(raw, won, order, kinds=("beta",))
    assert calibrator.slope == pytest.approx(2.0, abs=0.1)
    assert calibrator.slope_high == pytest.approx(1.0, abs=0.1)
    assert calibrator.apply(raw) == pytest.approx(truth, abs=0.02)


def test_a_backward_score_keeps_no_slope_in_beta_either() -> None:
    truth, won, order = sample(2000)
    calibrator = fit_calibrator(1 - truth, won, order, kinds=("beta",))
    assert (calibrator.slope, calibrator.slope_high) == (0.0, 0.0)
    assert calibrator.apply([0.2]) == pytest.approx([won.mean()])


def test_the_choice_is_made_on_later_blocks_only() -> None:
    # The first three fifths follow the score, the last two are reversed: a curve fitted on the past must lose.
    truth, won, order = sample(2000)
    drifted = np.where(order < 1200, won, 1 - won)
    losses = fit_calibrator(truth, drifted, order).block_log_loss
    assert set(losses) == {"none", "platt", "isotonic"}
    assert losses["platt"] > 0.7


def test_a_backward_score_is_not_turned_round() -> None:
    truth, won, order = sample(2000)
    calibrator = fit_calibrator(1 - truth, won, order, kinds=("platt",))
    assert calibrator.slope == 0.0
    assert calibrator.apply([0.1, 0.9]) == pytest.approx([won.mean()] * 2)


@pytest.mark.parametrize(
    ("won", "order"),
    [([1] * 80, range(80)), ([0, 1] * 20, range(40)), ([0, 1] * 40, [5] * 80)],
    ids=["one outcome", "too few rows", "one moment"],
)
def test_where_nothing_can_be_told_the_score_stays(won, order) -> None:
    calibrator = fit_calibrator(np.full(len(won), 0.3), won, list(order))
    assert calibrator == Calibrator()
    assert calibrator.apply([0.3]) == pytest.approx([0.3])


def test_equal_times_are_never_parted_so_row_order_does_not_matter() -> None:
    truth, won, _ = sample(600)
    week = np.arange(600) // 60
    shuffle = np.random.default_rng(0).permutation(600)
    one = fit_calibrator(truth, won, week).block_log_loss
    other = fit_calibrator(truth[shuffle], won[shuffle], week[shuffle]).block_log_loss
    assert one == pytest.approx(other)


def test_times_may_be_dates_and_wrong_input_is_refused() -> None:
    truth, won, order = sample(200)
    days = np.datetime64("2026-01-01") + order.astype("timedelta64[D]")
    assert fit_calibrator(truth, won, days) == fit_calibrator(truth, won, order)
    with pytest.raises(ValueError, match="equal length"):
        fit_calibrator(truth, won[:-1], order)
    with pytest.raises(ValueError, match="known"):
        fit_calibrator([np.nan, 0.5], [0, 1], [0, 1])
