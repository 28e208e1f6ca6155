"""Why a visit is on no route: facts about the problem and the final plan, each told in a sentence with numbers."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from scenarios.clock import format_clock
from scenarios.errors import NoLegalPlan
from solvers.routing.arrays import ROOM, Arrays, State, in_euros, is_asked, make_arrays
from solvers.routing.compiled import fits, scan
from solvers.routing.improve import make_state
from solvers.routing.problem import SPAN_SECONDS, RoutingProblem, Task
from solvers.routing.visits import UNSERVED

Fact = tuple[str, str]
ADVICE = {
    "no_skill": "give the skill to a rep who may visit, or take away `required_skill` or `required`",
    "no_rep": "let a rep who may visit work, or take away `required`",
    "no_day": "set a later `due_date`, lower `visits_per_week` or `min_days_between`, or take away `required`",
    "too_far": "shorten `visit_minutes`, lengthen a shift, or take away `required`",
    "no_window_fits": "widen `windows`, shorten `visit_minutes`, or take away `required`",
    "pin_conflict": "move the appointments, or take away `required`",
}
"""What to change when a required visit is impossible, by the reason."""


class Reasons:
    """Tests of one problem: what each visit could do alone, beside fixed work, and in the final plan."""

    def __init__(self, problem: RoutingProblem, arrays: Arrays) -> None:
        self._problem, self._arrays, self._euros = problem, arrays, in_euros(arrays)
        paid = any(s.overtime_seconds for s in problem.shifts) or arrays.off.any()
        self._least = "the cheapest way to make it" if paid else "the cheapest detour"
        anytime = tuple(replace(t, windows=((0, SPAN_SECONDS),)) for t in problem.tasks)
        self._anytime = make_arrays(replace(problem, tasks=anytime))
        without = replace(problem, tasks=tuple(t for t in problem.tasks if t.kind == "visit"))
        self._empty = make_state(without, make_arrays(without), ())
        self._booked = make_state(problem, arrays, ())
        self._pinned: tuple[State, State] | None = None

    def impossible(self, index: int) -> Fact | None:
        """(reason, sentence) if no rep-day can do the visit even with nothing but its appointments; else None."""
        task = self._problem.tasks[index]
        if not any(self._fits(self._anytime, self._empty, index)):
            return "too_far", self._too_far(task)
        if not any(self._fits(self._arrays, self._empty, index)):
            return "no_window_fits", self._no_window(task)
        if not any(self._fits(self._arrays, self._booked, index)):
            return "pin_conflict", f"{task.customer_id} fits no shift of {self._reps(task)} beside its appointments"
        return None

    def impossible_required(self) -> list[tuple[str, str, str]]:
        """(customer_id, reason, sentence) of each required visit that is impossible even by itself."""
        found = []
        for index, task in enumerate(self._problem.tasks):
            if task.kind == "visit" and task.required and (fact := self.impossible(index)):
                found.append((task.customer_id, fact[0], f"{f'pin {task.pin}: ' if task.pin else ''}{fact[1]}"))
        return found

    def left_out(self, plan: State, index: int) -> Fact:
        """(reason, sentence) of a visit that the final plan leaves out."""
        if fact := self.impossible(index):
            return fact
        task, prize = self._problem.tasks[index], self._problem.tasks[index].prize_eur
        costs = self._costs(plan, index)
        if prize <= 0 or (costs and min(costs) >= prize):
            least = f"{self._least} costs {min(costs):.2f} euro" if costs else "any detour costs more"
            return "below_cost", f"{task.customer_id} would bring {prize:.2f} euro; {least}"
        if costs:
            return "not_selected", f"{task.customer_id} would add {prize - min(costs):.2f} euro; the search ended early"
        if not self._beside_pins(plan, index):
            return "pin_conflict", f"{task.customer_id} fits no shift of {self._reps(task)} beside its pinned visits"
        days, minutes = len(task.shifts), task.service_seconds / 60
        return "shift_full", (
            f"{task.customer_id} ({minutes:.0f} minutes, {prize:.2f} euro) fits none of {days} shifts of "
            f"{self._reps(task)} beside {int(plan.length[list(task.shifts)].sum())} other stops"
        )

    def _costs(self, plan: State, index: int) -> list[float]:
        """Euros that each legal rep-day would take of the visit's prize at least: detour, overtime, wait, border."""
        arrays, task = self._euros, self._problem.tasks[index]
        full = plan.counts[ROOM] <= 0
        costs = []
        for slot, shift in enumerate(task.shifts):
            gain, position = scan(arrays, plan, shift, 0, int(plan.length[shift]), index)
            if position >= 0 and not (full and shift in task.border):
                off = float(arrays.off[index, slot]) if is_asked(arrays.off) else 0.0
                costs.append(float(arrays.gain_eur[index] - gain) + off)
        return costs

    def _beside_pins(self, plan: State, index: int) -> bool:
        if self._pinned is None or self._pinned[0] is not plan:
            tasks = self._problem.tasks
            kept = [
                [i for i in row[:count] if tasks[i].pin or tasks[i].kind == "appointment"]
                for row, count in zip(plan.order.tolist(), plan.length.tolist(), strict=True)
            ]
            self._pinned = plan, make_state(self._problem, self._arrays, kept)
        return any(self._fits(self._arrays, self._pinned[1], index))

    def _fits(self, arrays: Arrays, state: State, index: int) -> list[bool]:
        return [
            bool(fits(arrays, state, shift, position, index))
            for shift in self._problem.tasks[index].shifts
            for position in range(state.length[shift] + 1)
        ]

    def _reps(self, task: Task) -> str:
        return ", ".join(sorted({self._problem.shifts[s].rep_id for s in task.shifts}))

    def _too_far(self, task: Task) -> str:
        seconds, days = self._problem.seconds, [self._problem.shifts[s] for s in task.shifts]
        drive = min(int(seconds[d.start_place, task.place] + seconds[task.place, d.end_place]) for d in days)
        longest = max(d.latest_end_seconds - d.start_seconds - d.lunch_seconds for d in days)
        return (
            f"{task.customer_id}: {drive / 60:.0f} minutes of driving there and back and "
            f"{task.service_seconds / 60:.0f} minutes of visit exceed the longest shift of {self._reps(task)}, "
            f"{longest / 60:.0f} minutes without lunch"
        )

    def _no_window(self, task: Task) -> str:
        spans = ", ".join(f"{format_clock(a // 60)}-{format_clock(b // 60)}" for a, b in task.windows)
        days = [self._problem.shifts[s] for s in task.shifts]
        first, last = min(d.start_seconds for d in days), max(d.latest_end_seconds for d in days)
        return (
            f"{task.customer_id}: no {task.service_seconds / 60:.0f}-minute visit within {spans} fits a shift of "
            f"{self._reps(task)} ({format_clock(first // 60)}-{format_clock(last // 60)})"
        )


