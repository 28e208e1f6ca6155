"""Validates merged data once, and tells all problems together: each key's own, and those between keys.

Where some keys are wrong, the rest is still checked: the wrong ones are taken out (required ones stand in by a harmless
value) and what depends on them is left alone.
"""

import copy
import json
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scenarios import shape
from scenarios.checks import check
from scenarios.errors import Problem
from scenarios.problems import Token, key_of, problem_of
from scenarios.schema import Scenario
from scenarios.suggestions import other_key
from scenarios.written import Key, Written

_STAND_INS: dict[str, Any] = {
    "name": "-",
    "as_of": "2000-01-01",
    "horizon": {"start": "2000-01-02"},
    "data": {"customers": "."},
}
_ROUNDS = 6


def validate(
    data: dict[str, Any], written: Mapping[Key, Written], token: Token, *, complete: bool = True
) -> tuple[Scenario | None, list[Problem]]:
    """The scenario that `data` says (where there are problems: without the keys that are wrong), and the problems.

    Args:
        data: merged plain data.
        written: what stands where, by key.
        token: text at a spot.
        complete: False where a parent could not be read: then keys that it may hold are not missed.
    """
    scenario, errors = parse(data)
    if not complete:
        errors = [error for error in errors if error["type"] not in ("missing", "misfit")]
    problems = [problem_of(error, written, token) for error in errors]
    wrong = {key_of(error) for error in errors}
    rest = scenario or (_without(data, errors) if complete else None)
    if rest is not None:
        problems += check(rest, wrong)
    problems += _grid_problems(data, written, token, {(key_of(error), error["type"]) for error in errors}, complete)
    return rest, problems


def parse(data: dict[str, Any]) -> tuple[Scenario | None, list[ErrorDetails]]:
    """The scenario or the errors of its schema.

    Strict and by way of JSON: a number is no text, true is no number, and dates, clocks and paths are text.
    """
    try:
        return Scenario.model_validate_json(json.dumps(data, default=str), strict=True), []
    except ValidationError as error:
        return None, error.errors(include_url=False)


def _without(data: dict[str, Any], errors: list[ErrorDetails]) -> Scenario | None:
    """The scenario without its wrong keys; None if it cannot be made whole."""
    rest = copy.deepcopy(data)
    for _ in range(_ROUNDS):
        wrong = {key_of(error) for error in errors}
        for error in errors:
            key = key_of(error)
            if _stand_in(rest, key, wrong):
                continue
            taken = _take_out(rest, key[:-1] if error["type"] == "missing" and len(key) > 1 else key)
            if not taken:  # two values that do not fit, and the one to change is a default: the block goes
                _take_out(rest, tuple(map(str, error["loc"])))
        for name, value in _STAND_INS.items():
            rest.setdefault(name, copy.deepcopy(value))
        scenario, errors = parse(rest)
        if scenario is not None:
            return scenario
    return None


def _stand_in(data: dict[str, Any], key: Key, wrong: set[Key]) -> bool:
    """Put a sound element of its list in the place of a wrong one, so that the others keep their places.

    False if `key` is no element of a list, or none of its elements is sound.
    """
    block: Any = data
    for name in key[:-1]:
        block = block.get(name) if isinstance(block, dict) else None
    if not isinstance(block, list) or not key[-1].isdigit() or int(key[-1]) >= len(block):
        return False
    bad = {int(other[-1]) for other in wrong if other[:-1] == key[:-1] and other[-1].isdigit()}
    sound = [value for number, value in enumerate(block) if number not in bad]
    if sound:
        block[int(key[-1])] = copy.deepcopy(sound[0])
    return bool(sound)


def _take_out(data: dict[str, Any], key: Key) -> bool:
    """Remove what stands at `key`, or the list or scalar above it; False if nothing stands there."""
    block: Any = data
    for name in key[:-1]:
        if not isinstance(block.get(name), dict):
            return block.pop(name, None) is not None
        block = block[name]
    return bool(key) and block.pop(key[-1], None) is not None


def _grid_problems(
    data: dict[str, Any], written: Mapping[Key, Written], token: Token, known: set[tuple[Key, str]], complete: bool
) -> list[Problem]:
    """Problems of `sweep:` and `baseline:`: keys that do not exist, values that their keys do not take."""
    problems: list[Problem] = []
    sweep = data.get("sweep") if isinstance(data.get("sweep"), dict) else {}
    baseline = data.get("baseline") if isinstance(data.get("baseline"), dict) else {}
    if sweep and data.get("scenarios"):
        spot = written[("scenarios",)].key_spot
        problems.append(
            Problem("`scenarios` and `sweep` exclude each other", "scenarios", spot.place, "one of the two")
        )
    given: list[tuple[Key, str, Any]] = [
        (("sweep", name, str(i)), name, value)
        for name, values in (sweep or {}).items()
        if isinstance(values, list)
        for i, value in enumerate(values)
    ]
    given += [(("baseline", name), name, value) for name, value in (baseline or {}).items()]
    refused: set[Key] = set()
    for at, name, value in given:
        target = tuple(name.split("."))
        spot = written[at[:2]].key_spot
        if shape.find(target) is None or target[0] in ("sweep", "scenarios", "baseline", "compare"):
            if at[:2] not in refused:
                problems.append(_no_such_key(name, ".".join(at[:2]), spot.place))
            refused.add(at[:2])
            continue
        cell = copy.deepcopy(data)
        _put(cell, target, value)
        for error in parse(cell)[1]:
            if (key_of(error), error["type"]) not in known and (complete or error["type"] not in ("missing", "misfit")):
                problem = problem_of(error, {key_of(error): written[at]}, token)
                problems.append(
                    Problem(problem.message, ".".join(at), written[at].spot.place, problem.allowed, problem.suggestion)
                )
    for name, value in (baseline or {}).items():
        if sweep and complete and ("baseline", name) not in refused:
            problems += _outside_grid(name, value, sweep, written)
    return problems


def _outside_grid(name: str, value: Any, sweep: dict[str, Any], written: Mapping[Key, Written]) -> list[Problem]:
    """The baseline is a cell of the grid: its keys are swept, its values stand in their lists."""
    found = written["baseline", name]
    if name not in sweep:
        return [Problem(f"`{name}` is not swept", f"baseline.{name}", found.key_spot.place, ", ".join(sweep))]
    if isinstance(sweep[name], list) and value not in sweep[name]:
        allowed = "one of " + ", ".join(str(each) for each in sweep[name])
        return [Problem(f"`{value}` is no value of the sweep", f"baseline.{name}", found.spot.place, allowed)]
    return []


def _no_such_key(name: str, at: str, place: Any) -> Problem:
    """The problem of a dotted key that the schema does not have."""
    parts = name.split(".")
    depth = next((n for n in range(1, len(parts) + 1) if shape.find(tuple(parts[:n])) is None), len(parts))
    block = tuple(parts[: depth - 1])
    suggestion, why = other_key(parts[depth - 1], block)
    if suggestion and "." not in suggestion:
        suggestion = ".".join([*block, suggestion, *parts[depth:]])
    return Problem(f"`{name}` is no key of a scenario", at, place, why or ", ".join(shape.names_at(block)), suggestion)


def _put(data: dict[str, Any], key: Key, value: Any) -> None:
    """Set one value of `data`, blocks made where there are none."""
    block = data
    for name in key[:-1]:
        if not isinstance(block.get(name), dict):
            block[name] = {"path": block[name]} if key[0] == "data" and isinstance(block.get(name), str) else {}
        block = block[name]
    block[key[-1]] = value
