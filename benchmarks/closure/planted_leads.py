"""Leads made up so that it is known which of their columns leak: how often the program misses one or refuses in error.

A hidden keenness decides who converts. Honest columns know it from before the sale, some of them strongly, some with
empty cells, some drifting as sources of leads come and go. Leaking columns are written in the course of the sale, each
kind in its own way, and fresh leads have come as far as fresh leads come. Strengths, shares and sizes are drawn anew
for each table.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

Draw = Callable[["Leads", np.random.Generator], np.ndarray]


@dataclass(frozen=True)
class Leads:
    """keen: (N,) hidden, mean 0, deviation 1, in order of time. won: (N,) bool. past: the first rows are history."""

    keen: np.ndarray
    won: np.ndarray
    past: int

    @property
    def is_past(self) -> np.ndarray:
        """(N,) bool: rows of the history."""
        return np.arange(len(self.won)) < self.past

    @property
    def age(self) -> np.ndarray:
        """(N,) 0 the oldest .. 1 the youngest lead."""
        return np.arange(len(self.won)) / len(self.won)


def draw_leads(rng: np.random.Generator) -> Leads:
    """1,500 to 8,000 leads, the last fifth to three tenths of them fresh, 8 to 50 % converting."""
    rows = int(rng.integers(1500, 8000))
    keen = rng.normal(size=rows)
    odds = np.quantile(-3 * keen, rng.uniform(0.08, 0.5)) + 3 * keen
    return Leads(keen, rng.random(rows) < 1 / (1 + np.exp(-odds)), int(rows * rng.uniform(0.7, 0.8)))


def _number(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """Keenness with noise: from hardly any power to the strongest a customer's own word has."""
    return np.asarray(leads.keen + rng.uniform(0.5, 3.0) * rng.normal(size=len(leads.keen)))


