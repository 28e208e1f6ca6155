"""The channels benchmark: its instances, its checker against hand-worked cases, its peers, and what it sums up."""

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks import channels
from benchmarks.channels import assignments, cases, checking, child, peers, running, weeks
from benchmarks.frame import Options, whole_summary

PUBLIC = Path(__file__).resolve().parents[4] / "shared" / "data" / "channel"


def tiny_week() -> cases.Week:
    """Three customers; the field has room for one visit of 10 minutes on day 0, nothing else is open."""
    value = np.full((3, cases.OPTIONS), cases.BARRED, np.float32)
    value[:, 0], value[:, cases.SELF_SERVICE] = (50, 40, 30), (45, 5, 1)
    minutes = np.zeros((3, 5), np.float32)
    minutes[:, 0] = 10
    capacity = np.zeros(cases.CAPACITIES)
    capacity[0] = 10
    return cases.Week(value, minutes, capacity)


def test_the_recipe_is_that_of_the_public_case() -> None:
    """n = 10,000 and seed 1 are the public case, number by number."""
    if not PUBLIC.exists():
        pytest.skip("needs ../shared/data/channel beside the checkout")
    public, ours = cases.read_week(PUBLIC / "alloc10k" / "alloc10k.npz"), cases.make_week(10_000, 1)
    assert np.array_equal(public.value, ours.value)
    assert np.array_equal(public.minutes, ours.minutes)
    assert np.allclose(public.capacity_minutes, ours.capacity_minutes)
    problem = cases.read_assignment(PUBLIC / "gap" / "d20200.gz")
    assert problem.cost.shape == (20, 200)
    assert problem.best_known == 12244


def test_checker_on_a_case_by_hand() -> None:
    """Customer 1 gains 35 by the visit, the others 5 and 29: 45 + 40 + 1 = 86 is best, and 35 EUR / visit proves it."""
    week = tiny_week()
    assert checking.value_of(week, np.array([20, 0, 20])) == 86
    assert checking.best_by_enumeration(week) == 86
    assert checking.best_by_enumeration(week, states=0) is None
    prices = np.zeros(cases.CAPACITIES)
    prices[0] = 3.0
    assert checking.proven(week, prices, chunk=2) == pytest.approx(45 + 10 + 1 + 30)
    with pytest.raises(checking.Broken, match="negative price"):
        checking.proven(week, -prices)
    for choice, words in [
        ([0, 0, 20], "capacity"),
        ([1, 20, 20], "barred"),
        ([20, 20], "each"),
        ([20, 20, -1], "each"),
    ]:
        with pytest.raises(checking.Broken, match=words):
            checking.value_of(week, np.array(choice))


def test_checker_of_assignments() -> None:
    """Costs are summed by person; too many minutes are refused."""
    problem = cases.Assignment("x", np.array([[1.0, 2.0], [3.0, 5.0]]), np.full((2, 2), 4.0), np.array([4.0, 8.0]))
    assert checking.cost_of(problem, np.array([0, 1])) == 6
    with pytest.raises(checking.Broken, match="capacity"):
        checking.cost_of(problem, np.array([0, 0]))
    with pytest.raises(checking.Broken, match="each task"):
        checking.cost_of(problem, np.array([0, 2]))


@pytest.mark.parametrize("name", list(peers.SOLVERS))
def test_peers_find_the_best_of_small_cases(name: str) -> None:
    """The best of a week by enumeration, and the optimum of an assignment, by each solver."""
    if not peers.installed(name):
        pytest.skip(f"{name} is not installed")
    week = cases.random_week(3, 11)
    choice = peers.solve_with(name, peers.pairs_of_week(week), 20.0)
    assert choice is not None
    assert checking.value_of(week, choice) == pytest.approx(checking.best_by_enumeration(week), abs=2e-3)
    problem = cases.make_assignment("c", 3, 9, 2)
    people = peers.solve_with(name, peers.pairs_of_assignment(problem), 20.0)
    assert people is not None
    least = min(checking.cost_of(problem, np.array(each)) for each in legal(problem))
    assert checking.cost_of(problem, people) == least


