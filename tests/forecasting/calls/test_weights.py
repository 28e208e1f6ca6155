"""Convex weights: they find the part that is right, and are drawn to the prior where little is known."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.calls.known import Part
from forecasting.calls.weights import PRIOR_LEVEL, Weights, learn_weights, mixed, prior_weights


def learned(days: int, right: int, queues: int = 1) -> Weights:
    """Weights where part `right` is exact and the others are 30 % off, up and down."""
    rng = np.random.default_rng(0)
    totals = rng.uniform(80, 120, (days, queues))
    levels = np.stack([totals * (1.0 if k == right else (1.3 if k == (right + 1) % 3 else 0.7)) for k in range(3)])
    share = np.array([0.25, 0.75])
    calls = totals[:, :, None] * share
    courses = np.stack([np.broadcast_to(share if k == right else share[::-1], calls.shape) for k in range(3)])
    return learn_weights(levels, courses, totals, calls)


@pytest.mark.parametrize("right", [0, 1, 2])
def test_the_part_that_was_right_wins_with_many_days(right):
    """1,500 days move the weights ten parts of eleven to the exact part: 10/11 + prior / 11."""
    weights = learned(1500, right)
    assert weights.level[0, right] == pytest.approx(10 / 11 + PRIOR_LEVEL[right] / 11)
    assert weights.course[0, right] > 0.9


def test_few_days_leave_the_prior_nearly_as_it_is():
    """Fifteen days weigh a tenth of the prior's 150: the weights move by a eleventh."""
    weights = learned(15, 2)
    assert weights.level[0] == pytest.approx(PRIOR_LEVEL * 10 / 11 + np.array([0, 0, 1]) / 11)


def test_nothing_known_is_the_prior():
    """No past day at all."""
    nothing = np.full((3, 4, 1), np.nan), np.full((3, 4, 1, 2), np.nan), np.full((4, 1), np.nan)
    weights = learn_weights(*nothing, np.full((4, 1, 2), np.nan))
    assert weights.level[0] == pytest.approx(PRIOR_LEVEL)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(1, 1000), min_size=3, max_size=3), st.integers(0, 2))
def test_a_mixture_lies_between_its_parts_and_a_missing_part_gives_its_weight_away(levels, missing):
    """Convex: never outside the parts; courses sum to one."""
    parts = [Part(np.array([[level]]), np.array([[[0.4, 0.6]]])) for level in levels]
    whole = mixed(parts, prior_weights(1))
    assert min(levels) - 1e-6 <= whole.level[0, 0] <= max(levels) + 1e-6
    there = [part if k != missing else None for k, part in enumerate(parts)]
    left = [level for k, level in enumerate(levels) if k != missing]
    less = mixed(there, prior_weights(1))
    assert min(left) - 1e-6 <= less.level[0, 0] <= max(left) + 1e-6
    assert less.course.sum() == pytest.approx(1.0)


def test_a_part_that_says_nothing_on_a_day_is_left_out_on_that_day_only():
    """Level NaN on the second day: there the other two count, 0.15 to 0.15."""
    course = np.ones((1, 2, 1))
    parts = [Part(np.array([[10.0, np.nan]]), course), Part(np.array([[20.0, 20.0]]), course),
             Part(np.array([[30.0, 30.0]]), course)]  # fmt: skip
    level = mixed(parts, prior_weights(1)).level[0]
    assert level == pytest.approx([0.7 * 10 + 0.15 * 20 + 0.15 * 30, 25.0], rel=1e-6)
