"""A little world on a grid where every figure can be worked out by hand, a brute force, and an independent checker."""

import datetime as dt
import itertools
import math
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pytest

from scenarios.schema import Horizon, Reps
from solvers.outcome import conclude
from solvers.routing import RoutingProblem, make_problem
from solvers.routing.problem import Borders
from solvers.types import Routes, Territories

MONDAY = pd.Timestamp("2024-03-04")


@dataclass(frozen=True)
class Grid:
    """One km takes one minute; km are taken along the axes of (longitude, latitude)."""

    def matrix(self, origins, destinations):
        km = abs(origins.longitude[:, None] - destinations.longitude[None, :])
        km = km + abs(origins.latitude[:, None] - destinations.latitude[None, :])
        return np.rint(60 * km).astype(np.int64), km.astype(float)


def clock(text: str) -> int:
    hour, minute = text.split(":")
    return 60 * int(hour) + int(minute)


@dataclass
class World:
    """Tables built up by calls; `problem()` makes the model. Reps live at (0, 0) unless told."""

    days: int = 1
    lunch: tuple | None = None
    eur_per_km: float = 1.0
    customers: list = field(default_factory=list)
    allocations: list = field(default_factory=list)
    assignment: list = field(default_factory=list)
    team: list = field(default_factory=list)
    shifts: list = field(default_factory=list)
    appointments: list = field(default_factory=list)
    pins: dict = field(default_factory=dict)

    def rep(self, name, *, shift="9:00-17:00", home=(0, 0), end=None, skills=(), works=None):
        self.team.append(
            (name, float(home[1]), float(home[0]), skills, *(map(float, end[::-1]) if end else (np.nan,) * 2))
        )
        begin, until = (clock(part) for part in shift.split("-"))
        for k in range(self.days):
            day = MONDAY + pd.Timedelta(days=k)
            at_work = works is None or k in works
            reason = "" if at_work else "absent"
            minute = pd.Timedelta(minutes=1)
            self.shifts.append((name, day, at_work, reason, day + begin * minute, day + until * minute))
        return self

    def customer(self, name, x, y, *, prize=10.0, minutes=30, windows=(), reps=("R1",), field=True, **more):
        spans = tuple(tuple(clock(t) for t in w.split("-")) for w in windows)
        row = {"required_skill": np.nan, "required": False, "due_date": pd.NaT, "visits_per_week": np.nan}
        row |= {"customer_id": name, "longitude": float(x), "latitude": float(y), "visit_minutes": float(minutes)}
        self.customers.append(row | {"windows": spans, "min_days_between": np.nan} | more)
        self.assignment.append((name, reps[0] if reps else "", tuple(reps)))
        if field:
            self.allocations.append((name, "field", pd.NaT, float(minutes), float(prize)))
        return self

    def appointment(self, rep, start, end, *, day=0, customer=np.nan, place=np.nan):
        at = MONDAY + pd.Timedelta(days=day)
        begin, until = (at + pd.Timedelta(minutes=clock(t)) for t in (start, end))
        self.appointments.append((rep, begin, until, customer, place))
        return self

    def tables(self) -> dict:
        columns = ["customer_id", "longitude", "latitude", "visit_minutes", "windows", "required_skill", "required"]
        columns += ["due_date", "visits_per_week", "min_days_between"]
        assignment = pd.DataFrame(self.assignment, columns=["customer_id", "rep_id", "visiting_rep_ids"])
        done = conclude(stage="territories", value=0, bound=0, unit="", maximise=True, method="", seconds=0)
        lunch = None if self.lunch is None else {"minutes": self.lunch[0], "between": self.lunch[1]}
        ends = ["end_latitude", "end_longitude"]
        return {
            "allocations": pd.DataFrame(
                self.allocations, columns=["customer_id", "channel", "day", "minutes", "prize_eur"]
            ),
            "customers": pd.DataFrame(self.customers, columns=columns),
            "territories": Territories(assignment, pd.DataFrame(), done),
            "days": pd.DataFrame(
                self.shifts, columns=["rep_id", "day", "works", "reason", "shift_start_at", "shift_end_at"]
            ),
            "appointments": pd.DataFrame(
                self.appointments, columns=["rep_id", "start", "end", "customer_id", "place"]
            ).astype({"start": "datetime64[us]", "end": "datetime64[us]"}),
            "team": pd.DataFrame(self.team, columns=["rep_id", "home_latitude", "home_longitude", "skills", *ends]),
            "reps": Reps(lunch=lunch, pinned=self.pins),
            "horizon": Horizon(start=dt.date(2024, 3, 4), days=self.days),
            "travel": Grid(),
            "travel_eur_per_km": self.eur_per_km,
        }

    def problem(self) -> RoutingProblem:
        return make_problem(**self.tables())


