"""Speeds by distance and factors by hour from drives whose time is known, and how wrong they are on unseen drives.

seconds ~ factor(hour) x (intercept + sum over distance bands of km within the band x slope of the band), all terms not
negative, so that a longer drive never takes less. Robust: Huber's loss on relative errors by iterated reweighting
(Huber, 1964; Holland and Welsch, 1977), slopes within bounds by BVLS (Stark and Parker, 1995).
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import lsq_linear

from scenarios.errors import DataError
from solvers.travel.formula import km_by_band
from solvers.travel.places import EARTH_RADIUS_KM

SPEEDS_KMH = (3.0, 130.0)
"""Speeds of a band lie between walking and a motorway."""
BAND_CUTS, DRIVES_A_BAND = (0.05, 0.15, 0.35, 0.65), 40
"""Shares of all drives that are shorter than a band's end, finer where a route's legs are; least drives of a band."""
FOLDS = 5
ROUNDS, TOLERANCE = 40, 1e-6
ALTERNATIONS = 4
HUBER, MAD = 1.345, 1.4826
"""Huber's bend for 95 % efficiency at the normal; scale of the median absolute deviation."""
DRIVES_AN_HOUR = 30
"""Hours with fewer drives take no factor of their own."""
SAME_FACTOR = 0.03
"""Neighbouring hours whose factors differ by less are one part of the day."""
LEAST_DRIVES = 20
NEAR_KM = 0.2
"""Drives shorter as the crow flies say nothing on detours."""


@dataclass(frozen=True)
class Fit:
    """speeds_kmh: (B,) by band; ends_km: (B - 1,). hours: (from hour, to hour, factor). Errors: |error| in percent of
    the true time over `pairs` drives, each predicted by a fit that did not see it; plain_*: of the one best speed.

    planned_hour: the hour with most drives, None without hours.
    """

    intercept_seconds: float
    ends_km: tuple[float, ...]
    speeds_kmh: tuple[float, ...]
    detour_factor: float
    hours: tuple[tuple[int, int, float], ...]
    planned_hour: int | None
    pairs: int
    error_median_pct: float
    error_p90_pct: float
    plain_median_pct: float
    plain_p90_pct: float
    notes: tuple[str, ...]

    def predict(self, great_circle_km: np.ndarray, hour: np.ndarray | None = None) -> np.ndarray:
        """Driving seconds, of any shape; hour: 0 to 23 of each drive, None: no hour factor."""
        within = km_by_band(great_circle_km * self.detour_factor, self.ends_km)
        seconds: np.ndarray = self.intercept_seconds + 3600 * (within / np.array(self.speeds_kmh)).sum(axis=-1)
        return seconds if hour is None else seconds * _factors(self.hours)[np.asarray(hour, int)]


def fit_travel(
    drives: pd.DataFrame, places: pd.DataFrame, *, detour_factor: float = 1.35, folds: int = FOLDS, seed: int = 0
) -> Fit:
    """Fit on all drives; the errors come from `folds` further fits, each judged on the drives it did not see.

    Args:
        drives: from_id, to_id, seconds; perhaps metres (road), hour (0 to 23).
        places: latitude, longitude in degrees, by id.
        detour_factor: of the road km where the drives have no metres.
        seed: which drives fall into which fold; a drive and its way back fall into the same.

    Raises:
        DataError: fewer than 20 usable drives.
    """
    table, notes = _usable(drives, places)
    known = table["metres"].notna() & (table["crow_km"] >= NEAR_KM)
    if known.any():
        ratio = (table.loc[known, "metres"] / 1000 / table.loc[known, "crow_km"]).to_numpy()
        detour_factor = float(np.clip(_weighted_median(ratio, table.loc[known, "crow_km"].to_numpy()), 1, 5))
    else:
        notes.append(f"no road km are given: the detour factor {detour_factor:g} is taken as it is")
    crow, seconds, hour = table["crow_km"].to_numpy(), table["seconds"].to_numpy(), table["hour"].to_numpy()
    detour_factor = round(detour_factor, 3)
    fit = _fit(crow * detour_factor, seconds, hour, detour_factor)
    fold = _folds(table, folds, seed)
    error, plain = np.empty(len(table)), np.empty(len(table))
    for number in range(folds):
        test = fold == number
        part = _fit(crow[~test] * detour_factor, seconds[~test], hour[~test], detour_factor)
        unknown = np.isnan(hour[test])
        factor = _factors(part.hours)[np.where(unknown, 0, hour[test]).astype(int)]
        guess = part.predict(crow[test]) * np.where(unknown, 1.0, factor)
        error[test] = 100 * np.abs(guess / seconds[test] - 1)
        moving = crow[~test] > 0
        pace = np.median(seconds[~test][moving] / crow[~test][moving])
        plain[test] = 100 * np.abs(pace * crow[test] / seconds[test] - 1)
    return replace(
        fit,
        pairs=len(table),
        error_median_pct=round(float(np.median(error)), 1),
        error_p90_pct=round(float(np.quantile(error, 0.9)), 1),
        plain_median_pct=round(float(np.median(plain)), 1),
        plain_p90_pct=round(float(np.quantile(plain, 0.9)), 1),
        notes=tuple(notes),
    )


