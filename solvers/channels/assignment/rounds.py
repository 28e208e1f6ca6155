"""Who does which task, where minutes differ by person: the best assignment found, and a bound on any.

1. Prices of the capacities and of the tasks, and the bounds they prove (`bounds.py`).
2. Rounds of annealing from the best known, with what is lost against the relaxation as cost (`annealing.py`). How hot
   they must be, and how soft capacities, differs by kind of instance: the first rounds try several settings, later
   ones take the best two. A round that is frozen ends.
3. Between them, once, the whole-number programme of the likely pairs (`core.py`); where all pairs are few, first.
"""

import time

import numpy as np

from solvers.brake import Brake
from solvers.channels.assignment import annealing
from solvers.channels.assignment.bounds import Relaxed, grain_minutes, knapsack_bound, relax
from solvers.channels.assignment.core import solve_core
from solvers.channels.assignment.problem import (
    AssignmentPlan,
    AssignmentProblem,
    Ended,
    excess,
    make_problem,
    total_cost,
)

ITERATIONS = 12
"""Rounds, where neither they nor seconds are given."""
SETTINGS = ((1.0, 0.5, 1.0, 6.0), (1.0, 0.2, 3.0, 2.0), (1.0, 0.5, 0.5, 6.0), (0.6, 0.08, 0.3, 6.0))
"""Each is tried once: temperatures of a round, first and last, in units of what the second-best person of a task loses;
what a minute short of a capacity costs, in units of MINUTE of that over a grain; how many times as much one above."""
MINUTE = 0.4
"""See the settings; 0.4 of what the second-best person loses is about the temperature at which a walk slows down."""
LEAST_HEAT = 0.25
"""Where tasks have many people who lose next to nothing, temperatures are in units of this part of a grain's price."""
NEAR = 10.0
"""Up to how many grains off the capacity a minute costs less than its price."""
STAGES = 60
"""Temperatures of a round; the clock is looked at between them."""
STILL = 4
"""A round ends when so many stages in a row changed nothing but the task in the hand: it is frozen."""
PEOPLE, TASKS = 8, 10
"""People that a task in the hand is offered to, the best after prices; tasks that a hole is offered, in mean loads."""
CORE_PEOPLE = 6
"""People per task in the whole-number programme."""
SMALL = 2000
"""Up to so many pairs the programme holds all of them, after the first round, and its bound counts."""
PERIODS_PER_TASK = 60
"""Length of a round where no seconds are given, in periods."""
SUBGRADIENTS, NODES = 400, 200
"""Steps of the bound; nodes of the whole-number programme where no seconds are given."""
CORE_SHARE, BOUND_SHARE = 0.15, 0.1
"""Parts of the seconds for the whole-number programme and, at most, for the bounds."""


def solve(
    cost: np.ndarray,
    minutes: np.ndarray,
    capacity: np.ndarray,
    *,
    seconds: float | None = None,
    iterations: int | None = None,
    seed: int = 0,
) -> AssignmentPlan:
    """Assign each of n tasks to one of m people at least cost, within everybody's minutes.

    Args:
        cost: (m, n) in any unit, e.g. negative value in euros; inf where a person may not take a task.
        minutes: (m, n) that each person needs for each task, >= 0.
        capacity: (m,) minutes of each person, >= 0.
        seconds: wall clock to use; the answer then depends on the machine. None: as many rounds as `iterations`.
        iterations: rounds of the search; the same number and seed give the same answer. None: 12, or with `seconds`
            until they are over.
        seed: of the random numbers.

    Raises:
        DataError: the arrays do not fit together or hold numbers that cannot be meant.
    """
    began = time.perf_counter()
    problem = make_problem(cost, minutes, capacity)
    m, n = problem.cost.shape
    brake = Brake(began + seconds if seconds is not None else np.inf)
    if not n:
        nothing = np.zeros(m)
        return AssignmentPlan(np.empty(0, np.int64), 0.0, 0.0, nothing, nothing, True, "nothing_to_do", "", 0, 0.0)
    stuck = np.flatnonzero(~np.isfinite(problem.cost).any(axis=0))
    if len(stuck):
        return _nobody_may(problem, stuck, began)
    share = np.inf if seconds is None else seconds
    relaxed = relax(problem, brake=Brake(began + BOUND_SHARE * share))
    choice = _first(problem, relaxed)
    search = _Search(problem, relaxed, choice, seed)
    if search.small:
        search.solve_core(CORE_SHARE * share, NODES if seconds is None else 2**31 - 1)
    if not search.proven():
        search.bound_by_knapsacks(BOUND_SHARE * share)
    rounds = iterations if iterations is not None else (ITERATIONS if seconds is None else 10**9)
    done = 0
    while done < rounds and search.bound < np.inf and not search.proven() and not brake.pulled():
        search.anneal(done, None if seconds is None else _round_seconds(done, seconds), brake)
        done += 1
        if done == min(len(SETTINGS), rounds) and not (search.small or search.proven() or brake.pulled()):
            limit = np.inf if seconds is None else min(CORE_SHARE * seconds, brake.seconds_left())
            search.solve_core(limit, NODES if seconds is None else 2**31 - 1)
            search.bound_by_knapsacks(BOUND_SHARE * share)
    hit = seconds is not None and done < rounds
    return _report(problem, relaxed, search, rounds=done, brake_hit=hit, began=began)


