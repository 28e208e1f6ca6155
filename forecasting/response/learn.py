"""What one contact by each channel changes for each customer, learned from the contact history.

What counts are the `randomised` rows of `interactions`: a channel, or no contact at all (`none`), was drawn by lot. A
channel is estimated once it has `MIN_ROWS` contacts and `MIN_ROWS` customers left alone by lot; until then its effect
stays as the scenario assumes it. Contacts that habit chose make an estimate sharper as far as they agree with those by
lot (arms.py) and propose how customers differ, of which the experiment decides what is believed (character.py).
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from forecasting.response.arms import (
    FOLDS,
    NORMAL_90,
    Contacts,
    Effect,
    Trial,
    average,
    cross_fitted,
    fold_of,
    make_trial,
)
from forecasting.response.character import Character, believed, centred, person_design
from forecasting.response.uplift import auuc, qini

CONTROL = "none"
MIN_ROWS = 100
"""With fewer contacts by lot, or fewer customers left alone by lot, nothing is estimated for a channel."""
QINI_DRAWS = 200
QUALITY = (
    "channel", "contacts", "controls", "logged", "logged_share", "mean_effect", "low", "high", "qini", "qini_low",
    "qini_high", "auuc", "believed",
)  # fmt: skip


@dataclass(frozen=True)
class Response:
    """What was estimated.

    effect: customer_id, channel, effect (rise in the chance of a response by one contact, 0..1 scale; may be negative),
        relative (effect / mean effect of the channel, 1 where nothing is known of the customer), only channels with
        enough rows, sorted by both.
    quality: channel, contacts and controls (rows by lot), logged (contacts that habit chose), logged_share (their part
        in the estimate, 0..1), mean_effect, low, high (90 % interval), qini, auuc (of the cross-fitted order within the
        channel, on the rows by lot, in responses a customer), qini_low, qini_high (90 % interval), believed (share of
        the differences between customers that is kept; 0: all customers have the channel's mean).
    order: rows, qini, low, high of the order of all pairs of customer and channel on the rows by lot; no row without
        an experiment.
    """

    effect: pd.DataFrame
    quality: pd.DataFrame
    order: pd.DataFrame
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
    people = customers.drop_duplicates("customer_id").sort_values("customer_id", kind="stable").reset_index(drop=True)
    history = _History.of(interactions, people)
    able = {name: _could_be_drawn(people, name) for name in channels}
    enough, notes = _enough(history, able)
    if not enough:
        return _response([], {}, {}, people, 0.0, {}, notes)
    x = person_features(people)
    controls = history.contacts(CONTROL, by_lot=True)
    mu0 = cross_fitted(x, controls.row, controls.outcome, seed=seed)
    trials, given = [], {CONTROL: controls}
    for position, name in enumerate(enough):
        own = np.column_stack([x, _is(people, "preferred_channel", name)])
        by_lot, alone, logged = (
            history.contacts(channel, by_lot=lot, of=able[name])
            for channel, lot in ((name, True), (CONTROL, True), (name, False))
        )
        trials.append(
            make_trial(
                name, own, able[name], mu0, by_lot=by_lot, controls=alone, logged=logged, seed=seed + 1 + position
            )
        )
        given[name] = Contacts(
            np.concatenate([by_lot.row, logged.row]), np.concatenate([by_lot.outcome, logged.outcome])
        )
    effects = average(trials)
    relative, honest, share = _differences(trials, effects, given, people)
    return _response(trials, effects, relative, people, share, honest, notes)


@dataclass(frozen=True)
class _History:
    """Rows of known customers: row (N,) who, channel, outcome 0 or 1, by_lot."""

    row: np.ndarray
    channel: np.ndarray
    outcome: np.ndarray
    by_lot: np.ndarray

    @classmethod
    def of(cls, interactions: pd.DataFrame, people: pd.DataFrame) -> "_History":
        row = pd.Index(people["customer_id"]).get_indexer(pd.Index(interactions["customer_id"]))
        known = row >= 0
        drawn = _flag(interactions.get("randomised"), len(interactions))
        channel = interactions["channel"].astype("str").to_numpy(dtype=object)
        return cls(row[known], channel[known], answered(interactions["outcome"])[known], drawn[known])

    def contacts(self, channel: str, *, by_lot: bool, of: np.ndarray | None = None) -> Contacts:
        """Rows of a channel; of: (P,) the customers looked at."""
        mine = (self.channel == channel) & (self.by_lot == by_lot)
        if of is not None:
            mine &= of[self.row]
        return Contacts(self.row[mine], self.outcome[mine])


def _enough(history: _History, able: dict[str, np.ndarray]) -> tuple[list[str], tuple[str, ...]]:
    """The channels with an experiment large enough, and what is to be said of the others."""
    enough, notes = [], []
    for name, drawable in able.items():
        contacts = len(history.contacts(name, by_lot=True, of=drawable).row)
        controls = len(history.contacts(CONTROL, by_lot=True, of=drawable).row)
        if min(contacts, controls) >= MIN_ROWS:
            enough.append(name)
        elif contacts:
            notes.append(
                f"response: {contacts} contacts by {name} and {controls} customers left alone by lot: too few to "
                f"estimate its effect ({MIN_ROWS} of each are needed)"
            )
    return enough, tuple(notes)


def _differences(
    trials: list[Trial],
    effects: dict[str, Effect],
    given: dict[str, Contacts],
    people: pd.DataFrame,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], float]:
    """By channel how each customer compares with its mean (1: as the mean), the same for the rows by lot without their
    own fold, and the share believed. Channels whose effect is not clear of chance say nothing."""
    clear = [trial for trial in trials if effects[trial.channel].low > 0]
    if not clear:
        return {}, {}, 0.0
    names = [trial.channel for trial in clear]
    base = person_design(people)
    z = {name: np.column_stack([base, centred(_is(people, "preferred_channel", name) > 0)]) for name in names}

    def learned(keep: np.ndarray) -> Character:
        model = Character(names, base.shape[1] + 1)
        for name, contacts in given.items():
            used = keep[contacts.row]
            row, outcome = contacts.row[used], contacts.outcome[used]
            if name == CONTROL:
                model.add(np.column_stack([base, np.zeros(len(base))])[row], outcome)
            elif name in names:
                model.add(z[name][row], outcome, channel=name, effect=effects[name].mean)
        return model.learn()

    fold, honest = fold_of(len(people)), {trial.channel: np.zeros(len(trial.row)) for trial in clear}
    for k in range(FOLDS):
        model = learned(fold != k)
        for trial in clear:
            test = fold[trial.row] == k
            honest[trial.channel][test] = model.relative(trial.channel, z[trial.channel][trial.row[test]])
    share = believed(
        np.concatenate([honest[trial.channel] - honest[trial.channel].mean() for trial in clear]),
        np.concatenate([(trial.phi - trial.phi.mean()) / effects[trial.channel].mean for trial in clear]),
        np.concatenate([np.full(len(t.phi), (effects[t.channel].mean ** 2) / max(t.phi.var(), 1e-12)) for t in clear]),
    )
    model = learned(np.ones(len(people), dtype=bool))
    relative = {name: np.maximum(1 + share * model.relative(name, z[name]), 0.0) for name in names}
    return relative, {name: 1 + share * rows for name, rows in honest.items()}, share


def _response(
    trials: list[Trial],
    effects: dict[str, Effect],
    relative: dict[str, np.ndarray],
    people: pd.DataFrame,
    share: float,
    honest: dict[str, np.ndarray],
    notes: tuple[str, ...],
) -> Response:
    """The tables of `Response`."""
    rng = np.random.default_rng(len(people))
    blocks, quality, orders, scores = [], [], [], []
    for trial in trials:
        found = effects[trial.channel]
        own = relative.get(trial.channel, np.ones(len(people)))
        order = honest.get(trial.channel, np.ones(len(trial.phi)))
        low, high = _qini_span(order, trial.phi, rng)
        contacts = int(trial.contact.sum())
        blocks.append(
            pd.DataFrame(
                {"customer_id": people["customer_id"], "channel": trial.channel, "effect": found.mean * own,
                 "relative": own}
            )
        )  # fmt: skip
        quality.append(
            (trial.channel, contacts, len(trial.phi) - contacts, trial.logged, found.logged_share, found.mean,
             found.low, found.high, qini(order, trial.phi), low, high, auuc(order, trial.phi),
             share if trial.channel in relative else 0.0)
        )  # fmt: skip
        orders.append(found.mean * order)
        scores.append(trial.phi)
    if not blocks:
        nothing = {"customer_id": "str", "channel": "str", "effect": "float64", "relative": "float64"}
        table = pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in nothing.items()})
    else:
        table = pd.concat(blocks).sort_values(["customer_id", "channel"], kind="stable", ignore_index=True)
    whole = pd.DataFrame(columns=["rows", "qini", "low", "high"], dtype="float64")
    if orders:
        order, phi = np.concatenate(orders), np.concatenate(scores)
        low, high = _qini_span(order, phi, rng)
        whole.loc[0] = [float(len(phi)), qini(order, phi), low, high]
    return Response(table, pd.DataFrame(quality, columns=list(QUALITY)), whole, notes)


def _qini_span(order: np.ndarray, phi: np.ndarray, rng: np.random.Generator) -> tuple[float, float]:
    """90 % interval of the Qini of an order, by the bootstrap's standard error."""
    draws = (rng.integers(0, len(phi), len(phi)) for _ in range(QINI_DRAWS))
    error = float(np.std([qini(order[drawn], phi[drawn]) for drawn in draws]))
    middle = qini(order, phi)
    return middle - NORMAL_90 * error, middle + NORMAL_90 * error


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
