"""The instances: channel weeks of any size, unit contacts, small random weeks, and generalized assignments.

A channel week has value[n, 21] in euros (BARRED: not allowed), minutes[n, 5] and capacity_minutes[20]. Option
o = 5 x channel + day for field, outbound, inbound and assisted web (channels 0 to 3) on five days; o = 20 is
self-service, which uses nothing. Each customer takes one option.
"""

import gzip
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

CHANNELS, DAYS = 4, 5
CAPACITIES = CHANNELS * DAYS
SELF_SERVICE = CAPACITIES
OPTIONS = CAPACITIES + 1
BARRED = -1e6
AFFINITY = (1.0, 0.75, 0.6, 0.5, 0.28)
MEAN_MINUTES, SPREAD = (48, 11, 8, 6), (0.35, 0.5, 0.5, 0.5)
WEEKDAYS = (1.0, 1.0, 0.9, 0.9, 0.7)
COVERED = (0.06, 0.10, 0.05, 0.05)


@dataclass(frozen=True)
class Week:
    """value (n, 21) float32 euros, minutes (n, 5) float32, capacity_minutes (20,) float64."""

    value: np.ndarray
    minutes: np.ndarray
    capacity_minutes: np.ndarray

    def minutes_of_options(self) -> np.ndarray:
        """(n, 20) minutes of each option that uses any."""
        return np.repeat(self.minutes[:, :CHANNELS], DAYS, axis=1)


def make_week(n: int, seed: int) -> Week:
    """A week of n customers by the recipe of the public case `alloc10k` (which is n = 10,000, seed 1).

    Potential is lognormal(4, 0.9) euros; affinity to a channel beta(2, 3) times AFFINITY. Minutes of the first four
    channels are lognormal about MEAN_MINUTES, whole, within a quarter and four times the mean. A day up to the due day
    (uniform) loses 2 % per day; after it, 75 % is left, and 12 % less for each day late. 85 % of channels have consent.
    Capacities cover COVERED of all minutes of a channel, spread over the days as WEEKDAYS.
    """
    draw = np.random.default_rng(seed)
    potential = draw.lognormal(4.0, 0.9, n).astype(np.float32)
    affinity = draw.beta(2, 3, (n, 5)).astype(np.float32) * np.array(AFFINITY, np.float32)
    minutes = np.zeros((n, 5), np.float32)
    for channel, (mean, spread) in enumerate(zip(MEAN_MINUTES, SPREAD, strict=True)):
        about = mean * np.exp(draw.normal(0, spread, n) - spread * spread / 2)
        minutes[:, channel] = np.round(np.clip(about, mean * 0.25, mean * 4))
    due = draw.integers(0, DAYS, n)
    consent = draw.random((n, 5)) < 0.85
    day = np.arange(DAYS)
    late = day - due[:, None]
    kept = np.where(late <= 0, 1 - 0.02 * day, 0.75 * (1 - 0.12 * late)).astype(np.float32)
    worth = potential[:, None] * affinity
    value = np.empty((n, OPTIONS), np.float32)
    for channel in range(CHANNELS):
        columns = slice(DAYS * channel, DAYS * (channel + 1))
        value[:, columns] = np.where(consent[:, [channel]], worth[:, [channel]] * kept, BARRED)
    value[:, SELF_SERVICE] = worth[:, 4] * kept[:, 0]
    weekday = np.array(WEEKDAYS)
    share = np.array(COVERED)[:, None] * (weekday / weekday.sum())
    return Week(value, minutes, (minutes[:, :CHANNELS].sum(0)[:, None] * share).ravel())


def read_week(path: Path) -> Week:
    """A week as `alloc10k.npz` holds it."""
    with np.load(path) as stored:
        return Week(stored["value"], stored["minutes"], stored["capacity_minutes"])


