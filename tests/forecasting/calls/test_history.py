"""Demand as a block: what is known, what is not, and what is taken for a dead feed."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.history import EVE_KIND, HOLIDAY_KIND, History, interval_starts, make_days, read_history
from scenarios.errors import DataError

AS_OF = date(2024, 6, 30)  # a Sunday


def read(demand: pd.DataFrame, **changes: object) -> History:
    arguments: dict = {"as_of": AS_OF, "interval_minutes": 60, "opening_hours": {}, "country": None}
    return read_history(demand, **{**arguments, **changes})


def test_a_value_lands_on_its_queue_day_and_slot(make_demand):
    """Queue, day and slot of every count are kept; the last day is as_of."""
    demand = make_demand(3, lambda weekday, slot: 100 * weekday + slot)
    history = read(pd.concat([demand.assign(queue="b"), demand.assign(queue="a", calls=demand["calls"] + 1000)]))
    assert history.queues == ("a", "b")
    assert history.calls.shape == (2, 3, 24)
    assert history.days.start[-1] == np.datetime64("2024-06-30")
    assert history.calls[1, 0, 5] == 405  # Friday 05:00
    assert history.calls[0, 2, 23] == 1623  # Sunday 23:00


def test_gaps_and_missing_counts_are_unknown_and_later_rows_unread(make_demand):
    """is_gap, NaN and absent rows are NaN; nothing after as_of is looked at."""
    demand = make_demand(4, lambda weekday, slot: 10 + 0 * slot)
    demand.loc[0, "calls"] = np.nan
    demand.loc[1, "is_gap"] = True
    history = read(demand.drop(index=2), as_of=date(2024, 6, 29))
    assert history.calls.shape == (1, 3, 24)
    assert np.isnan(history.calls[0, 0, :3]).all()
    assert np.nansum(history.calls) == 10 * (3 * 24 - 3)


def test_an_interval_off_the_grid_is_refused_with_the_setting_to_change(make_demand):
    """Half-hour data under hourly settings names forecast.calls.interval_minutes."""
    with pytest.raises(DataError, match=r"forecast\.calls\.interval_minutes"):
        read(make_demand(2, lambda weekday, slot: slot, interval_minutes=30))


def test_zero_days_at_the_end_are_a_dead_feed_only_where_silence_was_never_seen(make_demand):
    """Four zero days after 100 calls a day are unknown; in a queue with ten calls a day they stay zero."""
    demand = make_demand(28, lambda weekday, slot: 100 / 24 + 0 * slot)
    dead_from = demand["interval_start"] >= "2024-06-27"
    demand.loc[dead_from, "calls"] = 0.0
    history = read(demand)
    assert history.dead_days.tolist() == [4]
    assert history.silent_days.tolist() == [4]
    assert np.isnan(history.calls[0, -4:]).all()
    rare = read(demand.assign(calls=demand["calls"] / 10))
    assert rare.dead_days.tolist() == [0]
    assert (rare.calls[0, -4:] == 0).all()


def test_a_closed_weekend_is_no_dead_feed(make_demand):
    """Zero on closed days at the end is what was to be expected."""
    demand = make_demand(28, lambda weekday, slot: np.where(weekday < 5, 50.0, 0.0))
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (0, 1440))
    assert read(demand, opening_hours=hours).dead_days.tolist() == [0]


def test_holidays_and_eves_are_told_by_country():
    """25 December 2023 in Spain is a holiday; the 24th its eve; interval starts run on without a hole."""
    days = make_days(date(2023, 12, 24), 2, interval_minutes=30, opening_hours={}, country="ES")
    assert days.kind.tolist() == [EVE_KIND, HOLIDAY_KIND]
    starts = interval_starts(days)
    assert len(starts) == 96
    assert (np.diff(starts) == np.timedelta64(30, "m")).all()


def test_no_rows_give_one_unknown_day():
    """Without any row there is no queue and the history is as_of alone."""
    empty = pd.DataFrame(
        {"queue": pd.array([], dtype="str"), "interval_start": pd.to_datetime([]), "calls": [], "is_gap": []}
    )
    history = read(empty)
    assert history.queues == ()
    assert len(history.days) == 1
