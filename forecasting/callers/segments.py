"""Segments of callers by behaviour: how often they call, how long it takes, how often again, at what time of day.

K-means (Lloyd, 1982) on standardised features. The number of segments is the one with the best silhouette (Rousseeuw,
1987) among those that are stable: segments of bootstrap samples, carried over to all callers, agree with the segments
found by an adjusted Rand index (Hubert and Arabie, 1985) of at least 0.8 in the mean. None stable: one segment.
Segments are numbered by their calls a week, the most first, so that a re-run does not permute them.
"""

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from sklearn.cluster import KMeans

LEAST_CONTACTS = 2
"""One call tells no behaviour: callers below are segment 0, `single call`."""
LEAST_CALLERS = 30
MOST_SEGMENTS = 7
LEAST_AGREEMENT = 0.8
BOOTSTRAPS = 12
SAMPLED = 2000
"""Callers on which silhouette and stability are measured, where there are more."""
FEATURES = ("calls_per_week", "handle_seconds_mean", "redial_pct", "hour_sin", "hour_cos")
HIGH_Z = 0.5
"""A centre so many standard deviations above or below the mean of all is said in the label."""
UNSTABLE = "all who call again: no split of them is stable"
"""Label of the one segment where bootstraps agree on no number of segments; the table itself must say so."""
COLUMNS = (
    "caller_id", "segment", "segment_label", "contacts", "calls_per_week", "handle_seconds_mean", "redial_pct",
    "usual_hour", "last_contact_at",
)  # fmt: skip


@dataclass(frozen=True)
class CallerSegments:
    """table: caller_id, segment (1 calls most often; 0 too few calls), segment_label, contacts, calls_per_week,
    handle_seconds_mean (NaN: never answered), redial_pct, usual_hour (0..24, circular mean), last_contact_at.
    quality: segments, silhouette, agreement, chosen: what each number of segments came to. notes: for people."""

    table: pd.DataFrame
    quality: pd.DataFrame
    notes: tuple[str, ...] = ()


def caller_segments(contacts: pd.DataFrame, *, as_of: date, seed: int) -> CallerSegments:
    """Segments of the callers of inbound contacts up to the end of `as_of`.

    Args:
        contacts: as in `inputs.types.Tables.contacts`; contacts without a caller take no part.

    Returns:
        A row per caller, sorted by caller_id; without callers no row.
    """
    people = _behaviour(contacts, as_of)
    usual = (people["contacts"] >= LEAST_CONTACTS).to_numpy()
    people["segment"] = np.where(usual, 1, 0)
    people["segment_label"] = np.where(usual, "all who call again", "single call")
    quality = pd.DataFrame(columns=["segments", "silhouette", "agreement", "chosen"])
    notes: tuple[str, ...] = ()
    if usual.sum() >= LEAST_CALLERS:
        scaled = _scaled(people.loc[usual])
        quality, count = _chosen(scaled, seed)
        if count > 1:
            label = _ordered(_fit(scaled, count, seed).labels_, people.loc[usual, "calls_per_week"].to_numpy())
            people.loc[usual, "segment"] = label
            people.loc[usual, "segment_label"] = _words(scaled, label)
        else:
            people.loc[usual, "segment_label"] = UNSTABLE
            best = quality["agreement"].max() if len(quality) else float("nan")
            notes = (
                f"callers: no number of segments is stable (adjusted Rand index {best:.2f} at best, "
                f"{LEAST_AGREEMENT} is asked): they stay one segment",
            )
    elif len(people):
        notes = (f"callers: {int(usual.sum())} called more than once, too few for segments ({LEAST_CALLERS})",)
    people["segment_label"] = people["segment_label"].astype("str")
    return CallerSegments(people[list(COLUMNS)], quality, notes)


