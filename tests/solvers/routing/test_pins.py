import pandas as pd
import pytest

from scenarios.errors import DataError, NoLegalPlan
from solvers.routing import plan_routes


def pinned(world, **pin):
    week = world(days=2, lunch=(60, "12:00-14:00")).rep("R1").rep("R2", skills=("gas",), works=(1,))
    week.customer("A", 1, 0).customer("B", 60, 0, windows=("10:00-12:00",))
    week.customer("C", 1, 0, required_skill="gas", reps=("R2",), due_date=pd.Timestamp("2024-03-04"))
    week.pins = {"audit": pin}
    return week


@pytest.mark.parametrize(
    ("pin", "words"),
    [
        ({"customer": "A", "rep": "R9"}, "pin audit (A with R9): R9 is not in the team"),
        ({"customer": "C", "rep": "R1"}, "needs the skill gas, which R1 does not have"),
        ({"customer": "A", "rep": "R2", "day": "mon"}, "R2 does not work on mon in the horizon"),
        ({"customer": "C", "rep": "R2"}, "the visit is due by 2024-03-04; pin it earlier"),
        ({"customer": "A", "rep": "R1", "time": "16:45"}, "16:45-17:15 lies outside the shift 09:00-17:00"),
        ({"customer": "B", "rep": "R1", "time": "11:45"}, "11:45-12:15 is outside the customer's windows 10:00-12:00"),
    ],
)
def test_a_pin_that_cannot_be_kept_names_the_clash(world, pin, words):
    """Each rule by itself; the sentence names pin, customer, rep and times."""
    with pytest.raises(NoLegalPlan) as caught:
        pinned(world, **pin).problem()
    assert words in str(caught.value)


def test_an_unknown_customer_is_an_input_fault(world):
    """The names of a scenario are checked against the tables."""
    with pytest.raises(DataError, match="Ghost"):
        pinned(world, customer="Ghost", rep="R1").problem()


def test_two_pins_at_the_same_time_exclude_each_other(world):
    """A and B are 59 km, so 59 minutes, apart; 10:00 and 10:30 cannot both be."""
    week = pinned(world, customer="A", rep="R1", day="mon", time="10:00")
    week.pins["visit"] = {"customer": "B", "rep": "R1", "day": "mon", "time": "10:30"}
    with pytest.raises(NoLegalPlan) as caught:
        week.problem()
    assert str(caught.value) == (
        "pin audit (A with R1, Mon 04 Mar 10:00-10:30) and pin visit (B with R1, Mon 04 Mar 10:30-11:00) "
        "exclude each other (drive between them 59 minutes); move one of them"
    )


def test_appointments_that_leave_no_lunch_are_no_legal_plan(world):
    """12:00 to 14:00 leaves no hour of lunch within 12:00 to 14:00; alone, or as two halves."""
    with pytest.raises(NoLegalPlan, match=r"appointment \(R1, Mon 04 Mar 12:00-14:00\) does not fit .* 60 minutes"):
        pinned(world, customer="A", rep="R1").appointment("R1", "12:00", "14:00").problem()
    week = pinned(world, customer="A", rep="R1").appointment("R1", "11:00", "12:40")
    with pytest.raises(NoLegalPlan, match="exclude each other"):
        week.appointment("R1", "13:20", "14:30").problem()
    three = world(lunch=(45, "12:00-14:00")).rep("R1").appointment("R1", "11:00", "12:15")
    three.appointment("R1", "12:50", "13:10").appointment("R1", "13:40", "14:30")
    with pytest.raises(NoLegalPlan, match="do not fit together into the shift of R1"):
        three.problem()


def test_a_pin_is_kept_to_the_minute_and_beats_prizes(world, check):
    """A pinned visit without value stands at its time, though it costs two euros of travel."""
    week = pinned(world, customer="A", rep="R1", day="tue", time="11:00")
    week.allocations = []
    routes = plan_routes(week.problem(), engine="auto", effort="quick", time_limit_seconds=60, seed=1)
    (visit,) = routes.stops[routes.stops["kind"] == "visit"].itertuples()
    assert (str(visit.start_at), visit.pinned, visit.rep_id) == ("2024-03-05 11:00:00", True, "R1")
    assert routes.outcome.value == -2.0
    check(week.tables(), routes)


def test_pins_that_only_together_do_not_fit_name_one(world):
    """Three pinned visits of four hours in one day of eight hours."""
    week = world().rep("R1")
    for name in "ABC":
        week.customer(name, 1, 0, minutes=180)
        week.pins[f"pin_{name}"] = {"customer": name, "rep": "R1"}
    with pytest.raises(NoLegalPlan, match=r"pin pin_[ABC] cannot be kept beside the other required visits"):
        plan_routes(week.problem(), engine="auto", effort="quick", time_limit_seconds=60, seed=1)


def test_a_pinned_visit_of_several_keeps_its_distance(world, check):
    """Three visits a week, one pinned to Wednesday: the others keep two days away from it."""
    week = world(days=5).rep("R1").customer("A", 1, 0, visits_per_week=3.0, min_days_between=2.0)
    week.pins = {"audit": {"customer": "A", "rep": "R1", "day": "wed"}}
    routes = plan_routes(week.problem(), engine="auto", effort="quick", time_limit_seconds=60, seed=1)
    visits = routes.stops[routes.stops["kind"] == "visit"]
    assert list(visits["day"].dt.day_name()) == ["Monday", "Wednesday", "Friday"]
    assert list(visits["pinned"]) == [False, True, False]
    check(week.tables(), routes)
