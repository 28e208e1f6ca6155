"""Values as planners wrote them: each with the place of its name and of itself, merged layer over layer.

A layer is one file or one `--set`. Maps merge deep, lists and scalars replace, null takes back what a parent wrote.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from scenarios.errors import Place

Key = tuple[str, ...]
"""Names from the top of the scenario down; list elements by their number from 0."""

KEEPS_NULLS = "baseline"  # there a null is the value of a cell, not a reset


@dataclass(frozen=True)
class Spot:
    """A token in a text: where it starts and how many characters it takes on that line."""

    place: Place
    width: int = 1


@dataclass(frozen=True)
class Written:
    """A value (scalar, map of `Written` or list of `Written`), where its name stands and where it stands itself."""

    value: Any
    key_spot: Spot
    spot: Spot


def plain(written: Written) -> Any:
    """The value without its places: scalars, dicts and lists."""
    if isinstance(written.value, dict):
        return {name: plain(child) for name, child in written.value.items()}
    if isinstance(written.value, list):
        return [plain(child) for child in written.value]
    return written.value


def walk(written: Written, at: Key = ()) -> Iterator[tuple[Key, Written]]:
    """Each value below `written`, maps and lists before what they hold."""
    children: list[tuple[str, Written]] = []
    if isinstance(written.value, dict):
        children = list(written.value.items())
    elif isinstance(written.value, list):
        children = [(str(number), child) for number, child in enumerate(written.value)]
    for name, child in children:
        yield (*at, name), child
        yield from walk(child, (*at, name))


def merge(base: Written, over: Written, at: Key = ()) -> Written:
    """`over` laid on `base`: maps deep, all else replaced, null removed.

    A table of `data:` given as a plain path counts as `{path: ...}` when the layer above adds to it.
    """
    if not isinstance(over.value, dict):
        return over
    under: dict[str, Written] = {}
    if isinstance(base.value, dict):
        under = dict(base.value)
    elif isinstance(base.value, str) and at[:1] == ("data",) and len(at) == 2:
        under = {"path": base}
    for name, child in over.value.items():
        if child.value is None and at[:1] != (KEEPS_NULLS,):
            under.pop(name, None)
        else:
            under[name] = merge(under.get(name, replace(child, value=None)), child, (*at, name))
    return replace(over, value=under)
