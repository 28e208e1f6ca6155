"""Direct ratio trees: calls of an interval over its usual level, for every day ahead at once, all queues together.

Each past day is seen from pseudo-origins before it, with what was known then: the target is calls / usual level (the
level of the last eight days of the same course), the weight is that level, the horizon is a feature, so nothing is fed
back and one model serves all days ahead, intervals and queues. Half of the trees learn absolute errors, half a Poisson
rate; bags draw their own pseudo-origins. Gradient boosting: Ke et al. (2017), LightGBM.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from forecasting.calls.known import WEEK, Known, Part, part_of

FIRST_ORIGIN = 27
"""Position of the first day from whose end the usual level is asked."""
RECENT_DAYS = (1, 3, 5, 10, 20)
SLOT_DAYS = (5, 20)
LEAST_BASE = 0.25
"""Calls an interval below which a ratio says nothing."""
LARGEST_RATIO = 6.0
LEAST_ROWS = 2000
OBJECTIVES = ("l1", "poisson")
PARAMETERS: dict[str, Any] = {
    "learning_rate": 0.06, "num_leaves": 12, "min_data_in_leaf": 100, "feature_fraction": 0.7, "bagging_fraction": 0.7,
    "bagging_freq": 1, "max_bin": 63, "verbosity": -1, "num_threads": 1, "deterministic": True, "force_col_wise": True,
}  # fmt: skip


@dataclass(frozen=True)
class Effort:
    """bags: models per objective, 0: no trees. rows: training rows of each. trees: of each."""

    bags: int = 2
    rows: int = 12_000
    trees: int = 80


@dataclass(frozen=True)
class DirectModel:
    """Fitted trees."""

    boosters: tuple[Any, ...]


@dataclass(frozen=True)
class OriginState:
    """What an origin looks like. base: (7, Q, S) usual calls by weekday, NaN unknown. recent: (Q, 5) log ratio of the
    last days to their usual level; of_weekday: (7, Q, 2) of the last one and three days of a weekday; slots: (Q, S, 2)
    of intervals over the last days."""

    base: np.ndarray
    recent: np.ndarray
    of_weekday: np.ndarray
    slots: np.ndarray


def origin_state(known: Known, origin: int) -> OriginState:
    """The state at the end of day `origin`; later days are not read."""
    levels, days = known.levels, known.history.days
    latest = levels.latest[origin]
    opens = days.is_open[np.maximum(latest, 0)]
    base = np.where((latest >= 0)[:, None, None], levels.after[latest] * opens[:, None, :], np.nan)
    base_total = base.sum(axis=2)  # (7, Q)
    past = np.flatnonzero(known.teaching[: origin + 1])[-max(RECENT_DAYS) :]
    weekday = days.weekday[past]
    met = known.totals[:, past]
    meant = base_total[weekday].T
    met, meant = _both_known(met, meant)
    recent = np.stack([_log_ratio(met[:, -k:].sum(axis=1), meant[:, -k:].sum(axis=1), 1.0) for k in RECENT_DAYS], 1)
    of_weekday = np.zeros((WEEK, len(met), 2))
    for w in range(WEEK):
        same = np.flatnonzero(known.teaching[: origin + 1] & (days.weekday[: origin + 1] == w))[-3:]
        if len(same) and latest[w] >= 0:
            seen, usual = _both_known(known.totals[:, same], np.repeat(base_total[w][:, None], len(same), 1))
            of_weekday[w, :, 0] = _log_ratio(seen[:, -1], usual[:, -1], 1.0)
            of_weekday[w, :, 1] = _log_ratio(seen.sum(axis=1), usual.sum(axis=1), 1.0)
    slots = np.stack([_slot_ratio(known, base, past[-k:]) for k in SLOT_DAYS], axis=2)
    return OriginState(base, recent, of_weekday, slots)


def _both_known(met: np.ndarray, meant: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    both = np.isfinite(met) & np.isfinite(meant)
    return np.where(both, met, 0.0), np.where(both, meant, 0.0)


def _log_ratio(met: np.ndarray, meant: np.ndarray, prior: float) -> np.ndarray:
    ratio: np.ndarray = np.log((met + prior) / (meant + prior))
    return ratio


def _slot_ratio(known: Known, base: np.ndarray, past: np.ndarray) -> np.ndarray:
    """(Q, S) log ratio of intervals and their neighbours to the usual; drawn to 0 where calls are few."""
    days = known.history.days
    opened = np.where(days.is_open[past], known.history.calls[:, past], np.nan)
    met, meant = _both_known(opened, base[days.weekday[past]].transpose(1, 0, 2))
    met, meant = met.sum(axis=1), meant.sum(axis=1)
    for block in (met, meant):
        spread = block.copy()
        spread[:, 1:] += 0.5 * block[:, :-1]
        spread[:, :-1] += 0.5 * block[:, 1:]
        block[:] = spread
    return _log_ratio(met, meant, 3.0)


def _rows(
    known: Known, state: OriginState, origin: int, pattern: np.ndarray, targets: np.ndarray, queues: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(n, H, S, F) float32 features and (n, H, S) usual level of n queues at one origin."""
    days, slots = len(targets), known.calendar.is_open.shape[1]
    course = pattern[targets]
    base = state.base[course][:, queues].transpose(1, 0, 2) * known.calendar.is_open[targets]
    total = np.maximum(np.nansum(base, axis=2, keepdims=True), 1e-9)
    shape = (len(queues), days, slots)
    by_day = [targets - origin, course, *known.design.features[targets].T]
    by_queue = list(state.recent[queues].T)
    by_both = [state.of_weekday[course][:, queues, k].T for k in (0, 1)]
    drivers = known.drivers(origin)[queues][:, targets]  # (n, H, K)
    by_both += list(drivers.transpose(2, 0, 1))
    columns = [np.broadcast_to(np.asarray(x)[None, :, None], shape) for x in by_day]
    columns += [np.broadcast_to(x[:, None, None], shape) for x in by_queue]
    columns += [np.broadcast_to(x[:, :, None], shape) for x in by_both]
    columns += [np.broadcast_to(np.arange(slots)[None, None], shape), np.log(base + 0.1), base / total]
    columns += [np.broadcast_to(state.slots[queues][:, None, :, k], shape) for k in range(len(SLOT_DAYS))]
    return np.stack(columns, axis=-1, dtype=np.float32, casting="same_kind"), base


