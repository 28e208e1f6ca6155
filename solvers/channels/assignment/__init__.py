"""Generalized assignment: tasks to people, where minutes and cost differ by pair, with a bound."""

from solvers.channels.assignment.problem import AssignmentPlan
from solvers.channels.assignment.rounds import solve

__all__ = ["AssignmentPlan", "solve"]
