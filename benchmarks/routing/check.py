"""Whether a plan keeps an instance's rules, and what it is worth: from the file's figures alone, none of the engines'
code."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    later = {} if case.follows is None else {int(m): a for a, m in enumerate(case.follows) if m >= 0}
    for number, route in enumerate(plan[: case.vehicles * case.days]):
        vehicle, where = number // case.days, f"vehicle {number // case.days} day {number % case.days}"
        faults += _who(case, vehicle, route, where)
        seen += route
        after = plan[later[vehicle]] if vehicle in later and later[vehicle] < len(plan) else ()
        if (not route and not after) or vehicle in later.values():
            continue
        way = _way(case, vehicle, route, later.get(vehicle), after)
        on_road, far, spent = _drive(case, vehicle, way, where, faults)
        travel, length, work = travel + on_road, length + far, work + spent
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


def _way(
    case: Case, vehicle: int, route: Sequence[int], later: int | None, after: Sequence[int]
) -> list[tuple[int, int]]:
    """Each drive as the row and the column of the tables; a customer's column is the customer."""
    first = [case.customers + vehicle, *route]
    if later is not None and after:
        second = [case.customers + later, *after]
        return [*pairwise([*first, first[0]]), *pairwise([*second, second[0]])]
    home = case.customers + (vehicle if later is None else later)
    return list(pairwise([*first, home]))


def _drive(
    case: Case, vehicle: int, way: Sequence[tuple[int, int]], where: str, faults: list[str]
) -> tuple[float, float, float]:
    """Time on the road, length, and least working time (set out as late as the day allows)."""
    begin = now = float(case.starts[vehicle])
    slack = np.inf
    travel = far = waited = 0.0
    lengths = case.drive if case.length is None else case.length
    for row, column in way:
        travel, far, now = travel + case.drive[row, column], far + lengths[row, column], now + case.drive[row, column]
        if column >= case.customers:
            continue
        wait = max(0.0, case.opens[column] - now)
        waited, slack = waited + wait, min(slack, case.closes[column] - now + waited)
        now += wait
        if now > case.closes[column] + TOLERANCE:
            faults.append(f"{where}: at customer {column} at {now:.6g}, closed since {case.closes[column]:.6g}")
        now += case.service[column]
    last = case.ends[vehicle if way[-1][1] == case.customers + vehicle else way[-1][1] - case.customers]
    if now > last + TOLERANCE:
        faults.append(f"{where}: back at {now:.6g}, after {last:.6g}")
    return travel, far, now - begin - max(0.0, min(slack, waited))
