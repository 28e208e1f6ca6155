import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import log_loss as sklearn_log_loss
from sklearn.metrics import roc_auc_score

from forecasting.metrics import (
    auc,
    bias_points,
    brier,
    coverage_pct,
    ece,
    log_loss,
    pinball_loss,
    precision_at,
    wmape_pct,
)

ROWS = st.lists(st.tuples(st.integers(0, 8), st.booleans()), min_size=2, max_size=60)


def test_auc_counts_ordered_pairs_and_half_of_the_ties() -> None:
    # Won 0.4 and 0.8 against lost 0.4 and 0.2: 0.5 + 1 + 1 + 1 of 4 pairs.
    assert auc([0.4, 0.8, 0.4, 0.2], [1, 1, 0, 0]) == pytest.approx(3.5 / 4)


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_auc_agrees_with_scikit_learn_also_with_ties(rows: list[tuple[int, bool]]) -> None:
    p = np.array([r[0] / 8 for r in rows])
    y = np.array([r[1] for r in rows], dtype=int)
    if y.min() == y.max():
        assert np.isnan(auc(p, y))
    else:
        assert auc(p, y) == pytest.approx(roc_auc_score(y, p))


def test_brier_log_loss_and_bias_by_hand() -> None:
    p, y = [0.8, 0.4], [1, 0]
    assert brier(p, y) == pytest.approx((0.04 + 0.16) / 2)
    assert log_loss(p, y) == pytest.approx(-(np.log(0.8) + np.log(0.6)) / 2)
    assert log_loss(p, y) == pytest.approx(sklearn_log_loss(y, p))
    assert bias_points(p, y) == pytest.approx(10.0)


def test_log_loss_of_a_certain_error_is_finite() -> None:
    assert log_loss([0.0], [1]) == pytest.approx(-np.log(1e-6))


def test_ece_by_hand_in_two_bins() -> None:
    # Bins {0.1, 0.2} and {0.6, 0.9}: |0.15 - 0.5| and |0.75 - 0.5|, each half of the rows.
    assert ece([0.1, 0.2, 0.6, 0.9], [0, 1, 1, 0], bins=2) == pytest.approx((0.35 + 0.25) / 2)


def test_ece_never_parts_equal_probabilities() -> None:
    # Split ties would give bins of five with error 0.5 each; one block of ten is perfectly calibrated.
    p = np.full(10, 0.5)
    assert ece(p, [1] * 5 + [0] * 5) == pytest.approx(0.0)


@settings(max_examples=40, deadline=None)
@given(ROWS, st.randoms(use_true_random=False))
def test_no_measure_depends_on_the_order_of_rows(rows: list[tuple[int, bool]], random) -> None:
    shuffled = rows.copy()
    random.shuffle(shuffled)
    one, other = ((np.array([r[0] / 8 for r in x]), np.array([float(r[1]) for r in x])) for x in (rows, shuffled))
    assert ece(*one) == pytest.approx(ece(*other))
    assert precision_at(*one, share=0.2) == pytest.approx(precision_at(*other, share=0.2))


def test_precision_at_takes_ties_in_proportion() -> None:
    # The best row is one of three tied ones, of which two happened.
    assert precision_at([0.9, 0.9, 0.9, 0.1, 0.1], [1, 1, 0, 0, 0], share=0.2) == pytest.approx(2 / 3)
    assert precision_at([0.9, 0.8, 0.1, 0.1, 0.1], [1, 0, 0, 0, 0], share=0.4) == pytest.approx(0.5)


def test_wmape_weighs_by_the_actuals_and_leaves_unknown_rows_out() -> None:
    assert wmape_pct([12, 80, 5], [10, 100, np.nan]) == pytest.approx(100 * 22 / 110)
    assert np.isnan(wmape_pct([1], [0]))


def test_pinball_charges_under_and_over_by_the_quantile() -> None:
    assert pinball_loss([10, 10], [20, 5], quantile=0.9) == pytest.approx((0.9 * 10 + 0.1 * 5) / 2)
    assert np.isnan(pinball_loss([np.nan], [1], quantile=0.5))


def test_coverage_counts_both_ends() -> None:
    assert coverage_pct([0, 0, 0, 0], [1, 1, 1, np.nan], [0, 1, 2, 0]) == pytest.approx(100 * 2 / 3)
    assert np.isnan(coverage_pct([], [], []))


@pytest.mark.parametrize("measure", [auc, brier, log_loss, bias_points, ece])
def test_no_rows_give_nan_and_unequal_lengths_are_refused(measure) -> None:
    assert np.isnan(measure([], []))
    with pytest.raises(ValueError, match="equal length"):
        measure([0.5], [1, 0])


def test_precision_of_nothing_is_nan_and_shapes_are_checked() -> None:
    assert np.isnan(precision_at([], [], share=0.2))
    with pytest.raises(ValueError, match="same shape"):
        wmape_pct([1], [1, 2])
    with pytest.raises(ValueError, match="same shape"):
        coverage_pct([1], [1, 2], [1, 2])