def random_week(n: int, seed: int) -> Week:
    """A week unlike the recipe: scarce or ample capacities, days that are closed, long contacts, equal values."""
    draw = np.random.default_rng(seed)
    value: np.ndarray = draw.gamma(draw.uniform(0.5, 3), 30, (n, OPTIONS)).astype(np.float32)
    if draw.random() < 0.2:
        value = np.round(value / 20) * 20
    value[draw.random((n, OPTIONS)) < draw.uniform(0, 0.6)] = BARRED
    value[:, SELF_SERVICE] = draw.uniform(-5, 10, n)
    minutes = np.zeros((n, 5), np.float32)
    minutes[:, :CHANNELS] = draw.integers(1, 61, (n, CHANNELS))
    cover = draw.uniform(0.02, 0.6) * draw.dirichlet(np.ones(CAPACITIES))
    cover[draw.random(CAPACITIES) < 0.1] = 0.0
    return Week(value, minutes, np.floor(cover * minutes[:, :CHANNELS].mean() * n))


def unit_contacts(n: int, seed: int) -> Week:
    """The recipe's week with contacts of one unit each, capacities in contacts, euros in whole cents."""
    week = make_week(n, seed)
    minutes = np.ones_like(week.minutes)
    minutes[:, CHANNELS] = 0
    weekday = np.array(WEEKDAYS)
    share = np.array(COVERED)[:, None] * (weekday / weekday.sum())
    cents = np.round(week.value.astype(float) * 100)
    return Week((cents / 100).astype(np.float64), minutes, np.floor(n * share).ravel())


@dataclass(frozen=True)
class Assignment:
    """Tasks to people: cost (m, n), minutes (m, n), capacity (m,). best_known: of the literature, None: unknown."""

    name: str
    cost: np.ndarray
    minutes: np.ndarray
    capacity: np.ndarray
    best_known: float | None = None


def read_assignment(path: Path) -> Assignment:
    """A generalized assignment: `m n`, costs by person, minutes by person, capacities; best known value beside it."""
    words = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    numbers = np.array(words.split(), dtype=float)
    m, n = int(numbers[0]), int(numbers[1])
    cost, minutes, capacity = np.split(numbers[2:], [m * n, 2 * m * n])
    name = path.name.split(".")[0]
    return Assignment(name, cost.reshape(m, n), minutes.reshape(m, n), capacity[:m], _best_known(path, name))


def _best_known(path: Path, name: str) -> float | None:
    table = path.parent / "best_known.csv"
    if not table.exists():
        return None
    header, *lines = (line.split(",") for line in table.read_text(encoding="utf-8").splitlines())
    column = header.index("Best known solution value")
    known = {cells[0].split("/")[-1]: float(cells[column]) for cells in lines if len(cells) > column}
    return known.get(name)


def make_assignment(kind: str, m: int, n: int, seed: int) -> Assignment:
    """An instance of type c, d or e by the published recipes (Chu and Beasley, 1997; Laguna et al., 1995)."""
    draw = np.random.default_rng(seed)
    minutes: np.ndarray
    if kind == "c":
        minutes, cost = draw.integers(5, 26, (m, n)), draw.integers(10, 51, (m, n)).astype(float)
    elif kind == "d":
        minutes = draw.integers(1, 101, (m, n))
        cost = 111.0 - minutes + draw.integers(-10, 11, (m, n))
    elif kind == "e":
        minutes = np.floor(1 - 10 * np.log(1 - draw.random((m, n))))
        cost = np.floor(1000 / minutes - 10 * draw.random((m, n)))
    else:
        raise ValueError(f"no recipe for type {kind}")
    capacity = np.floor(0.8 * minutes.sum(axis=1) / m)
    name = f"{kind}{m}x{n}-{seed}"
    return Assignment(name, cost, minutes.astype(float), capacity.astype(float))


def is_week(path: Path) -> bool:
    """Whether a file holds a channel week, not an assignment."""
    return zipfile.is_zipfile(path)
