"""Merging, paths, places, settings: what a scenario file comes to."""

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios import shape
from scenarios.errors import Place, Problem, ScenarioError, UsageError
from scenarios.loader import Loaded, examine_scenario, load_scenario

BASE = """\
name: Base
as_of: 2026-03-06
horizon: {start: 2026-03-09, days: 5}
data: {customers: customers.csv}
channels:
  field: {contact_minutes: 30}
  outbound: {contact_minutes: 12}
reps: {absent: [R01, R02], country: NO}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "customers.csv").write_text("customer_id,latitude,longitude\n")
    (tmp_path / "base.yaml").write_text(BASE)
    return tmp_path


def child(folder: Path, text: str, *overrides: str, name: str = "child.yaml") -> Loaded:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(f"extends: base.yaml\n{text}", encoding="utf-8")
    return load_scenario(folder / name, overrides)


def problems(folder: Path, text: str, *overrides: str) -> list[Problem]:
    with pytest.raises(ScenarioError) as caught:
        child(folder, text, *overrides)
    return list(caught.value.problems)


def test_maps_merge_deep_and_lists_and_scalars_replace(folder: Path) -> None:
    scenario = child(folder, "channels: {outbound: {cost_eur_per_hour: 24}}\nreps: {absent: [R09]}\n").scenario
    assert list(scenario.channels) == ["field", "outbound"]
    assert scenario.channels["outbound"].contact_minutes == 12
    assert scenario.channels["outbound"].cost_eur_per_hour == 24
    assert scenario.reps.absent == ["R09"]
    assert scenario.reps.country == "NO"


def test_null_takes_back_what_a_parent_wrote(folder: Path) -> None:
    """A default comes back; a name of the planner's own goes; an empty block is as if it were not there."""
    scenario = child(folder, "channels: {outbound: null}\nreps: {absent: ~}\nevents:\n").scenario
    assert list(scenario.channels) == ["field"]
    assert scenario.reps.absent == []
    assert scenario.events == {}


def test_clocks_stay_text_and_dates_become_dates(folder: Path) -> None:
    """PyYAML would read 8:30 as 510, 07:00 as 420 or an error, and NO as false."""
    scenario = child(
        folder,
        "staffing:\n  country: NO\n  opening_hours: {mon: 8:30-17:00}\n"
        "reps: {pinned: {audit: {customer: C1, rep: R7, time: 07:00}}}\n",
    ).scenario
    assert scenario.as_of == dt.date(2026, 3, 6)
    assert scenario.staffing.opening_hours["mon"] == (510, 1020)
    assert scenario.reps.pinned["audit"].time == 420
    assert scenario.staffing.country == "NO"


def test_paths_are_read_from_the_file_that_wrote_them(folder: Path) -> None:
    (folder / "plans").mkdir()
    (folder / "plans" / "reps.csv").write_text("rep_id\n")
    (folder / "plans" / "week.yaml").write_text(
        'extends: ../base.yaml\ndata: {reps: reps.csv, agents: {url: "sqlite:///crm.db", table: agents}}\n'
    )
    data = load_scenario(folder / "plans" / "week.yaml").scenario.data
    assert data.customers.path == folder / "customers.csv"
    assert data.reps is not None
    assert data.reps.path == folder / "plans" / "reps.csv"
    assert data.agents is not None
    assert data.agents.url == f"sqlite:///{folder}/plans/crm.db"


def test_columns_can_be_added_to_a_table_given_as_a_plain_path(folder: Path) -> None:
    source = child(folder, 'data: {customers: {columns: {customer_id: "Account No"}}}\n').scenario.data.customers
    assert source.path == folder / "customers.csv"
    assert source.columns == {"customer_id": "Account No"}


def test_a_plain_path_replaces_all_that_a_parent_said_of_the_table(folder: Path) -> None:
    (folder / "other.csv").write_text("")
    (folder / "middle.yaml").write_text("extends: base.yaml\ndata: {customers: {sheet: Accounts}}\n")
    (folder / "last.yaml").write_text("extends: middle.yaml\ndata: {customers: other.csv}\n")
    source = load_scenario(folder / "last.yaml").scenario.data.customers
    assert (source.path, source.sheet) == (folder / "other.csv", None)


