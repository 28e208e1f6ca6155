"""How every command meets the terminal: streams, exit codes, options that several commands share.

Results go to stdout, progress and errors to stderr. Exit codes: 0 done, 1 our fault, 2 wrong usage, 3 scenario or data
invalid, 4 no legal plan, 5 written but flagged, 130 interrupted.
"""

import errno
import functools
import os
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, ParamSpec

import typer

from scenarios.errors import MusterError

P = ParamSpec("P")
FLAGGED, INTERRUPTED = 5, 130
DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

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
        except KeyboardInterrupt as left:
            say(str(left) or "interrupted")
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


def tell(result: dict[str, object], *, as_json: bool) -> None:
    """Print a command's result as text or as JSON."""
    from outputs.closure_commands import result_text
    from outputs.console import json_text

    out(json_text(result) if as_json else result_text(result))
