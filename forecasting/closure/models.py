"""The candidates for the closure probability, fitted on what was known at one moment.

base rate: the weighted share won among rows open at a census. likelihood ratio: two hidden chains compared. hidden
Markov: the absorbing chain of stages and phases. transparent: a logistic regression on stage x dwell, amount and the
log-odds of that chain. trees: boosted trees on prefix aggregates. hazard: competing risks in time. mean logit: the
mean of the log-odds of the last three; views of the same history that err differently.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import expit

from forecasting.calibration import logit
from forecasting.closure.features import Features, build_features
from forecasting.closure.hazard import Hazard, fit_hazard
from forecasting.closure.hmm import HiddenMarkov, Journey, Sequences, fit_hidden_markov, fit_journey, tick_sequences
from forecasting.closure.landmarks import Rows, weights_at
from forecasting.closure.load import Deals, Floats
from forecasting.closure.logistic import StageDwell, State, fit_stage_dwell, states
from forecasting.closure.trees import Boosted, fit_boosted

BASE, RATIO, JOURNEY, TRANSPARENT = "base rate", "likelihood ratio", "hidden Markov", "transparent"
TREES, HAZARD, MEAN = "trees", "hazard", "mean logit"
CANDIDATES = (MEAN, HAZARD, TREES, TRANSPARENT, JOURNEY, RATIO, BASE)
"""In order of preference where the figures do not tell them apart; the base rate must never win by a tie."""
VIEWS = (TRANSPARENT, TREES, HAZARD)
"""What the mean logit is the mean of."""
MIN_ROWS = 60
"""With fewer settled rows only the base rate is fitted."""
KNOT_SHARES = (0.1, 0.25, 0.4, 0.6, 0.75, 0.9)
"""Quantiles of the amount at which the transparent head's line may bend."""
MIN_TREE_DEALS = 200
"""Trees and hazards need so many deals with a settled row: with fewer they learn single deals."""


@dataclass(frozen=True)
class History:
    """R observations with everything the models look at, so that it is computed once for all moments.

    deals: all deals; rows.deal points into them. rows, state, sequences, features belong together row by row.
    horizon_days: a deal is won if it closes within so many days; None: ever. rep_probability: (R,) of the deal, for
    reports only: no model sees it.
    """

    deals: Deals
    rows: Rows
    state: State
    sequences: Sequences
    features: Features
    horizon_days: int | None

    @property
    def created(self) -> Any:
        """(R,) second at which the deal of each row was created."""
        return self.deals.created[self.rows.deal]

    @property
    def amount_eur(self) -> Floats:
        """(R,) amount of the deal, NaN if unknown."""
        return self.deals.table["amount_eur"].to_numpy(dtype=np.float64)[self.rows.deal]

    @property
    def rep_probability(self) -> Floats:
        """(R,) the rep's own number, NaN if none; never a feature."""
        return self.deals.table["rep_probability"].to_numpy(dtype=np.float64)[self.rows.deal]

    @property
    def owner(self) -> Any:
        """(R,) who works on the deal, "" if unknown."""
        return self.deals.table["owner"].to_numpy(dtype=object)[self.rows.deal]

    @property
    def segment(self) -> Any:
        """(R,) segment of the deal, "" if unknown."""
        return self.deals.table["segment"].to_numpy(dtype=object)[self.rows.deal]

    @property
    def stages(self) -> int:
        """Number of stage codes."""
        return len(self.deals.stages)

    def pick(self, chosen: Any) -> "History":
        """The rows of a mask or index array; the deals stay."""
        return History(
            self.deals,
            self.rows.pick(chosen),
            self.state.pick(chosen),
            self.sequences.pick(chosen),
            self.features.pick(chosen),
            self.horizon_days,
        )


