"""Move border customers so that workloads meet their targets, territories stay in one piece and few customers move.

How much work must cross which border is a linear programme on the territories (least deviation that the move budget
allows, then least moved work); the crossings are then made customer by customer, those first that lie nearest to the
receiving side for the work they bring, and the programme is solved again on what was reached.
"""

import numpy as np

from solvers.brake import Brake
from solvers.territories.state import State

REACH_KM = 1e-3
MAX_ROUNDS = 40


def remove_strays(state: State, *, budget: int) -> int:
    """Give each piece of a territory beyond its heaviest to the neighbour nearest by, smallest pieces first.

    Each such move lowers the number of pieces by one at least, so this ends; pieces larger than what is left of
    `budget` (customers) stay. Returns the number of customers moved.
    """
    spent = 0
    if not state.case.contiguous:
        return 0
    blocked: set[tuple[int, int]] = set()
    while True:
        strays = [
            (len(customers), int(nodes[0]), rep, nodes, customers)
            for rep in range(len(state.load))
            for nodes in state.pieces(rep)[1:]
            if (rep, int(nodes[0])) not in blocked
            for customers in [state.customers_in(nodes, rep)]
        ]
        if not strays:
            return spent
        size, first, rep, nodes, customers = min(strays, key=lambda stray: stray[:3])
        receiver = _receiver(state, rep, nodes, customers)
        if size > budget - spent or receiver < 0:
            blocked.add((rep, first))
            continue
        for customer in customers.tolist():
            state.move(customer, receiver)
        spent += size


def _receiver(state: State, rep: int, nodes: np.ndarray, customers: np.ndarray) -> int:
    """The rep next to a stray piece whose centre is nearest in proportion to load; -1 if there is none."""
    beside = state.touch[nodes].sum(axis=0) > 0
    beside[rep] = False
    beside &= state.case.target > 0
    if not beside.any():
        return -1
    centre = state.case.place_km[customers].mean(axis=0)
    far = np.linalg.norm(state.centres_km(np.full((len(state.load), 2), np.inf)) - centre, axis=1)
    far = np.where(beside, far * np.maximum(state.over_target(), 0.5), np.inf)
    return int(np.argmin(far))


def rebalance(
    state: State,
    *,
    tolerance: float,
    homes_km: np.ndarray,
    former: np.ndarray,
    budget: int,
    brake: Brake,
) -> int:
    """Bring loads within `tolerance` (0.1 = 10 %) of their targets, in place, as far as the budget allows.

    Args:
        state: plan to change.
        tolerance: allowed deviation, of the target.
        homes_km: (reps, 2), where the territory of a rep without customers starts.
        former: (n,) owners whose change costs budget; -1: free to move.
        budget: customers that may differ from `former`.
        brake: ends the search early.

    Returns:
        Customers that differ from `former`.
    """
    spent = int(((former >= 0) & (state.owner != former)).sum())
    seen: list[float] = []
    for _ in range(MAX_ROUNDS):
        if brake.pulled():
            break
        _seed_empty(state, homes_km, former, budget - spent)
        spent = int(((former >= 0) & (state.owner != former)).sum())
        flow = _needed_flow(state, tolerance, budget - spent)
        if flow is None or not flow.any():
            break
        moved = _carry_out(state, flow, homes_km, former, budget - spent)
        spent = int(((former >= 0) & (state.owner != former)).sum())
        seen.append(state.imbalance_pct())
        if not moved or (len(seen) > 6 and min(seen[-4:]) >= min(seen[:-4]) - 0.01):
            break
    return spent


def _seed_empty(state: State, homes_km: np.ndarray, former: np.ndarray, budget: int) -> None:
    """Start the territory of each rep without customers at the customer nearest home who may leave."""
    for rep in np.flatnonzero((state.load <= 0) & (state.case.target > 0) & (state.count.sum(axis=0) == 0)):
        order = np.argsort(np.linalg.norm(state.case.place_km - homes_km[rep], axis=1), kind="stable")
        for customer in order.tolist():
            costs = former[customer] >= 0 and former[customer] != rep
            alone = state.owner[customer] >= 0 and state.count[:, state.owner[customer]].sum() <= 1
            if alone or (costs and budget <= 0) or (state.owner[customer] >= 0 and not state.may_leave(customer)):
                continue
            budget -= int(costs)
            state.move(customer, int(rep))
            break


