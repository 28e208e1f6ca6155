"""Who owns whom."""

from solvers.territories.assign import assign_territories

__all__ = ["assign_territories"]