def day_feasible(problem: RoutingProblem, shift: int, order: tuple[int, ...]) -> bool:
    """Second method: try lunch after each event, walk forward, no clever dominance."""
    day = problem.shifts[shift]
    for lunch_after in range(len(order) + 1) if day.lunch_seconds and order else (-1,):
        place, now, alive = day.start_place, day.start_seconds, True
        for position in range(len(order) + 1):
            if position == lunch_after:
                now = max(now, day.lunch_from_seconds) + day.lunch_seconds
                alive &= now <= day.lunch_to_seconds
            if position < len(order):
                task = problem.tasks[order[position]]
                to = place if task.place < 0 else task.place
                now += int(problem.seconds[place, to])
                ends = [max(now, a) + task.service_seconds for a, b in task.windows]
                ends = [e for e, (_, b) in zip(ends, task.windows, strict=True) if e <= b]
                alive &= bool(ends)
                place, now = to, min(ends, default=0)
        if alive and now + problem.seconds[place, day.end_place] <= day.end_seconds:
            return True
    return False


def day_value(problem: RoutingProblem, shift: int, order: tuple[int, ...]) -> float:
    """Prizes less travel of one order."""
    if not order:
        return 0.0
    stops = [problem.tasks[i].place for i in order if problem.tasks[i].place >= 0]
    path = [problem.shifts[shift].start_place, *stops, problem.shifts[shift].end_place]
    km = sum(problem.km[a, b] for a, b in itertools.pairwise(path))
    return sum(problem.tasks[i].prize_eur for i in order) - problem.travel_eur_per_km * float(km)


def brute_force_value(problem: RoutingProblem) -> float:
    """The best value of all plans, by trying them; -inf if required work does not fit."""
    shifts, best = range(len(problem.shifts)), -np.inf
    choices = [[*t.shifts] if t.required else [*t.shifts, -1] for t in problem.tasks]
    cache: dict = {}

    def best_day(shift, members):
        if (shift, members) not in cache:
            orders = [o for o in itertools.permutations(members) if day_feasible(problem, shift, o)]
            cache[shift, members] = max((day_value(problem, shift, o) for o in orders), default=-np.inf)
        return cache[shift, members]

    for where in itertools.product(*choices):
        best = max(best, sum(best_day(s, tuple(i for i, w in enumerate(where) if w == s)) for s in shifts))
    return float(best)


def drive_end(pace, departs: int, seconds: int, parking: int) -> int:
    """Second method for drives under a pace: piece by piece, each at its factor, then the parking."""
    if not pace or not seconds:
        return departs + seconds
    now, left = float(departs), float(seconds - parking)
    for (_, factor), until in zip(pace, [*(begin for begin, _ in pace[1:]), 1e9], strict=True):
        piece = max(0.0, min(left, (until - now) / factor))
        now, left = now + piece * factor, left - piece
    return math.ceil(now - 1e-6) + parking


def soft_day_eur(problem: RoutingProblem, shift: int, order: tuple[int, ...]) -> float:
    """Second method with overtime, pace, waiting and borders: lunch after each event, walked forward; -inf: illegal."""
    day, ends = problem.shifts[shift], []
    for lunch_after in range(len(order) + 1) if day.lunch_seconds and order else (-1,):
        place, now = day.start_place, day.start_seconds
        for position, index in enumerate((*order, None)):
            if position == lunch_after:
                now = max(now, day.lunch_from_seconds) + day.lunch_seconds
                now = now if now <= day.lunch_to_seconds else math.inf
            to = day.end_place if index is None else problem.tasks[index].place
            if to >= 0 and now < math.inf:
                parking = problem.parking_seconds if problem.places.parks[to] else 0
                now = drive_end(day.pace, now, int(problem.seconds[place, to]), parking)
                place = to
            if index is not None:
                task = problem.tasks[index]
                done = [max(now, a) + task.service_seconds for a, b in task.windows]
                now = min([e for e, (_, b) in zip(done, task.windows, strict=True) if e <= b], default=math.inf)
        ends.append(now)
    late = min(ends) - day.end_seconds
    if not order or late > day.overtime_seconds:
        return 0.0 if not order else -math.inf
    fee = problem.borders.eur_per_visit if problem.borders else 0.0
    lost = sum(
        dict(zip(problem.tasks[i].shifts, problem.tasks[i].waited_eur, strict=False)).get(shift, 0) for i in order
    )
    lost += fee * sum(shift in problem.tasks[i].border for i in order)
    return day_value(problem, shift, order) - lost - max(0, late) / 3600 * day.overtime_eur_per_hour


