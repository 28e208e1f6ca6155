"""A server's answers kept in a SQLite file, by the coordinates of both ends: each drive is asked for once.

Tables: place (number, at: "latitude,longitude" with six decimals), drive (origin, destination: numbers; seconds and
metres, null where the server knows no way). Runs side by side may write; the first answer stays.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from scenarios.errors import DataError
from solvers.travel.places import Places

TABLES = """
CREATE TABLE IF NOT EXISTS place (number INTEGER PRIMARY KEY, at TEXT NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS drive (
    origin INTEGER, destination INTEGER, seconds REAL, metres REAL, PRIMARY KEY (origin, destination)
) WITHOUT ROWID;
"""
PATIENCE_SECONDS = 60
"""How long to wait for another run that writes."""


@dataclass(frozen=True)
class Drives:
    """(n, m) each; known: an answer is kept; seconds, metres: NaN where none is, or the server knows no way."""

    known: np.ndarray
    seconds: np.ndarray
    metres: np.ndarray


@dataclass(frozen=True)
class KeptDrives:
    """The file and what is in it."""

    file: Path

    def read(self, origins: Places, destinations: Places) -> Drives:
        """What is kept of the drives from each origin to each destination."""
        shape = (len(origins.ids), len(destinations.ids))
        known, seconds, metres = np.zeros(shape, bool), np.full(shape, np.nan), np.full(shape, np.nan)
        if not self.file.exists():
            return Drives(known, seconds, metres)
        with self._open() as store:
            numbers = dict(store.execute("SELECT at, number FROM place"))
            columns: dict[int, list[int]] = {}
            for j, at in enumerate(addresses(destinations)):
                columns.setdefault(numbers.get(at, -1), []).append(j)
            for i, at in enumerate(addresses(origins)):
                found = store.execute(
                    "SELECT destination, seconds, metres FROM drive WHERE origin = ?", (numbers.get(at, -1),)
                )
                for number, took, length in found:
                    for j in columns.get(number, ()):
                        known[i, j], seconds[i, j], metres[i, j] = True, _nan(took), _nan(length)
        return Drives(known, seconds, metres)

    def write(self, origins: Places, destinations: Places, seconds: np.ndarray, metres: np.ndarray) -> None:
        """Keep a block of answers, (n, m), NaN where the server knows no way; what is there already stays."""
        with self._open() as store:
            ends = [*addresses(origins), *addresses(destinations)]
            store.executemany("INSERT OR IGNORE INTO place (at) VALUES (?)", [(at,) for at in ends])
            numbers = dict(store.execute("SELECT at, number FROM place"))
            rows = [
                (numbers[a], numbers[b], _null(seconds[i, j]), _null(metres[i, j]))
                for i, a in enumerate(addresses(origins))
                for j, b in enumerate(addresses(destinations))
            ]
            store.executemany("INSERT OR IGNORE INTO drive VALUES (?, ?, ?, ?)", rows)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        try:
            self.file.parent.mkdir(parents=True, exist_ok=True)
            store = sqlite3.connect(self.file, timeout=PATIENCE_SECONDS)
        except (OSError, sqlite3.Error) as error:
            raise DataError(f"drives cannot be kept in {self.file}: {error}; set reps.travel.kept_in") from error
        try:
            with store:
                store.executescript(TABLES)
                yield store
        except sqlite3.DatabaseError as error:
            raise DataError(f"the kept drives in {self.file} cannot be used: {error}; delete the file") from error
        finally:
            store.close()


def addresses(places: Places) -> Sequence[str]:
    """The text by which each place is kept: degrees with six decimals, a tenth of a metre."""
    return [f"{lat:.6f},{lon:.6f}" for lat, lon in zip(places.latitude, places.longitude, strict=True)]


def _nan(value: float | None) -> float:
    return np.nan if value is None else value


def _null(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
