import math

import numpy as np
import pytest

from solvers.brake import Brake
from solvers.routing import plan_routes
from solvers.routing.arrays import make_arrays
from solvers.routing.improve import copied, make_state, search_from
from solvers.routing.press import Press
from solvers.routing.scratch import make_memory


def test_what_is_missing_grows_and_the_best_plan_is_judged_by_the_true_gains(world):
    """A and B at one time, A planned: B grows by a tenth a look; a best plan with B is worth that much more."""
    week = world(eur_per_km=0.0).rep("R1").customer("A", 1, 0, required=True, prize=3, windows=("10:00-10:50",))
    problem = week.customer("B", 1, 0, required=True, prize=2, windows=("10:00-10:50",)).problem()
    arrays = make_arrays(problem)
    with_a, with_b = make_state(problem, arrays, [(0,)]), make_state(problem, arrays, [(1,)])
    press, memory, values = Press(arrays, np.ones(2, bool), with_a), make_memory(arrays), np.array([5.0, 5.0])
    press.look(with_a, with_a, memory, values)
    assert press.arrays.gain_eur == pytest.approx(arrays.gain_eur * [1.0, 1.1])
    assert memory.stamp[:, 0].tolist() == [0, -1]
    assert values.tolist() == [5.0, 5.0]
    press.look(with_a, with_b, memory, values)
    assert values[1] == pytest.approx(5.0 + 0.1 * arrays.gain_eur[1])
    assert press.best(with_b).order[0, 0] == 0


def test_without_required_visits_nothing_is_touched(world):
    """The arrays are the problem's own, and the best plan is the search's."""
    problem = world().rep("R1").customer("A", 1, 0).problem()
    arrays = make_arrays(problem)
    state = make_state(problem, arrays, ())
    press = Press(arrays, np.zeros(1, bool), state)
    press.look(state, state, make_memory(arrays), np.zeros(2))
    assert press.arrays is arrays
    assert press.best(state) is state
    assert copied(state).length.tolist() == [0]


@pytest.mark.parametrize("seed", range(4))
def test_required_visits_that_fit_together_are_all_found(world, seed):
    """Each of three reps drives a random day of six visits; every window opens when he comes and closes a little after
    he leaves. So there is a plan with all 18, and each visit may be made by two of the reps."""
    rng, week = np.random.default_rng(seed), world(eur_per_km=0.1)
    for r in range(3):
        week.rep(f"R{r}", home=(20 * r, 0))
        now, at = 9 * 60, np.array([20 * r, 0])
        for k in range(6):
            there = at + rng.integers(-10, 11, 2)
            now += int(np.abs(there - at).sum()) + int(rng.integers(0, 4))
            span = f"{now // 60}:{now % 60:02d}-{(now + 35) // 60}:{(now + 35) % 60:02d}"
            week.customer(f"C{r}{k}", *there, minutes=30, windows=(span,), required=True, prize=1,
                          reps=(f"R{r}", f"R{(r + 1) % 3}"))  # fmt: skip
            now, at = now + 30, there
    problem = week.problem()
    arrays = make_arrays(problem)
    found = search_from(
        problem, arrays, make_state(problem, arrays, ()), steps=20_000, seed=seed, brake=Brake(math.inf)
    )
    assert sum(map(len, found.sequences)) == 18


def test_what_is_told_while_it_searches_is_never_more_than_the_plan(world):
    """Six required visits that bring 1 euro and cost more than 10: the plan is worth less than nothing, and says so."""
    week = world().rep("R1")
    for k in range(6):
        week.customer(f"C{k}", 10 + k, 0, prize=1, minutes=20, required=True)
    told = []
    routes = plan_routes(
        week.problem(), engine="native", effort="quick", time_limit_seconds=60, seed=1,
        watch=lambda value, bound: told.append((value, bound)),
    )  # fmt: skip
    assert routes.outcome.value == 6 - 30
    assert told
    assert all(value <= routes.outcome.value + 1e-9 <= bound + 1e-9 for value, bound in told)
