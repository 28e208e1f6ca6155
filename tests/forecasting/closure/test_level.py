"""The level of the latest weeks: from young observations too, and not fooled by which outcomes are quick."""

import numpy as np
import pytest
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.level import WINDOW_DAYS, watch
from forecasting.closure.load import NEVER

NOW = 400 * DAY


def rows_of(shift: float, *, a_week: int = 60, seed: int = 0) -> tuple[Rows, np.ndarray]:
    """Weekly observations of deals of their own that win after 30 to 60 days and lose after 1 to 20.

    In the last 42 days log-odds are higher by `shift`. Returns what is known at day 400, and p without the shift.
    """
    rng = np.random.default_rng(seed)
    landmark = np.repeat(np.arange(NOW - 7 * DAY, NOW - 300 * DAY, -7 * DAY)[::-1], a_week)
    p = rng.uniform(0.2, 0.6, len(landmark))
    moved = expit(logit(p) + np.where(NOW - landmark <= WINDOW_DAYS * DAY, shift, 0.0))
    won = rng.random(len(p)) < moved
    days = np.where(won, rng.uniform(30, 60, len(p)), rng.uniform(1, 20, len(p)))
    known_at = landmark + (days * DAY).astype(np.int64)
    known_at = np.where(known_at <= NOW, known_at, NEVER)
    number = np.arange(len(p))
    return Rows(number, landmark, number, known_at, won & (known_at < NEVER)), p


def test_slow_wins_do_not_look_like_losses() -> None:
    """Of 360 young rows the known ones are nearly all lost; nothing has changed, and nothing is shifted by much."""
    rows, p = rows_of(0.0)
    young = NOW - rows.landmark <= WINDOW_DAYS * DAY
    assert rows.won[young & (rows.known_at <= NOW)].mean() < 0.1
    assert watch(rows, NOW).shift(p) == pytest.approx(0.0, abs=0.2)


@pytest.mark.parametrize("shift", [-0.6, 0.6])
def test_a_shift_of_the_last_weeks_is_found_before_wins_are_in(shift: float) -> None:
    """By quick losses alone, and drawn to 0 a little by the prior."""
    rows, p = rows_of(shift, a_week=300)
    assert watch(rows, NOW).shift(p) == pytest.approx(shift, abs=0.15)


def test_what_comes_later_is_not_looked_at() -> None:
    """Rows after the moment asked about, and labels settled after it, change nothing."""
    rows, p = rows_of(0.5)
    early = NOW - 60 * DAY
    known = np.where(rows.known_at <= early, rows.known_at, NEVER)
    cut = Rows(rows.deal, rows.landmark, rows.upto, known, rows.won & (known < NEVER)).pick(rows.landmark < early)
    assert watch(rows, early).shift(p) == watch(cut, early).shift(p[: len(cut)])


def test_too_little_is_said_to_be_too_little() -> None:
    """No settled past, no young rows, or no prediction of them: no shift, rather than one of 0."""
    rows, p = rows_of(0.0)
    assert watch(rows, NOW).shift(np.full(len(p), np.nan)) is None
    assert watch(rows.pick(rows.landmark > NOW - 50 * DAY), NOW).shift(p[rows.landmark > NOW - 50 * DAY]) is None
    assert watch(rows, NOW + 200 * DAY).shift(p) is None