def _behaviour(contacts: pd.DataFrame, as_of: date) -> pd.DataFrame:
    """One row per caller with the features."""
    known = contacts["caller_id"].notna() & (contacts["caller_id"] != "")
    inbound = contacts["is_demand"].astype(bool) | contacts["is_redial"].astype(bool)
    on_time = contacts["arrived_at"] < pd.Timestamp(as_of) + pd.Timedelta(days=1)
    rows = contacts[known & inbound & on_time]
    all_days = (rows["arrived_at"].max() - rows["arrived_at"].min()).days + 1 if len(rows) else 1
    at = rows["arrived_at"]
    angle = 2 * np.pi * (at.dt.hour + at.dt.minute / 60).to_numpy(dtype=float) / 24
    rows = rows.assign(_sin=np.sin(angle), _cos=np.cos(angle), _handle=rows["handle_seconds"].where(lambda s: s > 0))
    people = rows.groupby("caller_id", sort=True).agg(
        contacts=("call_id", "size"), handle_seconds_mean=("_handle", "mean"), redial_pct=("is_redial", "mean"),
        hour_sin=("_sin", "mean"), hour_cos=("_cos", "mean"), last_contact_at=("arrived_at", "max"),
    ).reset_index()  # fmt: skip
    people["calls_per_week"] = people["contacts"] * 7 / max(all_days, 7)
    people["redial_pct"] = 100.0 * people["redial_pct"].astype(float)
    turned = np.arctan2(people["hour_sin"].to_numpy(float), people["hour_cos"].to_numpy(float))
    people["usual_hour"] = np.mod(24 * turned / (2 * np.pi), 24)
    return people


def _scaled(people: pd.DataFrame) -> np.ndarray:
    """(n, F) standardised; counts and seconds as logarithms, the two parts of the hour as one feature together."""
    handle = people["handle_seconds_mean"].fillna(people["handle_seconds_mean"].median()).fillna(0.0)
    block = np.column_stack(
        [np.log(people["calls_per_week"]), np.log1p(handle), people["redial_pct"], people["hour_sin"],
         people["hour_cos"]]
    ).astype(float)  # fmt: skip
    spread = block.std(axis=0)
    hours = float(np.hypot(spread[3], spread[4]))
    spread[3:] = hours
    scaled: np.ndarray = (block - block.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)
    return scaled


def _fit(scaled: np.ndarray, count: int, seed: int) -> "KMeans":
    from sklearn.cluster import KMeans

    return KMeans(n_clusters=count, n_init=5, random_state=seed).fit(scaled)


def _chosen(scaled: np.ndarray, seed: int) -> tuple[pd.DataFrame, int]:
    """What each number of segments came to, and the stable one with the best silhouette (1: none is stable)."""
    from sklearn.metrics import adjusted_rand_score, silhouette_score

    rng = np.random.default_rng(seed)
    some = scaled[np.sort(rng.permutation(len(scaled))[:SAMPLED])]
    distinct = len(np.unique(some, axis=0))
    rows = []
    for count in range(2, min(MOST_SEGMENTS, distinct - 1, len(some) // 10) + 1):
        found = _fit(some, count, seed)
        agreed = []
        for _ in range(BOOTSTRAPS):
            again = some[rng.integers(0, len(some), len(some))]
            if len(np.unique(again, axis=0)) >= count:
                agreed.append(adjusted_rand_score(found.labels_, _fit(again, count, seed).predict(some)))
        rows.append((count, float(silhouette_score(some, found.labels_)), float(np.mean(agreed)) if agreed else 0.0))
    table = pd.DataFrame(rows, columns=["segments", "silhouette", "agreement"])
    stable = table[table["agreement"] >= LEAST_AGREEMENT]
    best = int(stable["segments"].to_numpy()[stable["silhouette"].to_numpy().argmax()]) if len(stable) else 1
    return table.assign(chosen=table["segments"] == best), best


def _ordered(label: np.ndarray, calls_per_week: np.ndarray) -> np.ndarray:
    """Labels 1.. by the mean calls a week of their members, the most first."""
    count = int(label.max()) + 1
    mean = np.array([calls_per_week[label == k].mean() for k in range(count)])
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(-mean, kind="stable")] = np.arange(1, count + 1)
    ordered: np.ndarray = rank[label]
    return ordered


def _words(scaled: np.ndarray, label: np.ndarray) -> np.ndarray:
    """(n,) label in words: what sets the segment apart from all callers."""
    names = (("calls often", "calls seldom"), ("long calls", "short calls"), ("calls again soon", ""))
    text = np.full(len(label), "", dtype=object)
    for k in np.unique(label):
        centre = scaled[label == k].mean(axis=0)
        said = [high if z > HIGH_Z else low for z, (high, low) in zip(centre, names, strict=False) if abs(z) > HIGH_Z]
        hour = "early" if centre[3] > HIGH_Z / 2 else "late" if centre[3] < -HIGH_Z / 2 else ""
        text[label == k] = ", ".join(part for part in [*said, hour] if part) or "like most"
    return text
