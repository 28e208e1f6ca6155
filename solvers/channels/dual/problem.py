"""The channel problem as arrays: each customer takes exactly one option, options use minutes of limited resources.

    maximise  sum_i value[i, o_i]   subject to   rows @ (minutes used of each resource) <= capacity_minutes

Euros and minutes. An option may be barred; everybody has one that uses nothing (self-service, or no contact at 0).
"""

from dataclasses import dataclass

import numpy as np

from scenarios.errors import InvalidInput

BARRED_EUR = -1e5
"""An option worth this or less is not allowed."""


@dataclass(frozen=True)
class CapacityProblem:
    """n customers, `options` each, `channels` columns of minutes, `resources` that are limited.

    value (n, options) euros; at most BARRED_EUR (or -inf): barred. minutes (n, channels). float32 is enough for both.
    channel_of_option (options,): the column of `minutes` that an option uses.
    resource_of_option (options,), or (n, options) where customers draw on different resources, as on their own reps;
        -1: no resource, so free.
    capacity_minutes (capacities,) float64: with `rows` None, of each resource.
    rows (capacities, resources): share of each resource's minutes that counts against each capacity, e.g. a contact
        that is due by Tuesday counts in all sums of days that end on Tuesday or later.
    """

    value: np.ndarray
    minutes: np.ndarray
    capacity_minutes: np.ndarray
    resource_of_option: np.ndarray
    channel_of_option: np.ndarray
    rows: np.ndarray | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not fit together.

        Raises:
            InvalidInput: shapes, numbers or places that cannot be meant.
        """
        n, options = self.value.shape if self.value.ndim == 2 else (-1, -1)
        faults = [
            ("value must have the shape (customers, options)", n < 0),
            ("minutes must have the shape (customers, channels)", self.minutes.ndim != 2 or len(self.minutes) != n),
            ("channel_of_option must name a column of minutes for each option", not self._channels_known(options)),
            ("resource_of_option must name a resource, or -1, for each option", not self._resources_known(n, options)),
            ("rows must have a row for each capacity and a column for each resource", not self._rows_fit()),
            ("capacity_minutes must be numbers of at least 0", not _at_least_zero(self.capacity_minutes)),
            ("minutes must be numbers of at least 0", not _at_least_zero(self.minutes)),
            ("value must not be NaN or +inf", bool(np.isnan(self.value).any() or np.isposinf(self.value).any())),
        ]
        found = [text for text, wrong in faults if wrong]
        if found:
            raise InvalidInput("capacity problem: " + "; ".join(found))

    def _rows_fit(self) -> bool:
        rows = self.rows
        return rows is None or (rows.ndim == 2 and len(rows) == len(self.capacity_minutes) and _at_least_zero(rows))

    def _channels_known(self, options: int) -> bool:
        place = self.channel_of_option
        columns = self.minutes.shape[1] if self.minutes.ndim == 2 else 0
        return place.shape == (options,) and (not len(place) or 0 <= place.min() <= place.max() < columns)

    def _resources_known(self, n: int, options: int) -> bool:
        place = self.resource_of_option
        if place.shape not in ((options,), (n, options)):
            return False
        return not place.size or -1 <= int(place.min()) <= int(place.max()) < self.resources

    @property
    def resources(self) -> int:
        """How many resources options draw on."""
        return len(self.capacity_minutes) if self.rows is None else int(self.rows.shape[-1])

    def rows_of_resources(self) -> np.ndarray:
        """(capacities, resources) what a minute of each resource takes from each capacity."""
        return np.eye(self.resources) if self.rows is None else np.asarray(self.rows, dtype=float)

    def resources_of(self, customers: np.ndarray) -> np.ndarray:
        """(len(customers), options) the resource of each option of these customers, -1: none."""
        if self.resource_of_option.ndim == 2:
            return np.asarray(self.resource_of_option[customers])
        return np.broadcast_to(self.resource_of_option, (len(customers), len(self.resource_of_option)))

    def minutes_of(self, customers: np.ndarray) -> np.ndarray:
        """(len(customers), options) float64 minutes of each option of these customers, 0 where it uses no resource."""
        taken = self.minutes[customers][:, self.channel_of_option].astype(float)
        return np.where(self.resources_of(customers) >= 0, taken, 0.0)

    def part(self, customers: np.ndarray, share: float) -> "CapacityProblem":
        """These customers alone, with a share of the capacities: a small picture of the whole."""
        place = self.resource_of_option
        return CapacityProblem(
            value=self.value[customers],
            minutes=self.minutes[customers],
            capacity_minutes=self.capacity_minutes * share,
            resource_of_option=place[customers] if place.ndim == 2 else place,
            channel_of_option=self.channel_of_option,
            rows=self.rows,
        )


@dataclass(frozen=True)
class CapacityPlan:
    """One option for each of n customers, and what it is proven to be worth.

    choice (n,) int16. value <= bound in euros. runner_up (n,) int16: the best other option after prices (-1: there is
    none); margin_eur (n,): what the choice is ahead of it after prices, negative for a customer who was moved from the
    best option for want of room.
    prices_eur_per_minute (capacities,) >= 0. used_minutes (capacities,).
    regret_eur: what the moved customers lose after prices. unused_eur: unused minutes at their price. Both together are
    what the prices prove beyond the value; `bound` may prove more (branch and bound).
    iterations: passes over the customers.
    """

    choice: np.ndarray
    value: float
    bound: float
    regret_eur: float
    unused_eur: float
    prices_eur_per_minute: np.ndarray
    used_minutes: np.ndarray
    runner_up: np.ndarray
    margin_eur: np.ndarray
    iterations: int
    seconds: float
    method: str
    brake_hit: bool = False

    @property
    def gap_pct(self) -> float:
        """What at most is missing, in percent of the value."""
        return 100 * (self.bound - self.value) / max(abs(self.value), 1e-9)


def _at_least_zero(numbers: np.ndarray) -> bool:
    return bool(np.isfinite(numbers).all() and (numbers >= 0).all())
