"""When the usual method is not to be trusted, which simpler one takes over, and the sentence that says so.

All rules stand here. By queue: too few weeks, too much of the last weeks unknown, past forecasts worse than the
baseline's. By day: outside the band of the baseline. What was wrong with the feed is named in any case.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.calls.backtest import Backtest, what_came
from forecasting.calls.cleaning import RECENT_DAYS, Faults
from forecasting.calls.history import History
from forecasting.calls.known import WEEK, Known, Part

LEAST_WEEKS = 6
MOST_UNKNOWN = 0.30
"""Share of the open intervals of the last `RECENT_DAYS` days that may be unknown."""
WORSE_THAN_BASELINE, WORSE_SHARE = 1.02, 0.002
"""Past absolute errors above so many times the baseline's, and this share of all calls, send a queue back to it."""
BAND_SDS, LEAST_BAND = 4.0, np.log(1.6)
"""A day may stray from the baseline by so many of its past log errors, and always by a factor of 1.6."""
GAP_DAYS = 3
"""So many recent days of gaps are worth a reason."""
SILENT_DAYS = 7
"""So many days without a known interval before the forecast are worth a reason."""


@dataclass(frozen=True)
class Verdict:
    """use_baseline: (Q, H) bool. reasons: (Q, H) texts, "" where there is nothing to say."""

    use_baseline: np.ndarray
    reasons: np.ndarray


def judge(known: Known, combined: Part, usual: Part, test: Backtest, said: Part, *, driven: np.ndarray) -> Verdict:
    """Which days of which queues go back to the baseline.

    Args:
        combined, usual: forecast and baseline of the H days ahead. said: the forecast at the origins of `test`.
        driven: (Q, H) days on which a known driver acts, which may stray from the baseline.
    """
    horizon = combined.level.shape[1]
    by_queue = joined(
        joined(_few_weeks(known), _unknown_share(known)),
        _worse(known, test, said),
    )
    use = np.repeat((by_queue != "")[:, None], horizon, axis=1)
    reasons = np.repeat(by_queue[:, None], horizon, axis=1)
    nothing = ~np.isfinite(combined.level) | ~np.isfinite(combined.course).all(axis=2)
    reasons[nothing & ~use] = "no part of the model has an answer: median of the last eight days of its kind"
    use |= nothing
    with np.errstate(invalid="ignore", divide="ignore"):
        stray = np.abs(np.log((combined.level + 1.0) / (usual.level + 1.0)))
    band = _band(known, test)
    outside = (stray > band[:, None]) & ~use & ~driven & known.calendar.is_plain[-horizon:][None]
    for q, h in np.argwhere(outside):
        reasons[q, h] = (
            f"the forecast of {combined.level[q, h]:.0f} calls is outside the band of the baseline "
            f"({usual.level[q, h]:.0f}): the baseline is taken"
        )
    return Verdict(use | outside, reasons)


def _first_known(known: Known) -> np.ndarray:
    seen = np.isfinite(known.totals)
    first: np.ndarray = np.where(seen.any(axis=1), seen.argmax(axis=1), seen.shape[1])
    return first


def _few_weeks(known: Known) -> np.ndarray:
    days = known.totals.shape[1] - _first_known(known)
    short = days < LEAST_WEEKS * WEEK
    texts = [f"only {n} days of history: median of the last eight days of its kind" if s else ""
             for n, s in zip(days, short, strict=True)]  # fmt: skip
    return np.array(texts, dtype=object)


def _unknown_share(known: Known) -> np.ndarray:
    recent = slice(max(0, known.totals.shape[1] - RECENT_DAYS), None)
    opens = known.history.days.is_open[recent]
    unknown = (np.isnan(known.history.calls[:, recent]) & opens).sum(axis=(1, 2)) / max(1, opens.sum())
    texts = [f"{100 * share:.0f} % of the open intervals of the last {RECENT_DAYS} days are unknown: median of the "
             "last eight days of its kind" if share > MOST_UNKNOWN else "" for share in unknown]  # fmt: skip
    return np.array(texts, dtype=object)


