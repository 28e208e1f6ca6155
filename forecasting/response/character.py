"""How customers differ in what a contact changes: who listens to which channel, in comparison with its mean.

Outcomes of contacts, less what happens without one, over the channel's effect, are explained by customers' features:
one share for all channels and one of each channel on its own (a customer who listens does so elsewhere too, but digital
people do not listen to everything). Few contacts carry little of this, so all coefficients are drawn to 0 by one
normal prior whose width is the likeliest of all (evidence; MacKay, 1992). Contacts that habit chose help to propose;
what is believed of it the experiment decides (`believed`).
"""

import numpy as np
import pandas as pd

MOST_LEVELS = 12
"""Categories of a feature that are told apart, the commonest."""
STEPS = 60
MOST_PRECISE = 1e9
"""Without a signal the width of a prior goes to 0, and its coefficients with it."""


def person_design(people: pd.DataFrame) -> np.ndarray:
    """(P, F) features on one scale: ranks of numbers (mean 0, standard deviation 1, unknown 0), centred categories."""
    names = sorted(str(name) for name in people.columns if str(name).startswith("feature_"))
    names += [name for name in ("digital_engagement", "open_tickets", "visit_minutes") if name in people.columns]
    columns = []
    for name in names:
        values = people[name]
        if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
            rank = pd.Series(values.to_numpy(dtype=np.float64, na_value=np.nan)).rank(pct=True)
            spread = float(rank.std(ddof=0))
            if spread > 0:
                columns.append(((rank - rank.mean()) / spread).fillna(0.0).to_numpy())
        else:
            text = values.astype("object").map(str, na_action="ignore")
            levels = sorted(text.value_counts().index[:MOST_LEVELS])
            columns += [centred((text == level).to_numpy(dtype=bool, na_value=False)) for level in levels]
    return np.column_stack(columns) if columns else np.zeros((len(people), 0))


def centred(is_so: np.ndarray) -> np.ndarray:
    """A yes or no as a number with mean 0."""
    return np.asarray(is_so.astype(np.float64) - is_so.mean())


class Character:
    """Differences between customers, learned over all channels at once; `relative` says them.

    Outcome over the mean of its rows = z (a + contact x effect of the channel x (b + b of the channel)) + noise: a is
    what customers do anyhow, b how they listen. Rows are divided by their noise, of which `gram` and `moment` are the
    sums of squares and products.
    """

    def __init__(self, channels: list[str], features: int) -> None:
        self._parts = {name: 2 + number for number, name in enumerate(channels)}
        self._features = features
        self._group = np.repeat(np.minimum(np.arange(2 + len(channels)), 2), features)
        self._gram, self._moment = np.zeros((len(self._group), len(self._group))), np.zeros(len(self._group))
        self._weights = np.zeros(len(self._group))

    def add(self, z: np.ndarray, outcome: np.ndarray, *, channel: str = "", effect: float = 0.0) -> None:
        """Rows of one kind: contacts by a channel with its mean effect, or of customers left alone.

        Args:
            z: (N, F) features. outcome: (N,) 0 or 1.
        """
        noise = float(outcome.std()) if len(outcome) else 0.0
        if noise == 0:
            return
        parts = {0: 1.0} | ({1: effect, self._parts[channel]: effect} if channel else {})
        z = (z - z.mean(axis=0)) / noise
        square, moment = z.T @ z, z.T @ ((outcome - outcome.mean()) / noise)
        for a, by in parts.items():
            self._moment[self._slice(a)] += by * moment
            for b, too in parts.items():
                self._gram[self._slice(a), self._slice(b)] += by * too * square

    def learn(self) -> "Character":
        """The coefficients under the three priors (a, b, b of a channel) whose widths are the likeliest together."""
        precision = np.ones(3)
        for _ in range(STEPS):
            inverse = np.linalg.inv(self._gram + np.diag(precision[self._group]))
            self._weights = inverse @ self._moment
            known = 1 - precision[self._group] * np.diag(inverse)
            energy = np.bincount(self._group, self._weights**2, minlength=3)
            free = np.maximum(np.bincount(self._group, known, minlength=3), 1e-9)
            precision = np.minimum(free / np.maximum(energy, 1e-300), MOST_PRECISE)
        return self

    def relative(self, channel: str, z: np.ndarray) -> np.ndarray:
        """(N,) how much more (0.2: a fifth) than the mean a contact changes for each customer."""
        weights = self._weights[self._slice(1)] + self._weights[self._slice(self._parts[channel])]
        return np.asarray(z @ weights)

    def _slice(self, part: int) -> slice:
        return slice(part * self._features, (part + 1) * self._features)


def believed(honest: np.ndarray, phi: np.ndarray, weight: np.ndarray) -> float:
    """Share 0..1 of the proposed differences that the experiment leaves: its slope on them, drawn to 1 by a normal
    prior of standard deviation 1.

    Args:
        honest: (N,) proposed differences, learned without the row's own fold. phi: (N,) score of each row by lot over
            its channel's effect. weight: (N,) their precision.
    """
    gap, apart = phi - np.average(phi, weights=weight), honest - np.average(honest, weights=weight)
    spread = float((weight * apart**2).sum())
    if spread <= 0:
        return 0.0
    slope = float((weight * apart * gap).sum()) / spread
    variance = float((weight**2 * apart**2 * (gap - slope * apart) ** 2).sum()) / spread**2
    return float(np.clip((slope + variance) / (1 + variance), 0.0, 1.0))
