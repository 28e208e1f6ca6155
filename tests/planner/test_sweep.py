"""Cells of a sweep, their order, their rank."""

import math
from pathlib import Path

import pytest

from planner.sweep import Cell, CellResult, cells_of, figures_of, ranked, running_order, short_names
from scenarios.loader import load_scenario

GOOD = Path(__file__).resolve().parents[1] / "scenarios" / "broken" / "good.yaml"


def sweep_file(folder: Path, text: str) -> Path:
    file = folder / "sweep.yaml"
    file.write_text(f"extends: {GOOD}\n{text}", encoding="utf-8")
    return file


GRID = """
sweep:
  reps.headcount_change: [-1, 0, 2]
  staffing.service_level.answered_pct: [75, 80]
"""


def test_a_grid_has_every_combination(tmp_path: Path) -> None:
    """The last key changes fastest; without `baseline:` the scenario's own values are the baseline."""
    cells = cells_of(load_scenario(sweep_file(tmp_path, GRID)))
    assert [tuple(cell.swept.values()) for cell in cells] == [(-1, 75), (-1, 80), (0, 75), (0, 80), (2, 75), (2, 80)]
    assert cells[1].label == "headcount_change -1, answered_pct 80"
    assert [cell.number for cell in cells if cell.is_baseline] == [4]


def test_a_cell_is_a_scenario_of_its_own(tmp_path: Path) -> None:
    """A cell's settings set its values, name it, and leave no sweep."""
    file = sweep_file(tmp_path, GRID + "baseline: {reps.headcount_change: 2}\ncompare: [visits]\n")
    cells = cells_of(load_scenario(file))
    assert [cell.number for cell in cells if cell.is_baseline] == [6]
    loaded = load_scenario(cells[0].file, cells[0].settings)
    assert not loaded.is_sweep
    assert (loaded.scenario.reps.headcount_change, loaded.scenario.staffing.service_level.answered_pct) == (-1, 75)
    assert (loaded.scenario.baseline, loaded.scenario.compare) == ({}, [])
    assert loaded.scenario.name.endswith("(headcount_change -1, answered_pct 75)")


def test_swept_paths_are_read_from_the_file_that_wrote_them(tmp_path: Path) -> None:
    """A table's path in a sweep does not depend on the folder from which the command is given."""
    (tmp_path / "few.csv").write_text("customer_id,latitude,longitude\n", encoding="utf-8")
    file = sweep_file(tmp_path, "sweep: {data.customers: [few.csv]}\n")
    (cell,) = cells_of(load_scenario(file))
    scenario = load_scenario(cell.file, cell.settings).scenario
    assert scenario.data.sources()["customers"].path == tmp_path / "few.csv"


def test_a_list_has_a_cell_per_file(tmp_path: Path) -> None:
    """Files are cells, the first is the baseline; a single run has no cells."""
    for name in ("a", "b"):
        (tmp_path / f"{name}.yaml").write_text(f"extends: {GOOD}\n", encoding="utf-8")
    cells = cells_of(load_scenario(sweep_file(tmp_path, "scenarios: [a.yaml, b.yaml]\n")))
    assert [(cell.label, cell.is_baseline, cell.settings) for cell in cells] == [("a", True, ()), ("b", False, ())]
    assert cells_of(load_scenario(GOOD)) == ()
    assert figures_of(load_scenario(GOOD)) == ("net_value_eur",)


def test_keys_are_shortened_as_far_as_they_differ() -> None:
    """The last part of a key names it, unless another one ends alike."""
    assert short_names(["reps.lunch.minutes", "solve.seed"]) == ["minutes", "seed"]
    assert short_names(["a.b.minutes", "a.c.minutes", "d"]) == ["b.minutes", "c.minutes", "d"]


def test_neighbours_in_the_running_order_share_no_value(tmp_path: Path) -> None:
    """The first cells of a 3 x 2 grid differ in both keys: side by side neither waits for the other's stages."""
    loaded = load_scenario(sweep_file(tmp_path, GRID))
    order = running_order(cells_of(loaded), loaded.scenario.sweep)
    assert sorted(cell.number for cell in order) == [1, 2, 3, 4, 5, 6]
    first, second = (set(cell.swept.items()) for cell in order[:2])
    assert not first & second


def cell(number: int, *, base: bool = False) -> Cell:
    return Cell(number, f"c{number}", {"k": number}, Path("x.yaml"), (), base)


def test_cells_are_ranked_by_the_first_figure() -> None:
    """More euros win; differences are against the baseline; a cell without a plan stands last, without a place."""
    cells = [cell(1), cell(2, base=True), cell(3), cell(4)]
    results = [
        CellResult("done", "r1", {"net_value_eur": 10.0, "travel_km": 5.0}),
        CellResult("flagged", "r2", {"net_value_eur": 30.0, "travel_km": 4.0}, ("look",)),
        CellResult("failed", error="no rep"),
        CellResult("done", "r4", {"net_value_eur": 20.0}),
    ]
    table = ranked(cells, results, ["net_value_eur", "travel_km"])
    assert table["cell"].tolist() == [2, 4, 1, 3]
    assert table["place"].fillna(0).tolist() == [1, 2, 3, 0]
    assert table["is_best"].tolist() == [True, False, False, False]
    assert table["net_value_eur_difference"].tolist()[:3] == [0.0, -10.0, -20.0]
    assert math.isnan(table["travel_km_difference"][1])
    assert ranked(cells, results, ["travel_km"])["cell"].tolist() == [2, 1, 3, 4]
    assert table.loc[3, ["status", "error", "k"]].tolist() == ["failed", "no rep", 3.0]


@pytest.mark.parametrize(("known", "leading"), [({"visits": 1.0}, [1, 2]), ({}, [1, 2])])
def test_an_unknown_figure_ranks_nothing(known: dict[str, float], leading: list[int]) -> None:
    """The first figure that any plan has ranks; where none has any, the cells stay in their order."""
    results = [CellResult("done", "r", known), CellResult("done", "r", known)]
    assert ranked([cell(1), cell(2)], results, ["visit", "visits"])["cell"].tolist() == leading
