"""Direct trees: the same features at training and at serving, nothing of the future, and a planted effect found."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.direct import (
    FIRST_ORIGIN,
    Effort,
    _rows,
    direct_part,
    fit_direct,
    origin_state,
    training_rows,
)
from forecasting.calls.history import make_days, read_history
from forecasting.calls.known import Known, join, make_known

AS_OF = date(2024, 6, 30)
CALENDAR: dict = {"interval_minutes": 60, "opening_hours": {}, "country": "DE"}
MAILINGS = pd.DataFrame(
    {
        "date": pd.to_datetime(["2024-05-14", "2024-06-05", "2024-06-20", "2024-07-03"]),
        "name": "mailing", "value": [1.0, 2.0, 1.0, 2.0], "queue": "q",
        "known_from": pd.to_datetime(["2024-05-01", "2024-05-20", "2024-06-10", "2024-06-25"]),
    }
)  # fmt: skip


def known_of(demand: pd.DataFrame, *, as_of: date = AS_OF, exogenous: pd.DataFrame | None = None) -> Known:
    history = read_history(demand, as_of=as_of, **CALENDAR)
    days = make_days(as_of + timedelta(days=1), 7, **CALENDAR)
    return make_known(history, join(history.days, days), exogenous)


@pytest.fixture
def demand(make_demand) -> pd.DataFrame:
    rng = np.random.default_rng(4)
    return make_demand(120, lambda weekday, slot: rng.poisson(10 + 3 * weekday + slot % 4).astype(float))


def test_features_at_training_are_features_at_serving(demand):
    """Seen from the whole history or from one cut at the origin, an origin's rows are the same numbers."""
    origin = 99
    whole = known_of(demand, exogenous=MAILINGS)
    cut_date = pd.Timestamp(whole.calendar.start[origin]).date()
    cut = known_of(demand, as_of=cut_date, exogenous=MAILINGS)
    targets, queues = np.arange(origin + 1, origin + 8), np.array([0])
    rows = [_rows(k, origin_state(k, origin), origin, k.patterns(origin), targets, queues) for k in (whole, cut)]
    assert np.array_equal(rows[0][0], rows[1][0])
    assert np.array_equal(rows[0][1], rows[1][1])


def test_nothing_after_the_last_allowed_day_is_learned_from(demand):
    """Calls and campaigns that became known after day 99 change no training row up to day 99."""
    changed = demand.copy()
    start = changed["interval_start"].min() + pd.Timedelta(days=100)
    changed.loc[changed["interval_start"] >= start, "calls"] *= 3
    later = MAILINGS.assign(value=np.where(MAILINGS["known_from"] > start, 50.0, MAILINGS["value"]))
    rows = []
    for table, exogenous in ((demand, MAILINGS), (changed, later)):
        known = known_of(table, exogenous=exogenous)
        pairs = [(o, np.array([0])) for o in range(FIRST_ORIGIN, 99, 9)]
        states = {o: origin_state(known, o) for o, _ in pairs}
        rows.append(training_rows(known, pairs, states, until=99))
    for first, other in zip(*rows, strict=True):
        assert np.array_equal(first, other)


def test_every_target_is_known_by_then_and_weighs_its_usual_level(demand):
    """From origin 95 with 99 as the last day: four days of 24 intervals; ratio x weight is the count."""
    known = known_of(demand)
    states = {95: origin_state(known, 95)}
    x, ratio, weight = training_rows(known, [(95, np.array([0]))], states, until=99)
    assert len(x) == 4 * 24
    assert x[:, 0].max() == 4  # days ahead
    assert ratio * weight == pytest.approx(known.history.calls[0, 96:100].ravel(), rel=1e-6)


def test_trees_say_the_level_of_a_flat_week(make_demand):
    """Poisson counts about 60 an hour: each day near 1,440, shares summing to one."""
    demand = make_demand(140, lambda weekday, slot: 60.0 + 0 * slot)
    demand["calls"] = np.random.default_rng(0).poisson(demand["calls"]).astype(float)
    known = known_of(demand)
    model = fit_direct(known, until=139, seed=1, effort=Effort(bags=1, rows=8000, trees=40))
    assert model is not None
    part = direct_part(known, model, 139, known.patterns(139), np.arange(140, 147))
    assert part.level[0] == pytest.approx(np.full(7, 1440.0), rel=0.04)
    assert part.course.sum(axis=2)[0] == pytest.approx(1.0)


def test_too_little_to_learn_from_gives_no_trees(make_demand):
    """Thirty days, no queue, or no bags."""
    short = make_demand(30, lambda weekday, slot: 60.0 + 0 * slot)
    assert fit_direct(known_of(short), until=29, seed=1, effort=Effort()) is None
    assert fit_direct(known_of(short.iloc[:0]), until=0, seed=1, effort=Effort()) is None
