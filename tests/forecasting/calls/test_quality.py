"""What the measured figures mean: naive by hand, coverage on demand whose law is known."""

from datetime import date

import numpy as np
import pytest

from forecasting.calls.backtest import backtest, combined, weights_from
from forecasting.calls.direct import Effort
from forecasting.calls.history import make_days, read_history
from forecasting.calls.known import Known, join, make_known
from forecasting.calls.level import weekday_levels
from forecasting.calls.paths import Errors, past_errors
from forecasting.calls.quality import measure, seasonal_naive
from scenarios.schema import CallSettings

AS_OF = date(2024, 6, 30)
CALENDAR = {"interval_minutes": 60, "opening_hours": {}, "country": None}


def known_of(demand, horizon: int) -> tuple[Known, Errors, object]:
    history = read_history(demand, as_of=AS_OF, **CALENDAR)
    known = make_known(history, join(history.days, make_days(date(2024, 7, 1), horizon, **CALENDAR)), None)
    test = backtest(known, seed=1, effort=Effort(bags=0))
    return known, past_errors(known, test, combined(test, weights_from(known, test))), test


def test_seasonal_naive_is_the_latest_same_weekday_and_skips_gaps(make_demand):
    """Calls count the day: Monday the 24th is day 7 of 14; its gap at 05:00 takes Monday the 17th, day 0."""
    demand = make_demand(14, lambda weekday, slot: 0.0 * slot)
    demand["calls"] = np.repeat(np.arange(14.0), 24)
    demand.loc[(demand["calls"] == 7) & (demand["interval_start"].dt.hour == 5), "is_gap"] = True
    history = read_history(demand, as_of=AS_OF, **CALENDAR)
    days = make_days(date(2024, 7, 1), 8, **CALENDAR)
    naive = seasonal_naive(history, days, known_until=13)
    assert naive[0, :, 4].tolist() == [7, 8, 9, 10, 11, 12, 13, 7]
    assert naive[0, 0, 5] == 0


def test_bands_cover_what_they_promise_at_every_grain(make_demand):
    """Poisson counts with a day factor, in two queues: about 80 percent of intervals and days, naive is worse."""
    rng = np.random.default_rng(5)
    demand = make_demand(400, lambda weekday, slot: 30.0 + 0 * slot)
    factor = np.repeat(np.exp(rng.normal(0, 0.15, 400)), 24)
    demand["calls"] = rng.poisson(30 * factor).astype(float)
    settings = CallSettings(days=14, interval_minutes=60, sample_paths=200)
    known, errors, test = known_of(demand, 14)
    quality = measure(known, test, errors, settings=settings, seed=1).table.set_index("metric")
    assert quality.loc["coverage80_pct_interval", "value"] == pytest.approx(80, abs=5)
    assert quality.loc["coverage80_pct_day", "value"] == pytest.approx(80, abs=10)
    assert quality.loc["coverage80_pct_total", "note"] == "only 10 cases: a rough figure"
    for metric in ("wmape_pct_interval", "wmape_pct_day", "pinball_calls"):
        assert quality.loc[metric, "value"] < quality.loc[metric, "baseline_value"]
    assert quality.loc["wmape_pct_interval", "rows"] == 10 * 14 * 24


def test_an_origin_uses_only_what_was_known_then(make_demand):
    """What comes after an origin's horizon changes nothing of its levels, patterns or errors."""
    rng = np.random.default_rng(2)
    demand = make_demand(140, lambda weekday, slot: rng.poisson(20 + weekday))
    changed = demand.copy()
    changed.loc[changed["interval_start"] >= "2024-06-01", "calls"] *= 5
    first, other = (read_history(d, as_of=AS_OF, **CALENDAR) for d in (demand, changed))
    known = int((np.datetime64("2024-05-31") - first.days.start[0]).astype(int))
    for history in (first, other):
        assert history.calls[0, :known].sum() == first.calls[0, :known].sum()
    a, b = weekday_levels(first), weekday_levels(other)
    assert np.array_equal(a.after[: known + 1], b.after[: known + 1], equal_nan=True)
    (_, ea, _), (_, eb, _) = known_of(demand, 7), known_of(changed, 7)
    before = ea.origins + 7 <= known
    assert np.array_equal(ea.log_ratio[before], eb.log_ratio[before], equal_nan=True)
    assert not np.array_equal(ea.log_ratio[~before], eb.log_ratio[~before], equal_nan=True)
