"""What is compiled before the clock runs is what the search then calls: nothing is compiled within a limit."""

from dataclasses import replace

import pytest

from solvers.routing import compiled, plan_routes
from solvers.routing.arrays import make_arrays
from solvers.routing.ready import compile_for

DOORS = ("search", "fill", "retime")


@pytest.mark.parametrize("rate", [0.0, 20.0])
def test_nothing_is_compiled_for_a_plan_that_was_not_compiled_before(world, rate):
    week = world().rep("R1").rep("R2", home=(9, 0))
    for k in range(5):
        week.customer(f"C{k}", k, 3, reps=("R1", "R2"))
    problem = replace(week.problem(), balance_eur_per_hour=rate)
    compile_for(problem, make_arrays(problem))
    known = {door: list(getattr(compiled, door).signatures) for door in DOORS}
    plan_routes(problem, engine="native", effort="quick", time_limit_seconds=60, seed=1)
    assert {door: list(getattr(compiled, door).signatures) for door in DOORS} == known
    assert len(known["search"]) >= 1 + (rate > 0)
