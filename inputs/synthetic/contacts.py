"""What the company has already done: contact history, support cases, leads."""

import numpy as np
import pandas as pd

from inputs.synthetic.behaviour import Behaviour
from inputs.synthetic.words import CHANNELS, SECTORS, ids

NO_CONTACT = "none"
"""Channel of the customers of an experiment who were left alone: the control group."""
CONTACTS_PER_CUSTOMER = 4.0
RANDOMISED_SHARE = 0.25
TOPICS = ("invoice", "delivery", "installation", "quality", "contract")
LEAD_SOURCES = ("web", "referral", "fair", "partner", "purchased_list")
SOURCE_EFFECT = np.array([0.0, 0.9, 0.3, 0.5, -0.9])


def draw_interactions(
    rng: np.random.Generator,
    *,
    customers: pd.DataFrame,
    response: pd.DataFrame,
    sales: pd.DataFrame,
    as_of: np.datetime64,
) -> pd.DataFrame:
    """The table `interactions` of the last year.

    A quarter is an experiment: any customer, a channel by lot among those consented to and no contact at all. The
    rest went where habit went, to large customers and preferred channels, so that it flatters them.
    """
    count = len(customers)
    rows = rng.poisson(CONTACTS_PER_CUSTOMER * count)
    randomised = rng.random(rows) < RANDOMISED_SHARE
    worth = sales["orders_per_month"].to_numpy() * sales["mean_order_eur"].to_numpy()
    habit = np.cumsum(np.sqrt(worth)) / np.sqrt(worth).sum()
    who = np.where(
        randomised, rng.integers(0, count, rows), np.searchsorted(habit, rng.random(rows)).clip(max=count - 1)
    )
    consent = np.array([[channel in text.split("|") for channel in CHANNELS] for text in customers["consent"]])
    preferred = np.array(CHANNELS) == customers["preferred_channel"].to_numpy()[:, None]
    lottery = np.column_stack([consent, np.ones(count)])[who]
    custom = np.column_stack([consent * (1 + 3 * preferred), np.zeros(count)])[who]
    chosen = (np.where(randomised[:, None], lottery, custom) * rng.exponential(1, (rows, 6))).argmax(axis=1)
    by_customer = response["response_probability"].to_numpy().reshape(len(CHANNELS), count).T
    chance = np.column_stack([by_customer, response["base_probability"].to_numpy()[:count]])[who, chosen]
    answered = rng.random(rows) < chance
    value = sales["mean_order_eur"].to_numpy()[who] * rng.lognormal(-0.125, 0.5, rows)
    at = (
        as_of
        - rng.integers(1, 365, rows).astype("timedelta64[D]")
        + rng.integers(540, 1080, rows).astype("timedelta64[m]")
    )
    return pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy()[who],
            "channel": np.array([*CHANNELS, NO_CONTACT], dtype=object)[chosen],
            "at": at.astype("datetime64[us]"),
            "outcome": np.where(answered, "response", "no_response").astype(object),
            "value_eur": np.where(answered, np.round(value, 2), 0.0),
            "randomised": randomised.astype(int),
        }
    ).sort_values(["at", "customer_id"], kind="stable", ignore_index=True)


def draw_cases(
    rng: np.random.Generator, *, customers: pd.DataFrame, behaviour: Behaviour, as_of: np.datetime64
) -> pd.DataFrame:
    """The table `cases` of the last year: those without `closed_at` are the customer's open tickets."""
    open_ = customers["open_tickets"].to_numpy()
    closed = rng.poisson(0.4 + 0.6 * behaviour.features["feature_support_calls_90_days"].to_numpy())
    who = np.concatenate([np.repeat(np.arange(len(open_)), n) for n in (open_, closed)])
    is_open = np.arange(len(who)) < open_.sum()
    took_days = rng.gamma(1.2, 4.0, len(who))
    ended_days_ago = np.where(is_open, -1.0, rng.uniform(0.1, 350, len(who)))
    opened_days_ago = np.where(is_open, 0.1 + took_days, ended_days_ago + took_days)
    midnight = (as_of + np.timedelta64(1, "D")).astype("datetime64[s]")
    opened = midnight - np.round(opened_days_ago * 86400).astype("timedelta64[s]")
    ended = midnight - np.round(np.maximum(ended_days_ago, 0) * 86400).astype("timedelta64[s]")
    frame = pd.DataFrame(
        {
            "customer_id": customers["customer_id"].to_numpy()[who],
            "opened_at": opened.astype("datetime64[us]"),
            "closed_at": pd.Series(ended.astype("datetime64[us]")).mask(is_open),
            "topic": rng.choice(np.array(TOPICS, dtype=object), len(who)),
        }
    ).sort_values(["opened_at", "customer_id"], kind="stable", ignore_index=True)
    frame.insert(0, "case_id", ids("S", len(frame), 6))
    return frame


def draw_leads(
    rng: np.random.Generator, *, past: int, present: int, as_of: np.datetime64
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The tables `lead_history` and `leads`, and the truth of the latter.

    `onboarding_status` is written when a lead converts: it gives the outcome away and must not be learned from.
    """
    count = past + present
    source = rng.choice(len(LEAD_SOURCES), count, p=[0.4, 0.15, 0.12, 0.13, 0.2])
    visits, employees = rng.poisson(3.5, count), np.round(rng.lognormal(2.4, 1.1, count))
    seconds = np.round(rng.gamma(0.9, 260, count) * (visits > 0))
    opens, wants_call = rng.binomial(6, 0.35, count), rng.random(count) < 0.2
    logit = (
        -3.05 + SOURCE_EFFECT[source] + 0.0028 * seconds + 0.12 * visits + 0.3 * opens + 1.2 * wants_call
        + 0.15 * np.log1p(employees) + rng.normal(0, 0.3, count)
    )  # fmt: skip
    chance = 1 / (1 + np.exp(-logit))
    converted = rng.random(count) < chance
    age_days = np.sort(np.concatenate([rng.uniform(30, 400, past), rng.uniform(0, 30, present)]))[::-1]
    told = converted & (np.arange(count) < past) & (rng.random(count) < 0.95)
    midnight = (as_of + np.timedelta64(1, "D")).astype("datetime64[s]")
    frame = pd.DataFrame(
        {
            "lead_id": ids("L", count, 6),
            "created_at": (midnight - 1 - np.floor(age_days * 86400).astype("timedelta64[s]")).astype("datetime64[us]"),
            "source": np.array(LEAD_SOURCES, dtype=object)[source],
            "sector": rng.choice(np.array(SECTORS, dtype=object), count),
            "employees": employees,
            "website_visits": visits,
            "website_seconds": np.where(rng.random(count) < 0.05, np.nan, seconds),
            "mails_opened": opens,
            "wants_call": wants_call,
            "onboarding_status": np.where(told, rng.choice(["scheduled", "done"], count), "").astype(object),
        }
    )
    history = frame.iloc[:past].assign(converted=converted[:past].astype(int))
    leads = frame.iloc[past:].reset_index(drop=True)
    return history, leads, pd.DataFrame({"lead_id": leads["lead_id"], "conversion_probability": chance[past:]})
