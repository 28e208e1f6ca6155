"""Who is visited on which day in which order."""

from solvers.routing.make import make_problem
from solvers.routing.plan import plan_routes
from solvers.routing.problem import RoutingProblem

__all__ = ["RoutingProblem", "make_problem", "plan_routes"]
