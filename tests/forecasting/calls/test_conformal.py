"""Bands and their stretch, worked out by hand."""

import numpy as np
import pytest

from forecasting.calls.conformal import Scores, band_score, count_quantiles

PATHS = np.arange(101.0)[:, None]  # 10 %, 50 % and 90 % are 10, 50 and 90, to half a call


def test_a_score_is_the_distance_in_half_bands():
    """At 90 the upper edge is met; 110 is one and a half half-bands up; 30 is half a band down."""
    score = band_score(np.array([90.0, 110.0, 30.0, 50.0]), np.repeat(PATHS, 4, axis=1))
    assert score == pytest.approx([1.0, 1.5, 0.5, 0.0], abs=0.02)


def test_bands_too_narrow_by_half_are_stretched_and_few_cases_are_believed_less():
    """Scores twice as large as uniform ones: the 80 % quantile is 1.6; of 40 cases half of its logarithm counts."""
    actual = 50 + 40 * np.linspace(-2, 2, 401)
    many, few = Scores(), Scores()
    many.add("day", actual, np.repeat(PATHS, 401, axis=1), independent=40_000)
    few.add("day", actual, np.repeat(PATHS, 401, axis=1), independent=40)
    assert many.stretch().day == pytest.approx(1.6, abs=0.03)
    assert few.stretch().day == pytest.approx(np.sqrt(1.6), abs=0.03)
    assert many.stretch().interval == 1.0


def test_bands_of_rare_calls_hold_what_they_promise():
    """Poisson counts about 3: read as plain quantiles the band holds 85 % or more, spread evenly 80 %."""
    rng = np.random.default_rng(1)
    paths, actual = rng.poisson(3.0, (400, 500)).astype(float), rng.poisson(3.0, 20_000)
    low, high = count_quantiles(paths, (0.1, 0.9)).mean(axis=1)
    fair = np.mean([(np.clip(actual - low + 0.5, 0, 1) * np.clip(high - actual + 0.5, 0, 1)).mean()])
    assert fair == pytest.approx(0.8, abs=0.02)
    plain = np.quantile(paths, (0.1, 0.9), axis=0).mean(axis=1)
    assert ((actual >= plain[0]) & (actual <= plain[1])).mean() > 0.84


def test_quantiles_never_cross_are_never_negative_and_leave_certain_counts_alone():
    """No calls on any path stay 0; a constant stays itself."""
    rng = np.random.default_rng(2)
    paths = rng.poisson(np.array([0.0, 0.2, 1.0, 7.0]), (200, 4)).astype(float)
    read = count_quantiles(np.hstack([paths, np.full((200, 1), 5.0)]), (0.05, 0.1, 0.5, 0.9, 0.95))
    assert (np.diff(read, axis=0) >= 0).all()
    assert (read >= 0).all()
    assert read[:, 0].tolist() == [0] * 5
    assert read[:, 4].tolist() == [5] * 5
    assert count_quantiles(np.zeros((0, 3)), (0.5,)).tolist() == [[0, 0, 0]]
