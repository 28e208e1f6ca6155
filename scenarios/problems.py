"""Turns what pydantic found into problems in a planner's words: what is wrong, what is allowed, what was meant."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic_core import ErrorDetails

from scenarios import shape
from scenarios.errors import Problem
from scenarios.suggestions import closest, other_key, plain_number
from scenarios.written import Key, Spot, Written

_NUMBERS = {
    "int_type",
    "float_type",
    "int_parsing",
    "float_parsing",
    "int_from_float",
    "finite_number",
    "int_parsing_size",
}
_RANGES = {"greater_than", "greater_than_equal", "less_than", "less_than_equal"}
_MAPS = {"model_type", "dict_type", "model_attributes_type"}

_YES_NO = {
    "yes": "true",
    "on": "true",
    "1": "true",
    "y": "true",
    "no": "false",
    "off": "false",
    "0": "false",
    "n": "false",
}

Token = Callable[[Spot], str]
"""The text at a spot, as it was written."""


def key_of(error: ErrorDetails) -> Key:
    """The key that an error is about, without pydantic's own markers."""
    key = tuple(str(part) for part in error["loc"] if part != "[key]")
    below = error.get("ctx", {}).get("key", "") if error["type"] == "misfit" else ""
    return (*key, *str(below).split(".")) if below else key


def nearest(written: Mapping[Key, Written], key: Key) -> Written | None:
    """What stands at `key`, or at the nearest block above it."""
    for length in range(len(key), 0, -1):
        if key[:length] in written:
            return written[key[:length]]
    return None


def problem_of(error: ErrorDetails, written: Mapping[Key, Written], token: Token) -> Problem:
    """The problem behind one error; without a place where the key and all blocks above it stand nowhere."""
    key = key_of(error)
    found = nearest(written, key)
    on_name = error["type"] in ("extra_forbidden", "missing") or error["loc"][-1:] == ("[key]",) or key not in written
    place = (found.key_spot if on_name else found.spot).place if found else None
    text = token(found.spot) if found and not on_name else ""
    message, allowed, suggestion = _words(error, key, text)
    return Problem(message, ".".join(key), place, allowed, suggestion)


def unknown_null(key: Key, found: Written) -> Problem:
    """The problem of an unknown key without a value, which no validation of merged data would meet."""
    message, allowed, suggestion = _unknown_key(key[-1], key[:-1])
    advice = "decimals are written with a point, 0.35" if key[-1].isdigit() else ""
    return Problem(message, ".".join(key), found.key_spot.place, allowed, suggestion, advice)


def _words(error: ErrorDetails, key: Key, text: str) -> tuple[str, str, str]:
    """(message, allowed, suggestion) of an error at `key`, whose value is written as `text`."""
    kind, name, block = error["type"], key[-1] if key else "", key[:-1]
    node = shape.find(key) or {}
    allowed = shape.kind_of(key, node)
    value = error["input"]
    text = text or f"{value}"
    if kind == "extra_forbidden" or error["loc"][-1:] == ("[key]",):
        return _unknown_key(name, block)
    if kind == "missing":
        where = f" in `{'.'.join(block)}`" if block else ""
        help_text = str(node.get("description", "")).rstrip(".")
        return f"`{name}` is missing{where}", f"{allowed} ({help_text})" if help_text else allowed, ""
    if kind == "misfit":
        return error["msg"], "", ""
    if kind == "value_error":
        return error["msg"].removeprefix("Value error, "), "" if "write" in error["msg"] else allowed, ""
    if kind in _RANGES:
        return f"`{name}` cannot be {text}" if not name.isdigit() else f"{text} is out of range", allowed, ""
    if kind == "literal_error":
        return f"`{text}` is unknown", allowed, closest(f"{value}", map(str, shape.choices(node)))
    if kind == "too_short":
        return "the list is empty", f"{allowed}; at least one" if allowed else "at least one", ""
    if kind in _NUMBERS:
        return _no_number(text, value, allowed, key)
    return _wrong_kind(kind, _shown(value, text), value, text, allowed, shape.names_at(key))


def _wrong_kind(kind: str, shown: str, value: Any, text: str, allowed: str, names: list[str]) -> tuple[str, str, str]:
    """Words for text, list, map, date or yes/no where something else stands."""
    if kind in _MAPS:
        listed = f"{allowed}: {', '.join(names)}" if names and "path" not in allowed else allowed
        return f"{shown} is no map of keys", listed, ""
    if kind == "list_type":
        return f"{shown} is no list", allowed, f"[{text}]" if isinstance(value, (str, int, float)) else ""
    if kind == "string_type":
        return f"{shown} is no text", allowed, f'"{text}"' if isinstance(value, (int, float)) else ""
    if kind == "bool_type":
        return f"{shown} is neither true nor false", "", _YES_NO.get(text.casefold().strip("'\""), "")
    if kind.startswith("date"):
        return f"{shown} is no date", allowed, ""
    return f"{shown} is not what stands here", allowed, ""


def _unknown_key(name: str, block: Key) -> tuple[str, str, str]:
    suggestion, why = other_key(name, block)
    where = f"in `{'.'.join(block)}`" if block else "at the top of a scenario"
    known = shape.names_at(block) if block else ["extends", *shape.names_at(block)]
    if name == "":
        return f"a key without a name {where}", "a name of your own", ""
    return f"unknown key `{name}` {where}" + (f"; {why}" if why else ""), ", ".join(known), suggestion


def _no_number(text: str, value: Any, allowed: str, key: Key) -> tuple[str, str, str]:
    suggestion = ""
    if isinstance(value, str):
        suggestion = plain_number(value, key)
    elif isinstance(value, float) and value == value and value.is_integer():
        suggestion = f"{value:.0f}"
    if (shape.find(key) or {}).get("type") == "integer" and "." in suggestion:
        suggestion = ""
    noun = "whole number" if allowed.startswith("a whole") else "number"
    return f"{_shown(value, text)} is no {noun}", allowed, suggestion


def _shown(value: Any, text: str) -> str:
    """A value in an error text: scalars as written, the rest by kind."""
    if isinstance(value, dict):
        return "a map of keys"
    if isinstance(value, list):
        return "a list"
    return "an empty value" if value is None else f"`{text}`"
