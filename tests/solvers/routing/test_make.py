import pandas as pd
import pytest

from scenarios.errors import DataError, NoLegalPlan, ScenarioError
from solvers.routing import make_problem


def test_each_customer_allocated_to_the_field_becomes_a_visit(world):
    """30 minutes are 1800 s, windows are seconds, the prize is the allocation's; other channels do not count."""
    one = world().rep("R1").customer("A", 3, 0, prize=7.5, windows=("9:00-10:00", "14:00-15:00"))
    one.customer("B", 1, 0, field=False)
    one.allocations.append(("B", "outbound", pd.NaT, 12.0, 3.0))
    (task,) = one.problem().tasks
    assert (task.customer_id, task.service_seconds, task.prize_eur, task.shifts) == ("A", 1800, 7.5, (0,))
    assert task.windows == ((32400, 36000), (50400, 54000))


def test_required_customers_are_visited_without_allocation(world):
    """A required customer is a required visit of prize 0; one with an appointment is met by it."""
    week = world().rep("R1").customer("A", 3, 0, field=False, required=True)
    week.customer("B", 1, 0, field=False, required=True).appointment("R1", "10:00", "11:00", customer="B")
    kinds = {(t.customer_id, t.kind, t.required, t.prize_eur) for t in week.problem().tasks}
    assert kinds == {("A", "visit", True, 0.0), ("B", "appointment", True, 0.0)}


def test_several_visits_share_the_prize_and_keep_their_distance(world):
    """Two visits a week, two days apart, in five days: Monday or Tuesday, and Thursday or Friday, or the like."""
    week = world(days=5).rep("R1").customer("A", 3, 0, prize=10, visits_per_week=2.0, min_days_between=2.0)
    first, second = week.problem().tasks
    assert first.prize_eur == second.prize_eur == 5.0
    assert second.shifts[0] - first.shifts[-1] >= 2
    assert len(first.shifts) + len(second.shifts) == 4


def test_visits_that_the_days_do_not_hold_are_refused_with_a_reason(world):
    """Three visits, three days apart, in five days: two fit (days 0 and 3, say), the third is told."""
    week = world(days=5).rep("R1").customer("A", 3, 0, prize=9, visits_per_week=3.0, min_days_between=3.0)
    problem = week.problem()
    assert len(problem.tasks) == 2
    assert list(problem.refused["reason"]) == ["no_window_fits"]
    assert "3 visits 3 days apart" in problem.refused["detail"][0]


def test_a_due_date_closes_the_days_after_it(world):
    """Due on Tuesday: only Monday and Tuesday are open; overdue before the first day: refused."""
    week = world(days=3).rep("R1").customer("A", 3, 0, due_date=pd.Timestamp("2024-03-05"))
    week.customer("B", 1, 0, due_date=pd.Timestamp("2024-03-01"))
    problem = week.problem()
    assert [t.shifts for t in problem.tasks] == [(0, 1)]
    assert problem.refused["detail"][0] == "B is due by 2024-03-01, the first rep-day is 2024-03-04"


def test_who_may_not_be_visited_by_anybody_is_refused(world):
    """No skill in the team, a skill held by someone who may not visit, no rep at all, a rep who is away."""
    week = world().rep("R1").rep("R2", skills=("gas",), works=())
    week.customer("A", 1, 0, required_skill="oil").customer("B", 1, 0, required_skill="gas")
    week.customer("C", 1, 0, reps=()).customer("D", 1, 0, reps=("R2",))
    refused = week.problem().refused.set_index("customer_id")
    assert refused["reason"].to_dict() == {"A": "no_skill", "B": "no_skill", "C": "no_rep", "D": "no_rep"}
    assert refused.loc["A", "detail"] == "A needs the skill oil: nobody has it"
    assert refused.loc["B", "detail"] == "B needs the skill gas: those who have it (R2) may not visit"
    assert refused.loc["D", "detail"] == "D: none of the reps who may visit (R2) works in the horizon"


def test_a_required_visit_that_nobody_may_do_is_no_legal_plan(world):
    """Required work is not soft."""
    with pytest.raises(NoLegalPlan, match="A needs the skill oil: nobody has it"):
        world().rep("R1").customer("A", 1, 0, required_skill="oil", required=True).problem()


def test_faults_of_the_input_are_told(world):
    """An unknown customer, a lunch longer than its span, a working rep who is not in the team."""
    week = world().rep("R1").customer("A", 1, 0)
    week.allocations.append(("Ghost", "field", pd.NaT, 30.0, 3.0))
    with pytest.raises(DataError, match=r"lacks 1 customers .* Ghost"):
        week.problem()
    with pytest.raises(ScenarioError, match="lunch of 60 minutes does not fit"):
        world(lunch=(60, "12:00-12:30")).rep("R1").problem()
    tables = world().rep("R1").tables()
    with pytest.raises(DataError, match="R1 works on 2024-03-04 but is not in the team"):
        make_problem(**tables | {"team": tables["team"].iloc[:0]})


def test_appointments_on_days_off_are_noted(world):
    """They are not planned, and the report says so."""
    week = world(days=2).rep("R1", works=(0,)).appointment("R1", "10:00", "11:00", day=1)
    problem = week.problem()
    assert problem.tasks == ()
    assert problem.notes == ("1 appointments fall on rep-days without work and are not planned: R1 Tue 05 Mar 10:00",)


def test_shifts_know_lunch_and_end_place(world):
    """Lunch only where the shift covers its span; the day ends where the rep's end place is."""
    week = world(lunch=(45, "12:30-15:00")).rep("R1", end=(5, 0)).rep("R2", shift="9:00-14:00")
    long, short = week.problem().shifts
    assert (long.lunch_seconds, short.lunch_seconds) == (2700, 0)
    assert long.start_place != long.end_place
    assert short.start_place == short.end_place


def test_required_customers_without_consent_to_the_field_are_noted(world):
    """No visit, but a note; whoever has an allocation all the same (consent is not respected) is visited."""
    week = world().rep("R1").customer("A", 3, 0, field=False, required=True, consent=("outbound",))
    week.customer("B", 1, 0, required=True, consent=())
    columns = pd.DataFrame(week.customers)
    problem = make_problem(**week.tables() | {"customers": columns})
    assert [t.customer_id for t in problem.tasks] == ["B"]
    assert problem.notes == ("1 required customers gave no consent to field visits: A",)
    free = make_problem(**week.tables() | {"customers": columns, "respect_consent": False})
    assert ([t.customer_id for t in free.tasks], free.notes) == (["A", "B"], ())


def test_a_week_of_too_many_places_says_what_to_do(world, monkeypatch):
    """Two customers and a home are three places, one more than are allowed here."""
    week = world().rep("R1").customer("A", 1, 0).customer("B", 2, 0)
    monkeypatch.setattr("solvers.routing.make.MOST_PLACES", 2)
    with pytest.raises(DataError, match=r"3 places to visit and homes in one week.* plan groups of territories"):
        week.problem()


def test_a_shift_shorter_than_a_required_visit_says_so(world):
    """20 minutes of shift, 30 of visit at the door: both figures and the rep are named."""
    week = world().rep("R1", shift="9:00-9:20").customer("A", 0, 0, minutes=30, required=True)
    with pytest.raises(NoLegalPlan, match=r"30 minutes of visit exceed the longest shift of R1, 20 minutes"):
        week.problem()
