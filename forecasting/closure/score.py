"""Scores open deals with a model that was learned before: many at once, each with its probability and close date.

Deals may have stages, owners or amounts that the model never saw: an unknown stage is read as a missing symbol, an
unknown owner as an average one. Deals without any event get the base rate.
"""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from forecasting.closure.landmarks import DAY, observe
from forecasting.closure.load import TERMINAL, UNKNOWN_STAGE, read_deals
from forecasting.closure.model import ClosureModel
from forecasting.closure.models import BASE, JOURNEY, describe

EVER_DAYS = 36_500
"""Stands for no horizon where labels are cut: a hundred years."""
COLUMNS = (
    "opportunity_id", "customer_id", "stage", "age_days", "amount_eur", "win_probability", "hmm_probability",
    "close_p10", "close_p50", "close_p90", "expected_eur", "method",
)  # fmt: skip


def score_open_deals(
    model: ClosureModel,
    opportunities: pd.DataFrame,
    stage_events: pd.DataFrame,
    *,
    as_of: date,
    activities: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """Closure probability of each deal open at the end of `as_of`: `COLUMNS`, sorted by opportunity_id.

    Args:
        model: learned earlier. opportunities, stage_events, activities: as for `read_deals`. as_of: the last day known.

    Returns:
        One row per open deal; an empty frame where none is open. close_p10, close_p50, close_p90: days by which it is
        decided, won or lost, with 10, 50 and 90 % (NaT without a hazard model).
    """
    read = read_deals(opportunities, stage_events, start_stages=[], as_of=as_of, activities=activities)
    deals = read.coded_as(model.stages, model.rank)
    rows, silent = observe(deals, deals.end, horizon_days=EVER_DAYS)
    history = describe(deals, rows, horizon_days=model.horizon_days)
    seen = len(rows)
    hazard = model.fitted.hazard
    still = hazard.open_at(history.features) if hazard is not None and seen else None
    found = model.probabilities(history, only=(model.chosen, JOURNEY), still=still)
    deal = np.concatenate([rows.deal, silent]).astype(np.int64)
    table = deals.table.iloc[deal].reset_index(drop=True)
    win = np.full(len(deal), model.fitted.base_rate)
    win[:seen] = found[model.chosen]
    hidden = np.full(len(deal), np.nan)
    hidden[:seen] = found.get(JOURNEY, np.full(seen, np.nan))
    last = np.array([*read.stages, ""], dtype=object)[np.append(read.stage[rows.upto - 1], np.full(len(silent), -1))]
    columns: dict[str, Any] = {
        "opportunity_id": table["opportunity_id"],
        "customer_id": table["customer_id"],
        "stage": pd.Series(last, dtype="str"),
        "age_days": ((deals.end - deals.created[deal]) / DAY).clip(0),
        "amount_eur": table["amount_eur"],
        "win_probability": win.clip(0.0, 1.0),
        "hmm_probability": hidden,
    }
    days = np.full((len(deal), 3), np.nan)
    if hazard is not None and still is not None:
        days[:seen] = hazard.close_days(history.features, quantiles=(0.1, 0.5, 0.9), still=still)
    first = pd.Timestamp(as_of + timedelta(days=1))
    for at, name in enumerate(("close_p10", "close_p50", "close_p90")):
        columns[name] = (first + pd.to_timedelta(pd.Series(days[:, at]), unit="D")).dt.floor("D")
    columns["expected_eur"] = np.nan_to_num(table["amount_eur"].to_numpy(dtype=np.float64)) * win
    method = np.full(len(deal), f"{BASE}: no stage event yet", dtype=object)
    method[:seen] = model.method
    columns["method"] = pd.Series(method, dtype="str")
    scores = pd.DataFrame(columns)[list(COLUMNS)]
    return scores.sort_values("opportunity_id", kind="stable").reset_index(drop=True)


def unknown_stages(model: ClosureModel, stage_events: pd.DataFrame) -> tuple[str, ...]:
    """Names of stages of deals without an end that the model has not learned, sorted."""
    stage = stage_events["stage"].astype("str").str.strip()
    ended = set(stage_events.loc[stage.str.lower().isin(TERMINAL), "opportunity_id"])
    still = ~stage_events["opportunity_id"].isin(ended) & stage_events["stage"].notna()
    return tuple(sorted(set(stage[still].unique()) - (set(model.stages) - {UNKNOWN_STAGE})))
