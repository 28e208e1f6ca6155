"""Sample paths: their mean, spread, coverage and what ties them together."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from forecasting.calls.backtest import backtest, combined
from forecasting.calls.direct import Effort
from forecasting.calls.history import History, make_days, read_history
from forecasting.calls.known import join, make_known, usual_part
from forecasting.calls.paths import _trajectories, past_errors, sample_paths
from forecasting.calls.weights import PARTS, Weights

AS_OF = date(2024, 6, 30)
CALENDAR = {"interval_minutes": 60, "opening_hours": {}, "country": None}


def draw(history: History, *, horizon: int = 7, paths: int = 400, seed: int = 1, hours: dict | None = None):
    """Point forecast (Q, H, S) by the median of the last eight, paths (N, Q, H, S), whether assumed."""
    days = make_days(AS_OF + timedelta(days=1), horizon, **{**CALENDAR, "opening_hours": hours or {}})
    known = make_known(history, join(history.days, days), None)
    last = len(history.days) - 1
    test = backtest(known, seed=seed, effort=Effort(bags=0))
    usual = weights_of("usual", len(history.queues))
    pattern = known.patterns(last)
    part = usual_part(known, last, pattern, np.arange(last + 1, last + 1 + horizon))
    point = np.nan_to_num(part.level[:, :, None] * part.course) * days.is_open
    errors = past_errors(known, test, combined(test, usual))
    rng = np.random.default_rng(seed)
    drawn, assumed = sample_paths(
        point, errors, history, days, pattern[last + 1 :], known_until=last, paths=paths, rng=rng
    )
    return point, drawn, assumed


def weights_of(part: str, queues: int) -> Weights:
    """All the weight on one part."""
    one = np.tile(np.array([float(name == part) for name in PARTS]), (queues, 1))
    return Weights(one, one)


def noisy(make_demand, days: int, *, mean: float, day_sd: float, queue: str = "q", seed: int = 0) -> pd.DataFrame:
    """Poisson counts about a flat rate with a log-normal factor per day that is the same for every queue."""
    demand = make_demand(days, lambda weekday, slot: mean + 0 * slot, queue=queue)
    day = np.arange(len(demand)) // 24
    factor = np.exp(np.random.default_rng(99).normal(0, day_sd, days))[day]
    return demand.assign(calls=np.random.default_rng(seed).poisson(mean * factor).astype(float))


def test_paths_are_whole_calls_whose_mean_is_the_point_forecast(make_demand):
    """Rounding up and down at random keeps the mean; nothing is negative."""
    history = read_history(noisy(make_demand, 150, mean=20, day_sd=0.1), as_of=AS_OF, **CALENDAR)
    point, drawn, assumed = draw(history)
    assert not assumed
    assert (drawn >= 0).all()
    assert (drawn == np.floor(drawn)).all()
    assert drawn.mean(axis=0) == pytest.approx(point, abs=0.15)


def test_the_spread_of_days_and_intervals_is_that_of_the_past(make_demand):
    """Days with log sd 0.2 on 960 calls: sd of a day near 0.2; of an interval near sqrt(0.2^2 + 1/40)."""
    history = read_history(noisy(make_demand, 300, mean=40, day_sd=0.2), as_of=AS_OF, **CALENDAR)
    point, drawn, _ = draw(history, paths=2000)
    day = drawn.sum(axis=3)[:, 0] / point.sum(axis=2)
    assert day.std(axis=0).mean() == pytest.approx(0.21, abs=0.04)
    interval = drawn[:, 0] / point
    assert interval.std(axis=0).mean() == pytest.approx(np.hypot(0.2, 1 / np.sqrt(40)), abs=0.05)


def test_queues_that_rise_and_fall_together_do_so_on_the_paths(make_demand):
    """Two queues with the same day factors: their day totals correlate as strongly as in the past."""
    demand = pd.concat(
        [noisy(make_demand, 200, mean=50, day_sd=0.2, queue=q, seed=s) for s, q in enumerate(("a", "b"))]
    )
    history = read_history(demand, as_of=AS_OF, **CALENDAR)
    _, drawn, _ = draw(history)
    totals = drawn.sum(axis=3)  # (N, Q, H)
    assert np.mean([np.corrcoef(totals[:, 0, h], totals[:, 1, h])[0, 1] for h in range(7)]) > 0.85


def test_closed_intervals_have_no_calls_on_any_path(make_demand):
    """Open 08:00 to 16:00 on weekdays: zero elsewhere, calls within."""
    hours = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (480, 960))
    history = read_history(
        noisy(make_demand, 100, mean=20, day_sd=0.1), as_of=AS_OF, **{**CALENDAR, "opening_hours": hours}
    )
    _, drawn, _ = draw(history, hours=hours)
    closed = np.ones((7, 24), dtype=bool)
    closed[:5, 8:16] = False
    assert drawn[:, 0][:, closed].sum() == 0
    assert (drawn[:, 0][:, ~closed].mean(axis=0) > 10).all()


def test_without_past_origins_spread_is_assumed_and_noise_is_drawn(make_demand):
    """Two weeks of history: the flag is raised, and a day strays by about the assumed 20 percent."""
    history = read_history(noisy(make_demand, 14, mean=100, day_sd=0.0), as_of=AS_OF, **CALENDAR)
    point, drawn, assumed = draw(history, paths=1000)
    assert assumed
    ratio = drawn.sum(axis=3)[:, 0] / point.sum(axis=2)
    assert ratio.std(axis=0).mean() == pytest.approx(0.2, abs=0.03)


def test_a_queue_that_is_new_borrows_day_errors_and_draws_its_own_noise(make_demand):
    """A queue of ten days beside one of 200: its paths are neither constant nor negative."""
    demand = pd.concat(
        [
            noisy(make_demand, 200, mean=50, day_sd=0.2, queue="old"),
            noisy(make_demand, 10, mean=9, day_sd=0.2, queue="new", seed=3),
        ]
    )
    point, drawn, assumed = draw(read_history(demand, as_of=AS_OF, **CALENDAR))
    assert not assumed
    new = drawn[:, 0]
    assert new.std(axis=0).min() > 1.5  # Poisson alone would be about 3
    assert new.mean() == pytest.approx(point[0].mean(), rel=0.05)


def test_the_same_seed_gives_the_same_paths(make_demand):
    """Equal seed, equal bytes; another seed, other paths."""
    history = read_history(noisy(make_demand, 100, mean=10, day_sd=0.1), as_of=AS_OF, **CALENDAR)
    first, again, other = (draw(history, seed=s)[1] for s in (1, 1, 2))
    assert first.tobytes() == again.tobytes()
    assert first.tobytes() != other.tobytes()


def test_trajectories_keep_the_covariance_of_the_past_and_reach_beyond_it():
    """Two opposite origins (+1, +1, -1) and back: variance 1, correlation -1 of first and last day; values beyond 1."""
    z = np.array([[1.0, 1.0, -1.0], [-1.0, -1.0, 1.0]])[:, :, None]
    drawn = _trajectories(z, np.array([10, 10]), 4000, np.random.default_rng(5))[:, :, 0]
    assert drawn.std(axis=0) == pytest.approx(np.ones(3), rel=0.05)
    assert np.corrcoef(drawn[:, 0], drawn[:, 2])[0, 1] == pytest.approx(-1.0)
    assert (np.abs(drawn[:, 0]) > 1.5).mean() > 0.05
