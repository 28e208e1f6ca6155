"""Who owns whom: from places, workloads, reps and present territories to one owner per customer.

Workload is visit minutes x visits a week; a rep's fair share is in proportion to regular shift minutes a week, so that
a rep on leave keeps the territory. Distances are in km on a local plane.
"""

import math
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

import scenarios.schema as schema
from scenarios.schema import Effort
from solvers.brake import Brake, Stop, never
from solvers.outcome import Outcome, conclude
from solvers.team import regular_minutes, workload_minutes
from solvers.territories.balance import rebalance, remove_strays
from solvers.territories.bounds import least_imbalance_pct, least_moves
from solvers.territories.neighbours import find_neighbours, to_plane_km
from solvers.territories.orphans import adopt_orphans
from solvers.territories.redesign import EFFORT, draw_regions
from solvers.territories.state import Case, State
from solvers.territories.visitors import find_visitors
from solvers.types import Territories

REDESIGN_TOLERANCE = 0.01
"""A redesign aims at loads within 1 % of the target, or the scenario's tolerance if that is tighter."""


@dataclass(frozen=True)
class _Setting:
    """One call's fixed parts: the case, homes (reps, 2) km, former owners (n,) -1 none, and the limits."""

    case: Case
    homes_km: np.ndarray
    former: np.ndarray
    tolerance: float
    budget: int
    began: float
    brake: Brake


def assign_territories(
    customers: pd.DataFrame,
    team: pd.DataFrame,
    current_territories: pd.DataFrame,
    areas: pd.DataFrame,
    days: pd.DataFrame,
    *,
    settings: schema.Territories,
    default_visit_minutes: float,
    effort: Effort,
    time_limit_seconds: float,
    seed: int,
    stop: Stop = never,
) -> Territories:
    """Give every customer an owner, and name who may visit in this horizon.

    keep: only customers without a (remaining) rep get one. repair: besides, few customers change rep until loads are
    within `workload_tolerance_pct` or `max_moved_beyond_forced_pct` is used up (this wins). redesign: from scratch;
    the move limit does not apply.

    Args:
        customers, current_territories, areas: silver tables.
        team: reps after `make_team`.
        days: frame of `rep_days`.
        settings: the scenario's `territories` block.
        default_visit_minutes: minutes of a visit whose customer gives none.
        effort: number of starts of a redesign.
        time_limit_seconds: emergency brake; stop: ends the search before, with the best found.
        seed: of the starts of a redesign.

    Returns:
        `Territories`; `assignment` has besides its typed columns visiting_rep_ids (tuple of rep_ids, best first, () =
        nobody), and is sorted by customer_id. Without reps every customer has rep_id "". The outcome's value is:
        keep: largest deviation from the fair share in percent, nothing is searched; redesign: workload-weighted mean
        km to the territory's centre, no bound known; repair: customers moved beyond the forced, where the tolerance is
        met, else the deviation in percent, both with the bounds of `bounds.py`.
    """
    began = time.perf_counter()
    customers = customers.sort_values("customer_id", ignore_index=True)
    team = team.sort_values("rep_id", ignore_index=True)
    previous = current_territories.drop_duplicates("customer_id").set_index("customer_id")["rep_id"]
    previous = previous.reindex(customers["customer_id"]).reset_index(drop=True).astype("str")
    work = workload_minutes(customers, default_visit_minutes=default_visit_minutes)
    if team.empty or customers.empty:
        return _nobody(customers, team, previous, work, began)
    middle = float(np.mean(customers["latitude"].to_numpy(float)))
    place_km = to_plane_km(
        customers["latitude"].to_numpy(float), customers["longitude"].to_numpy(float), middle_latitude=middle
    )
    homes_km = to_plane_km(
        team["home_latitude"].to_numpy(float), team["home_longitude"].to_numpy(float), middle_latitude=middle
    )
    minutes = regular_minutes(team)
    share = minutes / minutes.sum() if minutes.sum() > 0 else np.full(len(team), 1 / len(team))
    weight = work if work.sum() > 0 else np.ones(len(work))
    graph = find_neighbours(customers, areas, place_km)
    former = previous.map({rep_id: number for number, rep_id in enumerate(team["rep_id"])}).fillna(-1)
    setting = _Setting(
        case=Case(place_km, weight, share * weight.sum(), graph, settings.contiguous),
        homes_km=homes_km,
        former=former.to_numpy().astype(np.int64),
        tolerance=settings.workload_tolerance_pct / 100,
        budget=math.floor(settings.max_moved_beyond_forced_pct / 100 * len(customers) + 1e-9),
        began=began,
        brake=Brake(began + time_limit_seconds, stop),
    )
    modes: dict[str, Callable[[], tuple[State, Outcome]]] = {
        "keep": lambda: _keep(setting),
        "repair": lambda: _repair(setting),
        "redesign": lambda: _redesign(setting, effort=effort, seed=seed),
    }
    state, outcome = modes[settings.mode]()
    centres_km = state.centres_km(homes_km)
    visitors = find_visitors(
        customers,
        team,
        days,
        state.owner,
        place_km=place_km,
        homes_km=homes_km,
        centres_km=centres_km,
        overlay=settings.specialists == "overlay",
    )
    owner_ids = team["rep_id"].to_numpy(object)[state.owner]
    assignment = _assignment(customers, owner_ids, previous, set(team["rep_id"]), work, visitors)
    return Territories(assignment, _reps(customers, team, state, work, minutes), outcome)


