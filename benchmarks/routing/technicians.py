"""Technicians with own homes, skills, tools and parts (Pillac, Gueret and Medaglia, 2013): reader of the public files.

Whoever lacks a tool or a part may fetch it from the depot once, between two customers; then he has every tool and part.
Here such a technician is two vehicles: one from home to the depot until a given moment with what is in the car, one
from the depot home after it with everything. The checker puts both together again and knows no moment.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from benchmarks.routing.cases import Case, euclid

PATTERN = r"^(\d+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+(\S+)\s+\[(.*?)\]\s+\[(.*?)\]\s+\[(.*?)\]"

MARGIN = 0.01
"""Room for rounding at the moment at which a technician leaves the depot, in the file's units."""


class Crew(NamedTuple):
    """c technicians, n requests. depot: (2,); homes: (c, 4), asked: (n, 5) place, from, to (and service). skilled,
    tooled: (n, c); load: (n, D), stock: (c, D) of parts."""

    depot: np.ndarray
    homes: np.ndarray
    asked: np.ndarray
    skilled: np.ndarray
    tooled: np.ndarray
    load: np.ndarray
    stock: np.ndarray


def read_technicians(name: str, text: str, enough: int = 2) -> Case:
    """The file as vehicles; least working time.

    enough: while fewer technicians than this have all that a request needs and come in time, one more with the skill
        fetches: whoever is nearest to the depot of those who come in time over it, as late as this request allows.
    """
    crew = _read(text)
    fetchers = _fetchers(crew, enough)
    n, c = len(crew.asked), len(crew.homes)
    who = np.array([*range(c), *(v for v, _ in fetchers)])
    points = np.vstack([crew.asked[:, :2], crew.homes[who, :2]])
    drive, starts, ends = euclid(points), crew.homes[who, 2].copy(), crew.homes[who, 3].copy()
    out, way = _from_depot(crew)
    stock, tooled, follows = crew.stock[who].copy(), crew.tooled[:, who].copy(), np.full(len(who), -1)
    for number, (v, moment) in enumerate(fetchers):
        later = c + number
        drive[:n, n + v], drive[n + v, n + v], ends[v] = out, way[v], moment
        drive[n + later, :n], starts[later] = out, moment
        stock[later], tooled[:, later], follows[later] = crew.load.sum(axis=0), True, v
    able = crew.skilled[:, who] & tooled & (crew.load[:, None, :] <= stock[None, :, :]).all(axis=2)
    return Case(
        family="trsp", name=name, kind="work", points=points, drive=drive, service=crew.asked[:, 4], score=np.zeros(n),
        opens=crew.asked[:, 2], closes=crew.asked[:, 3], starts=starts, ends=ends, load=crew.load, capacity=stock,
        able=able, follows=follows, ticks=1000, objective="working time",
    )  # fmt: skip


def joined(case: Case, plan: Sequence[Sequence[int]]) -> list[list[int]]:
    """One route a technician, -1 where he is at the depot."""
    follows = np.full(case.vehicles, -1) if case.follows is None else case.follows
    routes = [list(plan[v]) for v in range(case.vehicles) if follows[v] < 0]
    for later, first in enumerate(follows):
        if first >= 0 and plan[later]:
            routes[first] += [-1, *plan[later]]
    return routes


def _read(text: str) -> Crew:
    count = int(re.findall(r"^\s*(\d+)\s+\d+\s+\d+\s+\d+\s*$", text, re.M)[0])
    found = re.findall(PATTERN, text, re.M)
    table = np.array([[float(v) for v in row[1:6]] for row in found])
    skills, tools, parts = ([[int(v) for v in row[k].split(",") if v.strip()] for row in found] for k in (6, 7, 8))
    has, need = range(1, count + 1), range(count + 1, len(found))
    width = max(len(p) for p in parts)
    return Crew(
        depot=table[0, :2],
        homes=table[1 : count + 1, :4],
        asked=table[count + 1 :],
        skilled=np.array([[set(skills[r]) <= set(skills[v]) for v in has] for r in need]),
        tooled=np.array([[set(tools[r]) <= set(tools[v]) for v in has] for r in need]),
        load=np.array([parts[r] + [0] * (width - len(parts[r])) for r in need]),
        stock=np.array([parts[v] + [0] * (width - len(parts[v])) for v in has]),
    )


def _from_depot(crew: Crew) -> tuple[np.ndarray, np.ndarray]:
    """(n,) and (c,) time from the depot to each request and each home."""
    return np.hypot(*(crew.asked[:, :2] - crew.depot).T), np.hypot(*(crew.homes[:, :2] - crew.depot).T)


def _fetchers(crew: Crew, enough: int) -> list[tuple[int, float]]:
    """(technician, moment at the depot) of those who fetch; the request with the fewest possible ones chooses first."""
    out, way = _from_depot(crew)
    direct = np.hypot(*(crew.asked[:, None, :2] - crew.homes[None, :, :2]).T).T
    first = crew.homes[:, 2] + way
    latest = np.minimum(crew.asked[:, 3] - out, crew.homes[:, 3].max()) - MARGIN
    ready = crew.skilled & crew.tooled & (crew.load[:, None, :] <= crew.stock[None, :, :]).all(axis=2)
    ready &= _in_time(crew, crew.homes[:, 2] + direct, direct)
    fetched: dict[int, float] = {}
    while True:
        may = crew.skilled & ~ready & (first[None, :] <= latest[:, None]) & _in_time(crew, first + out[:, None], direct)
        may[:, list(fetched)] = False
        choice = ready.sum(axis=1)
        open_to = may.any(axis=1) & (choice < enough)
        if not open_to.any():
            return sorted(fetched.items())
        wanted = int(np.argmin(np.where(open_to, choice + may.sum(axis=1), 2 * len(way))))
        v = int(np.argmin(np.where(may[wanted], way, np.inf)))
        back = crew.homes[v, 3] - crew.asked[wanted, 4] - direct[wanted, v] - out[wanted] - MARGIN
        fetched[v] = float(min(latest[wanted], back))
        after = crew.skilled[:, v] & _in_time(crew, fetched[v] + out[:, None], direct)[:, v]
        ready[:, v] |= after


def _in_time(crew: Crew, arrive: np.ndarray, back: np.ndarray) -> np.ndarray:
    """(n, c): whether a request can be served alone by who arrives then, and home be reached."""
    begin = np.maximum(arrive, crew.asked[:, 2:3])
    fits: np.ndarray = (begin <= crew.asked[:, 3:4]) & (begin + crew.asked[:, 4:5] + back <= crew.homes[:, 3])
    return fits
