"""Commands that plan: `run` one week, `sweep` several scenarios."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from outputs.cli.asked import examined_scenario
from outputs.cli.command import Command
from outputs.cli.door import AsJson, File, Quiet, Runs, Settings, Store, out, say
from outputs.cli.runs import show_run
from scenarios.errors import UsageError


def run(
    file: File,
    settings: Settings = [],  # noqa: B006
    runs: Runs = Path("runs"),
    store: Store = Path(".muster"),
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Compute every stage, keep nothing.")] = False,
    classic: Annotated[bool, typer.Option("--classic", help="Plan the classic way, for comparison.")] = False,
    pins: Annotated[Path | None, typer.Option(metavar="XLSX", help="Keep the visits a plan.xlsx marks.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Plan the week and write it to a folder of its own."""
    from outputs.process import stoppable

    # Before anything heavy is imported: a KeyboardInterrupt within an import may be swallowed there.
    with stoppable(say, "the run ends soon, with the best plan found by then") as stop:
        examined = examined_scenario(file, settings)
        if examined.loaded is not None and examined.loaded.is_sweep:
            raise UsageError(
                f"{file} describes several runs (`sweep` or `scenarios`), and `run` makes one; `sweep` makes them all."
            )
        import outputs
        from outputs.progress import Steps

        if pins is not None and examined.loaded is not None:
            from outputs.pins import pin_settings, read_pins

            settings = [*pin_settings(read_pins(pins, horizon=examined.loaded.scenario.horizon)), *settings]
        with Steps(quiet=quiet) as steps:
            made = outputs.run_scenario(
                file, overrides=settings, runs=runs, store=store, use_cache=not no_cache, classic=classic,
                progress=steps, clock=datetime.now, stop=stop, pdf=True,
            )  # fmt: skip
    show_run(made, as_json=as_json)
    return made.exit_code


def sweep(
    file: File,
    settings: Settings = [],  # noqa: B006
    runs: Runs = Path("runs"),
    store: Store = Path(".muster"),
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Plan several scenarios side by side and rank them."""
    examined = examined_scenario(file, settings)
    assert examined.loaded is not None
    import outputs
    from outputs.console import json_text
    from outputs.process import pool, stoppable
    from outputs.progress import Steps
    from outputs.sweep_text import sweep_json, sweep_text

    steps, workers = Steps(quiet=quiet), examined.loaded.scenario.solve.workers
    with pool(workers) as executor, steps, stoppable(say, "no further cell starts, those at work end") as stop:
        made = outputs.run_sweep(
            file, overrides=settings, runs=runs, store=store, progress=steps, clock=datetime.now, executor=executor,
            stop=stop,
        )  # fmt: skip
    out(json_text(sweep_json(made)) if as_json else sweep_text(made))
    return made.exit_code


COMMANDS = (Command("run", run), Command("sweep", sweep))
