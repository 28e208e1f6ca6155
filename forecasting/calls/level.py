"""The point forecast of a day: the usual course of such a day, from the last eight of its type.

Plain weekdays are taken alone: holidays, their eves, gaps and unknown intervals are never a source. A holiday takes
the course of the weekly rest day (the open weekday with the fewest calls), its eve that of the short day (the day
before the rest day), unless its own weekday is quieter still, or no weekday is a day of rest; as soon as two past
holidays (or eves) are known, the candidate course that would have been nearest to them is taken instead. Where next to
nobody called on them, the company was closed, and such a day is forecast as they were (`closed_level`).
"""

from dataclasses import dataclass

import numpy as np

from forecasting.calls.history import EVE_KIND, HOLIDAY_KIND, Days, History

SOURCES = 8
"""Days that a level is taken from, per slot."""
LOOK_BACK = 16
"""Same-type days looked through for `SOURCES` known values."""
MEAN_BELOW_CALLS = 4.0
"""At so many calls a slot, median and mean weigh alike; below, the mean weighs more: the median of rare events is 0."""
REST_SHARE = 0.6
"""The quietest weekday is a day of rest if it has at most this share of a usual day's calls."""
EXAMPLES_TO_LEARN = 2
"""Past holidays (or eves) from which on they teach better than the rest day."""
CLOSED_SHARE, CLOSED_EXAMPLES = 0.1, 6
"""A holiday with less than this share of its weekday's calls is one on which the company was closed; so many of the
last ones are looked at."""
WEEK = 7


@dataclass(frozen=True)
class Levels:
    """The course of each weekday as it stood after each day.

    after: (D, Q, S) calls, the level of day d's own weekday with day d included; NaN rows for special days.
    latest: (D, 7) the last plain day at or before d of each weekday, -1 none; reads `after`.
    sources: (D, Q) number of days behind `after`.
    rest, short: weekdays whose course holidays and eves take. volume: (7,) usual calls a day, all queues, open hours;
    NaN where the weekday was never seen or is never open. has_rest: whether `rest` is a day of rest at all, and not
    just the quietest of days that are all alike.
    """

    after: np.ndarray
    latest: np.ndarray
    sources: np.ndarray
    rest: int
    short: int
    volume: np.ndarray
    has_rest: bool = True


def weekday_levels(history: History) -> Levels:
    """Levels of all weekdays after every day of the history."""
    queues, days, slots = history.calls.shape
    after = np.full((days, queues, slots), np.nan)
    sources = np.zeros((days, queues), dtype=np.int64)
    latest = np.full((days, WEEK), -1)
    plain = history.days.is_plain
    for weekday in range(WEEK):
        same = np.flatnonzero(plain & (history.days.weekday == weekday))
        for i, day in enumerate(same):
            window = history.calls[:, same[max(0, i + 1 - LOOK_BACK) : i + 1][::-1]]
            after[day], sources[day] = usual_day(window)
        if len(same):
            position = np.searchsorted(same, np.arange(days), side="right") - 1
            latest[:, weekday] = np.where(position >= 0, same[position], -1)
    volume = _usual_volume(history)
    rest, short = _rest_and_short_day(volume)
    return Levels(after, latest, sources, rest, short, volume, _is_rest(volume, rest))