def _visits(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    return np.asarray(rng.poisson(np.exp(0.8 + rng.uniform(0.2, 0.7) * leads.keen)), dtype=np.float64)


def _word(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """A word the customer chose."""
    cuts = np.sort(rng.normal(size=4))
    return np.array(["a", "b", "c", "d", "e"], dtype=object)[np.searchsorted(cuts, _number(leads, rng))]


def _noise(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    return rng.choice(np.array(["north", "south", "east", "west"], dtype=object), len(leads.won))


def _empty_at_random(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    return np.where(rng.random(len(leads.won)) < rng.uniform(0.1, 0.6), np.nan, _number(leads, rng))


def _optional_field(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """A field of a form that keen people fill in a little more often."""
    filled = leads.keen + rng.uniform(3.0, 8.0) * rng.normal(size=len(leads.won)) > rng.normal()
    return np.where(filled, _number(leads, rng), np.nan)


def _drifting_source(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """A source of better leads whose share comes and goes in waves."""
    share = 0.3 + rng.uniform(0.05, 0.25) * np.sin(2 * np.pi * (rng.uniform(1.5, 4) * leads.age + rng.random()))
    better = rng.random(len(leads.won)) < np.clip(share * np.exp(0.5 * leads.keen), 0.02, 0.98)
    return np.where(better, "fair", "web").astype(object)


def _ended_source(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """A source that dries up just before the fresh leads; another column (the word) knows what it knew."""
    share = np.where(leads.is_past, rng.uniform(0.15, 0.35), 0.03)
    return np.where(rng.random(len(leads.won)) < share * np.exp(0.3 * leads.keen), "partner", "web").astype(object)


def _status(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """The outcome in other words, a few written down wrong; fresh leads carry words from the middle of a sale."""
    wrong = rng.random(len(leads.won)) < rng.uniform(0.01, 0.06)
    closed = np.where(leads.won ^ wrong, "signed", "refused")
    return np.where(leads.is_past, closed, rng.choice(["open", "refused"], len(leads.won), p=[0.8, 0.2])).astype(object)


def _tag(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """A remark made for many and telling the outcome there; a few fresh leads have one."""
    written = rng.random(len(leads.won)) < np.where(leads.is_past, rng.uniform(0.45, 0.9), rng.uniform(0.0, 0.5))
    told = np.where(leads.won, "will buy", rng.choice(["no interest", "wrong number"], len(leads.won)))
    return np.where(written, told, "-").astype(object)


def _rating(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """A seller's rating, made more often where a sale went on; fresh leads are rated as far as sellers have got."""
    often = np.where(leads.won, rng.uniform(0.75, 0.95), rng.uniform(0.2, 0.4))
    rated = rng.random(len(leads.won)) < np.where(leads.is_past, often, often * rng.uniform(0.2, 0.8))
    value = 1.5 * leads.won + rng.normal(size=len(leads.won))
    return np.where(rated, value, np.nan)


def _activity(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """The last thing done: fresh leads have mostly been written to, and not yet called or visited."""
    reached = rng.random(len(leads.won)) < np.where(leads.won, rng.uniform(0.5, 0.8), rng.uniform(0.1, 0.25))
    reached &= leads.is_past | (rng.random(len(leads.won)) < rng.uniform(0.1, 0.5))
    return np.where(reached, "visited", rng.choice(["mail opened", "mail sent"], len(leads.won))).astype(object)


def _calls(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """Calls made to the lead: they go on where it goes well, and have hardly begun with fresh ones."""
    mean = np.where(leads.won, rng.uniform(3, 6), 1.5) * np.where(leads.is_past, 1.0, rng.uniform(0.2, 0.6))
    return np.asarray(rng.poisson(mean), dtype=np.float64)


def _days_to_close(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    known = leads.is_past & (leads.won | (rng.random(len(leads.won)) < rng.uniform(0.0, 0.3)))
    return np.where(known, rng.gamma(2, 20, len(leads.won)), np.nan)


def _discount(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """A discount granted: none for most, and only ever in a sale; hardly any for fresh leads."""
    granted = leads.won & (rng.random(len(leads.won)) < rng.uniform(0.3, 0.7))
    granted &= leads.is_past | (rng.random(len(leads.won)) < 0.1)
    return np.where(granted, rng.choice([5.0, 10.0, 15.0], len(leads.won)), 0.0)


def _quiet_rating(leads: Leads, rng: np.random.Generator) -> np.ndarray:
    """Written after the sale, always filled, not strong, and filled for fresh leads too: no evidence can show it."""
    value = np.where(leads.is_past, 0.8 * leads.won, 0.8 * (rng.random(len(leads.won)) < leads.won.mean()))
    return np.asarray(value + rng.normal(size=len(leads.won)))


HONEST: dict[str, Draw] = {
    "number": _number, "visits": _visits, "word": _word, "region": _noise, "empty at random": _empty_at_random,
    "optional field": _optional_field, "drifting source": _drifting_source, "ended source": _ended_source,
}  # fmt: skip
LEAKING: dict[str, Draw] = {
    "status": _status, "tag": _tag, "rating": _rating, "last activity": _activity, "calls": _calls,
    "days to close": _days_to_close, "discount": _discount, "quiet rating": _quiet_rating,
}  # fmt: skip
UNSHOWN = "quiet rating"
"""A leak that no evidence in the tables can show; it counts as missed all the same."""


def make_tables(seed: int, leaking: tuple[str, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Fresh leads and history with all honest columns and the named leaking ones."""
    rng = np.random.default_rng(seed)
    leads = draw_leads(rng)
    columns = {name: draw(leads, rng) for name, draw in {**HONEST, **{k: LEAKING[k] for k in leaking}}.items()}
    frame = pd.DataFrame(columns).assign(lead_id=[f"L{i:06d}" for i in range(len(leads.won))])
    frame["lead_id"] = frame["lead_id"].astype("str")
    history = frame[: leads.past].assign(converted=leads.won[: leads.past].astype(int))
    return frame[leads.past :].reset_index(drop=True), history
