"""What border visits and even weeks bring or cost, in sentences: each plan on the way beside the one before it."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from outputs.readable import figure

OWN, BORDER, EVEN = "own territories", "border visits", "even weeks"
"""Names of the plans on the way, as `Routes.ways` has them."""
PLURAL = ("stay", "fall", "rise")
SINGULAR = ("stays", "falls", "rises")


def way_sentences(ways: Sequence[Mapping[str, Any]]) -> list[str]:
    """One sentence for each plan after the first.

    Args:
        ways: rows of `Routes.ways` in their order; values in euros, work in hours.
    """
    return [_sentence(before, now) for before, now in pairwise(ways)]


def _sentence(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    gain = round(float(now["value_eur"])) - round(float(before["value_eur"]))  # as the table beside it shows them
    if now["way"] == EVEN:
        return f"Even weeks {_brings(gain)}: {_evenness(before, now)}."
    visits = int(now["border_visits"])
    if not visits:
        return "The search found no visit by a neighbour that brings more than it costs."
    who = "1 visit by a neighbour" if visits == 1 else f"{visits} visits by a neighbour"
    more = int(now["visits"]) - int(before["visits"])
    count = f"{abs(more)} visit{'s' if abs(more) != 1 else ''} {'more' if more > 0 else 'fewer'} in all"
    return f"{who} {_brings(gain, singular=visits == 1)}{f'; {count}' if more else ''}."


def _brings(gain: float, *, singular: bool = False) -> str:
    """`bring 612 eur`, `cost 12 eur`, or that there is nothing in it."""
    euros, s = round(abs(gain)), "s" if singular else ""
    if not euros:
        return f"bring{s} and cost{s} nothing"
    return f"{'bring' if gain > 0 else 'cost'}{s} {figure(euros)} eur"


def _evenness(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    parts = [
        ("hours beyond share", PLURAL, "beyond_share_hours"),
        ("the longest rep-week", SINGULAR, "longest_hours"),
        ("the shortest", SINGULAR, "shortest_hours"),
    ]
    return ", ".join(_moved(name, verbs, before[key], now[key]) for name, verbs, key in parts)


def _moved(name: str, verbs: tuple[str, str, str], before: float, now: float) -> str:
    """Where hours went; what reads the same with one decimal stays."""
    stay, fall, rise = verbs
    old, new = f"{before:.1f}", f"{now:.1f}"
    return f"{name} {stay} at {new}" if old == new else f"{name} {fall if now < before else rise} from {old} to {new}"