def drives_of_visits(visits: pd.DataFrame, *, longest_hours: float = 3.0) -> pd.DataFrame:
    """Drives between a rep's consecutive visits of a day: from_id, to_id, seconds, metres (missing), hour.

    The time between two visits holds waiting and breaks too; the fit's robustness lessens that, it does not remove it.

    Args:
        visits: rep_id, customer_id, start, end (local time, ISO 8601). longest_hours: longer gaps are no drive.
    """
    table = visits.assign(**{name: pd.to_datetime(visits[name], format="ISO8601") for name in ("start", "end")})
    table = table.sort_values(["rep_id", "start"], kind="stable")
    later = table.shift(-1)
    seconds = (later["start"] - table["end"]).dt.total_seconds()
    same = (later["rep_id"] == table["rep_id"]) & (later["start"].dt.normalize() == table["start"].dt.normalize())
    real = same & (seconds > 0) & (seconds <= 3600 * longest_hours) & (later["customer_id"] != table["customer_id"])
    drives: pd.DataFrame = pd.DataFrame(
        {
            "from_id": table["customer_id"],
            "to_id": later["customer_id"],
            "seconds": seconds,
            "metres": np.nan,
            "hour": table["end"].dt.hour,
        }
    )
    kept: pd.DataFrame = drives.loc[real.to_numpy(bool)].reset_index(drop=True)
    return kept