def check_required(problem: RoutingProblem, required: frozenset[str]) -> None:
    """Required visits must be possible at least by themselves.

    Args:
        required: customers whose refused visits count as required, too.

    Raises:
        NoLegalPlan: names every customer of whom that is not so, with the reason and what to change.
    """
    clashes: dict[str, Fact] = {}
    refused = problem.refused
    for customer, reason, detail in zip(refused["customer_id"], refused["reason"], refused["detail"], strict=True):
        if customer in required:
            clashes.setdefault(customer, ("no_day" if reason == "no_window_fits" else reason, detail))
    asked = replace(problem, tasks=tuple(t for t in problem.tasks if t.required or t.kind != "visit"))
    for customer, reason, sentence in Reasons(asked, make_arrays(asked)).impossible_required():
        clashes.setdefault(customer, (reason, sentence))
    if clashes:
        many = "1 required visit is" if len(clashes) == 1 else f"{len(clashes)} required visits are"
        told = [f"{clashes[c][1]}; {ADVICE[clashes[c][0]]}" for c in sorted(clashes)]
        raise NoLegalPlan("\n- ".join([f"{many} impossible:", *told]))


def unserved_table(problem: RoutingProblem, arrays: Arrays, orders: Sequence[Sequence[int]]) -> pd.DataFrame:
    """`Routes.unserved`: the problem's refused visits and those that the plan leaves out, by customer.

    Raises:
        NoLegalPlan: a pinned visit is left out: fixed work that the search could not fit together.
    """
    plan, reasons = make_state(problem, in_euros(arrays), orders), Reasons(problem, arrays)
    rows = list(problem.refused.itertuples(index=False, name=None))
    for index in np.flatnonzero(plan.shift_of < 0):
        task = problem.tasks[index]
        reason, detail = reasons.left_out(plan, int(index))
        if task.pin:
            raise NoLegalPlan(f"pin {task.pin} cannot be kept beside the other required visits: {detail}")
        rows.append((task.customer_id, task.owner_rep_id, reason, detail, task.prize_eur))
    table = pd.DataFrame(rows, columns=UNSERVED).astype({"prize_eur": float})
    for column in UNSERVED[:4]:
        table[column] = table[column].astype("str")
    return table.sort_values(["customer_id", "reason"], kind="stable").reset_index(drop=True)
