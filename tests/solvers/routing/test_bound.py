import pytest

from solvers.routing.bound import upper_bound_eur


def test_the_bound_of_one_visit_is_exact(world):
    """One visit of 30 euro, 5 km out: at least 5 km must be driven to it, so 25."""
    assert upper_bound_eur(world().rep("R1").customer("A", 5, 0, prize=30).problem()) == pytest.approx(25, abs=0.02)


def test_time_is_shared_as_a_fractional_knapsack(world):
    """10:00-12:00 at the door: of two visits of 80 minutes worth 80 and 40, one and a half fit: 80 + 40 x 40/80."""
    week = world(eur_per_km=0.0).rep("R1", shift="10:00-12:00")
    week.customer("A", 0, 0, prize=80, minutes=80).customer("B", 0, 0, prize=40, minutes=80)
    assert upper_bound_eur(week.problem()) == pytest.approx(100, abs=0.02)


def test_lunch_and_appointments_take_their_time(world):
    """Of 9:00-17:00 lunch takes one hour and an appointment six: one hour is left for a visit of two."""
    week = world(lunch=(60, "12:00-14:00"), eur_per_km=0.0).rep("R1").customer("A", 0, 0, prize=80, minutes=45)
    week.customer("B", 0, 0, prize=80, minutes=45)
    assert upper_bound_eur(week.problem()) == pytest.approx(160, abs=0.02)
    week.appointment("R1", "9:00", "12:00").appointment("R1", "14:00", "17:00")
    assert upper_bound_eur(week.problem()) == pytest.approx(80 + 80 * 15 / 45, abs=0.02)


def test_what_does_not_pay_or_fit_adds_nothing(world):
    """A prize below its drive, a visit longer than the shift, no visits, no reps."""
    week = world().rep("R1").customer("A", 50, 0, prize=20).customer("B", 0, 0, prize=20, minutes=600)
    assert upper_bound_eur(week.problem()) == 0.0
    assert upper_bound_eur(world().rep("R1").problem()) == 0.0
    assert upper_bound_eur(world().problem()) == 0.0
