"""Commands that read finished runs: `show`, `why`, `check`, `compare`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from outputs.cli.command import Command
from outputs.cli.door import FLAGGED, AsJson, RunName, Runs, out
from scenarios.errors import UsageError

if TYPE_CHECKING:
    from outputs import Run


def show(run_name: RunName, runs: Runs = Path("runs"), as_json: AsJson = False) -> int:
    """Figures and outcomes of a finished run, or the table of a sweep."""
    folder = run_folder(run_name, runs)
    import outputs

    if (folder / "sweep.html").exists():
        from outputs.console import json_text
        from outputs.sweep_text import sweep_json, sweep_text

        found = outputs.read_sweep(folder)
        out(json_text(sweep_json(found)) if as_json else sweep_text(found))
        return found.exit_code
    made = outputs.read_run(folder)
    show_run(made, as_json=as_json)
    return made.exit_code


def why(
    run_name: RunName,
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="customer_id.", show_default=False)],
    runs: Runs = Path("runs"),
) -> None:
    """Why a customer is, or is not, contacted in a run."""
    folder = run_folder(run_name, runs)
    import outputs

    out(outputs.explain_customer(folder, customer))


def check(run_name: RunName, runs: Runs = Path("runs"), as_json: AsJson = False) -> int:
    """Whether a run, or each of a sweep, is unchanged since it was sealed, and its plan sound."""
    folder = run_folder(run_name, runs)
    import outputs
    from outputs.console import json_text

    if (folder / "sweep.html").exists():
        from outputs.sweep_check import check_sweep, checked_json, checked_text

        checked = check_sweep(folder)
        out(json_text(checked_json(folder, checked)) if as_json else checked_text(folder, checked))
        return FLAGGED if checked["problems"].sum() else 0
    problems = outputs.check_run(folder)
    if as_json:
        out(json_text({"run": str(folder), "sound": not problems, "problems": problems}))
    else:
        out("\n".join([*problems, f"{folder}: {'sound' if not problems else f'{len(problems)} problems'}"]))
    return FLAGGED if problems else 0


def compare(
    run_names: Annotated[list[str], typer.Argument(metavar="RUN...", help="Runs; the first is compared with.")],
    runs: Runs = Path("runs"),
    as_json: AsJson = False,
) -> None:
    """Figures of runs side by side, and who moved between channels, reps and days."""
    folders = [run_folder(name, runs) for name in run_names]
    import outputs
    from outputs.compare import comparison_json, comparison_text
    from outputs.console import json_text

    made = outputs.compare_runs(folders)
    out(json_text(comparison_json(made)) if as_json else comparison_text(made))


def run_folder(name: str, runs: Path) -> Path:
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


def show_run(made: "Run", *, as_json: bool) -> None:
    """What a run came to, on stdout."""
    from outputs.console import json_text, run_json, run_text

    out(json_text(run_json(made)) if as_json else run_text(made))


COMMANDS = (Command("compare", compare), Command("show", show), Command("why", why), Command("check", check))
