"""The `replan:` block: new facts that a plan in hand meets in the middle of its week, and how much may change."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from scenarios.schema.base import Block, Name, Percent, misfit


class Away(Block):
    """A rep who does not work as planned."""

    rep: Name
    """Rep."""
    date: dt.date | None = None
    """First day away; none: the first open one."""
    until: dt.date | None = None
    """Last day away; the first unless given, and the last of the horizon where neither is given."""

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.date is not None and self.until is not None and self.until < self.date:
            raise misfit("until", f"the absence ends on {self.until}, before its first day {self.date}")
        return self


class Urgent(Block):
    """A customer who must be visited."""

    customer: Name
    """Customer."""
    until: dt.date | None = None
    """Last day of the visit; none: any open day."""


class Replan(Block):
    """New facts in the middle of the week: forecasts, calls and rosters stay, routes change as little as need be."""

    run: Path
    """Folder of the run whose plan people hold."""
    frozen_until: dt.date | None = None
    """First day that may change; days before it are driven. None: the first day of the horizon."""
    max_changed_visits_pct: Percent = 10
    """Visits that may move, be dropped or be added beyond what the new facts force, of those not driven yet."""
    away: dict[Name, Away] = {}
    """Reps who do not come, by a name of your own."""
    cover_reps: Annotated[int, Field(ge=0, le=50)] = 3
    """So many nearest colleagues may visit the customers of a rep who is away; 0: nobody."""
    urgent: dict[Name, Urgent] = {}
    """Customers who must be visited, by a name of your own."""
    cancelled: dict[Name, Name] = {}
    """Customers who are not to be visited on open days, by a name of your own."""

    @model_validator(mode="after")
    def _not_both(self) -> Self:
        called_off = set(self.cancelled.values())
        for name, wish in self.urgent.items():
            if wish.customer in called_off:
                raise misfit(f"urgent.{name}.customer", f"{wish.customer} is cancelled too; keep one of the two")
        return self