def legal(problem: cases.Assignment) -> list[tuple[int, ...]]:
    """All assignments that keep the capacities."""
    m, n = problem.cost.shape
    everything = np.indices((m,) * n).reshape(n, -1).T
    used = np.stack([(problem.minutes[i] * (everything == i)).sum(axis=1) for i in range(m)], axis=1)
    return [tuple(each) for each in everything[(used <= problem.capacity).all(axis=1)]]


def test_an_answer_must_choose_once() -> None:
    """Nothing, or two pairs for an item, is no answer."""
    pairs = peers.pairs_of_week(tiny_week())
    assert pairs.choice(np.zeros(len(pairs.item))) is None
    assert pairs.choice(np.ones(len(pairs.item))) is None


def test_greedy_flow_and_relaxation() -> None:
    """The greedy way visits customer 0 first (56); min-cost flow finds the best; the relaxation is never below."""
    week = tiny_week()
    greedy = peers.greedy_week(week)
    assert checking.value_of(week, greedy) == 50 + 5 + 1
    unit = cases.unit_contacts(60, 5)
    best = checking.value_of(unit, peers.by_flow(unit))
    relaxed = peers.by_highs_lp(peers.pairs_of_week(unit), 30.0)
    assert relaxed is not None
    assert -relaxed == pytest.approx(best)
    assert checking.value_of(unit, peers.greedy_week(unit)) <= best


def test_greedy_assignment_may_be_stuck() -> None:
    """Cheapest first: it ends without an answer where the last task fits nobody."""
    ample = cases.Assignment("x", np.array([[1.0, 2.0], [3.0, 5.0]]), np.full((2, 2), 4.0), np.full(2, 8.0))
    assert checking.cost_of(ample, peers.greedy_assignment(ample)) == 3  # type: ignore[arg-type]
    tight = cases.Assignment("x", ample.cost, ample.minutes, np.array([4.0, 3.0]))
    assert peers.greedy_assignment(tight) is None


def test_a_child_answers_fails_or_takes_too_long() -> None:
    """Value, seconds and memory of a process of its own; its error as a note; an end to one that takes too long."""
    done = child.in_child(pow, 2, 10, limit_seconds=60)
    assert done.value == 1024
    assert done.peak_mb is not None
    assert 5 < done.peak_mb < 2000
    assert "ZeroDivisionError" in child.in_child(divmod, 1, 0, limit_seconds=60).note
    assert "died" in child.in_child(os._exit, 3, limit_seconds=60).note
    assert "ended after" in child.in_child(os.read, 0, 0, limit_seconds=0.0).note


def test_side_by_side_names_each_answer() -> None:
    """Every job's answer comes with its name."""
    jobs = {str(number): lambda number=number: child.Answer(number, 0.0, None) for number in range(5)}
    assert {name: each.value for name, each in running.side_by_side(jobs)} == {str(n): n for n in range(5)}  # type: ignore[arg-type]


def test_rows_of_a_week_random_cases_prices_and_flow(tmp_path: Path) -> None:
    """Small weeks through our engine: legal, within the bound, the best where enumerated, as good as the flow."""
    options = Options(data=tmp_path, solutions=tmp_path / "solutions", seed=3)
    rows = list(weeks.measure_week("small", cases.make_week(80, 2), options, limit=20.0, rivals=("PuLP+HiGHS",)))
    ours = rows[0]
    assert ours["note"] == ""
    assert 0 <= ours["gap_pct"] < 5
    assert len((tmp_path / "solutions" / "small.csv").read_text().splitlines()) == 81
    named = {row["method"]: row for row in rows}
    assert named["greedy"]["gap_pct"] > ours["gap_pct"]
    assert named["LP by HiGHS"]["bound"] >= max(ours["value"], named["PuLP+HiGHS"]["value"]) - 1e-3
    faults = list(weeks.measure_random(5, 2, seconds=1.0))
    assert faults[-1]["violations"] == 0
    assert faults[-1]["short_of_best_pct"] == pytest.approx(0, abs=1e-4)
    flow = {row["method"]: row for row in weeks.measure_flow(200, 1)}
    assert flow["Muster"]["gap_pct"] == pytest.approx(0, abs=0.5)
    assert flow["Muster"]["gap_pct"] >= -1e-9
    summary = whole_summary(channels.BENCHMARK, rows + faults + list(flow.values()))
    assert summary["random.bound_violations"] == 0
    assert summary["flow.gap_pct"] == flow["Muster"]["gap_pct"]


