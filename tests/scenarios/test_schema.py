"""The schema keeps the house's word: units in names, help at every key, defaults that are allowed."""

import re
from pathlib import Path

import pytest

from scenarios import shape
from scenarios.schema import Scenario, Travel

UNIT = re.compile(r"(^|_)(seconds|minutes|hours|days|months|metres|km|kmh|eur|pct|points)(_per_[a-z_]+)?$")

NO_UNIT = {
    "seed": "a name for a stream of random numbers",
    "workers": "a count of processes",
    "sample_paths": "a count",
    "quantiles": "probabilities",
    "detour_factor": "kilometres per kilometre",
    "hidden_states": "a count",
    "headcount_change": "a count of people",
    "pairs": "a count of drives",
    "retries": "a count of attempts",
    "neighbours": "a count of people",
    "cover_reps": "a count of people",
    "fiscal_year_begins": "a month of the year, 1 to 12",
    "places_per_request": "a count of places",
    "max_contacts_per_customer_per_week": "a count of contacts, per customer and week",
    "min_days_off_per_week": "a count of days without a shift; the planners' files fix the name",
    "max_days_in_a_row": "a count of days; the planners' files fix the name",
}
"""Numbers without a unit, and why."""

UNIT_OF_THE_BLOCK = ("next_best_action.adjust_pct", "solve.time_limit_seconds")
"""Blocks whose own name carries the unit of every number in them; the planners' files fix the names."""


def number_keys() -> list[str]:
    keys = []
    for key, node in shape.leaves_and_blocks():
        inner = shape.resolve(node.get("items", {})) if node.get("type") == "array" else node
        if inner.get("type") in ("number", "integer") or any(isinstance(each, int) for each in shape.choices(inner)):
            keys.append(".".join(key))
    return keys


def test_every_number_names_its_unit() -> None:
    keys = number_keys()
    assert len(keys) > 40
    for key in keys:
        name = key.rsplit(".", 1)[-1]
        carried = any(key.startswith(f"{block}.") for block in UNIT_OF_THE_BLOCK)
        assert UNIT.search(name) or name in NO_UNIT or carried, f"{key}: no unit in the name"


def test_the_exceptions_are_needed() -> None:
    names = {key.rsplit(".", 1)[-1] for key in number_keys()}
    assert set(NO_UNIT) <= names
    assert not [name for name in NO_UNIT if UNIT.search(name)]
    for block in UNIT_OF_THE_BLOCK:
        assert UNIT.search(block)
        assert any(key.startswith(f"{block}.") for key in number_keys())


def test_every_key_has_help() -> None:
    bare = [".".join(key) for key, node in shape.leaves_and_blocks() if key[-1] != "*" and not node.get("description")]
    assert bare == []


@pytest.mark.parametrize(
    ("key", "unit"),
    [
        ("staffing.patience_seconds", "seconds"),
        ("money.travel_eur_per_km", "euros per km"),
        ("staffing.costs.understaffed_eur_per_agent_hour", "euros per agent hour"),
        ("staffing.shifts.lengths_hours.0", "hours"),
        ("solve.time_limit_seconds.routing", "seconds"),
        ("contact_policy.max_contacts_per_customer_per_week", ""),
        ("reps.travel.detour_factor", ""),
        ("reps.travel.hours.0.factor", ""),
        ("reps.travel.calibration.bands.0.to_km", "kilometres"),
        ("next_best_action.waiting_pct_per_day", "percent per day"),
    ],
)
def test_the_unit_is_read_from_the_name(key: str, unit: str) -> None:
    assert shape.unit_of(tuple(key.split("."))) == unit


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("staffing.service_level.answered_pct", "a number of percent, from 1, below 100"),
        ("horizon.days", "a whole number of days, from 1 to 62"),
        ("forecast.calls.interval_minutes", "one of 15, 30, 60"),
        ("forecast.calls.quantiles", "a list, each a number, above 0, below 1"),
        ("staffing.opening_hours.mon", "a span of time, HH:MM-HH:MM within one day"),
        ("reps.pinned.audit.time", "a time of day, HH:MM from 00:00 to 24:00"),
        ("data.customers", "a path, or a map with `path` or `url`"),
        ("as_of", "a date, YYYY-MM-DD"),
        ("money.currency", "three capital letters"),
        ("staffing.shifts.breaks_paid", "true or false"),
        ("reps.absent", "a list, each text"),
    ],
)
def test_what_may_stand_at_a_key_is_said_in_words(key: str, words: str) -> None:
    found = shape.find(tuple(key.split(".")))
    assert found is not None
    assert shape.kind_of(tuple(key.split(".")), found) == words


@pytest.mark.parametrize("key", ["repz", "reps.absnt", "staffing.opening_hours.monday", "reps.absent.first", "name.x"])
def test_keys_that_do_not_exist_are_not_found(key: str) -> None:
    assert shape.find(tuple(key.split("."))) is None


def test_numbers_in_python_may_be_clocks_but_not_in_a_file() -> None:
    """`time: 9` in a file would silently mean nine minutes past midnight."""
    pin = {"customer": "C1", "rep": "R1", "time": 540}
    week = {
        "name": "x",
        "as_of": "2026-03-06",
        "horizon": {"start": "2026-03-09"},
        "data": {"customers": Path("c.csv")},
    }
    assert Scenario.model_validate({**week, "reps": {"pinned": {"a": pin}}}).reps.pinned["a"].time == 540
    dumped = Scenario.model_validate({**week, "reps": {"pinned": {"a": pin}}}).model_dump(mode="json")
    assert dumped["reps"]["pinned"]["a"]["time"] == "09:00"
    assert dumped["reps"]["lunch"]["between"] == "12:30-15:00"


def test_hours_without_planned_at_are_steps_of_the_day() -> None:
    """From midnight on factor 1, from 7 to 9 1.5, from 9 to 12 0.9, then 1; with `planned_at` all drives take one."""
    hours = [{"between": "09:00-12:00", "factor": 0.9}, {"between": "07:00-09:00", "factor": 1.5}]
    own_time = Travel.model_validate({"hours": hours})
    assert own_time.hour_bands() == ((0, 1.0), (25_200, 1.5), (32_400, 0.9), (43_200, 1.0))
    assert own_time.hour_factor() == 1
    one_hour = Travel.model_validate({"hours": hours, "planned_at": "11:59"})
    assert (one_hour.hour_factor(), one_hour.hour_bands()) == (0.9, ())
    until_midnight = Travel.model_validate({"hours": [{"between": "00:00-24:00", "factor": 2}]})
    assert until_midnight.hour_bands() == ((0, 2.0),)
