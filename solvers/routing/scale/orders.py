"""Large fields inside a plan run: when reps are solved apart, and the orders that come of it."""

from scenarios.schema import Effort
from solvers.brake import Brake
from solvers.routing.problem import Orders, RoutingProblem
from solvers.routing.scale.weeks import LARGE, solve


def is_large(problem: RoutingProblem) -> bool:
    """Whether the problem is solved by reps: `LARGE` visits or more, and more than one rep.

    Never where visits across borders are limited or weeks are to be even: no rep's week says whether the plan keeps
    that, so such a plan is searched whole.
    """
    if problem.borders or problem.even or problem.balance_eur_per_hour:
        return False
    visits = sum(task.kind == "visit" for task in problem.tasks)
    return visits >= LARGE and len({shift.rep_id for shift in problem.shifts}) > 1


def large_orders(problem: RoutingProblem, *, effort: Effort, workers: int, seed: int, brake: Brake) -> Orders:
    """Orders of a large problem. The plan does not depend on `workers`."""
    found = solve(problem, workers=workers, seed=seed, effort=effort, until=brake.until, stop=brake.stop)
    return Orders(found.sequences, "rep-weeks apart, then borders between neighbours", found.brake_hit)
