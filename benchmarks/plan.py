"""What a plan is worth beside the classic pipeline: net value in euros, broken windows, audit, mutations, seconds.

Each week is planned by `python plan.py run` (ours, timed, from nothing), then `--classic`, which finds the same
forecasts kept. A third plan, `careful`, is the classic one by an office that also tries a customer's next best channel
and looks at windows: no target names it; it says how much of the gain is owed to those two habits.

Values: on a synthetic company by the planted truth (the figure that counts), and by the plan's forecasts; on other
weeks by the forecasts only. In both, for every plan alike: a visit outside the customer's windows counts as not made,
and missed service is held against one requirement for all (the true one; else that of our plan). Pay is in the value:
`before_pay_eur` leaves it out, since it is nearly the same whatever is decided.

Broken windows and audit findings are those of our plan in the summary, of each plan in the rows. Mutations are those of
our plan on the first week, 50 of them; and of a plan of a small company that asks for overtime, border visits, even
weeks, waiting, drives by their own hour and slow reps at once, whose rules are broken 34 times. Synthetic seeds are
1000 + seed, 1001 + seed, ...: nothing is tuned on them.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from benchmarks.frame import Benchmark, Cell, Options, Row
from benchmarks.house import save_tables
from benchmarks.mutations import Kind, mutations, refused
from benchmarks.mutations_rules import KINDS as RULE_KINDS
from benchmarks.process import Finished, run_plan
from inputs.types import Tables
from scenarios.schema import Scenario

WRITTEN = (0, 5)
REAL = "real_week"
OURS, CLASSIC, CAREFUL = "ours", "classic", "careful"
MUTATED, RULED = "mutations", "rule mutations"
COMPANIES = {"quick": (300, 3, 15), "default": (3200, 20, 60), "full": (3200, 20, 60)}
SEEDS = {"quick": 1, "default": 3, "full": 5}
FIRST_SEED = 1000
MUTATIONS = 50
RULES_COMPANY = (120, 3, 4)
RULES = (
    "solve.effort=quick", "reps.overtime.eur_per_hour=20", "reps.overtime.max_minutes_per_day=45",
    "territories.borders.max_visits_pct=10", "territories.borders.eur_per_visit=1", "reps.balance.eur_per_hour=10",
    "next_best_action.waiting_pct_per_day=3",
    'reps.travel.hours=[{between: "07:30-10:00", factor: 1.5}, {between: "15:30-19:00", factor: 1.4}]',
)  # fmt: skip
"""All that may be asked of the field, at once; the first rep drives a fifth slower than the road."""
RULE_MUTATIONS = 34
PARTS = (
    "win_eur", "churn_eur", "growth_eur", "contact_cost_eur", "travel_cost_eur", "rep_overtime_eur", "border_eur",
    "waited_eur", "missed_service_eur", "rep_pay_eur", "agent_pay_eur",
)  # fmt: skip
COLUMNS = (
    "week", "plan", "by", "net_value_eur", "before_pay_eur", *PARTS, "contacts", "visits", "broken_windows", "findings",
    "seconds", "peak_mb", "note",
)  # fmt: skip
PER_WEEK = ("net_value_eur", "baseline_net_value_eur", "value_gain_pct", "gain_before_pay_pct", "careful_gain_pct")
SUMMARY_KEYS = (
    "seconds", "peak_mb", "audit_findings", "net_value_eur", "baseline_net_value_eur", "value_gain_pct",
    "broken_windows", "mutations_refused", "mutations_tried", "baseline_broken_windows", "baseline_audit_findings",
    "rule_mutations_refused", "rule_mutations_tried", "rule_findings", "least_gain_pct",
    *(f"{week}.{key}" for week in (REAL, "synthetic") for key in PER_WEEK),
)  # fmt: skip


def cells(options: Options) -> Iterator[Cell]:
    """A week a cell: named files, or the real week where it is there and the size allows, and synthetic companies."""
    effort = ("solve.effort=quick",) if options.size == "quick" else ()
    files = list(options.instances)
    real = options.data.parent / REAL / "week.yaml"
    if not files and options.size != "quick" and real.exists():
        files = [real]
    for file in files:
        name = REAL if file.parent.name == REAL else file.stem
        yield Cell(f"week {file}", partial(measure_week, file, name, effort, options, is_first=file == files[0]))
    if options.instances:
        return
    for number in range(SEEDS[options.size]):
        seed = FIRST_SEED + options.seed + number
        run = partial(measure_synthetic, seed, effort, options, is_first=not files and number == 0)
        yield Cell(f"synthetic {seed}", run)
    yield Cell("every rule", partial(measure_rules, FIRST_SEED + options.seed, options.seed))


def measure_synthetic(seed: int, effort: Sequence[str], options: Options, *, is_first: bool) -> Iterator[Row]:
    """Make a company and measure its week."""
    customers, reps, agents = COMPANIES[options.size]
    asked = f"--customers {customers} --reps {reps} --agents {agents} --seed {seed}".split()
    with tempfile.TemporaryDirectory() as folder:
        name = f"synthetic {seed}"
        made = run_plan(["new", "company", "--folder", folder, *asked], folder=Path(folder))
        if made.exit_code:
            raise RuntimeError(f"`new` ended with {made.exit_code}: {made.last_words()}")
        week = Path(folder) / "company" / "week.yaml"
        yield from measure_week(week, name, effort, options, is_first=is_first)


def measure_rules(seed: int, mutation_seed: int) -> Iterator[Row]:
    """What the audit says of a plan under every rule of the field at once, and of the plan with a rule broken."""
    scenario, tables, made = ruled_plan(seed)
    week = Week("every rule", scenario, tables, {}, made)
    row = mutation_row(week, seed=mutation_seed, kinds=RULE_KINDS, count=RULE_MUTATIONS)
    yield row | {"plan": RULED, "findings": len(made["audit"]), "visits": int(made["rep_days"]["visits"].sum())}


def ruled_plan(seed: int) -> tuple[Scenario, Tables, dict[str, pd.DataFrame]]:
    """A small company's scenario, data and plan under RULES."""
    from inputs.load import load_tables
    from inputs.synthetic import make_company, write_company
    from planner.pipeline import make_plan
    from scenarios.loader import load_scenario

    with tempfile.TemporaryDirectory() as folder:
        customers, reps, agents = RULES_COMPANY
        company = make_company("rules", customers=customers, reps=reps, agents=agents, seed=seed)
        file = write_company(company, Path(folder) / "rules")
        scenario = load_scenario(file, list(RULES)).scenario
        tables = load_tables(scenario, store=None, loaded_at=datetime.now())
    slow = tables.reps["rep_id"] == tables.reps["rep_id"].iloc[0]
    tables = replace(tables, reps=tables.reps.assign(drive_factor=slow.map({True: 1.2, False: float("nan")})))
    plan = make_plan(scenario, tables)
    return scenario, tables, {**plan.tables, "audit": plan.findings}