def _keep(setting: _Setting) -> tuple[State, Outcome]:
    """Nobody moves but orphans."""
    state = State(setting.case, setting.former)
    adopted = adopt_orphans(state, setting.homes_km)
    outcome = conclude(
        stage="territories",
        value=state.imbalance_pct(),
        bound=None,
        unit="pct largest deviation from the fair share",
        maximise=False,
        method="keep: present owners stay, orphans to the best nearby rep",
        seconds=time.perf_counter() - setting.began,
        notes=(f"{adopted} customers had no rep and were given one.", _piece_note(state)),
    )
    return state, outcome


def _repair(setting: _Setting) -> tuple[State, Outcome]:
    """Few moves towards balance; the value is moves where the tolerance is met, else the deviation."""
    case, former = setting.case, setting.former
    state = State(case, former)
    adopted = adopt_orphans(state, setting.homes_km)
    remove_strays(state, budget=setting.budget)
    moved = rebalance(
        state,
        tolerance=setting.tolerance,
        homes_km=setting.homes_km,
        former=former,
        budget=setting.budget,
        brake=setting.brake,
    )
    remove_strays(state, budget=setting.budget - moved)
    moved = int(((former >= 0) & (state.owner != former)).sum())
    met = state.imbalance_pct() <= 100 * setting.tolerance + 1e-6
    needed = least_moves(case.work, former, case.target, setting.tolerance)
    percent = 100 / len(former)
    notes = [
        f"{adopted} customers had no rep; {moved} others moved ({moved * percent:.1f} % of the customers).",
        f"Largest deviation from the fair share: {state.imbalance_pct():.1f} %. {_piece_note(state)}",
        f"Balance within {100 * setting.tolerance:g} % takes at least {needed} moves ({needed * percent:.1f} %).",
    ]
    if not met:
        notes.append(f"The limit of {setting.budget} moves, or the neighbourhoods, keep it from the tolerance.")
    bound = float(needed) if met else least_imbalance_pct(case.work, former, case.target, setting.budget)
    outcome = conclude(
        stage="territories",
        value=float(moved) if met else state.imbalance_pct(),
        bound=bound,
        unit="customers moved beyond the forced" if met else "pct largest deviation from the fair share",
        maximise=False,
        method="repair: border flows by linear programme, moved customer by customer",
        seconds=time.perf_counter() - setting.began,
        brake_hit=setting.brake.pulled(),
        notes=tuple(notes),
    )
    return state, outcome


def _redesign(setting: _Setting, *, effort: Effort, seed: int) -> tuple[State, Outcome]:
    """The best of several starts: fewest stray pieces, then balance within the aim, then the shortest distances."""
    case = setting.case
    timed = np.flatnonzero(case.target > 0)
    former = np.where(np.isin(setting.former, timed), setting.former, -1)
    number = np.full(len(case.target) + 1, -1)
    number[timed] = np.arange(len(timed))
    aim = min(setting.tolerance, REDESIGN_TOLERANCE)
    free = np.full(len(former), -1)
    best: tuple[tuple[int, float, float], State] | None = None
    budget, started = EFFORT[effort], 0
    for start in range(budget.starts):
        if best is not None and setting.brake.pulled():
            break
        owner = draw_regions(
            case.place_km,
            case.work,
            case.target[timed],
            homes_km=setting.homes_km[timed],
            former=number[former],
            start=start,
            turns=budget.turns,
            rng=np.random.default_rng([seed, start]),
            brake=setting.brake,
        )
        state = State(case, timed[owner])
        started += 1
        for _ in range(2):
            remove_strays(state, budget=len(free))
            rebalance(
                state,
                tolerance=aim,
                homes_km=setting.homes_km,
                former=free,
                budget=len(free),
                brake=setting.brake,
            )
        excess = round(max(state.imbalance_pct() - 100 * aim, 0.0), 1)
        rank = (_stray_parts(state), excess, _mean_km(state, setting.homes_km))
        if best is None or rank < best[0]:
            best = (rank, state)
    if best is None:
        raise AssertionError("an effort has at least one start")
    (_, _, kilometres), state = best
    ratio = state.over_target()[timed]
    outcome = conclude(
        stage="territories",
        value=kilometres,
        bound=None,
        unit="workload-weighted mean km to the territory's centre",
        maximise=False,
        method=f"redesign: balanced power diagram, best of {started} starts, matched to reps by linear assignment",
        seconds=time.perf_counter() - setting.began,
        brake_hit=setting.brake.pulled(),
        notes=(
            f"Workload {ratio.min():.3f} to {ratio.max():.3f} of the fair share. {_piece_note(state)}",
            "A redesign is not held to max_moved_beyond_forced_pct.",
        ),
    )
    return state, outcome


