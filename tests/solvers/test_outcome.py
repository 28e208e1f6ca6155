"""How a search ended is told from value and bound alone."""

import pytest

from solvers.outcome import Outcome, conclude


def end(value: float, bound: float | None, *, maximise: bool = True, **more) -> Outcome:
    return conclude(stage="s", value=value, bound=bound, unit="EUR", maximise=maximise, method="m", seconds=0.1, **more)


@pytest.mark.parametrize(
    ("value", "bound", "more", "reason"),
    [
        (100.0, 100.0, {}, "optimal"),
        (100.0, 100.0 + 1e-7, {"brake_hit": True}, "optimal"),
        (100.0, 100.4, {"asked_gap_pct": 0.5}, "within_gap"),
        (100.0, 100.6, {"asked_gap_pct": 0.5}, "feasible"),
        (100.0, 100.6, {"brake_hit": True}, "time_limit"),
        (100.0, None, {}, "feasible"),
        (0.0, 0.0, {}, "optimal"),
    ],
)
def test_the_reason_follows_from_the_gap(value, bound, more, reason):
    assert end(value, bound, **more).reason == reason


def test_the_gap_is_in_percent_of_the_value():
    assert end(200.0, 203.0).gap_pct == pytest.approx(1.5)
    assert end(200.0, 190.0, maximise=False).gap_pct == pytest.approx(5.0)
    assert end(200.0, None).gap_pct is None


def test_a_bound_that_contradicts_the_value_is_refused_for_both_senses():
    with pytest.raises(ValueError, match="contradicts"):
        end(100.0, 99.0)
    with pytest.raises(ValueError, match="contradicts"):
        end(100.0, 101.0, maximise=False)


def test_rounding_of_the_bound_is_forgiven_and_put_right():
    outcome = end(100.0, 100.0 - 1e-7)
    assert (outcome.bound, outcome.reason) == (100.0, "optimal")


def test_only_a_brake_makes_a_run_unrepeatable():
    assert end(1.0, 2.0, brake_hit=True).brake_hit
    assert not end(1.0, 2.0).brake_hit
