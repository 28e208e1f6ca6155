"""A new queue borrows the week of the queues that its hours look like."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.borrow import borrowed_weeks
from forecasting.calls.history import make_days, read_history
from forecasting.calls.known import join, make_known

AS_OF = date(2024, 6, 30)
CALENDAR: dict = {"interval_minutes": 60, "opening_hours": {}, "country": None}


def weeks(demand: pd.DataFrame):
    history = read_history(demand, as_of=AS_OF, **CALENDAR)
    days = make_days(AS_OF + timedelta(days=1), 7, **CALENDAR)
    return borrowed_weeks(make_known(history, join(history.days, days), None), seed=1)


def test_the_nearest_group_lends_at_the_new_queues_own_level(make_demand):
    """Three morning and three evening queues; a new evening queue of 10 % their size borrows from those."""
    morning = lambda weekday, slot: np.where(slot < 12, 100.0, 10.0)  # noqa: E731
    evening = lambda weekday, slot: np.where(slot < 12, 10.0, 100.0)  # noqa: E731
    parts = [make_demand(60, morning, queue=f"m{i}") for i in range(3)]
    parts += [make_demand(60, evening, queue=f"e{i}") for i in range(3)]
    parts.append(make_demand(4, lambda weekday, slot: 0.1 * evening(weekday, slot), queue="new"))
    found = weeks(pd.concat(parts))
    assert list(found) == [6]
    assert found[6].lenders == ("e0", "e1", "e2")
    assert found[6].week[0] == pytest.approx(np.where(np.arange(24) < 12, 1.0, 10.0), rel=0.01)


def test_nobody_lends_where_nobody_has_enough(make_demand):
    """Two queues of five days: none is established."""
    parts = [make_demand(5, lambda weekday, slot: 5.0 + 0 * slot, queue=q) for q in "ab"]
    assert weeks(pd.concat(parts)) == {}
