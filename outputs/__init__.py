"""What people hold: the run folder, route sheets, maps, tables, the report.

from outputs import run_scenario
run = run_scenario(Path("week.yaml"))
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from outputs.compare import Comparison, compare_runs
    from outputs.run import Run, check_run, explain_customer, read_run, run_scenario
    from outputs.sweep import Sweep, read_sweep, run_sweep

__all__ = [
    "Comparison",
    "Run",
    "Sweep",
    "check_run",
    "compare_runs",
    "explain_customer",
    "read_run",
    "read_sweep",
    "run_scenario",
    "run_sweep",
]

_FILES = {"Comparison": "compare", "compare_runs": "compare"} | dict.fromkeys(
    ("Sweep", "read_sweep", "run_sweep"), "sweep"
)


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is first needed, so that `--help` does not wait for the solvers."""
    if name in __all__:
        return getattr(import_module(f"outputs.{_FILES.get(name, 'run')}"), name)
    raise AttributeError(f"module 'outputs' has no attribute {name!r}")
