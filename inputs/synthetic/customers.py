"""The customers of the synthetic company: where they are, when and how they may be met, what they are like."""

import numpy as np
import pandas as pd

from inputs.synthetic.behaviour import Behaviour
from inputs.synthetic.geography import Geography, place_points
from inputs.synthetic.words import CHANNELS, FIRST_NAMES, LAST_NAMES, SKILLS, TRADES, ids

CONSENT_SHARES = (0.95, 0.85, 0.93, 0.82, 1.0)
SPANS = ("09:00-13:00", "10:00-14:00", "14:00-18:00", "15:30-18:30", "09:30-16:30")
SPLIT_WINDOWS = ("09:00-11:00|15:00-17:00", "09:30-12:00|16:00-18:00", "10:00-11:30|12:30-14:30|16:00-17:30")
VISIT_MINUTES = np.array([[20, 30, 30], [30, 30, 45], [30, 45, 60], [45, 60, 60]])


def draw_customers(
    rng: np.random.Generator, *, behaviour: Behaviour, geography: Geography, as_of: np.datetime64, skills: bool
) -> pd.DataFrame:
    """The table `customers`, sorted by id. skills: whether anybody in the field has one, so that some need one."""
    segment, count = behaviour.segment, len(behaviour.segment)
    district = rng.choice(len(geography.names), count, p=geography.weights)
    longitude, latitude = place_points(geography, rng, district=district)
    window_start, window_end, windows = _windows(rng, count)
    consent = rng.random((count, len(CHANNELS))) < CONSENT_SHARES
    engagement = np.round(rng.beta(2.0, 2.4, count), 2)
    required_skill = np.full(count, "", dtype=object)
    if skills:
        needs = rng.random(count) < np.array([0.02, 0.06, 0.16, 0.45])[segment]
        required_skill[needs] = np.where(segment[needs] >= 2, SKILLS[0], SKILLS[1])
    due = rng.random(count) < 0.03
    due_date = np.where(due, as_of + rng.integers(3, 12, count).astype("timedelta64[D]"), np.datetime64("NaT"))
    visits = np.where((segment == 3) & (rng.random(count) < 0.12), 2, 1)
    required = np.zeros(count, dtype=int)
    plain = np.flatnonzero((required_skill == "") & consent[:, 0] & (windows == ""))
    required[rng.permutation(plain)[: count // 400]] = 1
    frame = pd.DataFrame(
        {
            "customer_id": ids("C", count, 5),
            "name": _names(rng, count),
            "latitude": latitude,
            "longitude": longitude,
            "area": np.array(geography.keys, dtype=object)[district],
            "last_contact_date": as_of - np.minimum(rng.exponential(70, count) + 1, 720).astype("timedelta64[D]"),
            "preferred_channel": _preferred(rng, consent, engagement, segment),
            "digital_engagement": engagement,
            "open_tickets": rng.poisson(0.12 + 0.18 * behaviour.features["feature_support_calls_90_days"].to_numpy()),
            "visit_minutes": VISIT_MINUTES[segment, rng.integers(0, 3, count)],
            "window_start": window_start,
            "window_end": window_end,
            "windows": windows,
            "required_skill": required_skill,
            "required": required,
            "due_date": due_date,
            "visits_per_week": visits,
            "min_days_between": np.where(visits == 2, 2, 0),
            "consent": ["|".join(np.array(CHANNELS)[row]) for row in consent],
        }
    )
    return pd.concat([frame, behaviour.features], axis=1)


def _names(rng: np.random.Generator, count: int) -> np.ndarray:
    """A trade and a person for most, a person for the rest; not unique, as in life."""
    first, last, trade = (np.array(words, dtype=object) for words in (FIRST_NAMES, LAST_NAMES, TRADES))
    person = rng.choice(first, count) + " " + rng.choice(last, count)
    return np.asarray(np.where(rng.random(count) < 0.75, rng.choice(trade, count) + " " + person, person))


def _windows(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(window_start, window_end, windows): a third have one window, a tenth several, the rest any time."""
    kind = rng.choice(3, count, p=[0.57, 0.33, 0.10])
    span = np.array([text.split("-") for text in SPANS], dtype=object)[rng.integers(0, len(SPANS), count)]
    several = rng.choice(np.array(SPLIT_WINDOWS, dtype=object), count)
    return (
        np.where(kind == 1, span[:, 0], ""),
        np.where(kind == 1, span[:, 1], ""),
        np.where(kind == 2, several, ""),
    )


def _preferred(
    rng: np.random.Generator, consent: np.ndarray, engagement: np.ndarray, segment: np.ndarray
) -> np.ndarray:
    """A fifth state none; a few prefer a channel that they gave no consent to, as real lists have it."""
    appeal = np.column_stack(
        [0.6 + 0.35 * segment, 0.6 * np.ones(len(segment)), 0.5 * np.ones(len(segment)), engagement, 1.4 * engagement]
    )
    faulty = rng.random(len(segment)) < 0.05
    appeal = np.where(consent | faulty[:, None], appeal, 0) * rng.gamma(1.2, 1.0, appeal.shape)
    chosen = np.array(CHANNELS, dtype=object)[appeal.argmax(axis=1)]
    return np.where(rng.random(len(segment)) < 0.2, "", chosen)
