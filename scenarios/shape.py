"""What may stand at a key: answers about the schema by key, for error texts, sweeps, help pages and editors."""

import copy
import functools
from collections.abc import Iterator
from typing import Any

from scenarios.clock import format_clock
from scenarios.schema import Scenario
from scenarios.written import Key

Node = dict[str, Any]
"""A node of the JSON schema, references resolved."""

UNITS = {
    "seconds": "seconds",
    "minutes": "minutes",
    "hours": "hours",
    "days": "days",
    "months": "months",
    "km": "kilometres",
    "kmh": "kilometres per hour",
    "eur": "euros",
    "pct": "percent",
    "points": "percentage points",
}
"""The closed set of units that end a key, alone or as `_per_<noun>`."""

KINDS = {"string": "text", "boolean": "true or false", "array": "a list", "object": "a map of keys"}
FORMATS = {
    "date": "a date, YYYY-MM-DD",
    "clock": "a time of day, HH:MM from 00:00 to 24:00",
    "span": "a span of time, HH:MM-HH:MM within one day",
    "path": "a path, read from the file that writes it",
}


@functools.cache
def json_root() -> Node:
    """The JSON schema of a scenario as pydantic gives it, with tables of `data:` also as plain paths."""
    root = Scenario.model_json_schema()
    for block in [root, *root["$defs"].values()]:
        for node in block.get("properties", {}).values():
            if isinstance(node.get("default"), dict):
                del node["default"]  # a block's defaults stand at its own keys
            elif node.get("format") == "span" and "default" in node:
                start, end = node["default"]
                node["default"] = f"{format_clock(start)}-{format_clock(end)}"
    tables = root["$defs"]["Data"]["properties"]
    for name, table in tables.items():
        tables[name] = {
            **{word: table[word] for word in ("description", "default") if word in table},
            "anyOf": [{"type": "string", "format": "path"}, {"$ref": "#/$defs/Source"}],
        }
    return root


def resolve(node: Node) -> Node:
    """`node` without reference and without its null alternative; description and default stay its own."""
    own: Node = {word: node[word] for word in ("description", "default") if word in node}
    options = [option for option in node.get("anyOf", []) if option.get("type") != "null"]
    if options:  # a plain path or a map: the map is the one that has keys
        return {**resolve(options[-1]), **own}
    if "$ref" in node:
        return {**resolve(json_root()["$defs"][node["$ref"].rsplit("/", 1)[-1]]), **own}
    return node


def child(node: Node, name: str) -> Node | None:
    """The node of key or list element `name` below `node`; None if there is no such key."""
    node = resolve(node)
    if name in node.get("properties", {}):
        return resolve(node["properties"][name])
    extra = node.get("additionalProperties")
    if isinstance(extra, dict):
        names = node.get("propertyNames", {}).get("enum")
        return resolve(extra) if not names or name in names else None
    if extra is True and "properties" not in node:
        return {}
    items = node.get("items")
    return resolve(items) if isinstance(items, dict) and name.isdigit() else None


def find(key: Key) -> Node | None:
    """The node at `key`; None if the schema has no such key."""
    node: Node | None = json_root()
    for name in key:
        if node is None:
            return None
        node = child(node, name)
    return node


def names_at(key: Key) -> list[str]:
    """The names that may stand directly below `key`; empty where names are the user's own."""
    node = resolve(find(key) or {})
    return list(node.get("properties", node.get("propertyNames", {}).get("enum", [])))


def unit_of(key: Key) -> str:
    """The unit that the key's name carries, or the nearest block's above it, in words; empty if none does."""
    names = [part for part in key if not part.isdigit()]
    if len(key) > 1 and key[-2].isdigit():
        names = names[-1:]  # a map in a list: the list's unit is not that of what its maps hold
    for name in reversed(names):
        stem, _, noun = name.partition("_per_")
        unit = UNITS.get(stem.rsplit("_", 1)[-1], "")
        if unit:
            return f"{unit} per {noun.replace('_', ' ')}" if noun else unit
        if noun:
            return ""
    return ""


def number_range(node: Node) -> str:
    """`from 0 to 100`, `above 0`, ... as the schema limits a number; empty if it does not."""
    low, high = node.get("minimum"), node.get("maximum")
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    parts = []
    if low is not None:
        parts.append(f"from {low:g}" if isinstance(low, float) else f"from {low}")
    if above is not None:
        parts.append(f"above {above:g}")
    if high is not None:
        parts.append(f"to {high}" if low is not None else f"at most {high}")
    if below is not None:
        parts.append(f"below {below}")
    return (" " if low is not None and high is not None else ", ").join(parts)


def kind_of(key: Key, node: Node) -> str:
    """In words what may stand at `key`: kind, unit, range or choices."""
    options = choices(node)
    if options:
        return "one of " + ", ".join(str(option) for option in options)
    if node.get("format") in FORMATS:
        return FORMATS[node["format"]]
    if node.get("type") in ("number", "integer"):
        noun = "a number" if node["type"] == "number" else "a whole number"
        unit = unit_of(key)
        limits = number_range(node)
        return noun + (f" of {unit}" if unit else "") + (f", {limits}" if limits else "")
    if node.get("pattern") == "^[A-Z]{3}$":
        return "three capital letters"
    if node.get("type") == "array":
        inner = kind_of((*key, "0"), resolve(node.get("items", {})))
        return f"a list, each {inner}" if inner else "a list"
    if node.get("type") == "object" and "path" in node.get("properties", {}):
        return "a path, or a map with `path` or `url`"
    return KINDS.get(node.get("type", ""), "")


def choices(node: Node) -> list[Any]:
    """The values of an enumeration; empty if `node` is none."""
    if "const" in node:
        return [node["const"]]
    return list(node.get("enum", []))


def keys_with(name: str) -> list[Key]:
    """Every key of the schema whose last name is `name`; `*` stands for a name of the user's own."""
    return [key for key, _ in leaves_and_blocks() if key[-1] == name]


def leaves_and_blocks(node: Node | None = None, at: Key = ()) -> Iterator[tuple[Key, Node]]:
    """Every key of the schema with its node, blocks before what they hold; `*`: a name of the user's own."""
    node = resolve(json_root() if node is None else node)
    extra = node.get("additionalProperties")
    named = dict(node.get("properties", {}))
    if isinstance(extra, dict):
        named["*"] = extra
    for name, raw in named.items():
        found = copy.copy(resolve(raw))
        yield (*at, name), found
        if found.get("type") == "object":
            yield from leaves_and_blocks(raw, (*at, name))
