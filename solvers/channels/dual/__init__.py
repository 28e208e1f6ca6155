"""The channel problem as arrays of customers x options, from ten customers to millions, with a bound."""

from solvers.channels.dual.engines import solve_with
from solvers.channels.dual.plan import solve
from solvers.channels.dual.problem import BARRED_EUR, CapacityPlan, CapacityProblem

__all__ = ["BARRED_EUR", "CapacityPlan", "CapacityProblem", "solve", "solve_with"]