def test_paths_of_set_are_read_from_the_working_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "mine.csv").write_text("")
    monkeypatch.chdir(elsewhere)
    assert child(folder, "", "data.customers=mine.csv").scenario.data.customers.path == elsewhere / "mine.csv"
    given = child(folder, "", "data.customers.path=mine.csv").scenario.data.customers
    assert given.path == elsewhere / "mine.csv"


def test_scenarios_of_a_sweep_are_paths(folder: Path) -> None:
    loaded = child(folder, "scenarios: [base.yaml]\n")
    assert loaded.scenario.scenarios == [folder / "base.yaml"]
    assert loaded.is_sweep
    assert not child(folder, "").is_sweep


def test_set_wins_over_file_over_parent_over_default(folder: Path) -> None:
    text = "solve: {seed: 3, effort: thorough}\n"
    scenario = child(folder, text, "solve.seed=4", "solve.seed=5", "reps.absent=[R05, R06]", "reps.country=").scenario
    assert (scenario.solve.seed, scenario.solve.effort, scenario.solve.workers) == (5, "thorough", 1)
    assert scenario.reps.absent == ["R05", "R06"]
    assert scenario.reps.country is None


@pytest.mark.parametrize("override", ["solve.seed", "=3", "solve..seed=3", "solve seed=3", ""])
def test_a_setting_that_is_none_is_wrong_usage(folder: Path, override: str) -> None:
    with pytest.raises(UsageError, match="write key=value"):
        child(folder, "", override)


def test_problems_of_set_are_shown_under_the_argument(folder: Path) -> None:
    with pytest.raises(ScenarioError) as caught:
        child(folder, "", "solve.effrt=quick", "why=[a, b", "extends=x.yaml", "reps.absent.0=R3")
    text = str(caught.value)
    assert "--set | solve.effrt=quick\n        | ^^^^^^^^^^^\n" in text
    assert "did you mean `effort`?" in text
    assert "--set | why=[a, b\n        |     ^\n" in text
    assert "`extends` belongs in a file" in text
    assert "a map of keys is no list" in text


def test_every_value_knows_its_place(folder: Path) -> None:
    loaded = child(folder, "reps:\n  absent: [R05, R06]\nsolve: {seed: 3}\n", "solve.workers=2")
    assert loaded.origins["name"] == Place(folder / "base.yaml", 1, 7)
    assert loaded.origins["reps.absent"] == Place(folder / "child.yaml", 3, 11)
    assert loaded.origins["reps.absent.1"] == Place(folder / "child.yaml", 3, 17)
    assert loaded.origins["solve.seed"] == Place(folder / "child.yaml", 4, 15)
    assert loaded.origins["solve.workers"] == Place(None, 1, 15)
    assert "solve.effort" not in loaded.origins
    assert loaded.files == (folder / "child.yaml", folder / "base.yaml")


def test_later_problems_get_the_place_of_their_key_or_of_the_nearest_block(folder: Path) -> None:
    loaded = child(folder, "reps: {absent: [R05, R66]}\n")
    error = loaded.error(
        [
            Problem("no rep R66", "reps.absent.1", suggestion="R06"),
            Problem("no rep R01", "reps.absent.0.more"),
            Problem("nothing", "events.fair.queue"),
        ]
    )
    places = {problem.key: problem.place for problem in error.problems}
    assert places["reps.absent.1"] == Place(folder / "child.yaml", 2, 22)
    assert places["reps.absent.0.more"] == Place(folder / "child.yaml", 2, 17)
    assert places["events.fair.queue"] is None
    assert "  2 | reps: {absent: [R05, R66]}\n    |                      ^^^\n    did you mean `R06`?" in str(error)


def test_a_typo_in_a_child_points_to_the_child_and_one_in_the_parent_to_the_parent(folder: Path) -> None:
    (folder / "base.yaml").write_text(BASE.replace("country: NO", "contry: NO"))
    found = {
        (p.key, p.place.path.name, p.place.line)
        for p in problems(folder, "solve: {sed: 1}\n")
        if p.place and p.place.path
    }
    assert found == {("reps.contry", "base.yaml", 8), ("solve.sed", "child.yaml", 2)}


