"""What one contact by each channel changes for each customer, learned from an experiment in the contact history.

An experiment are the `randomised` rows of `interactions`: a channel, or no contact at all (`none`), was drawn by lot.
Each channel is compared with the control rows by the doubly robust learner (Kennedy, 2023, Towards optimal doubly
robust estimation of heterogeneous causal effects), cross-fitted: on other folds outcome models mu1, mu0 are learned,
then for each row the score

    phi = mu1 - mu0 + (contact - e) / (e (1 - e)) x (outcome - mu_contact)

whose mean is the channel's effect, if either mu or e is right. e is the share of contacts among the rows of customers
who could have been drawn for it. What a customer is like in comparison is regressed on the features, over all channels
together, and drawn to nothing as far as chance would explain it. Rows that were not drawn by lot flatter the channels
that habit favours; they are not used.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import lightgbm as lgb
import numpy as np
import pandas as pd

from forecasting.response.uplift import auuc, qini

CONTROL = "none"
FOLDS = 5
MIN_ROWS = 100
"""With fewer contacts by lot, or fewer controls, nothing is estimated for a channel."""
MIN_PROPENSITY = 0.02
OUTCOME: dict[str, Any] = {"num_leaves": 4, "min_data_in_leaf": 50, "learning_rate": 0.05, "lambda_l2": 10.0}
EFFECT: dict[str, Any] = {"num_leaves": 3, "min_data_in_leaf": 100, "learning_rate": 0.03, "lambda_l2": 50.0}
SHARED: dict[str, Any] = {
    "objective": "regression", "feature_fraction": 0.5, "bagging_fraction": 0.7, "bagging_freq": 1,
    "deterministic": True, "force_col_wise": True, "num_threads": 1, "verbosity": -1,
}  # fmt: skip
OUTCOME_TREES, EFFECT_TREES = 60, 80
BAGS = 4
QUALITY = ("channel", "contacts", "controls", "mean_effect", "low", "high", "qini", "auuc", "believed")


@dataclass(frozen=True)
class Response:
    """What was estimated.

    effect: customer_id, channel, effect (rise in the chance of a response by one contact, 0..1 scale; may be negative),
        relative (effect / mean effect of the channel, 1 where nothing is known of the customer), only channels with
        enough rows, sorted by both.
    quality: channel, contacts, controls, mean_effect, low, high (90 % interval), qini, auuc (of the cross-fitted order
        within the channel, in responses a customer), believed (share of the differences between customers that is kept;
        0: chance, all customers have the channel's mean).
    """

    effect: pd.DataFrame
    quality: pd.DataFrame
    notes: tuple[str, ...] = ()


def learn_response(
    interactions: pd.DataFrame, customers: pd.DataFrame, *, channels: tuple[str, ...], seed: int
) -> Response:
    """Estimates each channel that has an experiment.

    Args:
        interactions: customer_id, channel, randomised, outcome (`no_response`, `no` or empty: nothing happened).
        customers: customer_id, digital_engagement, preferred_channel, open_tickets, consent, feature_*.
        channels: of the scenario; others are left out.

    Returns:
        `Response`; empty where there is no experiment (then effects stay as the scenario assumes them).
    """
    drawn = interactions[_flag(interactions.get("randomised"), len(interactions))]
    people = customers.drop_duplicates("customer_id").sort_values("customer_id", kind="stable").reset_index(drop=True)
    row = pd.Index(people["customer_id"]).get_indexer(pd.Index(drawn["customer_id"]))
    drawn, row = drawn[row >= 0], row[row >= 0]
    outcome = answered(drawn["outcome"])
    channel = drawn["channel"].astype("str").to_numpy(dtype=object)
    x = person_features(people)
    trials: list[_Trial] = []
    notes = []
    for position, name in enumerate(channels):
        used = ((channel == name) | (channel == CONTROL)) & _could_be_drawn(people, name)[row]
        contact = (channel == name)[used]
        contacts, controls = int(contact.sum()), int((~contact).sum())
        if min(contacts, controls) >= MIN_ROWS:
            own = np.column_stack([x, _is(people, "preferred_channel", name), np.full(len(people), float(position))])
            trials.append(_trial(name, own, row[used], contact.astype(float), outcome[used], seed + position))
        elif contacts:
            notes.append(
                f"response: {contacts} contacts by {name} and {controls} customers left alone by lot: too few to "
                "estimate its effect"
            )
    return _estimated(trials, people, seed, tuple(notes))


@dataclass(frozen=True)
class _Trial:
    """One channel against the control. everybody: (P, F) features of all; row: (N,) who the N rows are of."""

    channel: str
    everybody: np.ndarray
    row: np.ndarray
    contact: np.ndarray
    phi: np.ndarray

    @property
    def mean(self) -> float:
        return float(self.phi.mean())

    @property
    def half(self) -> float:
        """Half the width of the 90 % interval of the mean."""
        return 1.645 * float(self.phi.std(ddof=1)) / float(np.sqrt(len(self.phi)))


def _trial(
    name: str, everybody: np.ndarray, row: np.ndarray, contact: np.ndarray, outcome: np.ndarray, seed: int
) -> _Trial:
    """The doubly robust score of each row, outcome models cross-fitted."""
    x, fold = everybody[row], _fold_of(len(everybody))[row]
    e = float(np.clip(contact.mean(), MIN_PROPENSITY, 1 - MIN_PROPENSITY))
    mu1, mu0 = np.zeros(len(x)), np.zeros(len(x))
    for k in range(FOLDS):
        test = fold == k
        for mu, kind in ((mu1, 1.0), (mu0, 0.0)):
            train = ~test & (contact == kind)
            if test.any():
                mu[test] = _boosted(x[train], outcome[train], x[test], OUTCOME, OUTCOME_TREES, seed)
    phi = mu1 - mu0 + (contact - e) / (e * (1 - e)) * (outcome - np.where(contact > 0, mu1, mu0))
    return _Trial(name, everybody, row, contact, phi)


def _estimated(trials: list[_Trial], people: pd.DataFrame, seed: int, notes: tuple[str, ...]) -> Response:
    """Effects of all channels: their means, times what the customer is like in comparison, learned over all channels.

    One channel's experiment is too small to tell customers apart; a customer who listens listens on other channels too,
    so scores divided by their channel's mean are learned together, weighted by its square (their precision).
    """
    clear = [trial for trial in trials if trial.mean > trial.half]
    share, relative, honest = 0.0, {}, {}
    if clear:
        x = np.vstack([trial.everybody[trial.row] for trial in clear])
        y = np.concatenate([trial.phi / trial.mean for trial in clear])
        weight = np.concatenate([np.full(len(trial.phi), trial.mean**2) for trial in clear])
        fold = np.concatenate([_fold_of(len(people))[trial.row] for trial in clear])
        out = np.ones(len(y))
        for k in range(FOLDS):
            test = fold == k
            if test.any():
                out[test] = _relative(x[~test], y[~test], weight[~test], x[test], seed)
        share = _drawn_to_mean(out, y, weight)
        start = 0
        for trial in clear:
            honest[trial.channel] = out[start : start + len(trial.phi)]
            start += len(trial.phi)
            relative[trial.channel] = 1 + share * (_relative(x, y, weight, trial.everybody, seed) - 1)
    blocks, quality = [], []
    for trial in trials:
        own = np.maximum(relative.get(trial.channel, np.ones(len(people))), 0.0)
        order = honest.get(trial.channel, np.ones(len(trial.phi)))
        blocks.append(
            pd.DataFrame(
                {"customer_id": people["customer_id"], "channel": trial.channel, "effect": trial.mean * own,
                 "relative": own}
            )
        )  # fmt: skip
        contacts = int(trial.contact.sum())
        quality.append((trial.channel, contacts, len(trial.phi) - contacts, trial.mean, trial.mean - trial.half,
                        trial.mean + trial.half, qini(order, trial.phi), auuc(order, trial.phi), share))  # fmt: skip
    if not blocks:
        nothing = {"customer_id": "str", "channel": "str", "effect": "float64", "relative": "float64"}
        table = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in nothing.items()})
    else:
        table = pd.concat(blocks).sort_values(["customer_id", "channel"], kind="stable", ignore_index=True)
    return Response(table, pd.DataFrame(quality, columns=list(QUALITY)), notes)


def _fold_of(count: int) -> np.ndarray:
    """(P,) fold of each customer, so that the rows of one never part."""
    return np.arange(count) % FOLDS


def _relative(x: np.ndarray, y: np.ndarray, weight: np.ndarray, at: np.ndarray, seed: int) -> np.ndarray:
    found = [_boosted(x, y, at, EFFECT, EFFECT_TREES, seed + 101 * bag, weight) for bag in range(BAGS)]
    return np.asarray(np.mean(found, axis=0))


def _drawn_to_mean(honest: np.ndarray, y: np.ndarray, weight: np.ndarray) -> float:
    """Share 0..1 of the cross-fitted differences to believe: their slope, times what chance leaves of it.

    With t the slope over its standard error the second factor is max(0, 1 - 1 / t^2), James and Stein's.
    """
    centred = honest - np.average(honest, weights=weight)
    spread = float((weight * centred**2).sum())
    if spread <= 0:
        return 0.0
    gap = y - np.average(y, weights=weight)
    slope = float((weight * centred * gap).sum()) / spread
    error = float(np.sqrt((weight**2 * centred**2 * (gap - slope * centred) ** 2).sum())) / spread
    t = slope / error if error > 0 else np.inf
    return float(np.clip(slope, 0.0, 1.0) * max(0.0, 1 - 1 / t**2)) if t > 0 else 0.0


def _boosted(
    x: np.ndarray,
    y: np.ndarray,
    at: np.ndarray,
    shape: Mapping[str, Any],
    trees: int,
    seed: int,
    weight: np.ndarray | None = None,
) -> np.ndarray:
    if len(y) < 2 or np.ptp(y) == 0:
        return np.full(len(at), float(y.mean()) if len(y) else 0.0)
    model = lgb.train(
        {**SHARED, **shape, "seed": seed % 2**31}, lgb.Dataset(x, y, weight=weight), num_boost_round=trees
    )
    return np.asarray(model.predict(at), dtype=np.float64)


def answered(outcome: pd.Series) -> np.ndarray:
    """(N,) 1 where something happened: any outcome but an empty one, `no`, `none`, `0` and `no_response`."""
    text = outcome.astype("object").map(lambda value: str(value).strip().lower(), na_action="ignore")
    return (text.notna() & ~text.isin(["", "no", "none", "0", "no_response", "false"])).to_numpy(dtype=np.float64)


def person_features(people: pd.DataFrame) -> np.ndarray:
    """(N, F) what the effect may differ by: features, engagement, tickets; categories as numbers of their order."""
    names = sorted(str(name) for name in people.columns if str(name).startswith("feature_"))
    names += [name for name in ("digital_engagement", "open_tickets", "visit_minutes") if name in people.columns]
    columns = [np.zeros(len(people))]
    for name in names:
        values = people[name]
        if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
            columns.append(values.to_numpy(dtype=np.float64, na_value=np.nan))
        else:
            codes = pd.Categorical(values.astype("object").map(str, na_action="ignore")).codes
            columns.append(np.where(codes < 0, np.nan, codes.astype(np.float64)))
    return np.column_stack(columns)


def _is(people: pd.DataFrame, column: str, value: str) -> np.ndarray:
    if column not in people.columns:
        return np.zeros(len(people))
    return (people[column] == value).to_numpy(dtype=bool, na_value=False).astype(np.float64)


def _could_be_drawn(people: pd.DataFrame, channel: str) -> np.ndarray:
    """(N,) whether the lot could give this channel: consent names it, or consents are not known at all."""
    if "consent" not in people.columns:
        return np.ones(len(people), dtype=bool)
    known = np.array([isinstance(entry, (tuple, list)) for entry in people["consent"]], dtype=bool)
    if not known.any():
        return np.ones(len(people), dtype=bool)
    return np.array([isinstance(entry, (tuple, list)) and channel in entry for entry in people["consent"]], dtype=bool)


def _flag(values: pd.Series | None, rows: int) -> np.ndarray:
    if values is None:
        return np.zeros(rows, dtype=bool)
    return pd.to_numeric(values, errors="coerce").fillna(0).to_numpy(dtype=np.float64) > 0