@dataclass(frozen=True)
class Week:
    """A week that was planned: what was asked and known, the truth ({}: none), and our plan's tables."""

    name: str
    scenario: Scenario
    tables: Tables
    truth: Mapping[str, pd.DataFrame]
    ours: Mapping[str, pd.DataFrame]


def measure_week(file: Path, name: str, effort: Sequence[str], options: Options, *, is_first: bool) -> Iterator[Row]:
    """Rows of the three plans of a week, and of the mutations of ours on the first one."""
    from inputs.load import load_tables
    from scenarios.loader import load_scenario

    with tempfile.TemporaryDirectory() as folder:
        done = {}
        plans: dict[str, dict[str, pd.DataFrame]] = {}
        for plan, flags in ((OURS, []), (CLASSIC, ["--classic"])):
            done[plan], plans[plan] = _planned(file, [*flags, *_set(effort)], Path(folder), options, f"{name} {plan}")
        scenario = load_scenario(file, list(effort)).scenario
        tables = load_tables(scenario, store=None, loaded_at=datetime.now())
        plans[CAREFUL] = careful_plan(scenario, tables, Path(folder) / "store")
    week = Week(name, scenario, tables, read_truth(file.parent / "truth"), plans[OURS])
    for plan, made in plans.items():
        yield from value_rows(week, plan, made, done.get(plan))
    if is_first:
        yield mutation_row(week, seed=options.seed)


def _set(overrides: Sequence[str]) -> list[str]:
    return [part for override in overrides for part in ("--set", override)]


