"""What customers are like and what they will do: features, churn, sales and response to contacts, with the truth.

A hidden dissatisfaction drives the features that a model may see; churn depends on the features and on a little that
nobody sees. Sales are a Poisson process with gamma-distributed rates that ends with churn.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from inputs.synthetic.words import CHANNELS, SECTORS, SEGMENT_SHARES, SEGMENTS

CHURN_HORIZON_DAYS = 180
"""The label `churned` means: left within so many days of the snapshot."""
CHURN_INTERCEPT = -1.95
CONTRACTS = ("monthly", "yearly", "two_years")
CONTRACT_SHARES = np.array([[0.65, 0.25, 0.10], [0.50, 0.33, 0.17], [0.30, 0.40, 0.30], [0.15, 0.40, 0.45]])
ORDERS_PER_MONTH = np.array([0.18, 0.35, 0.70, 1.40])
ORDER_EUR = np.array([260.0, 480.0, 1100.0, 3200.0])

# What one contact really does, mean over customers; the scenario assumes other figures, as companies do.
WIN_LIFT_POINTS = dict(zip(CHANNELS, (5.0, 3.2, 1.2, 1.8, 0.4), strict=True))
CHURN_REDUCTION_PCT = dict(zip(CHANNELS, (24.0, 14.0, 9.0, 9.0, 1.5), strict=True))
GROWTH_LIFT_PCT = dict(zip(CHANNELS, (7.0, 4.2, 1.6, 3.2, 0.9), strict=True))
RESPONSE_POINTS = dict(zip(CHANNELS, (14.0, 8.0, 5.0, 4.5, 1.2), strict=True))


@dataclass(frozen=True)
class Behaviour:
    """Features (frame of `feature_*`), segment (n,) index, and the churn probability (n,) they lead to."""

    features: pd.DataFrame
    segment: np.ndarray
    churn_probability: np.ndarray


def draw_behaviour(rng: np.random.Generator, count: int) -> Behaviour:
    """Features and churn probability within 180 days of `count` customers."""
    segment = rng.choice(len(SEGMENTS), count, p=SEGMENT_SHARES)
    mood = rng.normal(0, 1, count)
    contract = (rng.random((count, 1)) > np.cumsum(CONTRACT_SHARES[segment], axis=1)[:, :2]).sum(axis=1)
    tenure_months = np.clip(np.round(rng.gamma(1.3, 28, count)), 1, 180)
    support_calls = rng.poisson(0.6 * np.exp(0.5 * mood))
    usage_trend_pct = np.round(rng.normal(0, 14, count) - 8 * mood, 1)
    late_payments = rng.poisson(0.3 * np.exp(0.5 * mood))
    satisfaction = np.clip(np.round(7.2 - 1.1 * mood + rng.normal(0, 1.2, count)), 1, 10)
    auto_pay = rng.random(count) < 0.45
    products = 1 + rng.binomial(4, 0.15 + 0.12 * segment)
    logit = (
        CHURN_INTERCEPT + 0.9 * (contract == 0) - 0.6 * (contract == 2) - 0.012 * tenure_months + 0.28 * support_calls
        - 0.035 * usage_trend_pct + 0.45 * late_payments - 0.18 * (satisfaction - 7) - 0.4 * auto_pay
        - 0.2 * (products - 1) + rng.normal(0, 0.3, count)
    )  # fmt: skip
    features = pd.DataFrame(
        {
            "feature_segment": np.array(SEGMENTS, dtype=object)[segment],
            "feature_sector": rng.choice(np.array(SECTORS, dtype=object), count),
            "feature_tenure_months": tenure_months,
            "feature_contract": np.array(CONTRACTS, dtype=object)[contract],
            "feature_monthly_fee_eur": np.round(rng.lognormal(np.log(30 * 2.0**segment), 0.35), 2),
            "feature_support_calls_90_days": support_calls,
            "feature_usage_trend_pct": usage_trend_pct,
            "feature_late_payments": late_payments,
            "feature_satisfaction": np.where(rng.random(count) < 0.25, np.nan, satisfaction),
            "feature_auto_pay": auto_pay,
            "feature_products": products,
        }
    )
    return Behaviour(features, segment, 1 / (1 + np.exp(-logit)))


def churn_hazard_per_day(churn_probability: np.ndarray) -> np.ndarray:
    """The constant daily hazard that leads to the probability within the label's horizon: -ln(1 - p) / days."""
    return np.asarray(-np.log1p(-churn_probability) / CHURN_HORIZON_DAYS)


