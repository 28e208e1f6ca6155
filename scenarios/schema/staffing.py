"""The `staffing:` block: queues, opening hours, service level, shifts, rules, costs."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from scenarios.schema.base import Block, Horizon, Name, NotNegative, Positive, Span, Weekday, misfit

Hours = Annotated[float, Field(gt=0, le=24)]


class VolumeFrom(Block):
    """Which queues of which tables make up a planned queue."""

    call_counts: list[Name] = []
    """Queues of the table `call_counts`."""
    calls: list[Name] = []
    """Queues of the table `calls`."""


class Queue(Block):
    """A planned queue, as a sum of queues in the data."""

    volume_from: VolumeFrom
    """Where the number of calls comes from."""
    handle_time_from: VolumeFrom = VolumeFrom()
    """Where handle times come from; the queues of `volume_from` unless given."""


class ServiceLevel(Block):
    """The promise to callers."""

    answered_pct: Annotated[float, Field(ge=1, lt=100)] = 80
    """Percent of calls answered within `within_seconds`: 80, not 0.8."""
    within_seconds: NotNegative = 20
    """Seconds."""


class Shifts(Block):
    """Shapes a shift may have."""

    lengths_hours: Annotated[list[Hours], Field(min_length=1)] = [4, 6, 8]
    """Paid or unpaid break included."""
    start_every_minutes: Literal[15, 30, 60] = 30
    """Shifts start on this grid."""
    break_minutes: Annotated[float, Field(ge=0, le=120)] = 30
    """Length of the break."""
    breaks_paid: bool = False
    """Whether the break is paid."""
    break_after_hours: Hours = 6
    """Shifts longer than this have a break; nobody works longer than this without one."""


class Rules(Block):
    """Working-time law: hard."""

    min_rest_hours: Annotated[float, Field(ge=0, le=24)] = 11
    """Between two shifts."""
    max_days_in_a_row: Annotated[int, Field(ge=1, le=31)] = 5
    """Working days in a row."""
    max_hours_per_week: Annotated[float, Field(gt=0, le=168)] = 48
    """Paid hours a week (seven days from the horizon's start)."""
    min_days_off_per_week: Annotated[int, Field(ge=0, le=7)] = 2
    """Days without a shift a week."""
    contract_tolerance_hours: NotNegative = 4
    """Paid hours may differ from the contract by so many; above the contract they are overtime."""


class StaffingCosts(Block):
    """What staffing trades off, in euros."""

    understaffed_eur_per_agent_hour: NotNegative = 60
    """An agent hour short of the requirement."""
    overtime_eur_per_hour: NotNegative = 36
    """A paid hour above the contract."""
    refused_request_eur_per_weight: NotNegative = 10
    """A shift request of weight 1 that is not granted."""


class Staffing(Block):
    """Contact centre: how many agents sit when, and who."""

    timezone: Name = "UTC"
    """IANA name of the centre's time zone."""
    country: Name | None = None
    """ISO code of the country whose public holidays the centre and its callers keep; none: no holidays."""
    horizon: Horizon | None = None
    """Days rostered; the scenario's horizon unless given."""
    interval_minutes: Literal[15, 30, 60] = 30
    """Length of a staffing interval; not finer than the forecast's."""
    queues: dict[Name, Queue] = {}
    """Planned queues; each queue of the data unless given."""
    opening_hours: dict[Weekday, Span] = {}
    """By weekday; a day that is not named is closed; none named: always open."""
    service_level: ServiceLevel = ServiceLevel()
    """The promise to callers."""
    patience_seconds: Positive = 180
    """Mean time after which a waiting caller gives up."""
    shrinkage_pct: Annotated[float, Field(ge=0, lt=100)] = 0
    """Percent of paid time that agents are not available."""
    max_occupancy_pct: Annotated[float, Field(gt=0, le=100)] = 100
    """Agents are busy for at most so many percent of their time."""
    shifts: Shifts = Shifts()
    """Shapes of shifts."""
    rules: Rules = Rules()
    """Working-time law."""
    costs: StaffingCosts = StaffingCosts()
    """Costs."""

    @model_validator(mode="after")
    def _fits(self) -> "Staffing":
        if self.shifts.start_every_minutes % self.interval_minutes:
            raise misfit(
                "shifts.start_every_minutes",
                f"shifts cannot start every {self.shifts.start_every_minutes} minutes on intervals of "
                f"{self.interval_minutes} minutes; give a multiple of interval_minutes",
            )
        return self
