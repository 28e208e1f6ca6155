import numpy as np
import pytest
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.landmarks import DAY, Rows
from forecasting.closure.pooling import GroupOffsets, fit_offsets
from forecasting.closure.recent import PRIOR_SD, recent_shift, shifted


def rows_of(won: np.ndarray, *, each: int = 1, first_day: int = 10) -> Rows:
    """`each` weekly rows of every deal."""
    count = len(won)
    deal = np.repeat(np.arange(count), each)
    landmark = np.tile(first_day + 7 * np.arange(each), count) * DAY
    return Rows(deal, landmark, deal + 1, landmark + DAY, np.repeat(won, each))


def test_the_shift_makes_the_recent_past_come_out_even() -> None:
    rng = np.random.default_rng(0)
    won = rng.random(20_000) < 0.4
    p = np.full(20_000, 0.3)
    shift = recent_shift(p, rows_of(won), np.ones(20_000, dtype=bool), horizon_days=None)
    assert shift == pytest.approx(logit(won.mean()) - logit(0.3), abs=0.01)
    assert shifted(p, shift).mean() == pytest.approx(won.mean(), abs=0.002)


def test_few_deals_move_it_little_and_rows_of_a_deal_count_as_one() -> None:
    won = np.ones(4, dtype=bool)
    once = recent_shift(np.full(4, 0.5), rows_of(won), np.ones(4, dtype=bool), horizon_days=90)
    # The score of four wins, 4 (1 - expit(s)), is held by s / PRIOR_SD^2.
    assert 4 * (1 - expit(once)) == pytest.approx(once / PRIOR_SD**2)
    often = recent_shift(
        np.full(16, 0.5), rows_of(won, each=4), np.ones(16, dtype=bool), horizon_days=90, window_days=400
    )
    assert often == pytest.approx(once)


def test_only_the_window_is_looked_at_and_nothing_known_moves_nothing() -> None:
    old, new = rows_of(np.zeros(50, dtype=bool), first_day=0), rows_of(np.ones(50, dtype=bool), first_day=200)
    both = Rows(*(np.concatenate([getattr(old, n), getattr(new, n)]) for n in old.__dataclass_fields__))
    p = np.full(100, 0.5)
    every, none = np.ones(100, dtype=bool), np.zeros(100, dtype=bool)
    alone = recent_shift(p[:50], new, every[:50], horizon_days=None)
    assert recent_shift(p, both, every, horizon_days=None) == pytest.approx(alone)
    assert recent_shift(p, both, none, horizon_days=None) == 0.0
    assert recent_shift(np.full(100, np.nan), both, every, horizon_days=None) == 0.0
    assert shifted(p, 0.0) is p


def test_an_open_deal_is_held_against_what_is_thought_of_it_now() -> None:
    # Deal 0 was lost, deal 1 is open and has become likelier: from .5 to expit(1) within a week.
    week = 7 * DAY
    rows = Rows(
        np.array([0, 1, 1]), np.array([0, 0, week]), np.ones(3, dtype=np.int64), np.array([DAY, week * 9, week * 9]),
        np.array([False, True, True]),
    )  # fmt: skip
    p, known = np.array([0.5, 0.5, expit(1.0)]), np.array([True, False, False])
    shift = recent_shift(p, rows, known, horizon_days=None)
    # Two rows of one deal and one of another: (4 + 1) / 3 rows together; the latest row of deal 1 says nothing.
    score = (-expit(shift) + expit(1 + shift) - expit(shift)) / (5 / 3)
    assert score == pytest.approx(shift / PRIOR_SD**2)
    assert shift < 0
    # Within a horizon only those wins count that come before the older row's has ended; here none of the quick one.
    won_early = Rows(rows.deal, rows.landmark, rows.upto, rows.known_at, np.array([True, True, True]))
    in_time = recent_shift(p, won_early, known, horizon_days=14)
    too_late = recent_shift(p, won_early, known, horizon_days=7)
    assert in_time == pytest.approx(recent_shift(p, won_early, known, horizon_days=None))
    assert too_late < in_time


def test_quick_losses_alone_move_nothing() -> None:
    """Half win after 30 days, half lose after 3: with the truth as forecast, young weeks ask for no shift."""
    deals, weeks = 1200, np.arange(0, 42, 7) * DAY
    begun = np.repeat(weeks, deals // len(weeks))
    wins = np.arange(deals) % 2 == 0
    end = begun + np.where(wins, 30, 3) * DAY
    parts = []
    for week in weeks:
        open_then = np.flatnonzero((begun <= week) & (end > week))
        parts.append((open_then, np.full(len(open_then), week), begun[open_then] == week))
    deal, landmark, fresh = (np.concatenate(each) for each in zip(*parts, strict=True))
    rows = Rows(deal, landmark, np.ones(len(deal), dtype=np.int64), end[deal], wins[deal])
    known = rows.known_at <= weeks[-1]
    p = np.where(fresh, 0.5, 1 - 1e-6)  # Who is open after a week wins.
    assert rows.won[known & fresh].mean() < 0.45  # Those that came first are mostly losses.
    assert abs(recent_shift(p, rows, known, horizon_days=None)) < 0.03


def planted_groups(size: int, spread: float, seed: int = 1):
    rng = np.random.default_rng(seed)
    effect = spread * np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
    group = np.repeat(np.arange(5), size)
    won = rng.random(5 * size) < expit(effect[group])
    names = np.array([f"g{each}" for each in group], dtype=object)
    return won, names, effect


def test_groups_that_differ_get_most_of_their_offset_and_small_ones_little() -> None:
    won, names, effect = planted_groups(3000, 0.8)
    found = fit_offsets(np.full(len(won), 0.5), won, np.arange(len(won)), names, np.ones(len(won)))
    assert [found.offsets[f"g{n}"] for n in range(5)] == pytest.approx(effect.tolist(), abs=0.15)
    few = np.concatenate([np.arange(10), np.arange(3000, len(won))])
    less = fit_offsets(np.full(len(few), 0.5), won[few], few, names[few], np.ones(len(few)))
    assert abs(less.offsets["g0"]) < abs(found.offsets["g0"])
    p = found.apply(np.full(3, 0.5), np.array(["g4", "unheard of", ""], dtype=object))
    assert p[0] > 0.6
    assert p[1:].tolist() == [0.5, 0.5]


def test_groups_that_do_not_differ_get_nothing() -> None:
    won, names, _ = planted_groups(4, 0.0)
    rows = np.ones(len(won))
    evenly = np.tile([True, False], len(won))[: len(won)]
    assert fit_offsets(np.full(len(won), 0.5), evenly, np.arange(len(won)), names, rows) == GroupOffsets()
    assert fit_offsets(np.full(len(won), 0.5), won, np.arange(len(won)), np.full(len(won), ""), rows) == GroupOffsets()
    assert fit_offsets(np.full(8, 0.5), won[:8], np.arange(8), names[:8], rows[:8]) == GroupOffsets()


def test_saying_a_deal_again_does_not_make_its_owner_surer() -> None:
    won, names, _ = planted_groups(40, 1.0)
    deal = np.arange(len(won))
    once = fit_offsets(np.full(len(won), 0.5), won, deal, names, np.ones(len(won)))
    twice = fit_offsets(
        np.full(2 * len(won), 0.5), np.tile(won, 2), np.tile(deal, 2), np.tile(names, 2), np.ones(2 * len(won))
    )
    assert twice.offsets == pytest.approx(once.offsets)
