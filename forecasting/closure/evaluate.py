"""Decides which candidate is used, and measures all of them as they would have been used at the time.

The censuses are cut into blocks by time. Each block is predicted by models fitted on what was known when it began;
from the second such block on, predictions are also calibrated with the earlier blocks' predictions and the outcomes
known by then. Choice and quality are read from those rows alone: nothing in them has seen its own future.
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from forecasting.calibration import time_blocks
from forecasting.closure.landmarks import DAY, matured, weights_at
from forecasting.closure.level import REACH_DAYS, watch
from forecasting.closure.load import Bools, Floats, Ints
from forecasting.closure.model import Finish, finish
from forecasting.closure.models import BASE, CANDIDATES, ORDINARY, Care, History, fit_models
from forecasting.metrics import CLIP, auc, bias_points, brier, ece, log_loss, wmape_pct

BLOCKS = 5
"""Blocks of matured censuses; the first is only learned from, later censuses are not judged."""
TIE = 1e-3
"""Candidates whose log loss differs by less, in nats a row, count as equal."""
MEASURES = {"auc": auc, "brier": brier, "ece": ece, "bias_points": bias_points, "log_loss": log_loss}
COLUMNS = ("model", "metric", "value", "baseline", "baseline_value", "rows", "note")
MIN_COHORT_ROWS = 100
MAX_COHORTS = 8
"""The latest half-months of creation that are reported."""


@dataclass(frozen=True)
class Backtest:
    """Predictions of R rows that their models had not seen.

    raw, calibrated: (R,) by candidate; NaN where a row was not predicted. judged: (R,) matured rows with calibrated
    predictions of all candidates, on which choice and quality rest. chosen: the candidate to use.
    """

    raw: dict[str, Floats]
    calibrated: dict[str, Floats]
    judged: Bools
    chosen: str


def backtest(history: History, end: int, *, hidden_states: int, seed: int, care: Care = ORDINARY) -> Backtest:
    """Predicts every block from its past, and chooses.

    Args:
        history: observations of past deals.
        end: second at which the as-of day ends.
        hidden_states, seed, care: see `fit_models`.

    Returns:
        `Backtest`; where no candidate could be measured the base rate is chosen and no row is judged.
    """
    rows = history.rows
    raw = {name: np.full(len(rows), np.nan) for name in CANDIDATES}
    calibrated = {name: np.full(len(rows), np.nan) for name in CANDIDATES}
    mature, block = _blocks(history, end)
    for number in range(1, BLOCKS):
        now = block == number
        if not now.any():
            continue
        begin = int(rows.landmark[now].min())
        fitted = fit_models(history, begin, hidden_states=hidden_states, seed=seed, care=care)
        weight = weights_at(rows, begin)
        past = (block < number) & (rows.landmark < begin)
        finishes = {}
        for name, probability in fitted.probabilities(history.pick(now)).items():
            raw[name][now] = probability
            if name == BASE:
                calibrated[name][now] = probability
            elif (finished := finish(name, raw[name], history, weight, when=begin, among=past)) is not None:
                finishes[name] = finished
        for name, values in _week_by_week(finishes, raw, history, now).items():
            calibrated[name][now] = values
    judged = mature.copy()
    tried = [name for name in CANDIDATES if not np.isnan(calibrated[name][mature]).all()]
    for name in tried:
        judged &= ~np.isnan(calibrated[name])
    won = rows.won[judged]
    losses: dict[str, float] = {}
    needed: dict[str, float] = {}
    doubt: dict[str, float] = {}
    if len(np.unique(won)) == 2:
        losses = {name: log_loss(calibrated[name][judged], won) for name in tried}
        base = calibrated[BASE][judged]
        least = calibrated[min(losses, key=lambda name: losses[name])][judged]
        for name in tried:
            needed[name] = 2 * _gain_error(calibrated[name][judged], base, won, rows.deal[judged])
            doubt[name] = 2 * _gain_error(calibrated[name][judged], least, won, rows.deal[judged])
    chosen = choose(losses, needed=needed, doubt=doubt)
    return Backtest(raw, calibrated, judged if losses else judged & False, chosen)


def choose(losses: dict[str, float], *, needed: dict[str, float], doubt: dict[str, float] | None = None) -> str:
    """The first preferred candidate that is as good as the best of them, as far as the rows can tell.

    As good: its log loss is within `TIE` of the least, or not worse for sure (compare the one-standard-error rule of
    Breiman et al., 1984). The past blocks had less history than the model in use will have, so a close race is not
    won by what needs little of it.

    Args:
        losses: nats a row by candidate. needed: gain over the base rate, in nats a row, without which the base rate is
            used. doubt: two standard errors of each candidate's difference to the best; None: none.

    Returns:
        The candidate; the base rate where nothing was measured or nothing gains what is needed.
    """
    better = [name for name in losses if losses[BASE] - losses[name] > max(TIE, needed[name])]
    least = min((losses[name] for name in better), default=np.nan)
    slack = {name: max(TIE, (doubt or {}).get(name, 0.0)) for name in better}
    return next((name for name in CANDIDATES if name in better and losses[name] <= least + slack[name]), BASE)


def quality_rows(history: History, test: Backtest, *, regime: str) -> list[tuple[Any, ...]]:
    """Rows of the quality frame (see `COLUMNS`) of one regime: every candidate and the reps beside the base rate,
    the chosen one beside the reps, and its bias by half-month of creation.
    """
    judged = test.judged
    won, rep = history.rows.won[judged], history.rep_probability[judged]
    found = {name: p[judged] for name, p in test.calibrated.items() if not np.isnan(p[judged]).any() and judged.any()}
    result = []
    for name, p in found.items():
        note = "used" if name == test.chosen else ""
        result += _compared(f"{name} ({regime})", p, BASE, found[BASE], history, judged, note=note)
    rated = judged.copy()
    rated[judged] = ~np.isnan(rep)
    if rated.any() and found:
        numbers, base = history.rep_probability[rated], test.calibrated[BASE][rated]
        result += _compared(f"rep's number ({regime})", numbers, BASE, base, history, rated, note="")
        used = test.calibrated[test.chosen][rated]
        note = "rows that have a rep's number"
        result += _compared(f"{test.chosen} ({regime})", used, "rep's number", numbers, history, rated, note=note)
    cohorts = [
        (label, cohort) for label, cohort in _cohorts(history.created[judged]) if cohort.sum() >= MIN_COHORT_ROWS
    ]
    for label, cohort in cohorts[-MAX_COHORTS:] if found else []:
        bias, other = (bias_points(found[name][cohort], won[cohort]) for name in (test.chosen, BASE))
        rows = int(cohort.sum())
        result.append((f"{test.chosen} ({regime})", "cohort_bias_points", bias, BASE, other, rows, label))
    return result


def typed_quality(rows: list[tuple[Any, ...]]) -> pd.DataFrame:
    """The rows as a frame of `COLUMNS` with their types, also without any row."""
    kinds = dict.fromkeys(("model", "metric", "baseline", "note"), "str")
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    return table.astype({**kinds, "value": "float64", "baseline_value": "float64", "rows": "int64"})


def _compared(
    model: str, p: Floats, baseline: str, q: Floats, history: History, judged: Bools, *, note: str
) -> list[tuple[Any, ...]]:
    """One row per measure of p beside q, and one of the pipeline value by census."""
    won = history.rows.won[judged]
    rows = [
        (model, metric, measure(p, won), baseline, measure(q, won), len(won), note)
        for metric, measure in MEASURES.items()
    ]
    errors = [_pipeline_error_pct(values, history, judged) for values in (p, q)]
    return [*rows, (model, "pipeline_error_pct", errors[0], baseline, errors[1], len(won), note)]


def _pipeline_error_pct(p: Floats, history: History, judged: Bools) -> float:
    """wMAPE over censuses of the expected against the won euros of the deals then open; unknown amounts count 0."""
    amount = np.nan_to_num(history.amount_eur[judged])
    _, census = np.unique(history.rows.landmark[judged], return_inverse=True)
    expected = np.bincount(census, weights=p * amount)
    return wmape_pct(expected, np.bincount(census, weights=history.rows.won[judged] * amount))


def _week_by_week(
    finishes: dict[str, Finish], raw: dict[str, Floats], history: History, now: Bools
) -> dict[str, Floats]:
    """(N,) finished probabilities of the rows `now` by candidate, the shift found anew at each of their censuses.

    A model in use is learned again every week, and its level with it (see `recent`; here `level`). Fitting all of it
    for every past census would take hours, and what changes within weeks is the level: so the fits stay, the shift
    moves.
    """
    rows = history.rows
    level = {name: each.calibrator.apply(raw[name]) for name, each in finishes.items()}
    found = {name: np.empty(int(now.sum())) for name in finishes}
    landmark = rows.landmark[now]
    for census in np.unique(landmark) if finishes else ():
        near = np.flatnonzero((rows.landmark < census) & (rows.landmark >= census - REACH_DAYS * DAY))
        seen = watch(rows.pick(near), int(census))
        mine = landmark == census
        here = np.flatnonzero(now)[mine]
        part = history.pick(here)
        for name, each in finishes.items():
            shift = seen.shift(level[name][near])
            moved = each if shift is None else replace(each, shift=shift)
            found[name][mine] = moved.apply(raw[name][here], part)
    return found


def _blocks(history: History, end: int) -> tuple[Bools, Ints]:
    """Which rows are matured, and the block of each: 0.. of matured censuses, -1 of the rest."""
    rows = history.rows
    mature = matured(rows, end)
    block = np.full(len(rows), -1, dtype=np.int64)
    if not mature.any():
        return mature, block
    block[mature] = time_blocks(rows.landmark[mature], blocks=BLOCKS)
    return mature, block


def _gain_error(p: Floats, q: Floats, won: Bools, deal: Ints) -> float:
    """Standard error, in nats a row, of the difference in log loss of p and q; the rows of one deal err together."""
    p, q = np.clip(p, CLIP, 1 - CLIP), np.clip(q, CLIP, 1 - CLIP)
    gain = np.where(won, np.log(p / q), np.log((1 - p) / (1 - q)))
    by_deal = np.bincount(deal, weights=gain - gain.mean())
    return float(np.sqrt((by_deal**2).sum()) / len(gain))


def _cohorts(created: Ints) -> list[tuple[str, Bools]]:
    """Label and mask of each half-month of creation, in order."""
    moment = pd.DatetimeIndex(np.asarray(created).astype("datetime64[s]"))
    half = moment.strftime("%Y-%m") + np.where(moment.day <= 15, "-01 to 15", "-16 to end")
    return [(f"created {label}", np.asarray(half == label)) for label in sorted(set(half))]
