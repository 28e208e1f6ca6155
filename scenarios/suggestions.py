"""Did you mean: the nearest name, a key with another unit, a key of another block, a value with its unit."""

import difflib
import re
from collections.abc import Iterable

from scenarios import shape
from scenarios.written import Key

_QUANTITY = re.compile(r"([-+]?\d+(?:[.,]\d+)?)\s*([a-zA-Z%€]*)\.?")
_IN_BASE = {  # unit word -> (dimension, size in the dimension's base)
    "s": ("time", 1),
    "sec": ("time", 1),
    "seconds": ("time", 1),
    "second": ("time", 1),
    "min": ("time", 60),
    "mins": ("time", 60),
    "minute": ("time", 60),
    "minutes": ("time", 60),
    "h": ("time", 3600),
    "hour": ("time", 3600),
    "hours": ("time", 3600),
    "d": ("time", 86400),
    "day": ("time", 86400),
    "days": ("time", 86400),
    "km": ("road", 1000),
    "kilometres": ("road", 1000),
    "m": ("road", 1),
    "%": ("share", 1),
    "pct": ("share", 1),
    "percent": ("share", 1),
    "€": ("money", 1),
    "eur": ("money", 1),
    "euros": ("money", 1),
}


def closest(name: str, names: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The name most like `name`, or an empty text if none is near."""
    known = {str(known).casefold(): str(known) for known in names}
    found = difflib.get_close_matches(name.casefold(), list(known), n=1, cutoff=cutoff)
    return known[found[0]] if found else ""


def stem(name: str) -> str:
    """`name` without its unit: `within_minutes` -> `within`."""
    parts = name.split("_per_")[0].split("_")
    return "_".join(parts[:-1] if parts[-1] in shape.UNITS else parts)


def other_key(name: str, block: Key) -> tuple[str, str]:
    """(key to write instead of the unknown `name` in `block`, why), both empty if nothing is near.

    A key of the same block that differs only by its unit wins, then the nearest name of the block, then the same
    name in another block, which is given dotted.
    """
    siblings = shape.names_at(block)
    for sibling in siblings:
        if stem(sibling) == stem(name) != "" and sibling != name and shape.unit_of((sibling,)):
            return sibling, f"`{sibling}` is in {shape.unit_of((sibling,))}"
    near = closest(name, siblings)
    if near:
        return near, ""
    elsewhere = sorted((key for key in shape.keys_with(name)), key=len)
    if elsewhere and "*" not in elsewhere[0] and elsewhere[0][:-1] != block:
        return ".".join(elsewhere[0]), f"`{name}` stands in the block `{'.'.join(elsewhere[0][:-1]) or 'top level'}`"
    return "", ""


def plain_number(text: str, key: Key) -> str:
    """The bare number that a text such as `20 s`, `2 min`, `0,35` or `15 %` means in the unit of `key`."""
    match = _QUANTITY.fullmatch(text.strip())
    if not match:
        return ""
    number = float(match[1].replace(",", "."))
    if match[2]:
        given = _IN_BASE.get(match[2].casefold())
        wanted = _IN_BASE.get(shape.unit_of(key).split(" ")[0])
        if given is None or wanted is None or given[0] != wanted[0]:
            return ""
        number = number * given[1] / wanted[1]
    return f"{number:g}"