def _mean_km(state: State, homes_km: np.ndarray) -> float:
    centre = state.centres_km(homes_km)[state.owner]
    far = np.linalg.norm(state.case.place_km - centre, axis=1)
    return float(np.average(far, weights=state.case.work))


def _stray_parts(state: State) -> int:
    return sum(max(len(state.pieces(rep)) - 1, 0) for rep in range(len(state.load)))


def _piece_note(state: State) -> str:
    return f"{_stray_parts(state)} stray parts on the graph of {state.case.graph.kind}."


def _nobody(
    customers: pd.DataFrame, team: pd.DataFrame, previous: pd.Series, work: np.ndarray, began: float
) -> Territories:
    """Without reps or customers: every customer, if any, is without an owner."""
    owner_ids = np.full(len(customers), "", dtype=object)
    assignment = _assignment(customers, owner_ids, previous, set(team["rep_id"]), work, [()] * len(customers))
    reps = pd.DataFrame({"rep_id": team["rep_id"].astype("str")})
    for column in ("customers", "stray_parts"):
        reps[column] = np.zeros(len(team), dtype=np.int64)
    reps["workload_minutes"] = 0.0
    reps["workload_over_mean"] = 1.0
    reps["centre_latitude"], reps["centre_longitude"] = team["home_latitude"], team["home_longitude"]
    reps["available_minutes"] = regular_minutes(team)
    note = "There are no reps: no customer has an owner." if len(customers) else "There are no customers."
    outcome = Outcome(
        "territories",
        "nothing_to_do",
        0.0,
        0.0,
        "pct largest deviation from the fair share",
        False,
        "none",
        time.perf_counter() - began,
        (note,),
    )
    return Territories(assignment, reps[REP_COLUMNS].astype({"rep_id": "str"}), outcome)


REP_COLUMNS = [
    "rep_id",
    "customers",
    "workload_minutes",
    "workload_over_mean",
    "centre_latitude",
    "centre_longitude",
    "stray_parts",
    "available_minutes",
]


def _assignment(
    customers: pd.DataFrame,
    owner_ids: np.ndarray,
    previous: pd.Series,
    rep_ids: set[str],
    work: np.ndarray,
    visitors: list[tuple[str, ...]],
) -> pd.DataFrame:
    had = previous.notna().to_numpy(bool)
    owner = pd.Series(owner_ids, dtype="str")
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"].astype("str"),
            "rep_id": owner,
            "previous_rep_id": previous,
            "moved": had & (owner != previous.fillna("")).to_numpy(bool),
            "forced": had & ~previous.isin(rep_ids).to_numpy(bool),
            "workload_minutes": work,
            "visiting_rep_ids": pd.Series(visitors, dtype=object),
        }
    )


def _reps(
    customers: pd.DataFrame, team: pd.DataFrame, state: State, work: np.ndarray, minutes: np.ndarray
) -> pd.DataFrame:
    """The frame `reps` of `Territories`, one row per rep in the order of the team."""
    count = len(team)
    held = np.bincount(state.owner, minlength=count)
    weight = state.case.work + 1e-9
    total = np.bincount(state.owner, weight, count)
    centre = {}
    for axis in ("latitude", "longitude"):
        summed = np.bincount(state.owner, weight * customers[axis].to_numpy(float), count)
        centre[axis] = np.where(held > 0, summed / np.maximum(total, 1e-12), team[f"home_{axis}"].to_numpy(float))
    return pd.DataFrame(
        {
            "rep_id": team["rep_id"].astype("str"),
            "customers": held.astype(np.int64),
            "workload_minutes": np.bincount(state.owner, work, count),
            "workload_over_mean": state.over_target(),
            "centre_latitude": centre["latitude"],
            "centre_longitude": centre["longitude"],
            "stray_parts": np.array([max(len(state.pieces(rep)) - 1, 0) for rep in range(count)], dtype=np.int64),
            "available_minutes": minutes,
        }
    )[REP_COLUMNS]