def _planned(
    file: Path, flags: Sequence[str], home: Path, options: Options, name: str
) -> tuple[Finished, dict[str, pd.DataFrame]]:
    """Plan in a process of its own; how it ended, and the tables.

    Raises:
        RuntimeError: no plan was written.
    """
    from outputs.folder import read_tables

    places: list[str | Path] = ["--store", home / "store", "--runs", home / "runs"]
    done = run_plan(["run", file.resolve(), "--json", "--quiet", *flags, *places], folder=home)
    if done.exit_code not in WRITTEN:
        raise RuntimeError(f"`run` ended with {done.exit_code}: {done.last_words()}")
    folder = home / json.loads(done.stdout)["folder"]
    if options.solutions is not None:
        save_tables(folder / "tables", options.solutions / name)
    return done, read_tables(folder)


def careful_plan(scenario: Scenario, tables: Tables, store: Path) -> dict[str, pd.DataFrame]:
    """The tables of the classic plan by a careful office; forecasts come from the kept stages below `store`."""
    from planner.audit import audit
    from planner.cache import StageCache
    from planner.classic.habits import CAREFUL as HABITS
    from planner.classic.week import classic_week
    from planner.pipeline import make_plan
    from planner.tables import plan_tables

    cache = StageCache(store / "cache")
    d = make_plan(scenario, tables, cache=cache, classic=True).decisions
    territories, agreed, roster = classic_week(
        scenario, tables, d.team, d.days, d.calls, d.actions, cache=cache, habits=HABITS
    )
    decided = replace(
        d, territories=territories, offered=agreed.offered, channels=agreed.channels, routes=agreed.routes,
        roster=roster, rounds=agreed.rounds,
    )  # fmt: skip
    made = plan_tables(decided)
    return {**made, "audit": audit(scenario, tables, made)}


def read_truth(folder: Path) -> dict[str, pd.DataFrame]:
    """The truth of a synthetic company by table; {} where the folder has none."""
    names = ("customers", "opportunities", "response", "calls")
    files = {name: folder / f"{name}.csv.gz" for name in names}
    if not all(file.exists() for file in files.values()):
        return {}
    found = {name: pd.read_csv(file) for name, file in files.items()}
    starts = pd.to_datetime(found["calls"]["interval_start"])
    return {**found, "calls": found["calls"].assign(interval_start=starts.astype("datetime64[us]"))}


def value_rows(week: Week, plan: str, made: Mapping[str, pd.DataFrame], done: Finished | None) -> Iterator[Row]:
    """What a plan is worth: by the truth, where there is one, and by the forecasts."""
    from planner.truth import contacts_made, forecast_money_figures, true_money_figures, visits_outside_windows

    common: Row = {
        "week": week.name,
        "plan": plan,
        "contacts": len(contacts_made(week.tables, made)),
        "visits": int((made["stops"]["kind"] == "visit").sum()),
        "broken_windows": len(visits_outside_windows(week.tables, made)),
        "findings": len(made["audit"]),
        "note": ", ".join(sorted(set(made["audit"]["check"]))),
    }
    if done is not None:
        common |= {"seconds": round(done.seconds, 2), "peak_mb": round(done.peak_mb, 1)}
    if week.truth:
        parts = true_money_figures(week.scenario, week.tables, made, week.truth)
        yield common | {"by": "truth"} | _euros(parts)
    need = week.ours["requirement"]
    yield common | {"by": "forecast"} | _euros(forecast_money_figures(week.scenario, week.tables, made, need))


def _euros(parts: Mapping[str, float]) -> Row:
    before = parts["net_value_eur"] + parts["rep_pay_eur"] + parts["agent_pay_eur"]
    return {name: round(value, 2) for name, value in {**parts, "before_pay_eur": before}.items()}


def mutation_row(week: Week, *, seed: int, kinds: Sequence[Kind] = (), count: int | None = None) -> Row:
    """How many of the mutations of our plan the audit refuses; those that it misses are named."""
    from planner.audit import audit

    before = audit(week.scenario, week.tables, week.ours)
    missed, tried = [], 0
    drawn = mutations(week.scenario, week.tables, week.ours, count=count or MUTATIONS, seed=seed, kinds=kinds)
    for mutation in drawn:
        tried += 1
        if not refused(week.scenario, week.tables, before, mutation):
            missed.append(mutation.kind)
    note = f"{tried - len(missed)} of {tried} refused" + (f"; missed: {', '.join(missed)}" if missed else "")
    return {"week": week.name, "plan": MUTATED, "refused": tried - len(missed), "tried": tried, "note": note}