def test_names_that_yaml_would_twist_survive_a_rewritten_file(folder: Path) -> None:
    names = '[NO, "007", "~", "1e5", "true", "1999-12-17", "- x", "*"]'
    text = f'why: "8:30 # x: \\"q\\" é 漢\\n y "\nreps: {{remove: {names}, country: ES}}\n'
    loaded = child(folder, text, "sweep={reps.country: [null, ES]}", "baseline={reps.country: null}")
    (folder / "again").mkdir()
    (folder / "again" / "scenario.yaml").write_text(loaded.to_yaml(), encoding="utf-8")
    again = load_scenario(folder / "again" / "scenario.yaml")
    assert again.scenario == loaded.scenario
    assert again.resolved == loaded.resolved
    assert again.to_yaml() == loaded.to_yaml()
    assert again.scenario.baseline == {"reps.country": None}


def test_lunch_of_no_minutes_is_no_lunch(folder: Path) -> None:
    assert child(folder, "reps: {lunch: {minutes: 0}}\n").scenario.reps.lunch is None
    assert child(folder, "").scenario.reps.lunch is not None


def test_aliases_repeat_a_value(folder: Path) -> None:
    scenario = child(folder, "reps: {absent: &away [R05], remove: *away}\n").scenario
    assert scenario.reps.remove == scenario.reps.absent == ["R05"]


def test_windows_line_ends_and_a_byte_order_mark_are_read(folder: Path) -> None:
    (folder / "child.yaml").write_bytes(b"\xef\xbb\xbfextends: base.yaml\r\nsolve:\r\n  sede: 3\r\n")
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder / "child.yaml")
    assert [(p.key, p.place.line, p.place.column) for p in caught.value.problems if p.place] == [("solve.sede", 3, 3)]


@pytest.mark.parametrize(
    ("name", "text"),
    [("nowhere.yaml", "does not exist"), (".", "this is a folder")],
)
def test_what_is_no_file_is_told(folder: Path, name: str, text: str) -> None:
    with pytest.raises(ScenarioError, match=text):
        load_scenario(folder / name)


def test_a_misspelt_file_name_is_guessed(folder: Path) -> None:
    with pytest.raises(ScenarioError, match=r"did you mean `base\.yaml`"):
        load_scenario(folder / "bases.yaml")


def test_a_hidden_file_is_never_meant(folder: Path) -> None:
    """The layers' folder `.muster` stands beside a scenario; nobody means it."""
    (folder / ".muster").mkdir()
    with pytest.raises(ScenarioError) as caught:
        load_scenario(folder / "zzz.yaml")
    assert "did you mean" not in str(caught.value)


def test_depth_has_an_end(folder: Path) -> None:
    for depth in (41, 60, 5000):
        deep = "why: " + "[" * depth + "]" * depth + "\n"
        assert [problem.message for problem in problems(folder, deep)] == ["nested too deep"]


def test_aliases_that_multiply_are_stopped(folder: Path) -> None:
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{b}: &{b} [*{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}, *{a}]"
        for a, b in zip("abcde", "bcdef", strict=True)
    ]
    assert problems(folder, "\n".join(lines))[0].message == "more than 100,000 values"


def test_half_characters_are_no_text(folder: Path) -> None:
    assert "lone surrogate" in problems(folder, 'why: "\\ud800"\n')[0].message


SCRAPS = [
    *["null", "[]", "{}", "true", "-1", "1e400", ".nan", '"x"', "2026-01-01", "2026-13-01", "[null]", "{a: {b: c}}"],
    *[
        "8:30",
        "9" * 30,
        "[[1]]",
        "{path: null}",
        '{url: "sqlite:///x", table: 3}',
        "&a x",
        "*a",
        "!!int x",
        "!!set {a}",
    ],
    *["12:30-15:00", "x\n- y", "'", "\t", "\x07", "\ud7ff", "{", "]", ": :", "? ", "<<: x", "%YAML 1.1", "---", "𝒳"],
]