def _needed_flow(state: State, tolerance: float, budget: int) -> np.ndarray | None:
    """(reps, reps) minutes that should cross from row to column; None where nothing needs to move.

    Minimise the largest deviation beyond the tolerance first and the moved work second, subject to the budget: work
    that leaves a rep is counted in customers of the rep's mean size.
    """
    from scipy.optimize import linprog

    target, load = state.case.target, state.load
    timed = np.flatnonzero(target > 0)
    if len(timed) < 2 or state.imbalance_pct() <= 100 * tolerance:
        return None
    # Customers are whole: aiming half a large customer inside the tolerance lets the crossings end within it.
    tolerance = max(tolerance - float(np.quantile(state.case.work, 0.9) / target[timed].min()) / 2, tolerance / 2)
    beside = _borders(state)
    beside[:, target <= 0] = False
    giver, taker = np.nonzero(beside)
    if not len(giver):
        return None
    arcs, reps = len(giver), len(load)
    balance = np.zeros((reps, arcs + 1))
    balance[giver, np.arange(arcs)] -= 1
    balance[taker, np.arange(arcs)] += 1
    upper, lower = balance.copy(), -balance
    upper[:, arcs] = -target
    lower[:, arcs] = -target
    held = state.count.sum(axis=0)
    customer_minutes = np.maximum(load / np.maximum(held, 1), 1e-6)
    spend = np.concatenate([1 / customer_minutes[giver], [0.0]])
    rows = np.concatenate([upper[timed], lower[timed], spend[None, :]])
    limit = np.concatenate(
        [(target * (1 + tolerance) - load)[timed], (load - target * (1 - tolerance))[timed], [float(budget)]]
    )
    cost = np.concatenate([np.full(arcs, 1e-3 / max(float(target.sum()), 1e-9)), [1.0]])
    solved = linprog(cost, A_ub=rows, b_ub=limit, bounds=(0, None), method="highs-ds")
    if solved.x is None:
        return None
    flow = np.zeros((reps, reps))
    flow[giver, taker] = solved.x[:arcs]
    flow[flow < 1e-6] = 0.0
    return flow


def _borders(state: State) -> np.ndarray:
    """(reps, reps) whether the row has a customer whom the column may take over."""
    if not state.case.contiguous:
        beside = np.outer(state.count.any(axis=0), np.ones(len(state.load))) > 0
    else:
        beside = ((state.count > 0).T.astype(float) @ (state.touch > 0).astype(float)) > 0
    np.fill_diagonal(beside, False)
    return np.asarray(beside)


def _carry_out(state: State, flow: np.ndarray, homes_km: np.ndarray, former: np.ndarray, budget: int) -> int:
    """Move border customers along `flow` (minutes), heaviest giver first; returns the number of moves."""
    left, moves = flow.copy(), 0
    limit = 2 * len(state.owner)
    while left.any() and moves < limit:
        ready = np.where(left > 0, np.minimum(state.over_target(), 1e6)[:, None], -1.0)
        giver, taker = (int(number) for number in np.unravel_index(int(np.argmax(ready)), ready.shape))
        customer = _next_customer(state, giver, taker, left[giver, taker], homes_km, former, budget)
        if customer < 0:
            left[giver, taker] = 0.0
            continue
        if former[customer] >= 0:
            budget += int(state.owner[customer] != former[customer]) - int(taker != former[customer])
        state.move(customer, taker)
        moves += 1
        left[giver, taker] = max(left[giver, taker] - state.case.work[customer], 0.0)
        if left[giver, taker] < 1e-6:
            left[giver, taker] = 0.0
    return moves


def _next_customer(
    state: State, giver: int, taker: int, minutes: float, homes_km: np.ndarray, former: np.ndarray, budget: int
) -> int:
    """The giver's customer to hand over: least extra distance for its work, at most twice what is asked; -1: none."""
    case = state.case
    costs = (former >= 0) & (state.owner == former) & (former != taker)
    able = (state.owner == giver) & state.may_enter(taker) & (case.work > 0) & (case.work <= 2 * minutes)
    if budget <= 0:
        able &= ~costs
    candidates = np.flatnonzero(able)
    if not len(candidates) or state.count[:, giver].sum() <= 1:
        return -1
    centres = state.centres_km(homes_km)[[giver, taker]]
    far = ((case.place_km[candidates, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
    size_km2 = float(far[:, 0].mean()) + REACH_KM
    extra = far[:, 1] - far[:, 0]
    extra = extra - extra.min() + 0.3 * size_km2 * np.where(costs[candidates], 1.0, 0.2)
    for place in np.argsort(extra / np.minimum(case.work[candidates], minutes + 1e-9), kind="stable").tolist():
        customer = int(candidates[place])
        if state.may_leave(customer):
            return customer
    return -1
