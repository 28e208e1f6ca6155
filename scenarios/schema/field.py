"""The `territories:` and `reps:` blocks: who owns whom, and how reps work and travel."""

from typing import Annotated, Literal

from pydantic import Field, field_validator

from scenarios.schema.base import Block, ClockMinute, Name, NotNegative, Percent, Span, Weekday
from scenarios.schema.travel import Travel


class Borders(Block):
    """Soft territories: neighbours may make some visits where that pays."""

    max_visits_pct: Percent = 5
    """Percent of the visits offered to the field that a neighbour of the owner may make; owners stay who they are."""
    eur_per_visit: NotNegative = 0
    """What it costs that the customer meets somebody new; a visit moves only if it brings more."""
    neighbours: Annotated[int, Field(ge=1, le=5)] = 1
    """So many of the nearest other reps may come, by the nearer of their home and the centre of their territory."""


class Territories(Block):
    """Who owns whom."""

    mode: Literal["keep", "repair", "redesign"] = "keep"
    """keep: nobody moves but orphans; repair: few moves towards balance; redesign: from scratch."""
    workload_tolerance_pct: Percent = 10
    """Workload may differ from the mean by so many percent."""
    max_moved_beyond_forced_pct: Percent = 100
    """Percent of customers that may change rep beyond those whose rep is gone; wins over balance."""
    contiguous: bool = True
    """A territory is one piece on the neighbourhood graph."""
    specialists: Literal["overlay", "own"] = "overlay"
    """overlay: a visit whose skill the owner lacks may go to the nearest rep who has it; own: only owners visit."""
    borders: Borders | None = None
    """Visits that a neighbour may make; none: only the owner visits, or who stands in."""


class Overtime(Block):
    """How long a rep-day may last beyond its shift, and what that costs."""

    eur_per_hour: NotNegative
    """Cost of each hour after the end of the shift."""
    max_minutes_per_day: Annotated[float, Field(gt=0, le=720)] = 60
    """The rep is back by then."""


class Balance(Block):
    """Even weeks: who has more work than his share should hand some of it on, or leave it."""

    eur_per_hour: NotNegative
    """Value given up at most for each hour of visits and drives beyond a rep's share of them, by working time."""


class Lunch(Block):
    """The reps' lunch break: floats within a span, taken if the shift covers it."""

    minutes: NotNegative = 45
    """Length; 0: no lunch break."""
    between: Span = (750, 900)
    """The break starts and ends within this span."""


class Pin(Block):
    """A visit that is fixed to a rep, and perhaps to a day and a time."""

    customer: Name
    """Customer."""
    rep: Name
    """Rep."""
    day: Weekday | None = None
    """Weekday within the horizon; none: any."""
    time: ClockMinute | None = None
    """Start of the visit; none: any."""


class Reps(Block):
    """Field reps: how they work, and who is away."""

    timezone: Name = "UTC"
    """IANA name of the reps' time zone."""
    country: Name | None = None
    """ISO code of the country whose public holidays reps keep; none: no holidays."""
    cost_eur_per_hour: NotNegative = 0
    """Accrues for every paid shift hour."""
    lunch: Lunch | None = Lunch()
    """Lunch break; `{minutes: 0}`: none."""
    overtime: Overtime | None = None
    """Longer days at a price; none: every day ends within its shift."""
    balance: Balance | None = None
    """Even weeks at a price; none: value alone counts."""
    travel: Travel = Travel()
    """Travel times."""
    absent: list[Name] = []
    """Reps away for the whole horizon; single days stand in the table `absences`."""
    remove: list[Name] = []
    """Reps who leave for good; their customers are reassigned."""
    headcount_change: Annotated[int, Field(ge=-500, le=500)] = 0
    """Below 0: the least loaded go first; above 0: new ones start at the centre of the most loaded territories."""
    pinned: dict[Name, Pin] = {}
    """Fixed visits, by a name of your own."""

    @field_validator("lunch")
    @classmethod
    def _no_lunch(cls, lunch: Lunch | None) -> Lunch | None:
        return None if lunch is not None and lunch.minutes == 0 else lunch
