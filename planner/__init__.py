"""The whole: the data's path, its cache, its audit, its figures, its reasons.

from planner import make_plan
plan = make_plan(scenario, tables)
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from planner.pipeline import make_plan

__all__ = ["make_plan"]


def __getattr__(name: str) -> Any:
    """Import the pipeline when it is first needed, so that the audit can be used without the solvers."""
    if name in __all__:
        from planner.pipeline import make_plan

        return make_plan
    raise AttributeError(f"module 'planner' has no attribute {name!r}")
