import math

import numpy as np
import pytest

from benchmarks.routing.cases import problem_of
from benchmarks.routing.check import check
from benchmarks.routing.formats import read, read_prizes, read_solomon, read_toptw
from benchmarks.routing.technicians import joined, read_technicians
from scenarios.errors import DataError

TOPTW = """1 2 2 1
0 100
0 0.0 0.0 0 0 0 0 0 50
1 3.0 4.0 2 7 4 1 15 0 10
2 1.0 1.0 5 9 4 2 3 4 20 30
"""
SOLOMON = """TINY

VEHICLE
NUMBER     CAPACITY
  2         10

CUSTOMER
CUST NO.  XCOORD.   YCOORD.    DEMAND   READY TIME  DUE DATE   SERVICE   TIME

    0      0         0          0          0       50          0
    1      3         4          6          0       10          2
    2      1         1          6         20       30          5
"""
PRIZES = """NAME : tiny
VEHICLES : 1
CAPACITY : 10
SERVICE_TIME : 2
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
DEMAND_SECTION
1 0
2 6
3 6
TIME_WINDOW_SECTION
1 0 50
2 0 10
3 20 30
PRIZE_SECTION
1 0
2 27
3 4
DEPOT_SECTION
1
-1
EOF
"""
CREW = """tiny

INFO
CREW COUNT  SKILLS  TOOLS   SPARE PARTS
2      5       5       2

DEPOT TECHNICIANS AND REQUESTS
ID   X     Y     TWS    TWE    Serv   SKILLS   TOOLS    SPARE PARTS
0    0     0     0      50     0      [] 	[] 	[]
1    0     1     0      50     0      [0] 	[] 	[1,0]
2    9     0     0      50     0      [0,1] 	[0] 	[0,0]
3    3     4     0      10     2      [0] 	[{tool}] 	[{part},0]
"""


def test_toptw_reads_windows_drives_and_routes():
    """Two routes serve all; drives are cut to one decimal: sqrt 2 is 1.4; the window stands last in a row."""
    case = read_toptw("r_tiny", TOPTW)
    assert (case.vehicles, case.customers, case.ends.tolist()) == (2, 2, [50.0, 50.0])
    assert case.drive[2, :2].tolist() == [5.0, 1.4]
    assert (case.opens.tolist(), case.closes.tolist(), case.score.tolist()) == ([0.0, 20.0], [10.0, 30.0], [7.0, 9.0])
    assert read_toptw("pr_tiny", TOPTW, 1).drive[2, 1] == 1.41


def test_a_plan_is_driven_and_counted_by_hand():
    """0 -> 1 (5) -> serve 2 -> 2 (3.6, waits until 20) -> serve 5 -> home 1.4: 16 points, 10.0 of driving."""
    case = read_toptw("r_tiny", TOPTW, 1)
    verdict = check(case, [(0, 1)])
    assert (verdict.value, round(verdict.travel, 6), verdict.visits, verdict.faults) == (16.0, 10.0, 2, ())


@pytest.mark.parametrize(
    ("plan", "words"),
    [
        ([(1, 0)], "at customer 0 at 28.6, closed since 10"),
        ([(0, 0)], "served more than once: [0]"),
        ([(0,), (1,)], "2 routes for 1 vehicle days"),
    ],
)
def test_broken_rules_are_told(plan, words):
    """A closed window, a second visit, a vehicle too many."""
    assert words in "; ".join(check(read_toptw("r_tiny", TOPTW, 1), plan).faults)


def test_solomon_needs_everybody_and_keeps_the_capacity():
    """Distance 2 x 5 + 2 x sqrt 2 by two vehicles; one car cannot hold 12; whoever is left out is a fault."""
    case = read_solomon("tiny", SOLOMON)
    good = check(case, [(0,), (1,)])
    assert good.value == pytest.approx(10 + 2 * math.sqrt(2))
    assert not good.faults
    assert check(case, [(0, 1), ()]).faults == ("vehicle 0 day 0: carries too much",)
    assert check(case, [(0,), ()]).faults == ("1 customers not served: [1]",)
    assert read_solomon("tiny", SOLOMON, cut=True).drive[2, 1] == 1.4


def test_prizes_left_are_paid():
    """Ten times (10 of driving + 4 left)."""
    case = read_prizes("tiny", PRIZES)
    assert check(case, [(0,)]).value == 140.0
    assert check(case, [()]).value == 310.0


def test_technicians_know_skills_tools_parts(tmp_path):
    """Who lacks the part may not go."""
    plain = tmp_path / "plain.txt"
    plain.write_text(CREW.format(tool="", part=1))
    case = read(plain)
    assert case.able[0, :2].tolist() == [True, False]
    assert check(case, [(), (0,)]).faults[0] == "vehicle 1 day 0: lacks a skill or a tool"


def test_a_tool_nobody_has_is_fetched_on_the_way(tmp_path):
    """Only the technician 1 from the depot gets there with it before 10: 1 + 5 out, 2 of work, home over (3, 3)."""
    text = CREW.format(tool="3", part=0)
    case = read_technicians("fetch", text)
    assert case.follows.tolist() == [-1, -1, 0]
    assert case.starts[2] == pytest.approx(10 - 5, abs=0.02)
    verdict = check(case, [(), (), (0,)])
    assert verdict.value == pytest.approx(1 + 5 + 2 + np.hypot(3, 3))
    assert verdict.faults == ()
    assert check(case, [(0,), (), ()]).faults == ("vehicle 0 day 0: lacks a skill or a tool",)
    assert joined(case, [(), (), (0,)]) == [[-1, 0], []]


def test_work_before_and_after_the_depot_is_one_way(tmp_path):
    """A second customer at (0, 3), 2 of work: 2 there, 3 to the depot, 5 out, home; without the other he goes home."""
    line = "4    0     3     0      10     2      [0] \t[] \t[0,0]\n"
    case = read_technicians("both", CREW.format(tool="3", part=0).rstrip("\n") + "\n" + line)
    both = check(case, [(1,), (), (0,)])
    assert both.travel == pytest.approx(2 + 3 + 5 + np.hypot(3, 3))
    assert both.faults == ("vehicle 0 day 0: at customer 0 at 12, closed since 10",)
    assert check(case, [(1,), (), ()]).value == pytest.approx(2 + 2 + 2)


def test_a_week_is_read_from_its_folder(tmp_path):
    """1 km is 202 seconds and two minutes of parking; five days a rep."""
    (tmp_path / "customers.csv").write_text(
        "customer,x_km,y_km,service_seconds,open_seconds,close_seconds,value\n0,1,0,1800,0,3600,30\n"
    )
    (tmp_path / "reps.csv").write_text("rep,x_km,y_km\n0,0,0\n")
    case = read(tmp_path)
    verdict = check(case, [(), (0,), (), (), ()])
    assert (verdict.value, verdict.travel, verdict.faults) == (30.0, 644.0, ())
    assert len(problem_of(case).shifts) == 5


def test_unknown_formats_are_refused(tmp_path):
    """The sentence names the formats."""
    (tmp_path / "x.txt").write_text("hello\n")
    with pytest.raises(DataError, match="none of the formats: TOPTW, Solomon"):
        read(tmp_path / "x.txt")
