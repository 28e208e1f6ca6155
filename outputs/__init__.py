"""What people hold: the run folder, route sheets, maps, tables, the report.

from outputs import run_scenario
run = run_scenario(Path("week.yaml"))
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outputs.run import Run, check_run, explain_customer, read_run, run_scenario

__all__ = ["Run", "check_run", "explain_customer", "read_run", "run_scenario"]


def __getattr__(name: str) -> Any:
    """Import the run module when it is first needed, so that `--help` does not wait for the solvers."""
    if name in __all__:
        from outputs import run

        return getattr(run, name)
    raise AttributeError(f"module 'outputs' has no attribute {name!r}")
