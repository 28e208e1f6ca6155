"""What the parts of the model would have said at past origins, each with what was known then.

Origins run back from the end of the history. The trees are fitted a few times on the way, never on a day that an
origin they answer could not know.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from forecasting.calls.direct import DirectModel, Effort, direct_part, fit_direct
from forecasting.calls.known import Known, Part, structural_part, usual_part, with_closed_days
from forecasting.calls.longer_days import with_longer_days
from forecasting.calls.store import Damaged, load_trees, model_key, save_trees
from forecasting.calls.weights import PARTS, Weights, learn_weights, mixed, prior_weights

WARM_UP_DAYS, GROWN_UP_DAYS = 28, 70
"""Origins with fewer days behind them are not asked; with fewer than the second only where too few others are left,
because their errors are those of a young model."""
OTHERS_LEFT_DAYS = 50
MOST_ORIGINS, LEAST_ORIGINS, STEP_DAYS = 48, 16, 3
SYSTEMS = 6000
"""Past origins x queues that are solved; with many queues there are fewer origins, further apart."""
REFIT_SHARES = (0.0, 0.5)
"""The trees are fitted before the first origin and again at these shares of the way."""
LEAST_TREE_DAYS = 56
"""Days that the trees need before them."""


@dataclass(frozen=True)
class Backtest:
    """origins: (O,) positions of the last known day. levels: (3, O, Q, H) calls a day; courses: (3, O, Q, H, S)
    shares; NaN unknown. pattern: (O, H) weekday of the course taken. faults: why a part is missing."""

    origins: np.ndarray
    levels: np.ndarray
    courses: np.ndarray
    pattern: np.ndarray
    faults: tuple[str, ...] = ()


def backtest(known: Known, *, seed: int, effort: Effort) -> Backtest:
    """All parts at past origins, earliest first; days beyond the history are answered too, and are not scored."""
    origins = _origins(known)
    queues, _, slots = known.history.calls.shape
    horizon = known.horizon
    levels = np.full((len(PARTS), len(origins), queues, horizon), np.nan)
    courses = np.full((len(PARTS), len(origins), queues, horizon, slots), np.nan, dtype=np.float32)
    pattern = np.zeros((len(origins), horizon), dtype=np.int64)
    faults: list[str] = []
    models = _models(known, origins, seed, effort, faults)
    for i, origin in enumerate(origins):
        parts, courses_of = parts_at(known, int(origin), models[i], faults)
        pattern[i] = courses_of[origin + 1 : origin + 1 + horizon]
        for k, part in enumerate(parts):
            if part is not None:
                levels[k, i], courses[k, i] = part.level, part.course
    return Backtest(origins, levels, courses, pattern, tuple(dict.fromkeys(faults)))


def _origins(known: Known) -> np.ndarray:
    last = len(known.history.days) - 2
    if last < WARM_UP_DAYS or not known.history.queues:
        return np.zeros(0, dtype=np.int64)
    many = int(np.clip(SYSTEMS // len(known.history.queues), LEAST_ORIGINS, MOST_ORIGINS))
    step = STEP_DAYS if many > LEAST_ORIGINS else STEP_DAYS + 2
    first = max(WARM_UP_DAYS, min(GROWN_UP_DAYS, last - OTHERS_LEFT_DAYS))
    return np.arange(last, first - 1, -step)[:many][::-1]


def _models(
    known: Known, origins: np.ndarray, seed: int, effort: Effort, faults: list[str]
) -> list[DirectModel | None]:
    """The trees that may answer each origin: the latest fitted on nothing after it."""
    if not len(origins):
        return []
    fitted: dict[int, DirectModel | None] = {}
    for share in REFIT_SHARES:
        at = int(origins[int(share * len(origins))])
        if at >= LEAST_TREE_DAYS and at not in fitted:
            fitted[at] = guarded_fit(known, at, seed, effort, faults)
    latest = [max((at for at in fitted if at <= origin), default=None) for origin in origins]
    return [None if at is None else fitted[at] for at in latest]


def guarded_fit(known: Known, until: int, seed: int, effort: Effort, faults: list[str]) -> DirectModel | None:
    """The trees, or None and a sentence in `faults` where the library fails on them."""
    from lightgbm.basic import LightGBMError

    try:
        return fit_direct(known, until=until, seed=seed, effort=effort)
    except (LightGBMError, ValueError) as error:
        faults.append(f"the direct model could not be fitted ({error}): it is left out")
        return None


def kept_or_fitted(
    known: Known, until: int, seed: int, effort: Effort, faults: list[str], *, keep: Path | None
) -> DirectModel | None:
    """The trees kept in the folder `keep` if they were made from the same data; else fitted, and kept there."""
    if keep is None:
        return guarded_fit(known, until, seed, effort, faults)
    key = model_key(known, seed=seed, effort=effort)
    try:
        model = load_trees(keep, key=key)
    except Damaged as what:
        model = None
        faults.append(f"the trees kept by an earlier run cannot be used ({what}): they are fitted anew")
    if model is None:
        model = guarded_fit(known, until, seed, effort, faults)
        if model is not None:
            save_trees(model, keep, key=key)
    return model


def parts_at(
    known: Known, origin: int, model: DirectModel | None, faults: list[str]
) -> tuple[list[Part | None], np.ndarray]:
    """What each of `PARTS` says at an origin (None: nothing), and the (D + H,) courses the days take."""
    pattern = known.patterns(origin)
    targets = np.arange(origin + 1, origin + 1 + known.horizon)
    structural: Part | None = None
    try:
        structural = structural_part(known, origin, pattern, targets)
    except np.linalg.LinAlgError as error:
        faults.append(f"the structural model could not be solved ({error}): it is left out")
    direct = None if model is None else _guarded_direct(known, model, origin, pattern, targets, faults)
    parts = [structural, direct, usual_part(known, origin, pattern, targets)]
    parts = [part and with_longer_days(known, part, origin, pattern, targets) for part in parts]
    return [part and with_closed_days(known, part, origin, targets) for part in parts], pattern


def _guarded_direct(
    known: Known, model: DirectModel, origin: int, pattern: np.ndarray, targets: np.ndarray, faults: list[str]
) -> Part | None:
    from lightgbm.basic import LightGBMError

    try:
        return direct_part(known, model, origin, pattern, targets)
    except (LightGBMError, ValueError) as error:
        faults.append(f"the direct model could not answer ({error}): it is left out")
        return None


def what_came(known: Known, test: Backtest) -> tuple[np.ndarray, np.ndarray]:
    """(O, Q, H) totals and (O, Q, H, S) calls in open hours on the days after each origin; NaN unknown or later."""
    days = len(known.history.days)
    at = test.origins[:, None] + 1 + np.arange(known.horizon)[None]
    inside = at < days
    held = np.minimum(at, days - 1)
    opened = np.where(known.history.days.is_open, known.history.calls, np.nan)
    totals = np.where(inside[:, None, :], known.totals[:, held].transpose(1, 0, 2), np.nan)
    calls = np.where(inside[:, None, :, None], opened[:, held].transpose(1, 0, 2, 3), np.nan)
    return totals, calls


def weights_from(known: Known, test: Backtest, *, before: int | None = None) -> Weights:
    """Weights from the past days of a backtest; `before`: only from days up to this one."""
    totals, calls = what_came(known, test)
    if before is not None:
        late = test.origins[:, None] + 1 + np.arange(known.horizon)[None] > before
        totals = np.where(late[:, None, :], np.nan, totals)
        calls = np.where(late[:, None, :, None], np.nan, calls)
    queues, slots = totals.shape[1], calls.shape[3]
    if not totals.size:
        return prior_weights(queues)
    levels = test.levels.transpose(0, 1, 3, 2).reshape(len(PARTS), -1, queues)
    courses = test.courses.transpose(0, 1, 3, 2, 4).reshape(len(PARTS), -1, queues, slots)
    # A day seen from many origins is one example of its course: the nearest origin's is taken.
    first = np.tile(np.arange(known.horizon) < STEP_DAYS, len(test.origins))
    return learn_weights(
        levels, courses[:, first], totals.transpose(0, 2, 1).reshape(-1, queues),
        calls.transpose(0, 2, 1, 3).reshape(-1, queues, slots)[first], times_seen=known.horizon / STEP_DAYS,
    )  # fmt: skip


def combined(test: Backtest, weights: Weights) -> Part:
    """The weighted forecast at each past origin: level (O, Q, H), course (O, Q, H, S)."""
    levels, courses = [], []
    for i in range(len(test.origins)):
        parts = [Part(level[i], course[i]) for level, course in zip(test.levels, test.courses, strict=True)]
        part = mixed(list(parts), weights)
        levels.append(part.level)
        courses.append(part.course)
    shape = test.courses.shape[1:]
    return Part(np.array(levels).reshape(shape[:3]), np.array(courses).reshape(shape))
