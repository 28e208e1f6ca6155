"""A rep is ill on Tuesday: seconds of `plan.py replan` as its user types it, and of the search inside it.

The week in hand is the real week, or where that is absent the company of `make plan`; it is planned once, at effort
quick, since only its routes and contacts are read. The rep is whoever has most visits on that day, and the search has
the effort of every day, normal. Both commands are processes of their own.
"""

import json
import tempfile
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.frame import Cell, Options, Row
from benchmarks.process import Finished, run_plan
from outputs.folder import read_tables

TUESDAY, ILL_FROM = 1, "tue"
WRITTEN = (0, 5)
COMPANY = ("--customers", "3200", "--reps", "20", "--agents", "60", "--seed", "7")
SOON_SECONDS = 10
"""What a planner on the telephone waits for."""
NAME = "replan"


def cells(options: Options) -> Iterator[Cell]:
    """One cell."""
    week = options.data.parent / "real_week" / "week.yaml"
    yield Cell(NAME, partial(measure, week if week.exists() else None, COMPANY))


def measure(week: Path | None, company: tuple[str, ...] = COMPANY) -> Iterator[Row]:
    """Plan the week, then plan it again without the rep.

    Args:
        week: its scenario; None: a company made by `plan.py new` with the options `company`.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if week is None:
            _done(run_plan(["new", "company", "--folder", folder, *company], folder=folder))
        file = folder / "company" / "week.yaml" if week is None else week.resolve()
        kept: list[str | Path] = ["--store", folder / "store", "--runs", folder / "runs", "--json", "--quiet"]
        held: list[str | Path] = ["run", file, "--set", "solve.effort=quick", "--set", "outputs=[]", *kept]
        run = Path(_answer(run_plan(held, folder=folder))["folder"])
        rep = busiest(read_tables(folder / run)["stops"])
        asked: list[str | Path] = [
            "replan",
            run,
            "--from",
            ILL_FROM,
            "--away",
            f"{rep}:{ILL_FROM}",
            "--set",
            "solve.effort=normal",
        ]
        done = run_plan([*asked, *kept], folder=folder)
        made = folder / Path(_answer(done)["folder"])
        yield row_of("company" if week is None else week.parent.name, rep, done, made)


def row_of(week: str, rep: str, done: Finished, run: Path) -> Row:
    """What the run says of the search, beside what the command took."""
    stages = json.loads((run / "manifest.json").read_text(encoding="utf-8"))["stages"]
    search = sum(stage["seconds"] for stage in stages if stage["stage"] == NAME)
    tables = read_tables(run)
    findings, visits = len(tables["audit"]), int((tables["stops"]["kind"] == "visit").sum())
    what = tables["changes"]["what"]
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(Counter(what[what != "another time"]).items()))
    return {
        "family": NAME, "instance": f"{week}, {rep} ill on Tuesday", "engine": "muster", "limit": 0.0,
        "seconds": round(done.seconds, 2), "value": None, "gap_pct": None, "best": None, "travel": None,
        "visits": visits, "faults": f"{findings} findings" if findings else "",
        "method": f"search {search:.2f} s, {done.peak_mb:.0f} MB; {told}", "search_seconds": round(search, 2),
        "peak_mb": round(done.peak_mb, 1),
    }  # fmt: skip


def busiest(stops: pd.DataFrame) -> str:
    """The rep with most visits on Tuesday; of several the first."""
    tuesday = pd.to_datetime(stops["day"]).dt.day_of_week == TUESDAY
    made = stops.loc[tuesday & (stops["kind"] == "visit"), "rep_id"].value_counts()
    return str(min(made.index[made == made.max()]))


def _answer(done: Finished) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_done(done).stdout)
    return found


def _done(done: Finished) -> Finished:
    """The command, if it made what it should.

    Raises:
        RuntimeError: it did not.
    """
    if done.exit_code not in WRITTEN:
        raise RuntimeError(f"the command ended with {done.exit_code}: {done.last_words()}")
    return done
