"""What the forecasts hand to the decisions. Frames are sorted by their key; every table has a `quality` beside it.

quality frames have the columns: model, metric, value, baseline, baseline_value, rows, note. One row per measured
figure of the model used and of each baseline; `note` says in words what is unusual (a fallback, too few rows).
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class CallForecast:
    """Demand and handle time by planned queue and interval, as joint sample paths.

    queues: Q names. interval_starts: (T,) datetime64[us], local, consecutive over the days forecast.
    paths: (S, Q, T) float32, calls offered; joint over intervals, days and queues; 0 when closed, never negative.
    handle_seconds: (Q, T) float64, mean handle time of a call. handle_factors: (S, Q, D) float32, what the handle time
        of a day is multiplied with on each path; they leave the mean work of a day as it is. None: it is certain.
    table: queue, interval_start, is_open, day_type, calls_mean, one `calls_pNN` per asked quantile (read from the
        paths, hence never crossing), handle_seconds_mean, workload_minutes (calls_mean x handle time), method,
        fallback_reason ("" unless a fallback was used).
    """

    queues: tuple[str, ...]
    interval_starts: np.ndarray
    paths: np.ndarray
    handle_seconds: np.ndarray
    table: pd.DataFrame
    quality: pd.DataFrame
    notes: tuple[str, ...] = ()
    handle_factors: np.ndarray | None = None


@dataclass(frozen=True)
class ClosureForecast:
    """Closure probability of each open deal.

    scores: opportunity_id, customer_id, stage, age_days, dwell_days, amount_eur, regime (strict | all),
        win_probability (calibrated, 0..1), hmm_probability, rep_probability (NaN if none), method, reason (what moves
        it, in words).
    left_out: reason, deals: what was filtered on the way to the training rows, and why.
    """

    scores: pd.DataFrame
    quality: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class CustomerScores:
    """Churn, potential, anomaly and segment of each customer.

    scores: customer_id, churn_probability (calibrated, over the label's own horizon), potential_eur (expected sales
        over `money.value_horizon_months`, >= 0), anomaly_score (0..1, high = odd), is_anomaly, anomaly_reason
        (which features, by how much), value_band and potential_band (1 low .. 4 high),
        segment (label such as `high value, growing`), cluster (k-means, int, stable order), churn_reason (what moves
        the churn probability, in words; "" where all get the base rate).
    """

    scores: pd.DataFrame
    quality: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class LeadScores:
    """Conversion probability of each lead.

    scores: lead_id, conversion_probability (calibrated), rank (1 = best), reason (what moves it, in words; "" where
        all leads get the base rate).
    refused: column, reason, auc_alone: columns refused because they leak the outcome.
    """

    scores: pd.DataFrame
    refused: pd.DataFrame
    quality: pd.DataFrame
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Actions:
    """Every action that may be taken: one row per customer and channel.

    table: customer_id, channel, minutes (of contact), consent (bool), win_eur, churn_eur, growth_eur,
        contact_cost_eur (>= 0), value_eur = win_eur + churn_eur + growth_eur - contact_cost_eur (to 1e-9),
        recency_pct, engagement_pct, friction_pct, preference_pct (adjustments, of the order only),
        order_eur = value_eur raised or lowered by the sum of the adjustments, effect_factor (what the channel's lifts
        and reductions are multiplied with for this customer; 1 where assumed), evidence (assumed | estimated),
        confidence (0..1, share of draws of the effects in which this channel is the customer's best),
        why (one sentence for people). All euros are gross margin and for one contact by that channel this week.
    effects: one row per channel: evidence and what it rests on (forecasting/response/effects.py, `EFFECTS`).
    """

    table: pd.DataFrame
    notes: tuple[str, ...] = field(default=())
    effects: pd.DataFrame = field(default_factory=pd.DataFrame)
