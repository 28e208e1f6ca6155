"""The scenario: everything a planner may ask for, as frozen pydantic models."""

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from scenarios.schema.base import WEEKDAYS, Block, Horizon, Name, NotNegative, Percent, SignedPercent, Weekday
from scenarios.schema.data import Data, Source
from scenarios.schema.field import Balance, Borders, Lunch, Overtime, Pin, Reps, Territories
from scenarios.schema.forecast import (
    Adjust,
    CallSettings,
    Channel,
    ClosureSettings,
    ContactPolicy,
    Forecast,
    NextBestAction,
    Redial,
)
from scenarios.schema.replan import Away, Replan, Urgent
from scenarios.schema.staffing import (
    Queue,
    Rules,
    ServiceLevel,
    Shifts,
    Staffing,
    StaffingCosts,
    VolumeFrom,
)
from scenarios.schema.travel import Calibration, HourBand, SpeedBand, Travel

FIELD = "field"
SELF_SERVICE = "self_service"
Effort = Literal["quick", "normal", "thorough"]
Output = Literal["route_sheets", "map", "workbook", "calendar", "scripts", "report"]


class Event(Block):
    """A day, or several, on which calls differ from the usual."""

    date: dt.date
    """First day."""
    until: dt.date | None = None
    """Last day; the first unless given."""
    queue: Name = "*"
    """Planned queue; `*`: all."""
    calls_change_pct: SignedPercent = 0
    """Change of the number of calls."""
    handle_time_change_pct: SignedPercent = 0
    """Change of the handle time."""


class Money(Block):
    """What euros mean here."""

    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    """ISO code; a label, nothing is converted."""
    travel_eur_per_km: NotNegative = 0.3
    """Cost of a kilometre on the road."""
    gross_margin_pct: Percent = 100
    """Margin of a euro of sales."""
    value_horizon_months: Annotated[int, Field(ge=1, le=60)] = 12
    """Months of future sales that a customer is worth."""


class TimeLimits(Block):
    """Emergency brakes; a run that hits one is marked as not repeatable."""

    territories: Annotated[float, Field(gt=0)] = 60
    """Seconds."""
    channels: Annotated[float, Field(gt=0)] = 60
    """Seconds."""
    routing: Annotated[float, Field(gt=0)] = 300
    """Seconds."""
    staffing: Annotated[float, Field(gt=0)] = 300
    """Seconds."""


class Engines(Block):
    """Which engine solves which stage."""

    channels: Literal["auto", "dual", "highs", "cbc", "cp_sat", "flow"] = "auto"
    """auto: highs up to 5,000 customers, dual above; dual: prices of the capacities first; highs: highspy; cbc: PuLP
    with CBC; cp_sat: OR-Tools CP-SAT; flow: OR-Tools minimum-cost flow, for contacts of equal length. dual, cp_sat and
    flow need one contact a customer."""
    routing: Literal["auto", "native", "pyvrp", "ortools", "greedy"] = "auto"
    """auto takes what the problem needs and says so."""
    staffing: Literal["auto", "highs", "cbc"] = "auto"
    """Solver of the shift design; people are assigned by CP-SAT."""


class Solve(Block):
    """How hard to search."""

    seed: Annotated[int, Field(ge=0, lt=2**31)] = 1
    """Seed of everything random."""
    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """Processes that work side by side; the plan does not depend on it."""
    effort: Effort = "normal"
    """Search budget, counted in steps so that a run can be repeated."""
    time_limit_seconds: TimeLimits = TimeLimits()
    """Emergency brakes."""
    engines: Engines = Engines()
    """Engines."""
    warm_start_run: Path | None = None
    """Folder of an earlier run, as last week's; the search of large plans begins at its prices of channel capacity."""


def default_channels() -> dict[str, Channel]:
    """The channels of a scenario that names none."""
    return {
        FIELD: Channel(contact_minutes=30, win_lift_points=6, churn_reduction_pct=30, growth_lift_pct=8),
        "outbound": Channel(
            contact_minutes=12,
            cost_eur_per_hour=24,
            win_lift_points=3,
            churn_reduction_pct=15,
            growth_lift_pct=4,
            capacity_minutes_per_day=2400,
        ),
        SELF_SERVICE: Channel(contact_minutes=0, win_lift_points=0.5, churn_reduction_pct=2, growth_lift_pct=1),
    }


class Scenario(Block):
    """One week's question."""

    name: Name
    """Shown on every page."""
    why: str = ""
    """Why this scenario was made."""
    as_of: dt.date
    """What is known ends with the end of this day."""
    horizon: Horizon
    """Field work."""
    data: Data
    """Tables."""
    forecast: Forecast = Forecast()
    """What will happen."""
    next_best_action: NextBestAction = NextBestAction()
    """What an action is worth."""
    territories: Territories = Territories()
    """Who owns whom."""
    channels: dict[Name, Channel] = Field(default_factory=default_channels)
    """Ways to reach customers, by name; `field` is the reps'."""
    contact_policy: ContactPolicy = ContactPolicy()
    """How often and how a customer may be contacted."""
    reps: Reps = Reps()
    """Field reps."""
    staffing: Staffing = Staffing()
    """Contact centre."""
    money: Money = Money()
    """Euros."""
    events: dict[Name, Event] = {}
    """Days that differ, by a name of your own."""
    solve: Solve = Solve()
    """Search."""
    replan: Replan | None = None
    """A plan in hand that meets new facts: its routes are planned again with few changes, the rest stays."""
    outputs: list[Output] = ["route_sheets", "map", "report"]
    """What to write beside the tables."""
    report_pdf: bool = True
    """Print the report to report.pdf too, where a Chromium is installed."""
    sweep: dict[Name, list[Any]] = {}
    """Grid: every combination of these values, by dotted key."""
    scenarios: list[Path] = []
    """Files to run side by side, instead of a grid."""
    baseline: dict[Name, Any] = {}
    """The cell of the grid that others are compared with."""
    compare: list[Name] = []
    """Figures of the comparison."""

    def staffing_horizon(self) -> Horizon:
        """Days rostered: the centre's own horizon, or the scenario's."""
        return self.staffing.horizon or self.horizon

    def visit_minutes(self) -> float:
        """Minutes of a field visit to a customer who has no `visit_minutes` of their own."""
        return self.channels[FIELD].contact_minutes if FIELD in self.channels else 0.0


__all__ = [
    "FIELD",
    "SELF_SERVICE",
    "WEEKDAYS",
    "Adjust",
    "Away",
    "Balance",
    "Block",
    "Borders",
    "Calibration",
    "CallSettings",
    "Channel",
    "ClosureSettings",
    "ContactPolicy",
    "Data",
    "Effort",
    "Engines",
    "Event",
    "Forecast",
    "Horizon",
    "HourBand",
    "Lunch",
    "Money",
    "NextBestAction",
    "Output",
    "Overtime",
    "Pin",
    "Queue",
    "Redial",
    "Replan",
    "Reps",
    "Rules",
    "Scenario",
    "ServiceLevel",
    "Shifts",
    "Solve",
    "Source",
    "SpeedBand",
    "Staffing",
    "StaffingCosts",
    "Territories",
    "TimeLimits",
    "Travel",
    "Urgent",
    "VolumeFrom",
    "Weekday",
]
