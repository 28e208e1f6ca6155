"""The scenario files of a synthetic company: week.yaml, written for a planner to edit, and two what-ifs beside it."""

import json
from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path
from string import Template

import pandas as pd

from inputs.synthetic.call_rates import OPENING_HOURS, SHRINKAGE

TEMPLATE = Path(__file__).with_name("week_template.yaml")
COMMENTS = {
    "customers": "who may be contacted: place, windows, consent, features",
    "customer_history": "past customers with their outcome, to learn churn from",
    "calls": "call-by-call log",
    "exogenous": "campaigns, with the day from which they were known",
    "interactions": "contact history; `randomised` rows are experiments, channel `none` their control group",
}


def data_file(table: str) -> str:
    """Name of a table's file, below the scenario's folder: small tables stay readable, large ones are packed."""
    if table == "areas":
        return "data/areas.geojson"
    packed = table not in ("reps", "agents", "absences", "shift_requests", "appointments", "exogenous")
    return f"data/{table}.csv.gz" if packed else f"data/{table}.csv"


def scenario_texts(
    name: str, *, tables: Mapping[str, pd.DataFrame], as_of: date, monday: date, seed: int
) -> tuple[str, dict[str, str]]:
    """(text of week.yaml, file name -> text of each what-if). Tables without rows are not named."""
    queues = sorted(set(tables["calls"]["queue"]) - {"outbound"})
    reps, agents = tables["reps"]["rep_id"].tolist(), len(tables["agents"])
    values = {
        "title": "".join(mark for mark in name if mark.isprintable()),
        "name": json.dumps(name, ensure_ascii=False),
        "seed": seed,
        "as_of": as_of,
        "monday": monday,
        "wednesday": monday + timedelta(days=2),
        "data": _data_block(tables),
        "queues": _queue_block(queues),
        "opening_hours": ", ".join(f'{day}: "{span}"' for day, span in OPENING_HOURS.items()),
        "shrinkage_pct": round(100 * SHRINKAGE),
        "outbound_minutes": 40 * agents,
        "inbound_minutes": 15 * agents,
    }
    week = Template(TEMPLATE.read_text(encoding="utf-8")).substitute(values)
    return week, _what_ifs(reps, monday)


def _data_block(tables: Mapping[str, pd.DataFrame]) -> str:
    first = ["customers"] if "customers" in tables else []
    lines = []
    for table in [*first, *(name for name in tables if name != "customers")]:
        if tables[table].empty:
            continue
        source = data_file(table)
        text = f"  {table}: " + (f"{{path: {source}, key: key}}" if table == "areas" else source)
        lines.append(f"{text:<52}# {COMMENTS[table]}" if table in COMMENTS else text)
    return "\n".join(lines) + "\n"


def _queue_block(queues: list[str]) -> str:
    if not queues:
        return "  queues: {}"
    lines = [f"    {queue}: {{volume_from: {{calls: [{queue}]}}}}" for queue in queues]
    return "\n".join(["  queues:", *lines])


def _what_ifs(reps: list[str], monday: date) -> dict[str, str]:
    away = reps[3:4] + reps[10:11] if len(reps) > 10 else reps[: min(2, max(len(reps) - 1, 0))]
    absent = ", ".join(away)
    return {
        "two_reps_away.yaml": (
            "extends: week.yaml\n"
            "name: Two reps away\n"
            f"why: {' and '.join(away) or 'Nobody else'} on leave; neighbours cover what is worth it.\n"
            "territories: {mode: keep}          # a week's leave redraws no territory\n"
            f"reps: {{absent: [{absent}]}}\n"
        ),
        "call_peak.yaml": (
            "extends: week.yaml\n"
            "name: Call peak on Wednesday\n"
            "why: The invoice run raises calls by a quarter.\n"
            "events:\n"
            f'  invoice_run: {{date: {monday + timedelta(days=2)}, queue: "*", calls_change_pct: 25}}\n'
        ),
    }
