import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.closure import landmarks
from forecasting.closure.landmarks import DAY, Rows, draw_evenly, matured, observe, take_censuses, weights_at
from forecasting.closure.load import NEVER

END = 100 * DAY


def test_a_landmark_sees_open_deals_and_only_events_before_it(deals_of) -> None:
    day = 50 * DAY
    deals = deals_of(
        [
            (40 * DAY, 60 * DAY, True),  # Open; two of three events are known.
            (40 * DAY, 49 * DAY, True),  # Decided before.
            (40 * DAY, day + 4, True),  # Its outcome was being written.
            (day, NEVER, False),  # Not yet created.
            (45 * DAY, NEVER, False),  # Open without an event.
            (45 * DAY, 99 * DAY, False),  # Open and lost later.
        ],
        [[40 * DAY, 49 * DAY, day], [40 * DAY], [40 * DAY], [day], [51 * DAY], [46 * DAY]],
    )
    rows, silent = observe(deals, day, horizon_days=30)
    assert rows.deal.tolist() == [0, 5]
    assert (rows.upto - deals.first[rows.deal]).tolist() == [2, 1]
    assert rows.won.tolist() == [True, False]
    # The win is settled when it happens, the loss of day 99 when the horizon of 30 days is over.
    assert rows.known_at.tolist() == [60 * DAY, 80 * DAY]
    assert silent.tolist() == [4]


def test_a_win_after_the_horizon_is_no_win_and_an_unsettled_row_is_unknown(deals_of) -> None:
    deals = deals_of([(0, 45 * DAY, True), (0, NEVER, False)], [[0], [0]])
    rows, _ = observe(deals, 10 * DAY, horizon_days=30)
    assert rows.won.tolist() == [False, False]
    assert rows.known_at.tolist() == [40 * DAY, 40 * DAY]
    late, _ = observe(deals, 90 * DAY, horizon_days=30)
    assert late.deal.tolist() == [1]
    assert late.known_at.tolist() == [NEVER]


def test_weights_stand_for_the_rows_not_watched_long_enough() -> None:
    # Two landmarks, watched 20 and 10 days. A label that took 15 days can be seen in the first half of rows only.
    landmark = np.array([80, 80, 90, 90]) * DAY
    rows = Rows(
        deal=np.arange(4),
        landmark=landmark,
        upto=np.ones(4, dtype=np.int64),
        known_at=np.array([85 * DAY, 95 * DAY, 95 * DAY, NEVER]),
        won=np.array([False, True, False, False]),
    )
    weight = weights_at(rows, END)
    # Raw weights 1, 2, 1, 0, scaled to mean 1 over the known: the share won is 1/2, not the 1/3 of the closed.
    assert weight.tolist() == pytest.approx([0.75, 1.5, 0.75, 0.0])
    assert (weight * rows.won).sum() / weight.sum() == pytest.approx(0.5)
    assert weights_at(rows, 80 * DAY).tolist() == [0.0] * 4


def test_weights_recover_the_share_won_where_losing_is_quick() -> None:
    """Of deals that win after 30 days or lose after 3, half each, the closed ones alone show far too few wins."""
    rng = np.random.default_rng(5)
    landmark = rng.integers(0, 90, 20000) * DAY
    won = rng.random(20000) < 0.5
    known_at = landmark + np.where(won, 30, 3) * DAY
    rows = Rows(np.arange(20000), landmark, landmark, np.where(known_at <= 90 * DAY, known_at, NEVER), won)
    weight = weights_at(rows, 90 * DAY)
    assert won[weight > 0].mean() < 0.42
    assert (weight * won).sum() / weight.sum() == pytest.approx(0.5, abs=0.01)


def test_a_census_is_matured_when_nearly_all_its_labels_are_known() -> None:
    known = np.array([*[5] * 19, NEVER, *[5] * 9, NEVER], dtype=np.int64)
    rows = Rows(np.arange(30), np.array([1] * 20 + [2] * 10), np.ones(30, dtype=int), known, np.zeros(30, dtype=bool))
    # 19 of 20 is 95 percent: matured, save the row that is open; 9 of 10 is not.
    assert matured(rows, 10).tolist() == [True] * 19 + [False] * 11


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(0, 9), min_size=1, max_size=30).filter(any))
def test_drawing_evenly_takes_each_row_in_proportion_to_its_weight(weights: list[int]) -> None:
    weight = np.array(weights, dtype=float)
    counts = np.bincount(draw_evenly(weight), minlength=len(weight))
    assert counts.sum() == len(weight)
    assert (np.abs(counts - weight / weight.sum() * len(weight)) <= 1).all()
    assert (counts[weight == 0] == 0).all()


def test_censuses_are_weekly_back_from_the_end_and_thinner_where_rows_would_be_too_many(monkeypatch, deals_of) -> None:
    deals = deals_of([(50 * DAY, NEVER, False)], [[50 * DAY]])
    rows = take_censuses(deals, horizon_days=90)
    assert (rows.landmark // DAY).tolist() == [51, 58, 65, 72, 79, 86, 93]
    monkeypatch.setattr(landmarks, "MAX_ROWS", 4)
    assert (take_censuses(deals, horizon_days=90).landmark // DAY).tolist() == [51, 65, 79, 93]


def test_without_deals_there_are_no_rows(deals_of) -> None:
    rows = take_censuses(deals_of([], []), horizon_days=90)
    assert len(rows) == 0
    assert weights_at(rows, END).tolist() == []
    assert matured(rows, END).tolist() == []