def draw_history(rng: np.random.Generator, count: int, as_of: np.datetime64) -> pd.DataFrame:
    """The table `customer_history`: snapshots old enough that everybody knows who left."""
    past = draw_behaviour(rng, count)
    age_days = rng.integers(CHURN_HORIZON_DAYS + 1, CHURN_HORIZON_DAYS + 540, count)
    frame = pd.DataFrame(
        {
            "snapshot_id": np.array([f"H{i + 1:06d}" for i in range(count)], dtype=object),
            "snapshot_date": as_of - age_days.astype("timedelta64[D]"),
        }
    )
    churned = (rng.random(count) < past.churn_probability).astype(int)
    return pd.concat([frame, past.features], axis=1).assign(churned=churned)


def draw_sales(
    rng: np.random.Generator, customer_ids: np.ndarray, behaviour: Behaviour, as_of: np.datetime64
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The table `transactions` of the last 24 months, and the truth about each customer's sales and churn.

    Truth: orders a month, mean order in euros, and the expected sales of the next 12 months,
    rate x mean x (1 - exp(-365 h)) / h with the daily churn hazard h: sales end when the customer leaves.
    """
    count = len(customer_ids)
    orders_per_month = ORDERS_PER_MONTH[behaviour.segment] * rng.gamma(2.0, 0.5, count)
    mean_order_eur = ORDER_EUR[behaviour.segment] * rng.lognormal(-0.08, 0.4, count)
    months = np.minimum(24, behaviour.features["feature_tenure_months"].to_numpy())
    orders = rng.poisson(orders_per_month * months)
    who = np.repeat(np.arange(count), orders)
    days_ago = np.floor(rng.random(len(who)) * months[who] * 365.25 / 12).astype("timedelta64[D]")
    sigma = 0.6
    amount = mean_order_eur[who] * rng.lognormal(-(sigma**2) / 2, sigma, len(who))
    transactions = pd.DataFrame(
        {
            "customer_id": customer_ids[who],
            "date": as_of - days_ago,
            "amount_eur": np.round(np.maximum(amount, 1), 2),
            "quantity": 1 + rng.poisson(1.5, len(who)),
        }
    ).sort_values(["date", "customer_id"], kind="stable", ignore_index=True)
    hazard = churn_hazard_per_day(behaviour.churn_probability)
    expected_days = -np.expm1(-365 * hazard) / hazard
    truth = pd.DataFrame(
        {
            "customer_id": customer_ids,
            "churn_probability": behaviour.churn_probability,
            "churn_hazard_per_day": hazard,
            "orders_per_month": orders_per_month,
            "mean_order_eur": mean_order_eur,
            "value_12_months_eur": orders_per_month * 12 / 365 * expected_days * mean_order_eur,
        }
    )
    return transactions, truth


def response_truth(rng: np.random.Generator, customers: pd.DataFrame, segment: np.ndarray) -> pd.DataFrame:
    """What one contact by each channel does to each customer: one row per customer and channel.

    A customer's multiplier is 1 on average: high for digital people on digital channels, for large ones in the field,
    a quarter more on the preferred channel.
    """
    count = len(customers)
    digital = customers["digital_engagement"].to_numpy()
    preferred = customers["preferred_channel"].to_numpy()
    base_probability = np.clip(0.04 * rng.lognormal(-0.045, 0.3, count), 0.005, 0.2)
    shape = {
        "field": 0.85 + 0.15 * segment,
        "outbound": 1.15 - 0.3 * digital,
        "inbound": np.ones(count),
        "assisted_web": 0.5 + digital,
        "self_service": 0.5 + digital,
    }
    parts = []
    for channel in CHANNELS:
        multiplier = shape[channel] * np.where(preferred == channel, 1.25, 1.0) * rng.lognormal(-0.03, 0.25, count)
        parts.append(
            pd.DataFrame(
                {
                    "customer_id": customers["customer_id"],
                    "channel": channel,
                    "win_lift_points": WIN_LIFT_POINTS[channel] * multiplier,
                    "churn_reduction_pct": np.minimum(CHURN_REDUCTION_PCT[channel] * multiplier, 90),
                    "growth_lift_pct": GROWTH_LIFT_PCT[channel] * multiplier,
                    "base_probability": base_probability,
                    "response_probability": np.minimum(
                        base_probability + RESPONSE_POINTS[channel] / 100 * multiplier, 0.9
                    ),
                }
            )
        )
    return pd.concat(parts, ignore_index=True)
