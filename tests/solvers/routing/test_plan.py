import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scenarios.errors import NoLegalPlan, UsageError
from solvers.routing import plan_routes
from solvers.routing.find import steps_for
from solvers.types import NOT_ROUTED

QUIET = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


def solve(week, engine="auto", effort="quick", seconds=60.0, seed=1):
    return plan_routes(week.problem(), engine=engine, effort=effort, time_limit_seconds=seconds, seed=seed)


def random_week(world, rng, visits):
    """Two reps, two days, windows, skills, lunch, appointments, due dates, shared customers."""
    week = world(days=2, lunch=(45, "12:00-14:00"), eur_per_km=0.3)
    week.rep("R1", shift="9:00-15:00", skills=("gas",)).rep(
        "R2", home=(12, 5), end=(0, 3), works=(1,), shift="10:00-13:30"
    )
    for k in range(visits):
        begin = int(rng.integers(9, 14))
        more = {"required_skill": "gas"} if rng.random() < 0.2 else {}
        more |= {"due_date": pd.Timestamp("2024-03-04")} if rng.random() < 0.2 else {}
        week.customer(
            f"C{k}", *rng.integers(-30, 31, 2), prize=float(rng.integers(1, 30)), minutes=int(rng.integers(10, 120)),
            windows=(f"{begin}:00-{begin + 2}:00",) if rng.random() < 0.5 else (),
            reps=[("R1",), ("R2",), ("R1", "R2")][rng.integers(3)], **more,
        )  # fmt: skip
    if rng.random() < 0.4:
        week.appointment("R1", "10:30", "11:15", customer="C0" if rng.random() < 0.5 else np.nan)
    return week


def test_a_hand_worked_day(world, check):
    """A and B on one way out pay 30 less 20 km; C is 40 km the other way for 10 euro and stays out: 30 - 20 = 10."""
    week = (
        world().rep("R1").customer("A", 5, 0, prize=15).customer("B", 10, 0, prize=15).customer("C", -40, 0, prize=10)
    )
    routes = solve(week)
    assert routes.outcome.value == 10.0
    assert list(routes.stops["customer_id"]) in (["", "A", "B", ""], ["", "B", "A", ""])
    assert routes.unserved.iloc[0].to_dict() == {
        "customer_id": "C",
        "rep_id": "R1",
        "reason": "below_cost",
        "detail": "C would bring 10.00 euro; the cheapest detour costs 80.00 euro",
        "prize_eur": 10.0,
    }
    row = routes.shifts.iloc[0]
    assert (row["visits"], row["visit_minutes"], row["travel_minutes"], row["travel_km"]) == (2, 60.0, 20.0, 20.0)
    check(week.tables(), routes)


@pytest.mark.parametrize("engine", ["auto", "pyvrp", "ortools"])
def test_engines_reach_the_brute_forced_optimum(world, brute_force, check, engine):
    """Six random weeks of four visits, every plan tried."""
    for seed in range(6):
        week = random_week(world, np.random.default_rng(seed), 4)
        routes = solve(week, engine, "normal")
        assert routes.outcome.value == pytest.approx(brute_force(week.problem())), seed
        check(week.tables(), routes)


