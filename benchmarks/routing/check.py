"""Whether a plan keeps an instance's rules, and what it is worth: from the file's figures alone, none of the engines'
code."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.routing.cases import Case

Plan = Sequence[Sequence[int]]
"""Customers in order, for each vehicle's days: (vehicle 0, day 0), (vehicle 0, day 1), ..."""
TOLERANCE = 1e-6


@dataclass(frozen=True)
class Verdict:
    """value: by the instance's objective; travel: time on the road, in the file's units; visits: customers served;
    faults: every broken rule in words."""

    value: float
    travel: float
    visits: int
    faults: tuple[str, ...]


def check(case: Case, plan: Plan) -> Verdict:
    """Drive the plan from the first to the last stop, and count."""
    faults: list[str] = []
    travel = length = work = 0.0
    seen: list[int] = []
    for number, route in enumerate(plan[: case.vehicles * case.days]):
        if not route:
            continue
        vehicle, where = number // case.days, f"vehicle {number // case.days} day {number % case.days}"
        faults += _who(case, vehicle, route, where)
        on_road, far, spent = _drive(case, vehicle, route, where, faults)
        travel, length, work = travel + on_road, length + far, work + spent
        seen += route
    if len(plan) > case.vehicles * case.days:
        faults.append(f"{len(plan)} routes for {case.vehicles * case.days} vehicle days")
    if twice := sorted({i for i in seen if seen.count(i) > 1}):
        faults.append(f"served more than once: {twice[:5]}")
    left = sorted(set(range(case.customers)) - set(seen))
    if case.kind in ("distance", "work") and left:
        faults.append(f"{len(left)} customers not served: {left[:5]}")
    value = {
        "score": float(case.score[seen].sum()) if seen else 0.0,
        "distance": length,
        "prize": length + float(case.score[left].sum()),
        "work": work,
    }[case.kind]
    return Verdict(value, travel, len(seen), tuple(faults))


def _who(case: Case, vehicle: int, route: Sequence[int], where: str) -> list[str]:
    faults = []
    if case.able is not None and not all(case.able[i, vehicle] for i in route):
        faults.append(f"{where}: lacks a skill or a tool")
    if case.load.size:
        over = case.load[list(route)].sum(axis=0) > case.capacity[vehicle]
        if over.any():
            faults.append(f"{where}: carries too much")
    return faults


def _drive(case: Case, vehicle: int, route: Sequence[int], where: str, faults: list[str]) -> tuple[float, float, float]:
    """Time on the road, length, and least working time (set out as late as the day allows)."""
    depot = case.customers + vehicle
    early = 0.0 if case.head_start is None else float(case.head_start[vehicle])
    now, place, slack = float(case.starts[vehicle]) + early, depot, np.inf
    travel, far, waited = early, early, 0.0
    lengths = case.drive if case.length is None else case.length
    for i in route:
        travel, far = travel + case.drive[place, i], far + lengths[place, i]
        now += case.drive[place, i]
        wait = max(0.0, case.opens[i] - now)
        waited, slack = waited + wait, min(slack, case.closes[i] - now + waited)
        now += wait
        if now > case.closes[i] + TOLERANCE:
            faults.append(f"{where}: at customer {i} at {now:.6g}, closed since {case.closes[i]:.6g}")
        now += case.service[i]
        place = i
    travel, far, now = travel + case.drive[place, depot], far + lengths[place, depot], now + case.drive[place, depot]
    if now > case.ends[vehicle] + TOLERANCE:
        faults.append(f"{where}: back at {now:.6g}, after {case.ends[vehicle]:.6g}")
    begin = float(case.starts[vehicle])
    return travel, far, now - begin - max(0.0, min(slack, waited))
