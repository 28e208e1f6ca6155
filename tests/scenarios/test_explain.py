"""The places behind values, the schema for editors, the page of keys."""

import os
from pathlib import Path
from typing import Any

import pytest

from scenarios.errors import Place
from scenarios.explain import Explained, explain, show_value
from scenarios.json_schema import json_schema
from scenarios.loader import load_scenario
from scenarios.reference import BEGIN, END, keys_table, with_keys
from scenarios.written import plain
from scenarios.yaml_reading import read_yaml

ROOT = Path(__file__).resolve().parents[2]
BROKEN = Path(__file__).parent / "broken"
PAGE = ROOT / "docs" / "scenarios.md"


def test_values_stand_beside_the_place_that_wrote_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("")
    (tmp_path / "base.yaml").write_text((BROKEN / "good.yaml").read_text())
    (tmp_path / "week.yaml").write_text(
        'extends: base.yaml\nreps:\n  absent: [R04, "a: b"]\n  lunch: {between: "12:00-14:00"}\n'
    )
    monkeypatch.chdir(tmp_path)
    loaded = load_scenario(Path("week.yaml"), ["solve.seed=3"])
    rows = {row.key: row for row in explain(loaded)}
    assert rows["reps.absent"] == Explained("reps.absent", ["R04", "a: b"], "week.yaml:3:11")
    assert rows["reps.lunch.between"] == Explained("reps.lunch.between", "12:00-14:00", "week.yaml:4:20")
    assert rows["reps.lunch.minutes"].origin == "default"
    assert rows["channels.outbound.capacity_minutes_per_day"].origin == "base.yaml:7:61"
    assert rows["data.customers.path"].origin == "base.yaml:4:19"
    assert rows["data.reps"] == Explained("data.reps", None, "default")
    assert rows["solve.seed"] == Explained("solve.seed", 3, "--set")
    assert rows["events"] == Explained("events", {}, "default")
    assert "data.customers.sheet" not in rows
    assert [row.key for row in explain(loaded, "reps.lunch")] == ["reps.lunch.minutes", "reps.lunch.between"]
    assert explain(loaded, "reps.lun") == []


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (10.0, "10"),
        (0.35, "0.35"),
        (["a", 1, None], "[a, 1, null]"),
        ({"a": 1}, "{a: 1}"),
        ("", '""'),
        ("a: b", '"a: b"'),
        ("R04", "R04"),
    ],
)
def test_values_are_shown_as_yaml_takes_them(value: Any, text: str) -> None:
    assert show_value(value) == text


def fits(value: Any, node: dict[str, Any], root: dict[str, Any]) -> bool:
    """A small second reading of JSON schema: what is needed to see whether a file that loads also fits the schema."""
    if "$ref" in node:
        return fits(value, root["$defs"][node["$ref"].rsplit("/", 1)[-1]], root)
    if "anyOf" in node and not any(fits(value, option, root) for option in node["anyOf"]):
        return False
    if "enum" in node and value not in node["enum"]:
        return False
    if not isinstance(value, dict) and ("properties" in node or "required" in node):
        return False
    kinds: dict[str, Any] = {
        "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None),
        "integer": int, "number": (int, float),
    }  # fmt: skip
    if "type" in node and not isinstance(value, kinds[node["type"]]):
        return False
    if isinstance(value, (int, float)) and not node.get("minimum", value) <= value <= node.get("maximum", value):
        return False
    if isinstance(value, dict):
        extra = node.get("additionalProperties", True)
        for name, each in value.items():
            inner = node.get("properties", {}).get(name, extra)
            if inner is False or (isinstance(inner, dict) and not fits(each, inner, root)):
                return False
        return set(node.get("required", ())) <= set(value)
    if isinstance(value, list) and "items" in node:
        return all(fits(each, node["items"], root) for each in value)
    return True


def file_fits(text: str) -> bool:
    written, faults = read_yaml(text, lambda line, column: Place(None, line, column))
    assert written is not None
    assert not faults
    data = plain(written)
    data = {key: str(value) if key == "as_of" else value for key, value in data.items()}
    if "horizon" in data:
        data["horizon"]["start"] = str(data["horizon"]["start"])
    schema = json_schema()
    return fits(data, schema, schema)


def test_the_schema_for_editors_takes_what_the_loader_takes() -> None:
    assert file_fits((BROKEN / "good.yaml").read_text())
    assert file_fits("extends: good.yaml\nreps: {absent: null, lunch: {minutes: 0}}\nchannels: {outbound: null}\n")
    assert file_fits("extends: good.yaml\ndata: {customers: {path: a.csv}, reps: null}\n")


@pytest.mark.parametrize(
    "text",
    [
        "extends: good.yaml\nreps: {absnt: []}\n",
        "extends: good.yaml\nstaffing: {shrinkage_pct: -1}\n",
        "extends: good.yaml\nsolve: {effort: turbo}\n",
        "extends: [a.yaml]\n",
        "name: no parent and little else\n",
    ],
)
def test_the_schema_for_editors_refuses_what_the_loader_refuses(text: str) -> None:
    assert not file_fits(text)


def test_the_page_shows_the_keys_of_the_schema() -> None:
    """MUSTER_WRITE_GOLDEN=1 brings the page up to date."""
    page = PAGE.read_text(encoding="utf-8")
    if os.environ.get("MUSTER_WRITE_GOLDEN") == "1":
        PAGE.write_text(with_keys(page), encoding="utf-8")
        page = PAGE.read_text(encoding="utf-8")
    assert page == with_keys(page), "docs/scenarios.md is behind the schema; run this test with MUSTER_WRITE_GOLDEN=1"


def test_a_row_says_what_stands_there_by_default_and_why() -> None:
    rows = keys_table().splitlines()
    meaning = "Mean time after which a waiting caller gives up."
    assert f"| `staffing.patience_seconds` | a number of seconds, above 0 | `180` | {meaning} |" in rows
    span = "a span of time, HH:MM-HH:MM within one day"
    assert f"| `reps.lunch.between` | {span} | `12:30-15:00` | The break starts and ends within this span. |" in rows
    assert {row.count("|") for row in rows} == {5}


def test_a_page_without_marks_is_refused() -> None:
    with pytest.raises(ValueError, match="needs one"):
        with_keys("no marks")
    assert with_keys(f"a\n{BEGIN}\nold\n{END}\nb\n") == f"a\n{BEGIN}\n{keys_table()}{END}\nb\n"
