"""Everything a sales director asks of the closure probabilities, from one history: tables to read and to draw.

Deals are predicted as they would have been at the time (see `evaluate`), and held against what became of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from forecasting.closure.evaluate import backtest, quality_rows, typed_quality
from forecasting.closure.filter import compare_regimes, guard
from forecasting.closure.hmm.words import describe_states, journey_svg
from forecasting.closure.landmarks import take_censuses
from forecasting.closure.load import Deals, read_deals
from forecasting.closure.model import ClosureModel, learn
from forecasting.closure.models import BASE, ORDINARY, Care, History, describe
from forecasting.closure.quotas import quotas
from forecasting.closure.report import (
    Drift,
    by_lead_time,
    by_owner,
    by_period,
    by_regime,
    fit_drift,
    largest_lead,
    pipeline,
    reliability,
)  # fmt: skip
from forecasting.closure.report.judged import Judged, judge
from forecasting.closure.score import score_open_deals
from scenarios.schema.forecast import ClosureSettings


@dataclass(frozen=True)
class Review:
    """tables: by name: quality, periods, lead_time, reliability, pipeline, people, quotas, strict_and_all, regimes,
    left_out, refused, states.

    svg: the states drawn, "" where no chain could be fitted. notes: what is unusual, in words. rows: judged rows.
    """

    tables: dict[str, pd.DataFrame]
    model: ClosureModel
    svg: str = ""
    notes: tuple[str, ...] = field(default=())
    rows: int = 0


def train_closure(
    opportunities: pd.DataFrame,
    stage_events: pd.DataFrame,
    *,
    settings: ClosureSettings,
    as_of: date,
    seed: int,
    care: Care = ORDINARY,
) -> tuple[ClosureModel, History]:
    """A model of all deals known at the end of `as_of`, the candidate chosen on later weeks; and what it learned from.

    Args:
        opportunities, stage_events: the tables; what could not have been known at its time is taken out first.
        settings: start stages, horizon, hidden states. as_of: the last day known. seed, care: of the fits.
    """
    _, history = _read(opportunities, stage_events, settings=settings, as_of=as_of)
    end = history.deals.end
    asked: dict[str, Any] = {"hidden_states": settings.hidden_states, "seed": seed, "care": care}
    return learn(history, end, chosen=backtest(history, end, **asked).chosen, **asked), history


def review_closure(
    opportunities: pd.DataFrame,
    stage_events: pd.DataFrame,
    *,
    settings: ClosureSettings,
    as_of: date,
    seed: int,
    periods: str = "month",
    year_begins: int = 1,
    territories: pd.DataFrame | None = None,
    care: Care = ORDINARY,
) -> Review:
    """Predicts the past as it would have been predicted then, and measures it; see `Review`.

    Args:
        opportunities, stage_events, settings, as_of, seed, care: as for `train_closure`.
        periods, year_begins: fiscal periods, see `by_period`. territories: customer_id, rep_id, for the quotas.
    """
    guarded = guard(opportunities, stage_events)
    deals, history = _read(opportunities, stage_events, settings=settings, as_of=as_of)
    asked: dict[str, Any] = {"hidden_states": settings.hidden_states, "seed": seed, "care": care}
    test = backtest(history, deals.end, **asked)
    model = learn(history, deals.end, chosen=test.chosen, **asked)
    used = test.chosen
    left_out = pd.concat([guarded.left_out, deals.left_out], ignore_index=True)
    tables = {"regimes": compare_regimes(deals), "left_out": left_out, "refused": guarded.refused}
    journey = model.fitted.journey
    if journey is not None:
        tables["states"] = describe_states(journey)
    svg = "" if journey is None else journey_svg(journey)
    if not test.judged.any():
        notes = ("Too few settled deals to measure anything: deals are scored by the base rate.",)
        return Review(tables, model, svg, notes)
    seen = history.pick(test.judged)
    judged = judge(
        seen, {name: p[test.judged] for name, p in test.calibrated.items() if not np.isnan(p[test.judged]).any()}
    )
    drift = fit_drift(judged.probability[used], judged.won, judged.amount_eur, judged.landmark, judged.deal)
    tables |= _tables(judged, used, drift, periods=periods, year_begins=year_begins, seed=seed)
    strict = history.deals.table["strict"].to_numpy()[history.rows.deal]
    scores = score_open_deals(model, opportunities, guarded.events, as_of=as_of)
    tables["quotas"] = quotas(
        scores, deals, drift, horizon_days=settings.horizon_days, seed=seed, territories=territories
    )
    tables["quality"] = typed_quality(quality_rows(history, test, regime="all"))
    if strict.any() and not strict.all():
        inside = history.pick(strict)
        alone = backtest(inside, deals.end, **asked)
        rows = [*quality_rows(inside, alone, regime="strict"), *quality_rows(history, test, regime="all")]
        tables["quality"] = typed_quality(rows)
    tables["strict_and_all"] = by_regime(tables["quality"])
    return Review(tables, model, svg, _told(judged, used, tables), len(judged))


def _tables(
    judged: Judged, used: str, drift: Drift, *, periods: str, year_begins: int, seed: int
) -> dict[str, pd.DataFrame]:
    return {
        "periods": by_period(judged, used, periods=periods, year_begins=year_begins, seed=seed),
        "lead_time": by_lead_time(judged, used),
        "reliability": reliability(judged.probability[used], judged.won, judged.deal, seed=seed),
        "pipeline": pipeline(judged, used, drift, seed=seed),
        "people": by_owner(judged, seed=seed),
    }


def _told(judged: Judged, used: str, tables: dict[str, pd.DataFrame]) -> tuple[str, ...]:
    """The sentences a reader wants first."""
    days, cycles = largest_lead(judged, used)
    nearer = tables["periods"]["nearer"].value_counts()
    notes = [f"Used: {used}." if used != BASE else "No model beats the base rate; it is used for all deals."]
    if days:
        notes.append(f"Worth listening to {days:g} days before the decision ({cycles:.1f} median cycles).")
    rated: Sequence[str] = [name for name in ("model", "rep", "equal") if nearer.get(name, 0)]
    if rated:
        notes.append("Nearer to what happened, by period: " + ", ".join(f"{n} {int(nearer[n])}" for n in rated) + ".")
    inside = tables["pipeline"]["inside"]
    if len(inside):
        notes.append(f"The 80 % band of the pipeline held at {int(inside.sum())} of {len(inside)} censuses.")
    return tuple(notes)


def _read(
    opportunities: pd.DataFrame, stage_events: pd.DataFrame, *, settings: ClosureSettings, as_of: date
) -> tuple[Deals, History]:
    """The deals and their weekly observations."""
    events = guard(opportunities, stage_events).events
    deals = read_deals(opportunities, events, start_stages=settings.start_stages, as_of=as_of).with_unknown_stage()
    rows = take_censuses(deals, horizon_days=settings.horizon_days)
    return deals, describe(deals, rows, horizon_days=settings.horizon_days)