def usual_day(window: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The usual course of a day.

    Per slot the median of the latest `SOURCES` known values, leaning to their mean where calls are rare; then scaled
    so that the day's sum is right in the median too (a sum of medians is not the median of the sums).

    Args:
        window: (Q, K, S) calls of same-type days, latest first, NaN unknown.

    Returns:
        (Q, S) calls, NaN where no value is known; (Q,) number of days with a known value among the sources.
    """
    known = ~np.isnan(window)
    used = np.where(known & (np.cumsum(known, axis=1) <= SOURCES), window, np.nan)
    count = (~np.isnan(used)).sum(axis=1)  # (Q, S)
    ordered = np.sort(used, axis=1)  # NaN last
    low, high = np.maximum(count - 1, 0) // 2, np.maximum(count, 1) // 2
    pick = np.take_along_axis
    median = (
        0.5 * (pick(ordered, low[:, None], 1) + pick(ordered, np.minimum(high, count.clip(1) - 1)[:, None], 1))[:, 0]
    )
    mean = np.where(count > 0, np.nansum(used, axis=1) / count.clip(1), np.nan)
    weight = mean / (mean + MEAN_BELOW_CALLS)
    level = weight * median + (1 - weight) * mean
    expected = np.where(np.isnan(used), 0.0, level[:, None]).sum(axis=2)  # (Q, K) over the known slots
    whole = np.nansum(level, axis=1)[:, None]
    usable = (expected > 0) & (expected >= 0.5 * whole)
    ratio = np.where(usable, np.nansum(used, axis=2) / np.where(usable, expected, 1.0), np.nan)
    factor = np.array([np.median(r[~np.isnan(r)]) if (~np.isnan(r)).any() else 1.0 for r in ratio])
    return level * factor[:, None], (~np.isnan(used)).any(axis=2).sum(axis=1)


def _usual_volume(history: History) -> np.ndarray:
    """(7,) median calls of a plain day in open hours, all queues together; NaN for weekdays never seen."""
    opened = np.where(history.days.is_open, history.calls, np.nan)
    opens = history.days.is_open.any(axis=1)
    seen = history.days.is_plain & opens & (~np.isnan(opened).all(axis=(0, 2)))
    totals = np.nansum(opened, axis=(0, 2))
    volume = np.full(WEEK, np.nan)
    for weekday in range(WEEK):
        of_day = totals[seen & (history.days.weekday == weekday)]
        if len(of_day):
            volume[weekday] = np.median(of_day)
    return volume


def _rest_and_short_day(volume: np.ndarray) -> tuple[int, int]:
    """The quietest weekday, and the day before it; Sunday and Saturday where nothing is known."""
    if np.isnan(volume).all():
        return 6, 5
    rest = int(np.nanargmin(volume))
    return rest, (rest - 1) % WEEK


def _is_rest(volume: np.ndarray, rest: int) -> bool:
    known = volume[~np.isnan(volume)]
    return not len(known) or bool(volume[rest] <= REST_SHARE * np.median(known))


def day_patterns(history: History, levels: Levels, days: Days, *, known_until: int) -> np.ndarray:
    """The weekday whose course each day takes.

    Args:
        history, levels: what is known; only days up to position `known_until` are looked at.
        days: the days to be forecast.
        known_until: position of the last known day.

    Returns:
        (len(days),) weekday 0..6.
    """
    pattern = days.weekday.copy()
    for kind, default in ((HOLIDAY_KIND, levels.rest), (EVE_KIND, levels.short)):
        wanted = days.kind == kind
        if not wanted.any():
            continue
        learned = _learned_course(history, levels, kind, known_until=known_until)
        for i in np.flatnonzero(wanted):
            own = int(days.weekday[i])
            if not levels.has_rest and not learned:
                continue  # no weekday shows what rest looks like: the day keeps its own course
            quieter = levels.volume[own] < levels.volume[default]
            course = {"own": own, "rest": levels.rest, "short": levels.short}.get(learned, default)
            pattern[i] = own if quieter and learned != "own" else course
    return pattern


def _learned_course(history: History, levels: Levels, kind: int, *, known_until: int) -> str:
    """`rest`, `short` or `own`: the course nearest to the past days of this kind; `` with too few of them."""
    past = np.flatnonzero(history.days.kind[: known_until + 1] == kind)
    past = past[~np.isnan(history.calls[:, past]).all(axis=(0, 2))] if len(past) else past
    error = dict.fromkeys(("rest", "short", "own"), 0.0)
    examples = 0
    for day in past[past > 0]:
        weekdays = {"rest": levels.rest, "short": levels.short, "own": int(history.days.weekday[day])}
        at = {name: levels.latest[day - 1, weekday] for name, weekday in weekdays.items()}
        if min(at.values()) < 0:
            continue
        examples += 1
        seen = history.calls[:, day]
        for name, position in at.items():
            error[name] += float(np.nansum(np.abs(np.nansum(seen - levels.after[position], axis=1))))
    if examples < EXAMPLES_TO_LEARN:
        return ""
    return min(error, key=lambda name: error[name])


def closed_level(history: History, levels: Levels, kind: int, *, known_until: int) -> np.ndarray | None:
    """(Q,) calls of a day of this kind if the past ones show that the company is closed then; else None.

    The last days of the kind, two at least and `CLOSED_EXAMPLES` at most, must each have had less than `CLOSED_SHARE`
    of the calls usual on their weekday; what came on average is the level.
    """
    past = np.flatnonzero(history.days.kind[: known_until + 1] == kind)
    examples = []
    for day in past[::-1]:
        at = levels.latest[day - 1, history.days.weekday[day]] if day else -1
        opened = np.where(history.days.is_open[day], history.calls[:, day], np.nan)
        if at < 0 or np.isnan(opened).all():
            continue
        usual = np.nansum(np.where(np.isnan(opened), np.nan, levels.after[at]))
        if np.nansum(opened) > CLOSED_SHARE * usual or usual <= 0:
            return None
        examples.append(np.nansum(opened, axis=1))
        if len(examples) == CLOSED_EXAMPLES:
            break
    return np.mean(examples, axis=0) if len(examples) >= EXAMPLES_TO_LEARN else None