@settings(
    max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_nothing_that_can_be_written_ends_in_a_traceback(data: st.DataObject, folder: Path) -> None:
    """Any value at any key is either planned with or told with its key; nothing in between."""
    keys = [tuple("x" if part == "*" else part for part in key) for key, _ in shape.leaves_and_blocks()]
    chosen = data.draw(st.lists(st.sampled_from(keys), max_size=3, unique_by=lambda key: key[0]))
    lines = ["extends: base.yaml"]
    for key in chosen:
        text = data.draw(st.sampled_from(SCRAPS))
        for name in reversed(key[1:]):
            text = f"{{{name}: {text}}}"
        lines.append(f"{key[0]}: {text}")
    (folder / "any.yaml").write_text("\n".join(lines), encoding="utf-8")
    override = f"{'.'.join(data.draw(st.sampled_from(keys)))}={data.draw(st.sampled_from(SCRAPS))}"
    examined = examine_scenario(folder / "any.yaml", [override] if data.draw(st.booleans()) else [])
    if examined.problems:
        assert str(examined.error()).endswith(f"{len(examined.problems)} problem{'s' * (len(examined.problems) > 1)}")
    else:
        assert examined.loaded is not None
        (folder / "again.yaml").write_text(examined.loaded.to_yaml(), encoding="utf-8")
        assert load_scenario(folder / "again.yaml").scenario == examined.loaded.scenario


def test_a_wrong_element_leaves_the_others_of_its_list_in_their_places(folder: Path) -> None:
    """A number among names is told, and what is left of the list still holds the other names to be looked up."""
    (folder / "week.yaml").write_text("extends: base.yaml\nreps: {absent: [7, R98, true, R99]}\n", encoding="utf-8")
    examined = examine_scenario(folder / "week.yaml")
    assert [problem.key for problem in examined.problems] == ["reps.absent.0", "reps.absent.2"]
    assert examined.loaded is not None
    assert examined.loaded.scenario.reps.absent == ["R98", "R98", "R98", "R99"]
    names = [Problem("no such rep", f"reps.absent.{number}") for number in range(4)]
    assert [each.key for each in examined.error(names).problems] == [f"reps.absent.{number}" for number in range(4)]


def test_a_budget_needs_a_cost_and_a_desk(folder: Path) -> None:
    """Euros without an hourly cost limit nothing; the field's minutes come from shifts."""
    text = "channels: {outbound: {budget_eur_per_week: 100}, field: {budget_minutes_per_week: 60}}\n"
    found = problems(folder, text)
    assert [problem.key for problem in found] == [
        "channels.outbound.budget_eur_per_week",
        "channels.field.budget_minutes_per_week",
    ]
    assert all(problem.place is not None and problem.place.line == 2 for problem in found)
    paid = child(folder, "channels: {outbound: {cost_eur_per_hour: 30, budget_eur_per_week: 100}}\n").scenario
    assert paid.channels["outbound"].budget_minutes(5) == 200
    assert paid.channels["outbound"].budget_minutes(8) == 400
    assert paid.channels["field"].budget_minutes(5) is None


def test_an_engine_of_one_contact_each_refuses_several(folder: Path) -> None:
    """The place is that of the engine; highs takes them."""
    text = "contact_policy: {max_contacts_per_customer_per_week: 2}\nsolve: {engines: {channels: ENGINE}}\n"
    for engine in ("dual", "cp_sat", "flow"):
        (found,) = problems(folder, text.replace("ENGINE", engine))
        assert found.place is not None
        assert (found.key, found.place.line) == ("solve.engines.channels", 3)
    assert child(folder, text.replace("ENGINE", "highs")).scenario.solve.engines.channels == "highs"


def test_a_warm_start_names_a_finished_run_beside_the_file(folder: Path) -> None:
    (found,) = problems(folder, "solve: {warm_start_run: runs/last}\n")
    assert (found.key, found.message) == ("solve.warm_start_run", "the folder `last` holds no finished run")
    (folder / "runs" / "last" / "tables").mkdir(parents=True)
    (folder / "runs" / "last" / "tables" / "capacity_prices.parquet").write_bytes(b"")
    scenario = child(folder, "solve: {warm_start_run: runs/last}\n").scenario
    assert scenario.solve.warm_start_run == folder / "runs" / "last"
