"""What an error of the call forecast costs in agents: agents on the phone asked for, against those that were needed.

Needed: the fewest agents whose Erlang A service level keeps the promise at the calls that came. Asked for: the same
from the forecast's paths, as the roster would have asked. Too many are hours paid for nothing, too few hours in which
callers wait longer than promised; both are before shrinkage and before shifts are cut. Intervals whose calls are not
known are left out on both sides. The margin that a spread of paths asks for counts as too many where it was not needed.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from forecasting.calls.rolling import Rolled
from scenarios.schema import Staffing
from solvers.staffing.grid import make_grid
from solvers.staffing.requirement import answered_share, require_agents


def staffing_cost(rolled: Sequence[Rolled], settings: Staffing) -> pd.DataFrame:
    """One row per origin and queue.

    Returns:
        origin, queue, hours_asked, hours_needed, hours_too_many, hours_too_few (agent hours over the horizon),
        too_few_eur (too few x `understaffed_eur_per_agent_hour`), answered_pct (calls that came, answered in time
        with the agents asked for).
    """
    rows = []
    for each in rolled:
        known = np.isfinite(each.actual).reshape(len(each.forecast.queues), -1)
        came = np.where(known, np.nan_to_num(each.actual).reshape(known.shape), 0.0)[None].astype(np.float32)
        grid = make_grid(
            first_day=each.days.start[0], days=len(each.days), interval_minutes=settings.interval_minutes,
            opening_hours=settings.opening_hours, timezone=settings.timezone,
        )  # fmt: skip
        said = replace(each.forecast, paths=np.where(known, each.forecast.paths, 0.0).astype(np.float32))
        asked = require_agents(said, grid, settings=settings)
        needed = require_agents(replace(each.forecast, paths=came), grid, settings=settings)
        level = answered_share(needed, asked.agents.astype(float), grid, settings)
        hour = settings.interval_minutes / 60
        for q, queue in enumerate(each.forecast.queues):
            error = (asked.agents[q] - needed.agents[q]) * hour
            calls = needed.calls_mean[q]
            few = float(-error[error < 0].sum())
            rows.append(
                {
                    "origin": pd.Timestamp(each.origin).as_unit("us"),
                    "queue": queue,
                    "hours_asked": float(asked.agents[q].sum() * hour),
                    "hours_needed": float(needed.agents[q].sum() * hour),
                    "hours_too_many": float(error[error > 0].sum()),
                    "hours_too_few": few,
                    "too_few_eur": few * settings.costs.understaffed_eur_per_agent_hour,
                    "answered_pct": float(100 * (calls * level[q]).sum() / max(calls.sum(), 1e-9)),
                }
            )
    return pd.DataFrame(rows)