@settings(max_examples=25, deadline=None, suppress_health_check=QUIET, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_any_week_gives_a_legal_plan_below_the_bound(world, check, brute_force, seed):
    """Legal, every visit planned or told why not, value <= brute force <= bound, greedy not above the search."""
    rng = np.random.default_rng(seed)
    week = random_week(world, rng, int(rng.integers(1, 5)))
    routes, greedy = solve(week), solve(week, "greedy")
    check(week.tables(), routes)
    check(week.tables(), greedy)
    best = brute_force(week.problem())
    assert greedy.outcome.value - 1e-9 <= best
    assert routes.outcome.value - 1e-9 <= best <= routes.outcome.bound + 1e-9
    assert set(routes.unserved["reason"]) <= set(NOT_ROUTED) - {"not_selected"}


def test_a_required_visit_comes_before_prizes(world, check):
    """One hour of shift beside the drives: the required visit of prize 0 takes it from one of 100 euro."""
    week = world().rep("R1", shift="9:00-10:30").customer("A", 10, 0, prize=100, minutes=60)
    week.customer("B", -10, 0, field=False, required=True, minutes=60)
    routes = solve(week)
    assert list(routes.stops["customer_id"]) == ["", "B", ""]
    assert routes.outcome.value == -20.0
    assert routes.unserved["reason"].to_list() == ["shift_full"]
    assert "A (60 minutes, 100.00 euro) fits none of 1 shifts of R1" in routes.unserved["detail"][0]
    check(week.tables(), routes)


def test_required_visits_that_do_not_all_fit_are_told(world):
    """Two required hours in a day for one: one is done, the other is named in the outcome."""
    week = world().rep("R1", shift="9:00-10:30").customer("A", 10, 0, required=True, minutes=60)
    week.customer("B", -10, 0, required=True, minutes=60)
    routes = solve(week)
    assert routes.shifts["visits"].sum() == 1
    assert any(note.startswith("1 required visits were not fitted in: ") for note in routes.outcome.notes)


@pytest.mark.parametrize(
    ("more", "reason", "words"),
    [
        ({"x": 250}, "too_far", "500 minutes of driving there and back and 30 minutes of visit exceed"),
        ({"windows": ("7:00-8:00",)}, "no_window_fits", "no 30-minute visit within 07:00-08:00 fits a shift of R1"),
        ({"windows": ("10:00-11:00",)}, "pin_conflict", "fits no shift of R1 beside its"),
        ({"prize": 0.0}, "below_cost", "would bring 0.00 euro"),
    ],
)
@pytest.mark.parametrize("fixed", ["appointment", "pin"])
def test_reasons_are_facts(world, check, more, reason, words, fixed):
    """From 9:45 to 11:15 the rep is bound; everything else stands in the customer's own row."""
    week = world().rep("R1").customer("A", **{"x": 5, "y": 0, "prize": 50.0} | more)
    if fixed == "appointment":
        week.appointment("R1", "9:45", "11:15")
    else:
        week.customer("P", 0, 0, minutes=90)
        week.pins = {"audit": {"customer": "P", "rep": "R1", "day": "mon", "time": "9:45"}}
    routes = solve(week)
    (row,) = routes.unserved.itertuples()
    assert row.reason == reason
    assert words in row.detail
    check(week.tables(), routes)


def test_impossible_required_visits_are_told_all_at_once(world):
    """Skill, rep, due date, distance, length, window, appointments: each with its figures and what to change."""
    week = world().rep("R1").rep("R2", works=()).customer("A", 250, 0, required=True)
    week.customer("B", 1, 0, required=True, minutes=600).customer("C", 1, 0, required=True, required_skill="gas")
    week.customer("D", 1, 0, required=True, due_date=pd.Timestamp("2024-03-01"))
    week.customer("E", 1, 0, required=True, minutes=60, windows=("9:00-9:30",), field=False)
    week.customer("F", 1, 0, required=True, reps=("R2",)).customer("G", 1, 0, required=True, windows=("9:00-10:00",))
    week.customer("H", 2, 0, required=True).customer("I", 400, 0).appointment("R1", "9:00", "9:45")
    with pytest.raises(NoLegalPlan) as caught:
        week.problem()
    lines = str(caught.value).splitlines()
    assert lines[0] == "7 required visits are impossible:"
    parts = [
        ("A: 500 minutes of driving", "lengthen a shift"),
        ("B: 2 minutes of driving there and back and 600 minutes of visit", "shorten `visit_minutes`"),
        ("C needs the skill gas: nobody has it", "give the skill to a rep"),
        ("D is due by 2024-03-01", "set a later `due_date`"),
        ("E: no 60-minute visit within 09:00-09:30", "widen `windows`"),
        ("F: none of the reps who may visit (R2) works", "let a rep who may visit work"),
        ("G fits no shift of R1 beside its appointments", "move the appointments"),
    ]
    for line, (fact, advice) in zip(lines[1:], parts, strict=True):
        assert line.startswith(f"- {fact}")
        assert advice in line


@pytest.mark.parametrize("engine", ["auto", "pyvrp", "ortools", "greedy"])
def test_the_same_seed_gives_the_same_tables(world, engine):
    """Byte for byte, whatever the number of workers."""
    week = random_week(world, np.random.default_rng(3), 12)
    first, second = solve(week, engine), solve(week, engine)
    for table in ("stops", "shifts", "unserved"):
        assert getattr(first, table).to_csv() == getattr(second, table).to_csv()


@pytest.mark.parametrize("engine", ["auto", "pyvrp", "ortools"])
def test_the_emergency_brake_is_told(world, engine):
    """With no time at all there is still a legal plan, marked as not repeatable."""
    week = random_week(world, np.random.default_rng(3), 12)
    routes = solve(week, engine, seconds=1e-9)
    assert routes.outcome.brake_hit
    assert routes.shifts["visits"].sum() > 0


def test_nothing_to_do_is_said(world, check):
    """No customers; no reps; nobody at work."""
    idle = solve(world().rep("R1"))
    assert (idle.outcome.reason, idle.outcome.value, len(idle.stops)) == ("nothing_to_do", 0.0, 0)
    empty = solve(world())
    assert (empty.outcome.reason, len(empty.shifts)) == ("nothing_to_do", 0)
    away = world().rep("R1", works=()).customer("Ärger & Söhne", 1, 0)
    routes = solve(away)
    assert routes.unserved["reason"].to_list() == ["no_rep"]
    assert routes.shifts["reason"].to_list() == ["absent"]
    check(away.tables(), routes)


def test_an_unknown_engine_is_refused(world):
    """The sentence names the choices."""
    with pytest.raises(UsageError, match="choose one of auto, native, pyvrp, ortools, greedy"):
        solve(world().rep("R1"), "vroom")


def test_the_budget_grows_with_the_visits_up_to_a_limit(world):
    """20 steps a visit at effort quick."""
    week = world().rep("R1").customer("A", 1, 0).customer("B", 2, 0).appointment("R1", "10:00", "11:00")
    assert steps_for(week.problem(), "quick") == 40


def test_the_search_tells_its_value_and_a_bound(world):
    """Told values rise, are no more than the plan's own and no more than the bound, whatever required visits weigh."""
    week = random_week(world, np.random.default_rng(5), 14).customer("MUST", 3, 3, prize=1, required=True)
    told = []
    routes = plan_routes(
        week.problem(), engine="native", effort="thorough", time_limit_seconds=60, seed=1,
        watch=lambda value, bound: told.append((value, bound)),
    )  # fmt: skip
    values = [value for value, _ in told]
    assert values == sorted(values)
    assert 0 < values[-1] <= routes.outcome.value + 1e-6
    assert {bound for _, bound in told} == {told[0][1]}
    assert routes.outcome.value <= told[0][1]