def test_prices_are_checked_by_solving_again() -> None:
    """A row for each channel and day; what an hour more brings is near its price where capacity is large."""
    rows = list(weeks.measure_prices("300", cases.make_week(300, 4), seconds=0.2))
    assert len(rows) == cases.CAPACITIES
    assert all(row["brought_eur"] <= row["expected_eur"] * 1.0001 + 0.01 for row in rows)
    assert weeks.error_pct(99.0, 100.0) == pytest.approx(100 / 99)


def test_rows_of_an_assignment(tmp_path: Path) -> None:
    """Ours and a peer on a generated instance, against our bound; the solution is written."""
    options = Options(data=tmp_path, solutions=tmp_path, seed=3)
    problem = cases.make_assignment("c", 4, 20, 5)
    rows = list(assignments.measure_assignment(problem, options, limit=2.0, seeds=1, rivals=("PuLP+HiGHS",)))
    named = {row["method"]: row for row in rows}
    assert named["Muster, seed 3"]["gap_pct"] <= named["PuLP+HiGHS"]["gap_pct"] + 0.5
    assert named["Muster, seed 3"]["bound"] <= named["PuLP+HiGHS"]["value"]
    assert (tmp_path / f"{problem.name}.csv").read_text().startswith("task,person\n0,")
    summary = channels.summarise(rows)
    assert summary["gap.mean_gap_pct"] == named["Muster, seed 3"]["gap_pct"]


def test_wrong_answers_are_no_figures() -> None:
    """A choice that breaks a capacity, or none at all, has a note and no gap."""
    week = tiny_week()
    bad = weeks.judged(week, 86.0, child.Answer(np.zeros(3, int), 1.0, 1.0))
    assert bad["note"] == "a capacity exceeded"
    assert "gap_pct" not in bad
    assert "nothing found" in weeks.judged(week, 86.0, child.Answer(None, 1.0, 1.0))["note"]
    problem = cases.make_assignment("d", 2, 6, 1)
    stuck = assignments.judged(problem, None, child.Answer(None, 1.0, 1.0, "killed"), 5.0)
    assert stuck["note"] == "killed"
    full = assignments.judged(problem, np.zeros(6, int), child.Answer(0, 1.0, 1.0), 5.0)
    assert full["note"] == "a capacity exceeded"


def test_cells_by_size(tmp_path: Path) -> None:
    """Quick leaves the big weeks out and generates assignments; named files take the place of everything."""
    quick = [cell.key for cell in channels.cells(Options(data=tmp_path, size="quick"))]
    assert [key for key in quick if key.startswith("n1")] == ["n10k"]
    assert [key for key in quick if key.startswith("assignment")] == ["assignment d10x60-7", "assignment e10x60-7"]
    default = [cell.key for cell in channels.cells(Options(data=tmp_path))]
    assert {"n10k", "n100k", "n1m", "prices", "flow", "random 160"} <= set(default)
    week = tmp_path / "week.npz"
    small = tiny_week()
    np.savez(week, value=small.value, minutes=small.minutes, capacity_minutes=small.capacity_minutes)
    other = tmp_path / "t.txt"
    other.write_text("1 2\n3 4\n1 1\n5\n")
    named = Options(data=tmp_path, instances=(week, other))
    assert [cell.key.split(" ")[0] for cell in channels.cells(named)] == ["week", "assignment"]
    assert cases.read_assignment(other).capacity.tolist() == [5]
    assert list(channels.inputs(named)) == [tmp_path / "channel", week, other]
    with pytest.raises(ValueError, match="no recipe"):
        cases.make_assignment("z", 2, 2, 1)
    assert cases.make_assignment("e", 3, 5, 1).cost.shape == (3, 5)