def _round_seconds(number: int, seconds: float) -> float:
    """The first rounds, one for each setting, are shorter than those that follow."""
    return seconds * (0.06 if number < len(SETTINGS) else 0.14)


def _first(problem: AssignmentProblem, relaxed: Relaxed) -> np.ndarray:
    """(n,) a whole assignment that breaks capacities little: long tasks first, each where it loses least."""
    loss = _loss(problem, relaxed)
    steep = 10 * max(float(relaxed.prices.max()), _spacing(loss) / max(float(problem.minutes.mean()), 1e-9))
    left, choice = problem.capacity.copy(), np.zeros(loss.shape[1], dtype=np.int64)
    shortest = np.where(np.isfinite(loss), problem.minutes, np.inf).min(axis=0)
    for task in np.argsort(-shortest, kind="stable").tolist():
        lacking = np.maximum(problem.minutes[:, task] - np.maximum(left, 0.0), 0.0)
        choice[task] = int((loss[:, task] + steep * lacking).argmin())
        left[choice[task]] -= problem.minutes[choice[task], task]
    return choice


def _loss(problem: AssignmentProblem, relaxed: Relaxed) -> np.ndarray:
    """(m, n) what each pair costs above its task's best person after prices, >= 0."""
    net = problem.cost + relaxed.prices[:, None] * problem.minutes
    loss: np.ndarray = net - net.min(axis=0)
    return loss


def _spacing(loss: np.ndarray) -> float:
    """Mean loss of the second-best person of a task, > 0."""
    second = np.partition(loss, min(1, len(loss) - 1), axis=0)[min(1, len(loss) - 1)]
    known = second[np.isfinite(second)]
    mean = float(known.mean()) if len(known) else 0.0
    typical = float(np.abs(loss[np.isfinite(loss)]).mean()) / 10
    return mean if mean > 0 else (typical if typical > 0 else 1.0)


