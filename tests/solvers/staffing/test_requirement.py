import numpy as np
import pytest

from scenarios.errors import ScenarioError
from solvers.staffing.erlang import erlang_a
from solvers.staffing.grid import make_grid
from solvers.staffing.requirement import answered_share, require_agents

MONDAY = np.datetime64("2024-01-08")


def grid_of(settings, days=1):
    return make_grid(
        first_day=MONDAY,
        days=days,
        interval_minutes=settings.interval_minutes,
        opening_hours=settings.opening_hours,
        timezone="UTC",
    )


def test_requirement_is_the_fewest_by_brute_force(forecast_of, settings_of) -> None:
    """Counting up from one agent, the first whose calls over all paths are answered well enough is the answer."""
    settings = settings_of(opening_hours={}, patience_seconds=200, max_occupancy_pct=85)
    rng = np.random.default_rng(3)
    paths = rng.gamma(4, rng.uniform(0.2, 40, 24), (50, 24))[:, None, :]
    grid = grid_of(settings)
    requirement = require_agents(forecast_of(paths, handle_seconds=240), grid, settings=settings)
    paths = requirement.calls[:, 0]
    for interval in range(24):
        calls = paths[:, interval]
        for agents in range(1, 100):
            state = erlang_a(agents, calls * 240 / 3600, handle_seconds=240, patience_seconds=200, within_seconds=20)
            level = (calls * state.answered_in_time).sum() / calls.sum()
            if level >= 0.8 and state.occupancy.mean() <= 0.85:
                break
        assert requirement.agents[0, interval] == agents


def test_an_uncertain_day_needs_more_than_its_mean(forecast_of, settings_of) -> None:
    settings = settings_of(opening_hours={})
    even = require_agents(
        forecast_of(np.full((2, 1, 24), 100.0), handle_seconds=300), grid_of(settings), settings=settings
    )
    paths = np.full((2, 1, 24), 100.0) * np.array([0.5, 1.5])[:, None, None]
    uneven = require_agents(forecast_of(paths, handle_seconds=300), grid_of(settings), settings=settings)
    assert (uneven.agents > even.agents).all()


def test_occupancy_limit_binds_in_a_large_queue(forecast_of, settings_of) -> None:
    """100 Erlang at 50 % occupancy need 200 agents, far more than the service level asks."""
    settings = settings_of(opening_hours={}, max_occupancy_pct=50)
    requirement = require_agents(
        forecast_of(np.full(24, 1200.0), handle_seconds=300), grid_of(settings), settings=settings
    )
    assert requirement.agents.tolist() == [[200] * 24]


def test_closed_hours_need_nobody_and_their_calls_are_reported(forecast_of, settings_of) -> None:
    settings = settings_of()
    requirement = require_agents(forecast_of(np.full(24, 3.0)), grid_of(settings), settings=settings)
    assert np.flatnonzero(requirement.agents[0]).tolist() == [8, 9, 10, 11]
    assert requirement.calls_when_closed == 60
    assert "60 calls are expected outside opening hours" in requirement.notes[0]


def test_finer_forecasts_add_up(forecast_of, settings_of) -> None:
    """Four quarters of 1, 2, 3, 4 calls make an hour of 10, handled in the mean weighted by calls."""
    settings = settings_of(opening_hours={})
    forecast = forecast_of(np.tile([1.0, 2.0, 3.0, 4.0], 24), interval_minutes=15)
    forecast.handle_seconds[0, :] = np.tile([100.0, 100.0, 100.0, 200.0], 24)
    requirement = require_agents(forecast, grid_of(settings), settings=settings)
    assert requirement.calls_mean[0] == pytest.approx(np.full(24, 10.0))
    assert requirement.handle_seconds[0] == pytest.approx(np.full(24, 140.0))


def test_coarser_forecasts_are_refused(forecast_of, settings_of) -> None:
    settings = settings_of(
        interval_minutes=30, shifts={"lengths_hours": [4], "start_every_minutes": 30, "break_after_hours": 6}
    )
    with pytest.raises(ScenarioError, match="finer than the forecast"):
        require_agents(forecast_of(np.ones(24)), grid_of(settings), settings=settings)


def test_missing_handle_times(forecast_of, settings_of) -> None:
    """A gap takes the mean of the known; a queue without any needs nobody and says so."""
    settings = settings_of(opening_hours={})
    forecast = forecast_of(np.ones((2, 24)), handle_seconds=120)
    forecast.handle_seconds[0, 3] = np.nan
    forecast.handle_seconds[1] = np.nan
    requirement = require_agents(forecast, grid_of(settings), settings=settings)
    assert requirement.handle_seconds[0, 3] == pytest.approx(120)
    assert requirement.agents[1].sum() == 0
    assert requirement.notes == ("no handle time is known for queue q1: no agent is required there",)


def test_answered_share_without_calls_is_one(forecast_of, settings_of) -> None:
    settings = settings_of(opening_hours={})
    grid = grid_of(settings)
    requirement = require_agents(forecast_of([0.0] * 12 + [5.0] * 12), grid, settings=settings)
    share = answered_share(requirement, np.zeros((1, 24)), grid, settings)
    assert share.tolist() == [[1.0] * 12 + [0.0] * 12]