def gain_pct(value: float, baseline: float) -> float | None:
    """How much more `value` is, in percent of the size of the baseline; None where the baseline is 0."""
    return 100 * (value - baseline) / abs(baseline) if baseline else None


def summarise(rows: Sequence[Row]) -> Mapping[str, Any]:
    """The summary.

    net_value_eur, baseline_net_value_eur and value_gain_pct are means over the synthetic companies, by the truth; where
    only other weeks were measured, over those, by the forecasts. least_gain_pct is over all weeks. seconds: of the real
    week, else the slowest.
    """
    planned = [row for row in rows if row["plan"] not in (MUTATED, RULED)]
    counts = [row for row in planned if row["by"] == "truth" or row["week"] == REAL or not _has_truth(planned, row)]
    by_week = {
        week: _gains([row for row in counts if row["week"] == week])
        for week in dict.fromkeys(r["week"] for r in counts)
    }
    synthetic = _gains([row for row in counts if row["by"] == "truth"])
    whole = synthetic or _gains(counts)
    ours = [row for row in counts if row["plan"] == OURS]
    classic = [row for row in counts if row["plan"] == CLASSIC]
    timed = [row["seconds"] for row in ours if row["week"] == REAL] or [row["seconds"] for row in ours]
    mutated, ruled = ([row for row in rows if row["plan"] == name] for name in (MUTATED, RULED))
    summary: dict[str, Any] = {
        "seconds": max(timed, default=None),
        "peak_mb": max((row["peak_mb"] for row in ours), default=None),
        "audit_findings": sum(row["findings"] for row in ours) if ours else None,
        "broken_windows": sum(row["broken_windows"] for row in ours) if ours else None,
        "baseline_audit_findings": sum(row["findings"] for row in classic) if classic else None,
        "baseline_broken_windows": sum(row["broken_windows"] for row in classic) if classic else None,
        "mutations_refused": sum(row["refused"] for row in mutated) if mutated else None,
        "mutations_tried": sum(row["tried"] for row in mutated) if mutated else None,
        "rule_mutations_refused": sum(row["refused"] for row in ruled) if ruled else None,
        "rule_mutations_tried": sum(row["tried"] for row in ruled) if ruled else None,
        "rule_findings": sum(row["findings"] for row in ruled) if ruled else None,
        "least_gain_pct": min((each["value_gain_pct"] for each in by_week.values() if each), default=None),
    }
    summary |= {key: whole.get(key) for key in ("net_value_eur", "baseline_net_value_eur", "value_gain_pct")}
    for name, gains in ((REAL, by_week.get(REAL, {})), ("synthetic", synthetic)):
        summary |= {f"{name}.{key}": gains.get(key) for key in PER_WEEK}
    return summary


def _has_truth(rows: Sequence[Row], row: Row) -> bool:
    return any(other["by"] == "truth" for other in rows if other["week"] == row["week"])


def _gains(rows: Sequence[Row]) -> dict[str, Any]:
    """Mean values of the plans in these rows, and the gains of ours over the others; {} where a plan is missing."""
    table = pd.DataFrame(rows, columns=["plan", "net_value_eur", "before_pay_eur"]).groupby("plan").mean()
    if not {OURS, CLASSIC, CAREFUL} <= set(table.index):
        return {}
    net, before = table["net_value_eur"], table["before_pay_eur"]
    return {
        "net_value_eur": round(float(net[OURS]), 2),
        "baseline_net_value_eur": round(float(net[CLASSIC]), 2),
        "value_gain_pct": gain_pct(float(net[OURS]), float(net[CLASSIC])),
        "gain_before_pay_pct": gain_pct(float(before[OURS]), float(before[CLASSIC])),
        "careful_gain_pct": gain_pct(float(net[OURS]), float(net[CAREFUL])),
    }


def inputs(options: Options) -> Iterable[Path]:
    """The real week's files, and the instances that were named."""
    return (options.data.parent / REAL, *options.instances)


BENCHMARK = Benchmark(
    name="plan",
    about="What a plan is worth beside the classic pipeline, by the planted truth and by its own forecasts.",
    columns=COLUMNS,
    summary_keys=SUMMARY_KEYS,
    cells=cells,
    summarise=summarise,
    inputs=inputs,
)
