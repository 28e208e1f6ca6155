"""Contacts by lot and contacts that habit chose: sharper together where they agree, the lot alone where they do not."""

import numpy as np
import pytest

from forecasting.response.arms import Contacts, Trial, average, cross_fitted, fold_of, make_trial


def trial(name: str, *, gap: float, lot: float = 0.0004, logged: float = 0.0001, mean: float = 0.1) -> Trial:
    """1,000 rows by lot whose score has this mean; variances of the means of contacts by lot and of logged ones."""
    phi = np.where(np.arange(1000) % 2, mean + 0.8, mean - 0.8)
    contact = (np.arange(1000) % 2).astype(float)
    return Trial(name, np.arange(1000), contact, phi, 2000 if np.isfinite(logged) else 0, gap, lot, logged)


def test_logged_contacts_that_agree_sharpen() -> None:
    """Gaps within chance: no bias; share .0004 / (.0004 + .0001) = .8 of the gap; variance falls by .8 x .0004."""
    found = average([trial("field", gap=0.01), trial("mail", gap=-0.01)])
    assert found["field"].logged_share == pytest.approx(0.8)
    assert found["field"].mean == pytest.approx(0.1 + 0.8 * 0.01)
    alone = average([trial("field", gap=0.0, logged=float("inf"))])["field"]
    assert alone.logged_share == 0
    assert alone.mean == pytest.approx(0.1)
    assert alone.error**2 - found["field"].error ** 2 == pytest.approx(0.8 * 0.0004)
    assert found["field"].low < found["field"].mean < found["field"].high


def test_habit_that_flatters_is_hardly_heard() -> None:
    """Gaps of 30 points on all channels: bias^2 = .09 - .0005; the lot keeps more than 99 % of the say."""
    found = average([trial("field", gap=0.3), trial("mail", gap=0.3)])
    assert found["field"].logged_share == pytest.approx(0.0004 / (0.0005 + 0.0895), rel=1e-6)
    assert found["mail"].mean == pytest.approx(0.1, abs=0.002)


def test_the_gap_is_what_habit_flatters_by_and_weights_take_out_whom_it_chose() -> None:
    """Half the people answer 40 %, half 10 %. Habit contacts the first three times as often: weighted, it says the same
    as the lot; where its contacts answer 20 points more than those by lot, the gap is near 20."""
    rng = np.random.default_rng(3)
    eager = np.arange(2000) % 2 == 0
    x = np.column_stack([eager.astype(float), rng.random(2000)])
    chance = np.where(eager, 0.4, 0.1)

    def contacts(rows: int, likely: np.ndarray, more: float = 0.0) -> Contacts:
        row = rng.choice(2000, rows, p=likely / likely.sum())
        return Contacts(row, (rng.random(rows) < chance[row] + more).astype(float))

    even, habit = np.ones(2000), np.where(eager, 3.0, 1.0)
    controls = Contacts(rng.integers(0, 2000, 3000), np.zeros(3000))

    def gap(more: float) -> float:
        made = make_trial(
            "field", x, even > 0, np.zeros(2000), by_lot=contacts(3000, even), controls=controls,
            logged=contacts(6000, habit, more), seed=1,
        )  # fmt: skip
        assert made.phi.mean() == pytest.approx(0.25, abs=0.03)
        return made.gap

    assert abs(gap(0.0)) < 0.03
    assert gap(0.2) == pytest.approx(0.2, abs=0.04)


def test_nobody_is_predicted_from_their_own_fold() -> None:
    """An outcome that only the own row knows cannot be predicted; a law of a feature can."""
    fold = fold_of(500)
    x = np.column_stack([(np.arange(500) % 3 == 0).astype(float)])
    row = np.tile(np.arange(500), 4)
    outcome = (x[row, 0] > 0).astype(float)
    expected = cross_fitted(x, row, outcome, seed=2)
    assert expected[x[:, 0] > 0].min() > 0.9
    assert expected[x[:, 0] == 0].max() < 0.1
    own = np.eye(5)[fold]
    blind = cross_fitted(own, row, (fold[row] == 0).astype(float), seed=2)
    assert blind[fold == 0].max() < 0.5