@dataclass(frozen=True)
class Fitted:
    """The candidates that could be fitted. rows: settled rows learned from; won: how many of them were won.

    amount_knots: of the transparent head, see `more_terms`.
    """

    base_rate: float
    ratio: HiddenMarkov | None = None
    journey: Journey | None = None
    transparent: StageDwell | None = None
    trees: Boosted | None = None
    hazard: Hazard | None = None
    rows: int = 0
    won: int = 0
    amount_knots: tuple[float, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The candidates that can be asked."""
        parts = (self.ratio, self.journey, self.transparent, self.trees, self.hazard)
        fitted = dict(
            zip((RATIO, JOURNEY, TRANSPARENT, TREES, HAZARD), (each is not None for each in parts), strict=True)
        )
        fitted[BASE] = True
        fitted[MEAN] = sum(fitted[name] for name in VIEWS) > 1
        return tuple(name for name in CANDIDATES if fitted[name])

    def probabilities(
        self, history: History, *, only: tuple[str, ...] = CANDIDATES, still: Floats | None = None
    ) -> dict[str, Floats]:
        """Raw probability (R,) by candidate, of those that were fitted and are in `only`; always of the base rate.

        still: what `hazard.open_at` says of these rows, where it was asked already.
        """
        asked = set(only) | (set(VIEWS) if MEAN in only else set())
        found = {BASE: np.full(len(history.rows), self.base_rate)}
        if self.ratio is not None and RATIO in asked:
            found[RATIO] = self.ratio.probability(history.sequences)
        if self.journey is not None and asked & {JOURNEY, TRANSPARENT, HAZARD}:
            found[JOURNEY] = self.journey.probability(history.deals, history.rows, days=history.horizon_days)
        if self.transparent is not None and asked & {TRANSPARENT, HAZARD}:
            more = more_terms(history, found.get(JOURNEY), self.amount_knots)
            found[TRANSPARENT] = self.transparent.probability(history.state, more)
        if self.trees is not None and TREES in asked:
            found[TREES] = self.trees.probability(history.features)
        if self.hazard is not None and HAZARD in asked:
            start = logit(found[TRANSPARENT]) if TRANSPARENT in found else None
            found[HAZARD] = self.hazard.probability(
                history.features, days=history.horizon_days, start=start, still=still
            )
        views = [logit(found[name]) for name in VIEWS if name in found]
        if len(views) > 1 and MEAN in asked:
            found[MEAN] = np.asarray(expit(np.mean(views, axis=0)), dtype=np.float64)
        return {name: p for name, p in found.items() if name in only or name == BASE}


def describe(deals: Deals, rows: Rows, *, horizon_days: int | None) -> History:
    """What the models need to know of the rows."""
    state = states(deals, rows)
    features = build_features(deals, rows, state)
    return History(deals, rows, state, tick_sequences(deals, rows), features, horizon_days)


def more_terms(history: History, journey: Floats | None, amount_knots: tuple[float, ...]) -> Floats:
    """(R, M) terms of the transparent head beside stage x dwell.

    A bent line over the log of the amount, how round the amount is, events and touches of the last days, and the
    log-odds of the journey.

    Args:
        history: of R rows. journey: (R,) its probability, None where it could not be fitted.
        amount_knots: log EUR at which the line over the log amount may bend.
    """
    amount = history.amount_eur
    unknown = ~(amount > 0)
    log_amount = np.log(np.where(unknown, np.exp(np.mean(amount_knots)) if amount_knots else 1.0, amount))
    columns = [log_amount, unknown.astype(np.float64), *(np.maximum(log_amount - knot, 0.0) for knot in amount_knots)]
    columns += [
        np.nan_to_num(history.features.arranged((name,))[:, 0]) for name in ("amount_in_5000", "amount_in_1000")
    ]
    counted = [n for n in history.features.names if n == "touches" or n.startswith(("touches in ", "events in "))]
    columns += [np.log1p(history.features.arranged((name,))[:, 0]) for name in counted]
    if journey is not None:
        columns.append(logit(journey))
    return np.column_stack(columns).astype(np.float64)


def amount_knots_of(amount: Floats) -> tuple[float, ...]:
    """Log EUR of the `KNOT_SHARES` quantiles of the known amounts; () where hardly any differ."""
    known = np.log(amount[amount > 0])
    if len(known) == 0:
        return ()
    knots = np.unique(np.quantile(known, KNOT_SHARES))
    return tuple(float(each) for each in knots[(knots > known.min()) & (knots < known.max())])


@dataclass(frozen=True)
class Care:
    """How much computing a fit may cost: models averaged by the two boosted heads, rows and deal-spans learned from."""

    tree_seeds: int = 2
    tree_rows: int = 12_000
    hazard_seeds: int = 1
    hazard_spans: int = 40_000


ORDINARY = Care()
THOROUGH = Care(tree_seeds=6, tree_rows=200_000, hazard_seeds=4, hazard_spans=200_000)


def fit_models(history: History, when: int, *, hidden_states: int, seed: int, care: Care = ORDINARY) -> Fitted:
    """Fits all candidates on the rows whose label was known at second `when`, weighted for those not known yet.

    Args:
        history: observations. when: second of knowledge.
        hidden_states: of the likelihood ratio. seed: of starting points and trees. care: what a fit may cost.

    With one outcome only, the base rate is (won + 1) / (rows + 2), Laplace's rule: never certain. Without rows 1/2.
    """
    weight = weights_at(history.rows, when)
    known = weight > 0
    won = history.rows.won & known
    rows, wins = int(known.sum()), int(won.sum())
    if wins in (0, rows):
        return Fitted((wins + 1) / (rows + 2), rows=rows, won=wins)
    base_rate = float(weight[won].sum() / weight.sum())
    if rows < MIN_ROWS:
        return Fitted(base_rate, rows=rows, won=wins)
    learned, share = history.pick(known), weight[known]
    ratio = fit_hidden_markov(
        learned.sequences, learned.rows.won, share, stages=history.stages, hidden_states=hidden_states, seed=seed
    )
    mine = np.zeros(len(history.deals.created), dtype=bool)
    mine[history.rows.deal] = True
    journey = fit_journey(history.deals, when, chosen=mine)
    path = None if journey is None else journey.probability(history.deals, learned.rows, days=history.horizon_days)
    knots = amount_knots_of(learned.amount_eur)
    transparent = fit_stage_dwell(learned.state, learned.rows.won, share, more_terms(learned, path, knots))
    trees = hazard = None
    if len(np.unique(learned.rows.deal)) >= MIN_TREE_DEALS:
        some = np.linspace(0, rows - 1, min(rows, care.tree_rows)).astype(np.int64)
        trees = fit_boosted(
            learned.features.pick(some), learned.rows.won[some], share[some], seed=seed, seeds=care.tree_seeds
        )
        start = None
        if transparent is not None:
            everywhere = None
            if journey is not None:
                everywhere = journey.probability(history.deals, history.rows, days=history.horizon_days)
            start = logit(transparent.probability(history.state, more_terms(history, everywhere, knots)))
        hazard = fit_hazard(
            history.deals, history.rows, history.features, when, seed=seed, seeds=care.hazard_seeds,
            max_spans=care.hazard_spans, start=start,
        )  # fmt: skip
    return Fitted(base_rate, ratio, journey, transparent, trees, hazard, rows, wins, knots)
