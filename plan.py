"""The command line: reads the wish, calls the room that answers it, prints the answer.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 our fault, 2 wrong usage, 3 scenario or data
invalid, 4 no legal plan, 5 written but flagged, 130 interrupted. Heavy imports wait for the command that needs them.
"""

import dataclasses
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
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec

import typer

from scenarios.errors import MusterError, Problem, ScenarioError, UsageError

if TYPE_CHECKING:
    from inputs.types import Tables
    from outputs import Run
    from scenarios.loader import Examined

P = ParamSpec("P")
FLAGGED, INTERRUPTED = 5, 130

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
        except KeyboardInterrupt:
            say("interrupted")
            code = INTERRUPTED
        except MusterError as error:
            say(str(error))
            code = error.exit_code
        except (typer.Exit, BrokenPipeError):
            raise
        except Exception as error:
            code = _our_fault(error)
        raise typer.Exit(code)

    return run


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


class Steps:
    """Progress as one line a finished stage, on stderr; while a stage runs, a terminal shows its name."""

    def __init__(self, *, quiet: bool) -> None:
        from rich.console import Console

        self._console = Console(stderr=True, quiet=quiet, highlight=False)
        self._status: Any = None

    def start(self, stage: str) -> None:
        """See `planner.progress.Progress`."""
        self.stop()
        if self._console.is_terminal:
            self._status = self._console.status(f"{stage} …")
            self._status.start()

    def done(self, stage: str, *, source: str, seconds: float, note: str = "") -> None:
        """See `planner.progress.Progress`."""
        self.stop()
        self._line(f"{stage:<14} {seconds:7.1f} s  {source}{f'  {note}' if note else ''}")

    def message(self, text: str) -> None:
        """See `planner.progress.Progress`."""
        self._line(text)

    def stop(self) -> None:
        """Take the line of the running stage away."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def _line(self, text: str) -> None:
        self._console.print(text, markup=False, soft_wrap=True)


@app.command()
@guarded
def run(
    file: File,
    settings: Settings = [],  # noqa: B006
    runs: Runs = Path("runs"),
    store: Store = Path(".muster"),
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Compute every stage, keep nothing.")] = False,
    pins: Annotated[Path | None, typer.Option(metavar="XLSX", help="Keep the visits a plan.xlsx marks.")] = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Plan the week and write it to a folder of its own."""
    examined = _examined(file, settings)
    if examined.loaded is not None and examined.loaded.is_sweep:
        raise UsageError(f"{file} describes several runs (`sweep` or `scenarios`), and `run` makes one.")
    import outputs

    if pins is not None and examined.loaded is not None:
        from outputs.pins import pin_settings, read_pins

        settings = [*pin_settings(read_pins(pins, horizon=examined.loaded.scenario.horizon)), *settings]
    steps = Steps(quiet=quiet)
    try:
        made = outputs.run_scenario(
            file,
            overrides=settings,
            runs=runs,
            store=store,
            use_cache=not no_cache,
            progress=steps,
            clock=datetime.now,
        )
    finally:
        steps.stop()
    _show_run(made, as_json=as_json)
    return made.exit_code


@app.command()
@guarded
def validate(file: File, settings: Settings = [], as_json: AsJson = False) -> int:  # noqa: B006
    """Check a scenario and its tables, plan nothing."""
    from outputs.console import findings_text, problem_json, records

    try:
        examined = _examined(file, settings)
        assert examined.loaded is not None
        tables, problems = _names(examined)
        if problems:
            raise examined.error(problems)
    except ScenarioError as error:
        if as_json:
            out(_json({"valid": False, "problems": [problem_json(each) for each in error.problems], "findings": []}))
        raise
    findings = [dataclasses.asdict(finding) for finding in tables.quality.findings]
    if as_json:
        out(_json({"valid": True, "problems": [], "findings": findings, "counts": records(tables.quality.counts)}))
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
    from outputs.console import aligned
    from scenarios.explain import explain as explain_values
    from scenarios.explain import show_value
    from scenarios.loader import load_scenario
    from scenarios.suggestions import closest

    loaded = load_scenario(file, settings)
    rows = explain_values(loaded, prefix)
    if not rows:
        keys = {row.key for row in explain_values(loaded)}
        blocks = keys | {key.rsplit(".", 1)[0] for key in keys} | {key.split(".")[0] for key in keys}
        near = closest(prefix, sorted(blocks))
        raise UsageError(f"No key `{prefix}` in this scenario" + (f"; did you mean `{near}`?" if near else "."))
    if as_json:
        out(_json([dataclasses.asdict(row) for row in rows]))
    else:
        out(aligned([(row.key, show_value(row.value), row.origin) for row in rows], widest=60))


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
    from inputs.load import load_tables
    from outputs.console import frame_text, records
    from scenarios.loader import load_scenario

    loaded = load_scenario(file, settings)
    tables = load_tables(loaded.scenario, store=store, loaded_at=datetime.now())
    quality = tables.quality
    rejects = quality.rejects
    reasons = (
        rejects.groupby(["table", "reason"], as_index=False).agg(rows=("row", "size")) if len(rejects) else rejects
    )
    if as_json:
        out(_json({"counts": records(quality.counts), "rejects": records(reasons), "notes": list(quality.notes)}))
        return
    out(frame_text(quality.counts))
    if len(reasons):
        out("\nset aside:\n" + frame_text(reasons))
    for note in quality.notes:
        out(note)


@app.command()
@guarded
def show(run_name: RunName, runs: Runs = Path("runs"), as_json: AsJson = False) -> int:
    """Figures and outcomes of a finished run."""
    folder = _run_folder(run_name, runs)
    import outputs

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

    problems = outputs.check_run(folder)
    if as_json:
        out(_json({"run": str(folder), "sound": not problems, "problems": problems}))
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
    from outputs.console import run_json, run_text

    out(_json(run_json(made)) if as_json else run_text(made))


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=str)


def main() -> None:
    """Run the command line; letters that the terminal lacks are replaced, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="plan.py")


if __name__ == "__main__":
    main()