def training_rows(
    known: Known,
    pairs: Sequence[tuple[int, np.ndarray]],
    states: dict[int, OriginState],
    *,
    until: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, ratio and weight of open known intervals, seen from pseudo-origins.

    Args:
        pairs: (origin, positions of queues). states: by origin. until: last day that may be a target.
    """
    features, ratios, weights = [], [], []
    for origin, queues in pairs:
        targets = np.arange(origin + 1, min(origin + known.horizon, until) + 1)
        x, base = _rows(known, states[origin], origin, known.patterns(origin), targets, queues)
        calls = known.history.calls[queues][:, targets]
        usable = np.isfinite(calls) & np.isfinite(base) & known.calendar.is_open[targets]
        held = np.maximum(base[usable], LEAST_BASE)
        features.append(x[usable])
        ratios.append(np.minimum(calls[usable] / held, LARGEST_RATIO))
        weights.append(held)
    return np.concatenate(features), np.concatenate(ratios), np.concatenate(weights)


def fit_direct(known: Known, *, until: int, seed: int, effort: Effort) -> DirectModel | None:
    """Trees from all that was known at the end of day `until`; None where there is too little to learn from."""
    import lightgbm

    origins = np.arange(FIRST_ORIGIN, until)
    queues = len(known.history.queues)
    if not len(origins) or not queues or effort.bags == 0:
        return None
    rng = np.random.default_rng((seed, until))
    a_day = max(1, int(known.calendar.is_open.sum(axis=1).mean()))
    wanted = max(1, effort.rows // (a_day * known.horizon))
    states: dict[int, OriginState] = {}
    boosters = []
    for bag in range(effort.bags):
        pairs = _drawn_pairs(rng, origins, queues, wanted)
        for origin, _ in pairs:
            if origin not in states:
                states[origin] = origin_state(known, origin)
        x, ratio, weight = training_rows(known, pairs, states, until=until)
        if len(x) < LEAST_ROWS:
            return None
        weight = weight / weight.mean()
        for number, objective in enumerate(OBJECTIVES):
            data = lightgbm.Dataset(x, ratio, weight=weight, params={"verbosity": -1, "max_bin": 63})
            parameters = {**PARAMETERS, "objective": objective, "seed": seed + 101 * bag + number}
            boosters.append(lightgbm.train(parameters, data, effort.trees))
    return DirectModel(tuple(boosters))


def _drawn_pairs(
    rng: np.random.Generator, origins: np.ndarray, queues: int, wanted: int
) -> list[tuple[int, np.ndarray]]:
    """About `wanted` pairs of origin and queue, without repetition, grouped by origin."""
    many = len(origins) * queues
    drawn = np.sort(rng.choice(many, min(wanted, many), replace=False))
    origin, queue = origins[drawn // queues], drawn % queues
    return [(int(o), queue[origin == o]) for o in np.unique(origin)]


def direct_part(known: Known, model: DirectModel, origin: int, pattern: np.ndarray, targets: np.ndarray) -> Part:
    """The mean of the trees, as level and course; NaN where the usual level is unknown."""
    queues = np.arange(len(known.history.queues))
    x, base = _rows(known, origin_state(known, origin), origin, pattern, targets, queues)
    flat = x.reshape(-1, x.shape[-1])
    ratio = np.mean([booster.predict(flat, num_threads=1) for booster in model.boosters], axis=0).reshape(base.shape)
    calls = np.where(np.isnan(base), np.nan, np.maximum(ratio, 0.0) * np.maximum(base, LEAST_BASE))
    return part_of(np.where(known.calendar.is_open[targets], calls, 0.0))