def soft_best_eur(problem: RoutingProblem) -> float:
    """The best value of all plans with overtime, pace, waiting and borders, by trying them; -inf if none is legal."""
    choices = [[*t.shifts] if t.required else [*t.shifts, -1] for t in problem.tasks]
    known: dict = {}
    best = -math.inf
    for where in itertools.product(*choices):
        across = sum(w in t.border for w, t in zip(where, problem.tasks, strict=True))
        if problem.borders and across > problem.borders.most_visits:
            continue
        total = 0.0
        for shift in range(len(problem.shifts)):
            mine = tuple(i for i, w in enumerate(where) if w == shift)
            if (shift, mine) not in known:
                orders = itertools.permutations(mine)
                known[shift, mine] = max(soft_day_eur(problem, shift, order) for order in orders)
            total += known[shift, mine]
        best = max(best, total)
    return best


def softened(problem: RoutingProblem, number: int) -> RoutingProblem:
    """The problem with overtime, a pace and parking, waiting and borders, each switched on or off by a draw."""
    rng = np.random.default_rng((number, 7))
    shifts, tasks = list(problem.shifts), list(problem.tasks)
    if rng.random() < 0.7:
        rate, most = float(rng.choice([6.0, 30.0, 60.0])), int(rng.choice([1800, 5400]))
        shifts = [replace(s, overtime_seconds=most, overtime_eur_per_hour=rate) for s in shifts]
    if rng.random() < 0.7:
        factors = rng.choice([0.5, 1.0, 2.0, 4.0], 3).tolist()  # halves add up to the second in any arithmetic
        slow = tuple(zip((0, 9 * 3600 + 1800, 11 * 3600), factors, strict=True))
        shifts = [replace(s, pace=slow) if k or rng.random() < 0.8 else s for k, s in enumerate(shifts)]
        problem = replace(problem, parking_seconds=int(rng.choice([0, 120])))
        drives = np.where((problem.seconds > 0) & problem.places.parks, problem.seconds + problem.parking_seconds, 0)
        problem = replace(problem, seconds=np.where(problem.places.parks, drives, problem.seconds))
    if rng.random() < 0.7:
        lost = [tuple((t.prize_eur * rng.random(len(t.shifts)) / 2).tolist()) for t in tasks]
        tasks = [replace(t, waited_eur=eur) if t.kind == "visit" else t for t, eur in zip(tasks, lost, strict=True)]
    if rng.random() < 0.7:
        other = [tuple(s for s in t.shifts if shifts[s].rep_id != t.owner_rep_id) for t in tasks]
        tasks = [replace(t, border=o) if t.kind == "visit" else t for t, o in zip(tasks, other, strict=True)]
        problem = replace(problem, borders=Borders(int(rng.integers(0, 3)), float(rng.choice([0.0, 5.0]))))
    return replace(problem, shifts=tuple(shifts), tasks=tuple(tasks))


