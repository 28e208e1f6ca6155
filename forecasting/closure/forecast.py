"""The closure probability of every open deal: read the deals, learn from the past, choose, calibrate, score.

The number answers: given that this deal is open at the end of the as-of day and looks as it does, how likely is it
won within `horizon_days`? The rep's own number is never looked at; it is only measured beside the models.
"""

from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from forecasting.closure.evaluate import Backtest, backtest, quality_rows, typed_quality
from forecasting.closure.filter import OPINION, Guarded, guard
from forecasting.closure.landmarks import DAY, Rows, observe, take_censuses
from forecasting.closure.load import NEVER, Bools, Deals, Floats, count_reasons, read_deals
from forecasting.closure.model import ClosureModel, learn
from forecasting.closure.models import BASE, JOURNEY, ORDINARY, History, describe
from forecasting.closure.reasons import NO_EVENT, closure_reasons
from forecasting.types import ClosureForecast
from scenarios.schema.forecast import ClosureSettings

SAME = "strict and all"
"""Name of the one regime where no observed deal is left out of the strict one."""


@dataclass(frozen=True)
class Regime:
    """What was learned from the deals of one regime; quality: its rows of the quality frame."""

    name: str
    model: ClosureModel
    test: Backtest
    quality: list[tuple[Any, ...]]

    def score(self, history: History) -> tuple[Floats, Floats]:
        """(N,) win probability and hidden Markov probability (NaN if none could be finished)."""
        found = self.model.probabilities(history, only=(self.model.chosen, JOURNEY))
        return found[self.model.chosen], found.get(JOURNEY, np.full(len(history.rows), np.nan))


def forecast_closure(
    opportunities: pd.DataFrame,
    stage_events: pd.DataFrame,
    *,
    settings: ClosureSettings,
    as_of: date,
    seed: int,
) -> ClosureForecast:
    """Closure probability of each deal that is open at the end of `as_of`.

    Args:
        opportunities, stage_events: the tables; later events and deals are ignored and counted.
        settings: start stages, horizon in days, hidden states.
        as_of: the last day known.
        seed: of the training samples and starting points of the hidden Markov models.

    Returns:
        `ClosureForecast`, sorted by opportunity_id; empty scores where no deal is open. A deal without any event is
        scored by the base rate, with stage "". Where no model beats the base rate on later weeks, or there are too
        few settled deals to tell, all are scored by it and a note says so.
    """
    guarded = guard(opportunities, stage_events)
    deals = read_deals(opportunities, guarded.events, start_stages=settings.start_stages, as_of=as_of)
    deals = deals.with_unknown_stage()
    history = describe(
        deals, take_censuses(deals, horizon_days=settings.horizon_days), horizon_days=settings.horizon_days
    )
    strict = deals.table["strict"].to_numpy()
    regimes = _learn_regimes(history, strict, deals, settings=settings, seed=seed)
    rows, silent = observe(deals, deals.end, horizon_days=settings.horizon_days)
    scores = _score(deals, describe(deals, rows, horizon_days=settings.horizon_days), silent, regimes)
    quality = typed_quality([row for regime in _apart(regimes) for row in regime.quality])
    left_out = pd.concat([guarded.left_out, deals.left_out, _unseen(deals, history.rows)], ignore_index=True)
    notes = _notes(deals, scores, regimes, guarded, horizon_days=settings.horizon_days)
    return ClosureForecast(scores=scores, quality=quality, left_out=left_out, notes=notes)


def _learn_regimes(
    history: History, strict: Bools, deals: Deals, *, settings: ClosureSettings, seed: int
) -> dict[str, Regime]:
    """Both regimes; where every observed deal is strict they are one, learned once and measured once as `SAME`."""

    def learn_regime(name: str, part: History) -> Regime:
        asked: dict[str, Any] = {"hidden_states": settings.hidden_states, "seed": seed, "care": ORDINARY}
        test = backtest(part, deals.end, **asked)
        model = learn(part, deals.end, chosen=test.chosen, **asked)
        if model.chosen != test.chosen:
            test = replace(test, chosen=model.chosen)
        return Regime(name, model, test, quality_rows(part, test, regime=name))

    inside = strict[history.rows.deal]
    if inside.all():
        one = learn_regime(SAME, history)
        return {"strict": one, "all": one}
    return {"strict": learn_regime("strict", history.pick(inside)), "all": learn_regime("all", history)}


