"""Every value of a scenario with the place that wrote it, or `default`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from scenarios.loader import Loaded
from scenarios.rendering import shown_place


@dataclass(frozen=True)
class Explained:
    """One value: its dotted key, the value as a planner would write it, and `file:line:column` or `default`."""

    key: str
    value: Any
    origin: str


def explain(loaded: Loaded, prefix: str = "") -> list[Explained]:
    """The values whose key is `prefix` or stands below it, in the order of the schema; all without a prefix.

    Lists are one value; parts of a table's source that were not given are left out.
    """
    shown = loaded.scenario.model_dump(mode="json", by_alias=True)
    rows = []
    for key, value in _leaves(shown, ""):
        place = loaded.origins.get(key)
        source = key.split(".")[:2]
        if place is None and source[0] == "data" and "path" not in key and key.count(".") == 2:
            continue
        if place is None and key == f"data.{source[-1]}.path":  # written as a plain path
            place = loaded.origins.get(f"data.{source[-1]}")
        if prefix in ("", key) or key.startswith(f"{prefix}."):
            written = _written(loaded.resolved, key)
            rows.append(
                Explained(key, value if written is None else written, shown_place(place) if place else "default")
            )
    return rows


def show_value(value: Any) -> str:
    """A value on one line, as YAML would take it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:g}" if abs(value) < 1e15 else repr(value)
    if isinstance(value, list):
        return "[" + ", ".join(show_value(each) for each in value) + "]"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {show_value(each)}" for name, each in value.items()) + "}"
    text = str(value)
    return f'"{text}"' if text == "" or text != text.strip() or ": " in text else text


def _leaves(value: Any, at: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name, each in value.items():
            yield from _leaves(each, f"{at}.{name}" if at else name)
    else:
        yield at, value


def _written(resolved: Any, key: str) -> Any:
    """What `resolved` holds at `key`, None if it holds a map or nothing there."""
    value = resolved
    while key:
        if not isinstance(value, dict):
            return None
        name = next((name for name in value if key == name or key.startswith(f"{name}.")), None)
        if name is None:
            return None
        value, key = value[name], key[len(name) + 1 :]
    return None if isinstance(value, dict) else value
