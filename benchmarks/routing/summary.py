"""From rows to the benchmark's summary."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks import routing_scale
from benchmarks.frame import Row
from benchmarks.routing import features
from benchmarks.routing.features import FEATURE_KEYS
from benchmarks.routing.formats import DEAR_HOUR_PRICE

SUMMARY_KEYS = (
    "toptw.mean_gap_pct", "toptw.pyvrp_gap_pct", "toptw.ortools_gap_pct", "toptw.vroom_gap_pct", "toptw.greedy_gap_pct",
    "toptw.nearest_gap_pct", "toptw.top_gap_pct", "toptw.bound_gap_pct", "toptw_opt.mean_pct",
    "week2000.value_10s", "week2000.value_60s",
    "week2000.travel_h", "week2000.pyvrp_value_60s", "week2000.pyvrp_travel_h", "week2000.ortools_value_60s",
    "week2000.vroom_value", "week2000.greedy_value", "week2000.bound_gap_pct", "week2000.dear_hour_price",
    "week2000.dear_value_60s", "week2000.dear_travel_h", "week2000.dear_pyvrp_value_60s",
    "week2000.dear_pyvrp_travel_h", "week2000.ahead_in_both", "week2000.pyvrp_plans_beaten_in_both",
    "solomon.mean_gap_pct",
    "solomon.pyvrp_gap_pct", "solomon.ortools_gap_pct", "homberger.mean_gap_pct", "homberger.pyvrp_gap_pct",
    "homberger.ortools_gap_pct",
    "pcvrptw.mean_gap_pct", "pcvrptw.pyvrp_gap_pct", "trsp.feasible", "trsp.mean_gap_pct",
    "real_week.of_ten_times_pct", *FEATURE_KEYS, "replan.seconds", "replan.command_seconds", "replan.peak_mb",
    "scale.seconds",
    "scale.value_over_bound_pct", "faults", "compile_seconds",
)  # fmt: skip
OURS = "muster"
FAMILIES = {"toptw": ("ortools", "vroom", "greedy", "nearest", "top", "pyvrp"), "solomon": ("pyvrp", "ortools"),
            "homberger": ("pyvrp", "ortools"), "pcvrptw": ("pyvrp",), "trsp": ()}  # fmt: skip
WEEK_LIMITS = (10, 60)


def summarise(rows: Sequence[Row]) -> Mapping[str, Any]:
    """The summary. A plan with a fault counts as a gap of 100 %; a figure nobody measured is left out."""
    found: dict[str, Any] = {}
    for family, others in FAMILIES.items():
        for engine in (OURS, *others):
            gaps = [
                _gap(r) for r in rows if r["family"] == family and r["engine"] == engine and r["gap_pct"] is not None
            ]
            key = f"{family}.{'mean' if engine == OURS else engine}_gap_pct"
            if gaps:
                found[key] = round(float(np.mean(gaps)), 3)
    served = [100 - _gap(r) for r in rows if r["family"] == "toptw_opt" and r["engine"] == OURS]
    if served:
        found["toptw_opt.mean_pct"] = round(float(np.mean(served)), 3)
    crews = [r for r in rows if r["family"] == "trsp" and r["engine"] == OURS]
    if crews:
        found["trsp.feasible"] = f"{sum(not r['faults'] for r in crews)} of {len(crews)}"
    shares = [r["share_pct"] for r in rows if r["family"] == "real_week" and "share_pct" in r]
    if shares:
        found["real_week.of_ten_times_pct"] = round(float(np.mean(shares)), 3)
    found |= _week(rows) | _dear(rows) | features.summarise(rows)
    again = [r for r in rows if r["family"] == "replan"]
    if again:
        slowest = max(again, key=lambda r: r["seconds"])
        found["replan.seconds"], found["replan.command_seconds"] = slowest["search_seconds"], slowest["seconds"]
        found["replan.peak_mb"] = slowest["peak_mb"]
    scaled = routing_scale.summarise(rows)
    found |= {key: scaled[key] for key in ("scale.seconds", "scale.value_over_bound_pct") if key in scaled}
    for family in ("toptw", "week2000"):
        gaps = [r["bound_gap_pct"] for r in rows if r["engine"] == "bound" and r["family"] == family]
        if gaps:
            found[f"{family}.bound_gap_pct"] = round(float(np.mean(gaps)), 3)
    compiled = [r["seconds"] for r in rows if r["family"] == "compile"]
    found["compile_seconds"] = compiled[0] if compiled else None
    found["faults"] = sum(bool(r["faults"]) for r in rows)
    return found


def _gap(row: Row) -> float:
    return 100.0 if row["faults"] else float(row["gap_pct"])


def _week(rows: Sequence[Row]) -> dict[str, Any]:
    weeks = [r for r in rows if r["family"] == "week2000" and not r["faults"]]

    def pick(engine: str, limit: float | None, key: str) -> Any:
        return next((r[key] for r in weeks if r["engine"] == engine and limit in (None, r["limit"])), None)

    long = max((r["limit"] for r in weeks if r["engine"] == OURS), default=None)
    wanted: dict[str, Callable[[], Any]] = {
        "week2000.value_10s": lambda: pick(OURS, WEEK_LIMITS[0], "value"),
        "week2000.value_60s": lambda: pick(OURS, WEEK_LIMITS[1], "value"),
        "week2000.travel_h": lambda: pick(OURS, long, "travel"),
        "week2000.pyvrp_value_60s": lambda: pick("pyvrp", WEEK_LIMITS[1], "value"),
        "week2000.pyvrp_travel_h": lambda: pick("pyvrp", None, "travel"),
        "week2000.ortools_value_60s": lambda: pick("ortools", WEEK_LIMITS[1], "value"),
        "week2000.vroom_value": lambda: pick("vroom", None, "value"),
        "week2000.greedy_value": lambda: pick("greedy", None, "value"),
    }
    return {key: value for key, how in wanted.items() if (value := how()) is not None}


def _dear(rows: Sequence[Row]) -> dict[str, Any]:
    """Where a travel hour is dear; and at which prices ours has more value and less travel than PyVRP at the same.

    pyvrp_plans_beaten_in_both: of PyVRP's plans at all prices, those that one plan of ours at some price beats in both.
    """
    found: dict[str, Any] = {}
    weeks = [r for r in rows if r["family"].startswith("week2000") and r["engine"] in (OURS, "pyvrp")]
    longest = max((r["limit"] for r in weeks), default=None)
    plans = {
        engine: {r["hour_price"]: r for r in weeks if r["engine"] == engine and r["limit"] == longest}
        for engine in (OURS, "pyvrp")
    }
    ours, theirs = plans[OURS], plans["pyvrp"]
    for plan, name in ((ours.get(DEAR_HOUR_PRICE), ""), (theirs.get(DEAR_HOUR_PRICE), "pyvrp_")):
        if plan:
            found["week2000.dear_hour_price"] = DEAR_HOUR_PRICE
            found[f"week2000.dear_{name}value_60s"] = plan["value"]
            found[f"week2000.dear_{name}travel_h"] = plan["travel"]
    both = sorted(set(ours) & set(theirs))
    if both:
        ahead = [f"{price:g}" for price in both if _beats(ours[price], theirs[price])]
        found["week2000.ahead_in_both"] = ", ".join(ahead) or "at no price"
        beaten = sum(any(_beats(mine, other) for mine in ours.values()) for other in theirs.values())
        found["week2000.pyvrp_plans_beaten_in_both"] = f"{beaten} of {len(theirs)}"
    return found


def _beats(one: Row, other: Row) -> bool:
    """More value in less travel, by a plan that keeps every rule."""
    return not one["faults"] and bool(one["value"] > other["value"] and one["travel"] < other["travel"])
