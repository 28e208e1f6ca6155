"""How many agents sit when, and who: requirement by Erlang A, shift design by MIP, people by CP-SAT."""

from solvers.staffing.plan import plan_staffing

__all__ = ["plan_staffing"]
