"""What every block of a scenario shares: frozen, no unknown keys, docstrings as help."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from scenarios.clock import parse_clock, parse_span

Percent = Annotated[float, Field(ge=0, le=100)]
"""A share of a whole, 0 to 100."""

SignedPercent = Annotated[float, Field(ge=-100, le=1000)]
"""A change in percent, -100 (all gone) to 1000."""

NotNegative = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
Name = Annotated[str, Field(min_length=1)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

ClockMinute = Annotated[int, BeforeValidator(parse_clock)]
"""`HH:MM` local time, `00:00` to `24:00`; held as minutes after midnight."""

Span = Annotated[tuple[int, int], BeforeValidator(parse_span)]
"""`HH:MM-HH:MM` local time; held as (from, to) minutes after midnight."""


class Block(BaseModel):
    """A block of a scenario: frozen, unknown keys refused, field docstrings kept as help."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, allow_inf_nan=False, strict=False
    )


class Horizon(Block):
    """The days that are planned."""

    start: date
    """First planned day."""
    days: Annotated[int, Field(ge=1, le=62)] = 5
    """Number of calendar days from `start`, the first included."""


def none_to_empty(value: Any) -> Any:
    """Read `key:` with nothing behind it as an empty map, as planners mean it."""
    return {} if value is None else value