def _offers(loss: np.ndarray) -> annealing.Offers:
    """Whom a task in the hand, and what a hole, is offered: the pairs that lose least."""
    m, n = loss.shape
    people = np.argsort(loss, axis=0, kind="stable")[: min(PEOPLE, m)].T
    allowed = np.isfinite(np.take_along_axis(loss.T, people, axis=1))
    count = min(n, max(2 * PEOPLE, TASKS * n // m))
    tasks = np.argsort(loss, axis=1, kind="stable")[:, :count]
    return annealing.Offers(np.ascontiguousarray(np.where(allowed, people, people[:, :1])), np.ascontiguousarray(tasks))


class _Search:
    """The best assignment so far, the best bound, and the rounds that better them."""

    def __init__(self, problem: AssignmentProblem, relaxed: Relaxed, choice: np.ndarray, seed: int) -> None:
        self.problem, self.first, self.choice, self.seed = problem, choice, choice, seed
        self.bound, self.tasks, self.prices = relaxed.bound, relaxed.tasks, relaxed.prices
        self.loss = _loss(problem, relaxed)
        self.grain = grain_minutes(problem)
        self.spacing = max(_spacing(self.loss), LEAST_HEAT * float(np.median(relaxed.prices)) * self.grain)
        self.terms = annealing.Terms(
            cost=np.ascontiguousarray(problem.cost.T),
            loss=np.ascontiguousarray(self.loss.T),
            minutes=np.ascontiguousarray(problem.minutes.T),
            capacity=problem.capacity,
        )
        self.small = problem.cost.size <= SMALL
        self.found = [(np.inf, np.inf)] * len(SETTINGS)
        self.offers = _offers(self.loss)

    def rank(self, choice: np.ndarray) -> tuple[float, float]:
        """(minutes beyond capacities, cost): less is better."""
        return float(excess(self.problem, choice).sum()), total_cost(self.problem, choice)

    def offer(self, choice: np.ndarray) -> None:
        """Take an assignment that is better than the best so far."""
        if self.rank(choice) < self.rank(self.choice):
            self.choice = choice

    def proven(self) -> bool:
        """Whether nothing better than the best so far exists."""
        beyond, cost = self.rank(self.choice)
        return beyond == 0 and cost - self.bound <= 1e-9 * max(1.0, abs(cost))

    def bound_by_knapsacks(self, seconds: float) -> None:
        """Better the bound by prices of the tasks."""
        beyond, cost = self.rank(self.choice)
        upper = cost if beyond == 0 else np.inf
        brake = Brake(time.perf_counter() + seconds)
        bound, self.tasks = knapsack_bound(self.problem, self.tasks, upper=upper, steps=SUBGRADIENTS, brake=brake)
        self._raise_bound(bound)

    def anneal(self, number: int, seconds: float | None, brake: Brake) -> None:
        """A round of annealing: one of each setting from the same start, then the best two from the best so far."""
        setting, start = number, self.first
        if number >= len(SETTINGS):
            ranking = sorted(range(len(SETTINGS)), key=lambda each: self.found[each])
            setting, start = ranking[number % 3 == 0], self.choice
        state = annealing.start(self.terms, start, self.seed * 1_000_003 + number)
        state.best_is[:] = np.inf  # so that a setting is judged by what it found itself
        self._cool(state, SETTINGS[setting], seconds, brake)
        self.found[setting] = min(self.found[setting], (float(state.best_is[0]), float(state.best_is[1])))
        self.offer(state.best.copy())

    def _cool(
        self, state: annealing.State, setting: tuple[float, float, float, float], seconds: float | None, brake: Brake
    ) -> None:
        """Stages of falling temperature; with a clock, by the time that is over."""
        hot, cold, softness, hardness = setting
        slope = softness * MINUTE * self.spacing / self.grain
        under = np.maximum(np.minimum(self.prices, slope), 0.1 * slope)
        near = np.array([NEAR * self.grain])
        price = np.maximum(self.prices, under)
        fines = annealing.Fines(self.problem.capacity, under, hardness * under, price, near)
        began = time.perf_counter()
        periods = max(1, PERIODS_PER_TASK * self.loss.shape[1] // STAGES)
        if seconds is not None:
            periods = max(1, periods // 8)
        part, stage, still = 0.0, 0, 0
        while part < 1 and still < STILL and not brake.pulled():
            before, choice = part, state.choice.copy()
            temperature = self.spacing * hot * (cold / hot) ** part
            annealing.anneal(self.terms, state, self.offers, fines, temperature, periods)
            still = still + 1 if (state.choice != choice).sum() <= 2 else 0
            stage += 1
            part = stage / STAGES if seconds is None else (time.perf_counter() - began) / seconds
            if seconds is not None and part - before > 0:
                periods = int(np.clip(periods / (STAGES * (part - before)), periods / 4 + 1, 4 * periods))

    def solve_core(self, seconds: float, nodes: int) -> None:
        """The whole-number programme of the likely pairs."""
        pairs = np.zeros(self.loss.shape, dtype=bool)
        people = len(self.loss) if self.small else min(CORE_PEOPLE, len(self.loss))
        nearest = np.argsort(self.loss, axis=0, kind="stable")[:people]
        pairs[nearest, np.arange(self.loss.shape[-1])] = True
        choice, bound = solve_core(self.problem, pairs, self.choice, seconds=seconds, nodes=nodes)
        self.offer(choice)
        self._raise_bound(bound)

    def _raise_bound(self, bound: float) -> None:
        """Take a bound that is better, rounded up where costs are whole."""
        if self.problem.whole_costs and np.isfinite(bound):
            bound = float(np.ceil(bound - 1e-6))
        self.bound = max(self.bound, bound)


def _nobody_may(problem: AssignmentProblem, stuck: np.ndarray, began: float) -> AssignmentPlan:
    """The answer where some tasks have no person who may take them, or fits them."""
    choice = np.where(np.isin(np.arange(problem.cost.shape[1]), stuck), -1, problem.cost.argmin(axis=0))
    message = (
        f"no assignment exists: task {int(stuck[0])} fits nobody who may take it"
        + (f", and {len(stuck) - 1} more" if len(stuck) > 1 else "")
        + "; give somebody more minutes or allow another person"
    )
    none = np.zeros(len(problem.capacity))
    return AssignmentPlan(
        choice, total_cost(problem, choice), np.inf, none, excess(problem, choice), False, "infeasible", message, 0,
        time.perf_counter() - began,
    )  # fmt: skip


def _report(
    problem: AssignmentProblem, relaxed: Relaxed, search: _Search, *, rounds: int, brake_hit: bool, began: float
) -> AssignmentPlan:
    beyond, cost = excess(problem, search.choice), total_cost(problem, search.choice)
    feasible = not beyond.any()
    ended: Ended
    message = ""
    if feasible:
        ended = "optimal" if search.proven() else ("time_limit" if brake_hit else "feasible")
    else:
        impossible = search.bound == np.inf
        ended = "infeasible" if impossible else "none_found"
        proof = "no assignment keeps all capacities" if impossible else "none was found that keeps capacities"
        message = (
            f"{proof}: the best has {beyond.sum():.6g} minutes too many with {int((beyond > 0).sum())} people; "
            "give them more minutes, or search longer"
        )
    bound = min(search.bound, cost) if feasible else search.bound
    return AssignmentPlan(
        search.choice, cost, bound, relaxed.prices, beyond, feasible, ended, message, rounds,
        time.perf_counter() - began,
    )  # fmt: skip
