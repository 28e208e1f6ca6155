"""What every block of a scenario shares: frozen, no unknown keys, docstrings as help."""

from datetime import date
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from scenarios.clock import format_clock, parse_clock, parse_span

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


def _clock(value: Any, info: ValidationInfo) -> int:
    """Minutes; in a file only text is a time of day, `time: 9` would mean nine minutes past midnight."""
    return parse_clock(f"{value}" if info.mode == "json" else value)


def _span(value: Any, info: ValidationInfo) -> tuple[int, int]:
    """(from, to) minutes; in a file only text is a span."""
    return parse_span(f"{value}" if info.mode == "json" else value)


def _format_span(span: tuple[int, int]) -> str:
    return f"{format_clock(span[0])}-{format_clock(span[1])}"


ClockMinute = Annotated[
    int,
    BeforeValidator(_clock),
    PlainSerializer(format_clock, when_used="json"),
    WithJsonSchema({"type": "string", "format": "clock", "pattern": r"^\d{1,2}:\d{2}$"}),
]
"""`HH:MM` local time, `00:00` to `24:00`; held as minutes after midnight."""

Span = Annotated[
    tuple[int, int],
    BeforeValidator(_span),
    PlainSerializer(_format_span, when_used="json"),
    WithJsonSchema({"type": "string", "format": "span", "pattern": r"^\d{1,2}:\d{2} *- *\d{1,2}:\d{2}$"}),
]
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


def misfit(key: str, message: str) -> PydanticCustomError:
    """The error of two values that do not fit together; `key` is the one to change, dotted, below its block."""
    return PydanticCustomError("misfit", "{message}", {"key": key, "message": message})