def check_routes(tables: dict, routes: Routes) -> None:
    """Recomputes a plan from the tables alone; any broken rule is an assertion error."""
    customers = tables["customers"].set_index("customer_id")
    team, days = tables["team"].set_index("rep_id"), tables["days"].set_index(["rep_id", "day"])
    pins = tables["reps"].pinned.values()
    visiting = tables["territories"].assignment.set_index("customer_id")["visiting_rep_ids"]
    lunch = tables["reps"].lunch
    stops = routes.stops
    for (rep, day), rows in stops.groupby(["rep_id", "day"]):
        work = days.loc[(rep, day)]
        assert work["works"]
        assert list(rows["position"]) == list(range(len(rows)))
        assert list(rows["kind"][:1]) + list(rows["kind"][-1:]) == ["start", "end"]
        assert rows["start_at"].iloc[0] >= work["shift_start_at"]
        assert rows["end_at"].iloc[-1] <= work["shift_end_at"]
        assert (rows["latitude"].iloc[0], rows["longitude"].iloc[0]) == tuple(
            team.loc[rep, ["home_latitude", "home_longitude"]]
        )
        for before, row in itertools.pairwise(rows.itertuples()):
            km = abs(row.longitude - before.longitude) + abs(row.latitude - before.latitude)
            assert row.travel_km == pytest.approx(km)
            assert row.travel_seconds == round(60 * km)
            assert row.arrive_at >= before.end_at + pd.Timedelta(seconds=row.travel_seconds)
            assert row.start_at >= row.arrive_at
            if row.kind == "lunch":
                assert km == 0
        meal = rows[rows["kind"] == "lunch"]
        if lunch is not None:
            begin, until = (day + pd.Timedelta(minutes=m) for m in lunch.between)
            covers = work["shift_start_at"] <= begin and until <= work["shift_end_at"]
            assert len(meal) == (covers and lunch.minutes > 0)
            for row in meal.itertuples():
                assert begin <= row.start_at
                assert row.end_at <= until
                assert row.end_at - row.start_at == pd.Timedelta(minutes=lunch.minutes)
        else:
            assert meal.empty
        for row in rows[rows["kind"] == "visit"].itertuples():
            who = customers.loc[row.customer_id]
            pin = [p for p in pins if p.customer == row.customer_id and p.rep == rep]
            assert rep in visiting[row.customer_id] or pin
            skill = who["required_skill"]
            assert not isinstance(skill, str) or skill in team.loc[rep, "skills"]
            assert pd.isna(who["due_date"]) or day <= who["due_date"]
            assert row.end_at - row.start_at == pd.Timedelta(minutes=who["visit_minutes"])
            spans = [(day + pd.Timedelta(minutes=a), day + pd.Timedelta(minutes=b)) for a, b in who["windows"]]
            assert not spans or any(a <= row.start_at and row.end_at <= b for a, b in spans)
    visits = stops[stops["kind"] == "visit"]
    planned = visits["customer_id"].value_counts().add(routes.unserved["customer_id"].value_counts(), fill_value=0)
    asked = tables["allocations"].query("channel == 'field'")["customer_id"].value_counts()
    met = set(stops.loc[stops["kind"] == "appointment", "customer_id"])
    for customer, count in asked.drop(met, errors="ignore").items():
        assert planned[customer] >= count
    for customer, rows in visits.groupby("customer_id"):
        gap = customers.loc[customer, "min_days_between"]
        when = sorted(rows["day"])
        assert all((b - a).days >= (1 if pd.isna(gap) else gap) for a, b in itertools.pairwise(when))
    held = stops[stops["kind"] == "appointment"]
    works = days["works"]
    kept = [r for r in tables["appointments"].itertuples() if works.get((r.rep_id, r.start.normalize()), False)]
    assert sorted(zip(held.rep_id, held.start_at, held.end_at, strict=True)) == sorted(
        (r.rep_id, r.start, r.end) for r in kept
    )
    km, prize = stops["travel_km"].sum(), stops["prize_eur"].sum()
    assert routes.outcome.value == pytest.approx(prize - tables["travel_eur_per_km"] * km)
    assert routes.shifts["travel_km"].sum() == pytest.approx(km)
    assert routes.shifts["visits"].sum() == len(visits)
    assert len(routes.shifts) == len(days)
    if routes.outcome.bound is not None:
        assert routes.outcome.value <= routes.outcome.bound + 1e-6


@pytest.fixture
def world():
    return World


@pytest.fixture
def check():
    return check_routes


@pytest.fixture
def brute_force():
    return brute_force_value


@pytest.fixture
def feasible():
    return day_feasible


@pytest.fixture
def soften():
    return softened


@pytest.fixture
def soft_best():
    return soft_best_eur


@pytest.fixture
def soft_day():
    return soft_day_eur
