"""The scores, worked out by hand."""

import numpy as np
import pytest

from benchmarks.calls.scores import Said, scores


def test_errors_are_ratios_of_sums_and_missing_slots_do_not_count():
    """Two origins of one day: errors 2 + 4 of 20 calls and 5 of 30; days cancel within."""
    said = [Said(np.array([[12.0, 6.0, 99.0]])), Said(np.array([[15.0, 10.0, 10.0]]))]
    came = [np.array([[10.0, 10.0, np.nan]]), np.array([[10.0, 10.0, 10.0]])]
    found = scores(said, came, naive_error=2.0)
    assert found["wI"] == pytest.approx(100 * 11 / 50)
    assert found["wD"] == pytest.approx(100 * (2 + 5) / 50)
    assert found["TD"] == pytest.approx(100 * (2 / 20 + 5 / 30) / 2)
    assert found["mase"] == pytest.approx(11 / (5 * 2.0))


def test_coverage_and_quantile_loss():
    """Bands 5..15 hold 10 and miss 20; loss at 10/50/90 % of 20 against 5, 10 and 15 by hand."""
    bands = np.stack([np.full((1, 2), v) for v in (5.0, 10.0, 15.0)])
    paths = np.repeat(np.arange(101.0)[:, None, None], 2, axis=2) / 5  # 0 to 20 in each slot, both alike
    found = scores([Said(np.full((1, 2), 10.0), bands, paths)], [np.array([[10.0, 20.0]])], naive_error=1.0)
    assert found["cover80_interval"] == 50
    loss = (0.1 * 5 + 0.1 * 15) + (0.5 * 10) + (0.1 * 5 + 0.9 * 5)
    assert found["wQL"] == pytest.approx(100 * 2 * loss / 30 / 3)
    assert found["cover80_day"] == 100  # 30 calls within 4 to 36
    assert found["crossings"] == 0
    assert found["negatives"] == 0
