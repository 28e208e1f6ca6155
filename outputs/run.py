"""A run: load the scenario and the data, make the plan, write what people hold, seal it; and read one back."""

import json
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from inputs.load import load_tables
from inputs.names import check_names
from inputs.rows import rows
from inputs.types import Tables
from outputs import folder as run_folder
from outputs.changes import changes_since, earlier_run
from outputs.deliver import write_outputs
from outputs.places import places_of
from planner.audit import audit
from planner.bands import figure_bands
from planner.cache import StageCache, library_versions
from planner.clashes.told import Contradiction, sentence
from planner.content import code_hash, content_hash
from planner.drafts import draft_in
from planner.explain import explain_customer as explain_in
from planner.interruption import left_at_once
from planner.pipeline import make_plan
from planner.progress import Progress, Silent
from planner.types import Plan
from planner.warm import prices_before
from planner.week_in_hand import deciding_tables, run_in_hand
from scenarios.errors import DataError, ScenarioError
from scenarios.loader import Loaded, load_scenario
from scenarios.schema import Scenario
from solvers.brake import Stop, never


class Load(Protocol):
    """Reads the tables of a scenario, as `inputs.load.load_tables` does."""

    def __call__(self, scenario: Scenario, *, store: Path | None, loaded_at: datetime) -> Tables:
        """The tables."""
        ...


FLAGGED, STOPPED = 5, 130
"""Exit codes of a plan that was written but wants a look, and of one that is the best found until Ctrl-C."""


@dataclass(frozen=True)
class Run:
    """A sealed run.

    exit_code: 0, 5 where there are flags, 130 where it was interrupted. kpis: kpi, value, unit, description.
    outcomes: stage, reason, value, bound
    (NaN: none), gap_pct, unit, method, seconds. findings: check, table, row, message. stages: stage, source, seconds.
    reused: the same run was there already and is unchanged.
    """

    folder: Path
    exit_code: int
    flags: tuple[str, ...]
    kpis: pd.DataFrame
    outcomes: pd.DataFrame
    findings: pd.DataFrame
    stages: pd.DataFrame
    report: Path | None
    reused: bool


def run_scenario(
    path: Path,
    *,
    overrides: Sequence[str] = (),
    runs: Path = Path("runs"),
    store: Path = Path(".muster"),
    use_cache: bool = True,
    classic: bool = False,
    progress: Progress | None = None,
    clock: Callable[[], datetime] = datetime.now,
    load: Load = load_tables,
    stop: Stop = never,
    star: bool = True,
    pdf: bool = False,
) -> Run:
    """Plan the scenario in `path` and write its run folder below `runs`.

    Args:
        overrides: `key=value` settings that win over the file.
        store: folder of the layers and of kept stage results.
        use_cache: whether stage results are kept and reused.
        classic: plan by the classic pipeline, for comparison.
        load: reads the tables; who plans several scenarios over the same data may read them once.
        stop: asked by searches; once it says yes they end with the best they have, and the run is written as
            interrupted, under a name of its own.
        star: write the star schema for BI tools (folder bi) too. pdf: print the report to report.pdf too, where a
            Chromium is installed and `report_pdf` of the scenario does not say no; what hinders it is a note.

    Raises:
        InvalidInput: the scenario or the data cannot be planned with.
        NoLegalPlan: laws and required work contradict each other.
    """
    progress = progress or Silent()
    began = time.perf_counter()
    loaded = load_scenario(path, overrides)
    progress.start("load")
    with left_at_once(stop, "load"):
        tables = load(loaded.scenario, store=store, loaded_at=clock())
    if problems := check_names(loaded.scenario, tables):
        raise loaded.error(problems)
    progress.done("load", source="computed", seconds=time.perf_counter() - began)
    target = runs / run_name(loaded.scenario, tables, classic=classic)
    if use_cache and (target / run_folder.MANIFEST).exists() and not run_folder.broken_seal(target):
        return read_run(target, reused=True)
    cache = StageCache(store / "cache" if use_cache else None, progress, stop=stop)
    try:
        plan = make_plan(loaded.scenario, tables, cache=cache, classic=classic)
    except Contradiction as error:
        raise error.told(places_of(loaded)) from None
    except ScenarioError as error:
        raise loaded.error(error.problems) from None
    if cache.interrupted():
        target = target.with_name(f"{target.name}-interrupted")
    with draft_in(runs) as draft:
        progress.start("write")
        began = time.perf_counter()
        manifest = manifest_of(loaded, tables, plan, cache, clock())
        again = plan.decisions.replanning is not None
        if not again:
            bands = figure_bands(loaded.scenario, plan.decisions, plan.tables)
            plan = replace(plan, tables=plan.tables | {"figure_bands": bands})
        run_folder.write_tables(draft, {**plan.tables, **quality_tables(tables), **_verdict_tables(plan)})
        (draft / "scenario.yaml").write_text(loaded.to_yaml(), encoding="utf-8")
        earlier = None if classic else run_in_hand(plan.scenario) or earlier_run(runs, plan, but=target)
        changes = changes_since(earlier, plan) if earlier else None
        manifest["compared_with"] = changes.run if changes else None
        manifest["notes"] += write_outputs(
            draft, plan, tables, manifest, changes=changes, star=star and not again,
            pdf=pdf and loaded.scenario.report_pdf,
        )  # fmt: skip
        _write_log(draft / "run.log", cache, manifest)
        final = run_folder.seal(draft, target, manifest)
        progress.done("write", source="computed", seconds=time.perf_counter() - began)
    return read_run(final)