def _apart(regimes: dict[str, Regime]) -> list[Regime]:
    """The regimes that differ, strict before all."""
    return [regimes["all"]] if regimes["all"] is regimes["strict"] else [regimes["strict"], regimes["all"]]


def _score(deals: Deals, history: History, silent: Any, regimes: dict[str, Regime]) -> pd.DataFrame:
    """The scores frame: deals with events by their regime's model, `silent` ones (no event) by the base rate."""
    deal = np.concatenate([history.rows.deal, silent]).astype(np.int64)
    table = deals.table.iloc[deal].reset_index(drop=True)
    seen = len(history.rows)
    win, hmm = np.full(len(deal), np.nan), np.full(len(deal), np.nan)
    method = np.full(len(deal), f"{BASE}: no stage event yet", dtype=object)
    reason = np.full(len(deal), NO_EVENT, dtype=object)
    for name, regime in regimes.items():
        mine = np.flatnonzero(table["strict"].to_numpy()[:seen] == (name == "strict"))
        part = history.pick(mine)
        win[mine], hmm[mine] = regime.score(part)
        reason[mine] = closure_reasons(regime.model, part, win[mine])
        method[mine] = regime.model.method
    win[seen:] = regimes["all"].model.fitted.base_rate
    age_days = ((deals.end - deals.created[deal]) / DAY).clip(0)
    stage = np.array([*deals.stages, ""], dtype=object)[np.append(history.state.stage, np.full(len(silent), -1))]
    scores = pd.DataFrame(
        {
            "opportunity_id": table["opportunity_id"],
            "customer_id": table["customer_id"],
            "stage": pd.Series(stage, dtype="str"),
            "age_days": age_days,
            "dwell_days": np.append(history.state.dwell_days, age_days[seen:]),
            "amount_eur": table["amount_eur"],
            "regime": pd.Series(np.where(table["strict"], "strict", "all"), dtype="str"),
            "win_probability": win.clip(0.0, 1.0),
            "hmm_probability": hmm,
            "rep_probability": table["rep_probability"],
            "method": pd.Series(method, dtype="str"),
            "reason": pd.Series(reason, dtype="str"),
        }
    )
    return scores.sort_values("opportunity_id", kind="stable").reset_index(drop=True)


def _unseen(deals: Deals, rows: Rows) -> pd.DataFrame:
    """Why a deal with events is in no training row."""
    has_event = np.diff(deals.first) > 0
    observed = np.bincount(rows.deal, minlength=len(has_event)) > 0
    known = np.bincount(rows.deal[rows.known_at <= deals.end], minlength=len(has_event)) > 0
    decided = deals.terminal < NEVER
    return count_reasons(
        {
            "decided before it was open at any census": int((has_event & decided & ~observed).sum()),
            "open, and too new to have been at a census": int((has_event & ~decided & ~observed).sum()),
            "open, its outcome not known yet": int((observed & ~known).sum()),
        }
    )


def _notes(
    deals: Deals, scores: pd.DataFrame, regimes: dict[str, Regime], guarded: Guarded, *, horizon_days: int
) -> tuple[str, ...]:
    fitted = regimes["all"].model.fitted
    notes = [
        f"Won within {horizon_days} days, learned from {fitted.rows} observations of past deals at weekly censuses "
        f"({fitted.won} won); observations whose outcome is not known yet are left out and stood for by others."
    ]
    for regime in _apart(regimes):
        if regime.test.chosen == BASE:
            why = "no model beat it on later weeks" if regime.test.judged.any() else "too few settled deals to tell"
            notes.append(f"Regime {regime.name}: deals are scored by the base rate; {why}.")
    if fitted.won in (0, fitted.rows):
        notes.append("Past deals show one outcome only or none is settled: the base rate is a guess by Laplace's rule.")
    silent = int((scores["stage"] == "").sum())
    if silent:
        notes.append(f"{silent} open deals have no stage event and are scored by the base rate.")
    columns = guarded.refused.loc[guarded.refused["column"] != OPINION, "column"].tolist()
    if columns:
        told = "it has" if len(columns) == 1 else "they have"
        notes.append(f"Not looked at, for {told} no word on when a value was known: {', '.join(columns)}.")
    unpriced = int(scores["amount_eur"].isna().sum())
    if unpriced:
        notes.append(f"{unpriced} open deals have no amount.")
    return tuple(notes)
