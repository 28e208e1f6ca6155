"""Local clock times as planners write them: `9:00`, `09:00`, `24:00`, `12:30-15:00`.

Held as whole minutes after local midnight, 0 to 1440. `24:00` is the end of a day.
"""

import re
from typing import Any

MINUTES_PER_DAY = 24 * 60
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::00)?")


def parse_clock(value: Any) -> int:
    """Minutes after midnight of `HH:MM` (0 to 1440); an int in that range passes through.

    Raises:
        ValueError: not a time of day; the sentence says what is allowed.
    """
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MINUTES_PER_DAY:
        return value
    match = _CLOCK.fullmatch(value.strip()) if isinstance(value, str) else None
    if match:
        minutes = int(match[1]) * 60 + int(match[2])
        if int(match[2]) < 60 and minutes <= MINUTES_PER_DAY:
            return minutes
    raise ValueError(f"{value!r} is no time of day; write HH:MM from 00:00 to 24:00")


def parse_span(value: Any) -> tuple[int, int]:
    """(from, to) minutes of `HH:MM-HH:MM`, from before to.

    Raises:
        ValueError: not a span, or it ends before it starts.
    """
    if isinstance(value, (tuple, list)) and len(value) == 2:
        start, end = parse_clock(value[0]), parse_clock(value[1])
    elif isinstance(value, str) and value.count("-") == 1:
        first, last = value.split("-")
        start, end = parse_clock(first), parse_clock(last)
    else:
        raise ValueError(f"{value!r} is no span of time; write HH:MM-HH:MM, for example 09:00-17:30")
    if start >= end:
        raise ValueError(f"{value!r} ends before it starts; a span lies within one day")
    return start, end


def format_clock(minutes: int) -> str:
    """`HH:MM` of minutes after midnight; 1440 is `24:00`."""
    return f"{minutes // 60:02d}:{minutes % 60:02d}"