def run_name(scenario: Scenario, tables: Tables, *, classic: bool = False) -> str:
    """`<ISO week>-<hash>`: the same scenario, data, code and libraries give the same name; classic plans say so."""
    year, week, _ = scenario.horizon.start.isocalendar()
    outputs_code = content_hash(
        [p.read_bytes().hex() for p in sorted(Path(__file__).parent.rglob("*.*")) if p.is_file()]
    )
    prices = prices_before(scenario)
    warm = () if prices is None else (prices,)
    held = deciding_tables(scenario)
    key = content_hash(scenario, tables.hashes, code_hash(), outputs_code, library_versions(), *warm, *held)
    return f"{year}-W{week:02d}-{'classic-' if classic else ''}{key[:10]}"


def manifest_of(loaded: Loaded, tables: Tables, plan: Plan, cache: StageCache, now: datetime) -> dict[str, Any]:
    """All that is needed to tell how the plan came to be, and to make it again."""
    outcomes = [asdict(item) | {"gap_pct": item.gap_pct} for item in plan.decisions.outcomes()]
    return {
        "muster": version("muster"),
        "created_at": now.isoformat(timespec="seconds"),
        "name": loaded.scenario.name,
        "seed": loaded.scenario.solve.seed,
        "python": platform.python_version(),
        "versions": library_versions(),
        "code": code_hash(),
        "scenario": loaded.resolved,
        "origins": {key: str(place) for key, place in loaded.origins.items()},
        "inputs": tables.quality.sources.to_dict("records"),
        "stages": [asdict(record) for record in cache.records],
        "outcomes": outcomes,
        "rounds": [asdict(item) for item in plan.decisions.rounds],
        "flags": list(plan.flags),
        "notes": list(notes_of(tables, plan)),
        "repeatable": not any(item.brake_hit for item in plan.decisions.outcomes()),
        "interrupted": cache.interrupted(),
    }


def notes_of(tables: Tables, plan: Plan) -> tuple[str, ...]:
    """What the inputs and the forecasts want said in the report."""
    d = plan.decisions
    return (
        *tables.quality.notes,
        *map(sentence, plan.clashes),
        *d.calls.notes, *d.closure.notes, *d.customers.notes, *d.leads.notes, *d.actions.notes,
        *(note for outcome in d.outcomes() for note in outcome.notes),
    )  # fmt: skip


def quality_tables(tables: Tables) -> dict[str, pd.DataFrame]:
    """What the gates found, as tables of the run."""
    findings = pd.DataFrame(
        [asdict(item) | {"examples": " | ".join(item.examples)} for item in tables.quality.findings],
        columns=["table", "column", "check", "severity", "rows", "message", "examples", "advice"],
    )
    return {
        "data_findings": findings,
        "data_rejects": tables.quality.rejects.astype("str"),
        "data_counts": tables.quality.counts,
    }


def _verdict_tables(plan: Plan) -> dict[str, pd.DataFrame]:
    return {"kpis": plan.kpis, "audit": plan.findings}


def _write_log(path: Path, cache: StageCache, manifest: dict[str, Any]) -> None:
    """JSON lines: one per stage, one per note of inputs and forecasts, then one for the run."""
    lines: list[dict[str, Any]] = [{"event": "stage", **asdict(record)} for record in cache.records]
    lines += [{"event": "note", "text": text} for text in manifest["notes"]]
    lines.append({"event": "run", "created_at": manifest["created_at"], "flags": manifest["flags"]})
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")


def read_run(folder: Path, *, reused: bool = False) -> Run:
    """A sealed run, read back.

    Raises:
        UsageError: the folder is no sealed run.
    """
    manifest = run_folder.read_manifest(folder)
    outcomes = pd.DataFrame(manifest["outcomes"]).astype({"bound": float, "gap_pct": float})
    stages = pd.DataFrame(manifest["stages"], columns=["stage", "source", "seconds"])
    report = folder / "report.html"
    tables = {name: pd.read_parquet(folder / "tables" / f"{name}.parquet") for name in ("kpis", "audit")}
    return Run(
        folder=folder,
        exit_code=STOPPED if manifest.get("interrupted") else FLAGGED if manifest["flags"] else 0,
        flags=tuple(manifest["flags"]),
        kpis=tables["kpis"],
        outcomes=outcomes,
        findings=tables["audit"],
        stages=stages.assign(source="cache") if reused else stages,
        report=report if report.exists() else None,
        reused=reused,
    )


def check_run(folder: Path) -> list[str]:
    """What is wrong with a run: its seal, its inputs, and its plan by a fresh audit; empty: all is sound."""
    problems = run_folder.broken_seal(folder)
    scenario = load_scenario(folder / "scenario.yaml").scenario
    try:
        tables = load_tables(scenario, store=None, loaded_at=datetime.now())
    except DataError as error:
        return [*problems, f"The inputs cannot be read any more, so the plan was not audited again: {error}"]
    read_then = {row["table"]: row["sha256"] for row in run_folder.read_manifest(folder)["inputs"]}
    changed = [row.table for row in rows(tables.quality.sources) if read_then.get(str(row.table)) != row.sha256]
    if changed:
        return [*problems, f"Changed since the run: {', '.join(map(str, changed))}; the plan was not audited again."]
    findings = audit(scenario, tables, run_folder.read_tables(folder))
    return [*problems, *(f"{row.check}: {row.table} {row.row} {row.message}" for row in rows(findings))]


def explain_customer(folder: Path, customer_id: str) -> str:
    """Why a customer is, or is not, contacted in a run.

    Raises:
        UsageError: the folder is no sealed run, or the plan knows no such customer.
    """
    run_folder.read_manifest(folder)
    return explain_in(run_folder.read_tables(folder), customer_id)
