"""Why a visit is made, in a sentence: the reason for the week's first, the visit before it for each further one."""

import pandas as pd

from inputs.rows import rows
from planner.types import Plan
from scenarios.schema import FIELD


class Visits:
    """The visits of a plan by customer; each table is gone through once."""

    def __init__(self, plan: Plan) -> None:
        stops, actions = plan.tables["stops"], plan.tables["actions"]
        visits = stops[stops["kind"] == "visit"].sort_values("start_at")
        self._starts = visits.groupby("customer_id")["start_at"].agg(list).to_dict()
        visited = actions[(actions["channel"] == FIELD) & actions["customer_id"].isin(list(self._starts))]
        self._whys = {row.customer_id: row.why for row in rows(visited)}

    def before(self, customer_id: str, start_at: pd.Timestamp) -> tuple[pd.Timestamp, ...]:
        """Starts of the plan's visits to a customer before `start_at`, the first one first."""
        return tuple(start for start in self._starts.get(customer_id, ()) if start < start_at)

    def why(self, customer_id: str, start_at: pd.Timestamp) -> str:
        """Why the visit at `start_at` is made; empty if nobody knows."""
        if earlier := self.before(customer_id, start_at):
            return f"{again(earlier)} at {earlier[0]:%H:%M}."
        why = self._whys.get(customer_id)
        return why if isinstance(why, str) else ""


def again(earlier: tuple[pd.Timestamp, ...]) -> str:
    """Which visit of the week this is, after the `earlier` ones."""
    first, number = earlier[0], len(earlier) + 1
    which = {2: "Second", 3: "Third"}.get(number, f"{number}th")
    return f"{which} visit this week, the first on {first:%A} {first.day} {first:%B}"