def _usable(drives: pd.DataFrame, places: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Rows with a time, two known places and some way between them; crow_km added; what was left out, in words."""
    table = drives.reindex(columns=["from_id", "to_id", "seconds", "metres", "hour"]).reset_index(drop=True)
    for name in ("seconds", "metres", "hour"):
        table[name] = pd.to_numeric(table[name], errors="coerce").astype(float)
    degrees = places[["latitude", "longitude"]].astype(float)
    here, there = (degrees.reindex(table[end]).to_numpy() for end in ("from_id", "to_id"))
    table["crow_km"] = _crow_km(here, there)
    faults = {
        "name a place without latitude and longitude": table["crow_km"].isna(),
        "have no time above 0": ~(table["seconds"] > 0) | ~np.isfinite(table["seconds"]),
        "stay at their place": table["from_id"] == table["to_id"],
        "have an hour outside 0 to 23": table["hour"].notna() & ~table["hour"].between(0, 23),
    }
    notes, bad = [], np.zeros(len(table), bool)
    for what, rows in faults.items():
        new = rows.to_numpy(bool) & ~bad
        bad |= new
        if new.any():
            first = table[new].iloc[0]
            notes.append(f"{new.sum()} rows {what} and are left out, for example {first.from_id} to {first.to_id}")
    if (~bad).sum() < LEAST_DRIVES:
        said = f": {'; '.join(notes)}" if notes else ""
        count = (~bad).sum()
        raise DataError(f"{count} usable drives are too few to fit travel times, {LEAST_DRIVES} are needed{said}")
    return table[~bad].reset_index(drop=True), notes


def _crow_km(here: np.ndarray, there: np.ndarray) -> np.ndarray:
    """Great-circle km of each row's two places, (n, 2) degrees."""
    (lat1, lon1), (lat2, lon2) = np.radians(here).T, np.radians(there).T
    half = np.sin((lat2 - lat1) / 2) ** 2 + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    km: np.ndarray = 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return km


def _fit(road_km: np.ndarray, seconds: np.ndarray, hour: np.ndarray, detour_factor: float) -> Fit:
    """One fit: speeds and hour factors in turn, each with the other held."""
    ends = _band_ends(road_km)
    terms = np.column_stack([np.ones(len(road_km)), km_by_band(road_km, ends)])
    hours: tuple[tuple[int, int, float], ...] = ()
    known = ~np.isnan(hour)
    at = np.where(known, hour, 0).astype(int)
    found = _robust(terms, seconds)
    for _ in range(ALTERNATIONS if known.any() else 0):
        hours = _parts_of_day((seconds / (terms @ found))[known], at[known])
        found = _robust(terms * np.where(known, _factors(hours)[at], 1.0)[:, None], seconds)
    planned = int(np.bincount(at[known], minlength=24).argmax()) if hours else None
    speeds = tuple(round(float(3600 / slope), 1) for slope in found[1:])
    nan = float("nan")
    return Fit(round(float(found[0]), 1), ends, speeds, detour_factor, hours, planned, 0, nan, nan, nan, nan, ())


def _band_ends(road_km: np.ndarray) -> tuple[float, ...]:
    """Ends of the bands in round km; no band has fewer than `DRIVES_A_BAND` drives."""
    ends: list[float] = []
    for cut in np.quantile(road_km, BAND_CUTS):
        end, begun = float(f"{cut:.2g}"), ends[-1] if ends else -1.0
        within, beyond = ((road_km > begun) & (road_km <= end)).sum(), (road_km > end).sum()
        if min(within, beyond) >= DRIVES_A_BAND and end > 0:
            ends.append(end)
    return tuple(ends)


def _robust(terms: np.ndarray, seconds: np.ndarray) -> np.ndarray:
    """(1 + B,) intercept and seconds per km that least hurt in relative terms, by Huber's loss."""
    lower = np.array([0.0, *[3600 / SPEEDS_KMH[1]] * (terms.shape[1] - 1)])
    upper = np.array([np.inf, *[3600 / SPEEDS_KMH[0]] * (terms.shape[1] - 1)])
    relative = terms / seconds[:, None]
    weight, found = np.ones(len(seconds)), np.zeros(terms.shape[1])
    for _ in range(ROUNDS):
        root = np.sqrt(weight)[:, None]
        small = np.asarray(np.linalg.qr(np.column_stack([relative * root, root]), mode="r"))
        new = lsq_linear(small[:, :-1], small[:, -1], (lower, upper), method="bvls").x
        moved = np.abs(new - found).max()
        found = new
        residual = np.abs(relative @ found - 1)
        bend = HUBER * max(MAD * float(np.median(residual)), 1e-6)
        weight = np.minimum(1.0, bend / np.maximum(residual, 1e-12))
        if moved <= TOLERANCE * max(1.0, np.abs(found).max()):
            break
    return found


def _parts_of_day(ratio: np.ndarray, hour: np.ndarray) -> tuple[tuple[int, int, float], ...]:
    """(from, to, factor): hours with enough drives, neighbours alike put together; the typical drive has factor 1."""
    ratio = ratio / np.median(ratio)
    parts: list[tuple[int, int]] = []
    for at in range(24):
        mine = ratio[hour == at]
        if len(mine) < DRIVES_AN_HOUR:
            continue
        if parts and parts[-1][1] == at:
            before = np.median(ratio[(hour >= parts[-1][0]) & (hour < at)])
            if abs(before - np.median(mine)) < SAME_FACTOR:
                parts[-1] = (parts[-1][0], at + 1)
                continue
        parts.append((at, at + 1))
    factors = [round(float(np.median(ratio[(hour >= a) & (hour < b)])), 2) for a, b in parts]
    return tuple((a, b, f) for (a, b), f in zip(parts, np.clip(factors, 0.2, 5).tolist(), strict=True))


def _factors(hours: tuple[tuple[int, int, float], ...]) -> np.ndarray:
    """(24,) factor of each hour of the day."""
    factors = np.ones(24)
    for begin, end, factor in hours:
        factors[begin:end] = factor
    return factors


def _folds(table: pd.DataFrame, folds: int, seed: int) -> np.ndarray:
    """(n,) fold of each drive; all drives between the same two places share one."""
    ends = np.sort(table[["from_id", "to_id"]].astype(str).to_numpy(object), axis=1)
    code, names = pd.factorize(pd.MultiIndex.from_arrays([ends[:, 0], ends[:, 1]]), sort=True)
    order = np.random.default_rng(seed).permutation(len(names))
    chosen: np.ndarray = (order % folds)[code]
    return chosen


def _weighted_median(values: np.ndarray, weights: np.ndarray) -> float:
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])