def _worse(known: Known, test: Backtest, said: Part) -> np.ndarray:
    """Texts of queues whose past forecasts lost against the baseline, day by day."""
    queues = len(known.history.queues)
    texts = np.full(queues, "", dtype=object)
    if not len(test.origins):
        return texts
    came, _ = what_came(known, test)
    usual = test.levels[2]
    seen = np.isfinite(came) & np.isfinite(usual) & np.isfinite(said.level)
    mine = np.where(seen, np.abs(said.level - came), 0.0).sum(axis=(0, 2))
    baseline = np.where(seen, np.abs(usual - came), 0.0).sum(axis=(0, 2))
    size = np.where(seen, came, 0.0).sum(axis=(0, 2))
    for q in np.flatnonzero(mine > WORSE_THAN_BASELINE * baseline + WORSE_SHARE * size):
        texts[q] = (
            f"at past origins the model missed days by {100 * (mine[q] / max(baseline[q], 1e-9) - 1):.0f} % more than "
            "the median of the last eight days of its kind, which is taken"
        )
    return texts


def _band(known: Known, test: Backtest) -> np.ndarray:
    """(Q,) log distance from the baseline that a day may have."""
    if not len(test.origins):
        return np.full(len(known.history.queues), LEAST_BAND)
    came, _ = what_came(known, test)
    with np.errstate(invalid="ignore"):
        error = np.log((came + 1.0) / (test.levels[2] + 1.0))
    count = np.isfinite(error).sum(axis=(0, 2))
    sd = np.sqrt(np.nansum(error**2, axis=(0, 2)) / np.maximum(count, 1))
    band: np.ndarray = np.maximum(BAND_SDS * sd, LEAST_BAND)
    return band


def feed_reasons(history: History, faults: Faults, *, model_faults: tuple[str, ...]) -> np.ndarray:
    """(Q,) what was wrong with the data or the model, "" where nothing was."""
    reasons = []
    for q in range(len(history.queues)):
        texts = []
        dead, silent = history.dead_days[q], history.silent_days[q]
        if dead:
            texts.append(f"dead feed: no call at all in the last {dead} days, which are taken as unknown")
        elif SILENT_DAYS <= silent < len(history.days):
            texts.append(f"nothing is known of the last {silent} days: the level before them is taken")
        gaps = _gap_days(history, q) - int(faults.recent_zero_days[q])
        if gaps >= GAP_DAYS:
            texts.append(f"{gaps} open days of the last {RECENT_DAYS} are gaps in the feed: the other days are taken")
        if faults.recent_spikes[q]:
            texts.append(
                f"{faults.recent_spikes[q]} intervals of the last {RECENT_DAYS} days lie far above anything usual "
                "(spike): taken as unknown"
            )
        if faults.recent_zero_days[q]:
            texts.append(
                f"{faults.recent_zero_days[q]} open days of the last {RECENT_DAYS} without a single call: taken as "
                "unknown"
            )
        reasons.append("; ".join([*texts, *model_faults]))
    return np.array(reasons, dtype=object)


def _gap_days(history: History, queue: int) -> int:
    """Recent open days without a known interval, but for those at the very end (they have a reason of their own)."""
    recent = slice(max(0, len(history.days) - RECENT_DAYS), None)
    opens = history.days.is_open[recent]
    known = (~np.isnan(history.calls[queue, recent]) & opens).any(axis=1)
    last = len(known) - int(known[::-1].argmax()) if known.any() else 0
    return int((~known[:last] & opens[:last].any(axis=1)).sum())


def joined(reasons: np.ndarray, more: str | np.ndarray) -> np.ndarray:
    """Both texts, separated where there are two."""
    other = np.broadcast_to(np.asarray(more, dtype=object), reasons.shape)
    both: np.ndarray = np.empty(reasons.shape, dtype=object)
    for at in np.ndindex(*reasons.shape):
        both[at] = "; ".join(str(text) for text in (reasons[at], other[at]) if text)
    return both
