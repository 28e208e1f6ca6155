"""What a routing problem is: visits and appointments, rep-days, places, drives. Clock times are seconds after midnight
of the rep-day, money is euros."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from solvers.travel import Places

SPAN_SECONDS = 24 * 3600
"""Clock times of a rep-day lie from 0 to this."""


@dataclass(frozen=True)
class Task:
    """One visit, or one fixed appointment.

    place: index into `RoutingProblem.places`; -1: wherever the rep is (an appointment without a known place).
    windows: (from, to) seconds; service starts in one of them and ends by its end. An appointment, or a visit pinned
        to a time, has one window exactly as long as its service.
    shifts: indices of the rep-days that may do it, ascending; rep, skill, due date, spacing and pins are all in here.
    pin: name of the pin that fixes it, "" if none. required: to be done before any prize is looked at.
    load: how much of each scarce thing in the car (samples, spare parts) it takes; () where nothing is scarce.
    waited_eur: beside `shifts`: what waiting until that rep-day takes off the prize; () where waiting costs nothing.
    border: those of `shifts` that belong to a neighbour of the territory's rep, see `Borders`.
    """

    kind: str
    customer_id: str
    owner_rep_id: str
    place: int
    service_seconds: int
    windows: tuple[tuple[int, int], ...]
    prize_eur: float
    required: bool
    pin: str
    shifts: tuple[int, ...]
    load: tuple[int, ...] = ()
    waited_eur: tuple[float, ...] = ()
    border: tuple[int, ...] = ()

    def prize_on(self, shift: int) -> float:
        """Euros that the visit brings on one of its rep-days."""
        return self.prize_eur - (self.waited_eur[self.shifts.index(shift)] if self.waited_eur else 0.0)

    @property
    def is_timed(self) -> bool:
        """Whether the start is fixed to the minute."""
        return len(self.windows) == 1 and self.windows[0][1] - self.windows[0][0] < self.service_seconds + 60


@dataclass(frozen=True)
class Shift:
    """One working rep-day. lunch_seconds 0: no lunch (none is set, or the shift does not cover its span).

    capacity: how much of each scarce thing the car holds, in the order of `Task.load`; () where nothing is scarce.
    overtime_seconds: the day may end so much after `end_seconds`; each hour of that costs overtime_eur_per_hour.
    pace: (from second, factor), ascending, the first from 0: from then on a drive takes factor times its seconds,
        parking apart; a drive that crosses a border takes each part's factor. () where drives always take the same.
    """

    rep_id: str
    day: pd.Timestamp
    start_seconds: int
    end_seconds: int
    start_place: int
    end_place: int
    lunch_seconds: int
    lunch_from_seconds: int
    lunch_to_seconds: int
    capacity: tuple[int, ...] = ()
    overtime_seconds: int = 0
    overtime_eur_per_hour: float = 0.0
    pace: tuple[tuple[int, float], ...] = ()

    @property
    def latest_end_seconds(self) -> int:
        """When the day must be over, overtime made use of."""
        return self.end_seconds + self.overtime_seconds

    def overtime_eur(self, arrival_seconds: int) -> float:
        """Cost of a day that ends then."""
        return max(0, arrival_seconds - self.end_seconds) * self.overtime_eur_per_hour / 3600


@dataclass(frozen=True)
class Borders:
    """Soft territories: at most `most_visits` visits of a plan are made by a neighbour of the territory's rep, and each
    costs `eur_per_visit` (a customer who meets somebody new)."""

    most_visits: int
    eur_per_visit: float


@dataclass(frozen=True)
class EvenWeeks:
    """Workload balance: each hour of work (service and drives) beyond a rep's share costs `eur_per_hour`.

    share_seconds: by rep, of the whole problem's days.
    """

    eur_per_hour: float
    share_seconds: Mapping[str, float]


@dataclass(frozen=True)
class RoutingProblem:
    """Rep-days in one prize-collecting model.

    tasks, shifts: see there; shifts are sorted by rep and day.
    places: customers first, then where reps start and end; seconds and km: (places, places) of `solvers.travel`.
    days: rep_id, day, works, reason, shift_start_at, shift_end_at: every rep and horizon day, working or not.
    refused: visits that no rep-day can do even alone: the columns of `Routes.unserved`.
    notes: sentences for the report, e.g. an appointment that falls on a day off.
    parking_seconds: share of `seconds` of each drive to a customer (not within a place) that no pace stretches.
    borders, even: None where neither is asked for. balance_eur_per_hour: what `plan_routes` makes `even` from.
    """

    tasks: tuple[Task, ...]
    shifts: tuple[Shift, ...]
    places: Places
    seconds: np.ndarray
    km: np.ndarray
    travel_eur_per_km: float
    days: pd.DataFrame
    refused: pd.DataFrame
    notes: tuple[str, ...] = ()
    parking_seconds: int = 0
    borders: Borders | None = None
    even: EvenWeeks | None = None
    balance_eur_per_hour: float = 0.0


@dataclass(frozen=True)
class Orders:
    """What an engine returns: for each shift of the problem the task indices in order, and how it was found.

    met: (shift, order) of distinct rep-days of plans on the way, if the engine was asked to remember them.
    """

    sequences: tuple[tuple[int, ...], ...]
    method: str
    brake_hit: bool = False
    met: tuple[tuple[int, tuple[int, ...]], ...] = ()
