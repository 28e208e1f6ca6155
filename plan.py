"""The command line: reads the wish, calls the room that answers it, prints the answer.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 our fault, 2 wrong usage, 3 scenario or data
invalid, 4 no legal plan, 5 written but flagged, 130 interrupted. Heavy imports wait for the command that needs them.
"""

import dataclasses
import errno
import functools
import io
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec

import typer

from scenarios.errors import MusterError, Problem, ScenarioError, UsageError

if TYPE_CHECKING:
    from inputs.types import Tables
    from outputs import Run
    from scenarios.loader import Examined

P = ParamSpec("P")
FLAGGED, INTERRUPTED = 5, 130
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

app = typer.Typer(
    help="Muster plans the week of field sales and contact centre from one YAML file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

File = Annotated[Path, typer.Argument(help="Scenario file (YAML).", show_default=False)]
Settings = Annotated[
    list[str], typer.Option("--set", metavar="KEY=VALUE", help="Set one value, in YAML; wins over the file.")
]
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Folder of the runs.")]
Store = Annotated[Path, typer.Option("--store", metavar="DIR", help="Folder of the data layers and kept results.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]
RunName = Annotated[str, typer.Argument(metavar="RUN", help="A run: its folder, or its name.", show_default=False)]


def guarded(command: Callable[P, int | None]) -> Callable[P, None]:
    """`command` whose errors end as a sentence on stderr and the exit code that belongs to them."""

    @functools.wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            code = command(*args, **kwargs) or 0
        except (typer.Exit, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            say("interrupted")
            code = INTERRUPTED
        except MusterError as error:
            say(str(error))
            code = error.exit_code
        except Exception as error:
            code = _disk_full(error) if _is_disk_full(error) else _our_fault(error)
        raise typer.Exit(code)

    return run


def _is_disk_full(error: Exception) -> bool:
    """Whether a disk ran full; libraries that write files themselves tell it in words only."""
    return getattr(error, "errno", None) in DISK_FULL or "No space left on device" in str(error)


def _disk_full(error: Exception) -> int:
    where = f" ({error.filename})" if isinstance(error, OSError) and error.filename else ""
    say(f"The disk is full{where}: make room and run it again; no half run was left.")
    return MusterError.exit_code


def _our_fault(error: Exception) -> int:
    """One line on stderr for an error that nobody foresaw, the traceback in a file beside it."""
    text = traceback.format_exc()
    if os.environ.get("MUSTER_DEBUG") == "1":
        say(text)
        where = "the traceback stands above"
    else:
        handle, name = tempfile.mkstemp(prefix="muster-", suffix=".traceback.txt", text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        where = f"the traceback is in {name}; MUSTER_DEBUG=1 shows it here"
    say(f"Muster failed, and this is no fault of yours: {type(error).__name__}: {_first_line(error)} ({where})")
    return MusterError.exit_code


def _first_line(error: Exception) -> str:
    return next(iter(str(error).splitlines()), "")


def say(text: str) -> None:
    """One message on stderr."""
    typer.echo(text, err=True)


def out(text: str = "") -> None:
    """One result on stdout."""
    typer.echo(text)


@app.command()
@guarded
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
    examined = _examined(file, settings)
    if examined.loaded is not None and examined.loaded.is_sweep:
        raise UsageError(
            f"{file} describes several runs (`sweep` or `scenarios`), and `run` makes one; `sweep` makes them all."
        )
    import outputs
    from outputs.process import stoppable
    from outputs.progress import Steps

    if pins is not None and examined.loaded is not None:
        from outputs.pins import pin_settings, read_pins

        settings = [*pin_settings(read_pins(pins, horizon=examined.loaded.scenario.horizon)), *settings]
    steps = Steps(quiet=quiet)
    with steps, stoppable(say, "the week is finished with the best found so far") as stop:
        made = outputs.run_scenario(
            file, overrides=settings, runs=runs, store=store, use_cache=not no_cache, classic=classic, progress=steps,
            clock=datetime.now, stop=stop,
        )  # fmt: skip
    _show_run(made, as_json=as_json)
    return made.exit_code


@app.command()
@guarded
def sweep(
    file: File,
    settings: Settings = [],  # noqa: B006
    runs: Runs = Path("runs"),
    store: Store = Path(".muster"),
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Plan several scenarios side by side and rank them."""
    examined = _examined(file, settings)
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


@app.command()
@guarded
def compare(
    run_names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs; the first is compared with.")],
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Figures of runs side by side, and who moved between channels, reps and days."""
    folders = [_run_folder(name, runs) for name in run_names]
    import outputs
    from outputs.compare import comparison_json, comparison_text
    from outputs.console import json_text

    made = outputs.compare_runs(folders)
    out(json_text(comparison_json(made)) if as_json else comparison_text(made))


@app.command()
@guarded
def validate(file: File, settings: Settings = [], as_json: AsJson = False) -> int:  # noqa: B006
    """Check a scenario and its tables, plan nothing."""
    from outputs.console import findings_text, json_text, problem_json, records

    try:
        examined = _examined(file, settings)
        assert examined.loaded is not None
        tables, problems = _names(examined)
        if problems:
            raise examined.error(problems)
    except ScenarioError as error:
        if as_json:
            out(
                json_text({"valid": False, "problems": [problem_json(each) for each in error.problems], "findings": []})
            )
        raise
    findings = [dataclasses.asdict(finding) for finding in tables.quality.findings]
    if as_json:
        out(json_text({"valid": True, "problems": [], "findings": findings, "counts": records(tables.quality.counts)}))
        return 0
    if findings:
        out(findings_text(tables.quality.findings))
    several = ", several runs" if examined.loaded.is_sweep else ""
    out(f"{file}: valid{several}; {len(findings)} {'finding' if len(findings) == 1 else 'findings'} in the tables")
    return 0


@app.command()
@guarded
def explain(
    file: File,
    prefix: Annotated[str, typer.Argument(metavar="[KEY]", help="Only this key and what stands below it.")] = "",
    settings: Settings = [],  # noqa: B006
    as_json: AsJson = False,
) -> None:
    """Every value of a scenario, and where it was written."""
    from outputs.commands import explain_text

    out(explain_text(file, prefix, settings, as_json=as_json))


@app.command()
@guarded
def schema() -> None:
    """The JSON schema of scenario files, for editors."""
    from scenarios.json_schema import json_schema

    out(json.dumps(json_schema(), indent=2, ensure_ascii=False))


@app.command()
@guarded
def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the company, and its folder's.")],
    customers: Annotated[int, typer.Option(min=1, help="Customers.")] = 3200,
    reps: Annotated[int, typer.Option(min=1, help="Field reps.")] = 20,
    agents: Annotated[int, typer.Option(min=1, help="Agents of the contact centre.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same one makes the same company.")] = 7,
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where its folder is made.")] = Path("companies"),
) -> None:
    """Make a synthetic company with a week to plan and the truth behind it."""
    if not name.strip() or name != Path(name).name or name in (".", ".."):
        raise UsageError(f"{name!r} is no name for a folder; give a plain name, and where it goes by --folder.")
    from inputs.synthetic import make_company, write_company

    company = make_company(name, customers=customers, reps=reps, agents=agents, seed=seed)
    week = write_company(company, folder / name)
    out(str(week))
    say(f"Plan it: python plan.py run {week}")


@app.command()
@guarded
def load(
    file: File,
    settings: Settings = [],  # noqa: B006
    store: Store = Path(".muster"),
    as_json: AsJson = False,
) -> None:
    """Fill the data layers from a scenario's sources."""
    from outputs.commands import load_text

    out(load_text(file, settings, store=store, clock=datetime.now, as_json=as_json))


@app.command()
@guarded
def show(run_name: RunName, runs: Runs = Path("runs"), as_json: AsJson = False) -> int:
    """Figures and outcomes of a finished run, or the table of a sweep."""
    folder = _run_folder(run_name, runs)
    import outputs

    if (folder / "sweep.html").exists():
        from outputs.console import json_text
        from outputs.sweep_text import sweep_json, sweep_text

        found = outputs.read_sweep(folder)
        out(json_text(sweep_json(found)) if as_json else sweep_text(found))
        return found.exit_code
    made = outputs.read_run(folder)
    _show_run(made, as_json=as_json)
    return made.exit_code


@app.command()
@guarded
def why(
    run_name: RunName,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="customer_id.", show_default=False)],
    runs: Runs = Path("runs"),
) -> None:
    """Why a customer is, or is not, contacted in a run."""
    folder = _run_folder(run_name, runs)
    import outputs

    out(outputs.explain_customer(folder, customer))


@app.command()
@guarded
def check(run_name: RunName, runs: Runs = Path("runs"), as_json: AsJson = False) -> int:
    """Whether a run is unchanged since it was sealed, and its plan sound."""
    folder = _run_folder(run_name, runs)
    import outputs
    from outputs.console import json_text

    problems = outputs.check_run(folder)
    if as_json:
        out(json_text({"run": str(folder), "sound": not problems, "problems": problems}))
    else:
        out("\n".join([*problems, f"{folder}: {'sound' if not problems else f'{len(problems)} problems'}"]))
    return FLAGGED if problems else 0


def _examined(file: Path, settings: Sequence[str]) -> "Examined":
    """The scenario without problems of its own.

    Raises:
        ScenarioError: its problems, and the names on what is left of it that the data do not have.
    """
    from scenarios.loader import examine_scenario

    examined = examine_scenario(file, settings)
    if not examined.problems:
        return examined
    more: list[Problem] = []
    if examined.loaded is not None:
        try:
            more = _names(examined)[1]
        except MusterError:
            more = []  # tables that cannot be read are told once the scenario is right
    raise examined.error(more)


def _names(examined: "Examined") -> tuple["Tables", list[Problem]]:
    """The tables, read only, and the names in the scenario that they do not have."""
    from inputs.load import load_tables
    from inputs.names import check_names

    assert examined.loaded is not None
    scenario = examined.loaded.scenario
    tables = load_tables(scenario, store=None, loaded_at=datetime.now())
    return tables, check_names(scenario, tables)


def _run_folder(name: str, runs: Path) -> Path:
    """The folder of a run given by path or by name.

    Raises:
        UsageError: there is none.
    """
    from scenarios.suggestions import closest

    for folder in (Path(name), runs / name):
        if folder.is_dir():
            return folder
    known = sorted(each.name for each in runs.iterdir() if each.is_dir()) if runs.is_dir() else []
    near = closest(name, known)
    raise UsageError(f"No run {name!r} here or in {runs}" + (f"; did you mean {near}?" if near else "."))


def _show_run(made: "Run", *, as_json: bool) -> None:
    """What a run came to, on stdout."""
    from outputs.console import json_text, run_json, run_text

    out(json_text(run_json(made)) if as_json else run_text(made))


def main() -> None:
    """Run the command line; letters that the terminal lacks are replaced, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="plan.py")


if __name__ == "__main__":
    main()
