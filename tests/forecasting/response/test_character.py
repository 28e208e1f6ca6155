"""How customers differ: found where planted, nothing where there is nothing, and believed as the experiment says."""

import numpy as np
import pandas as pd
import pytest

from forecasting.response.character import Character, believed, centred, person_design


def learned(slope: float, *, rows: int, seed: int) -> tuple[Character, np.ndarray]:
    """Two channels of effect .3 and .1, the first feature multiplies both by 1 + slope z; four features say nothing."""
    rng = np.random.default_rng(seed)
    z = rng.normal(size=(rows, 5))
    model = Character(["field", "mail"], 5)
    base = 0.2
    for name, effect in (("field", 0.3), ("mail", 0.1)):
        chance = base + effect * (1 + slope * z[:, 0])
        model.add(z, (rng.random(rows) < chance).astype(float), channel=name, effect=effect)
    model.add(z, (rng.random(rows) < base).astype(float))
    return model.learn(), z


def test_a_planted_difference_is_found_on_every_channel_and_the_rest_is_not() -> None:
    """Slope .4 a standard deviation: found within .1 on both channels; features without a meaning stay near 0."""
    model, _ = learned(0.4, rows=4000, seed=1)
    unit = np.eye(5)
    for name in ("field", "mail"):
        found = model.relative(name, unit)
        assert found[0] == pytest.approx(0.4, abs=0.12)
        assert np.abs(found[1:]).max() < 0.12


def test_chance_is_drawn_to_nothing() -> None:
    model, z = learned(0.0, rows=1000, seed=2)
    assert model.relative("mail", z).std() < 0.1


def test_what_customers_do_anyhow_is_no_effect() -> None:
    """A feature that raises answers by the same points with and without a contact changes no effect."""
    rng = np.random.default_rng(3)
    z = rng.normal(size=(6000, 1))
    model = Character(["field"], 1)
    anyhow = 0.3 + 0.1 * np.clip(z[:, 0], -2, 2)
    model.add(z, (rng.random(6000) < anyhow + 0.2).astype(float), channel="field", effect=0.2)
    model.add(z, (rng.random(6000) < anyhow).astype(float))
    assert abs(model.learn().relative("field", np.ones((1, 1)))[0]) < 0.12


def test_nothing_added_says_nothing() -> None:
    """No rows, and rows whose outcomes are all alike."""
    model = Character(["field"], 2)
    model.add(np.ones((0, 2)), np.zeros(0))
    model.add(np.ones((5, 2)), np.ones(5), channel="field", effect=0.1)
    assert model.learn().relative("field", np.ones((3, 2))).tolist() == [0, 0, 0]


def test_believed_by_hand() -> None:
    """Slope 1 without error is believed whole, -1 not at all; without differences there is nothing to believe."""
    honest, one = np.array([-1.0, 1.0, -1.0, 1.0]), np.ones(4)
    assert believed(honest, honest, one) == 1
    assert believed(honest, -honest, one) == 0
    assert believed(honest, 0.5 * honest, one) == pytest.approx(0.5)
    assert believed(np.zeros(4), honest, one) == 0
    noisy = believed(honest, np.array([50.0, -50.0, -50.0, 50.0]), one)
    assert noisy == pytest.approx(
        2500 / 4 / (1 + 2500 / 4)
    )  # slope 0, variance 4 x 2500 / 16: hardly anything is known


def test_features_on_one_scale() -> None:
    """Numbers as standardised ranks, unknown 0; categories and preferences centred; without features no column."""
    people = pd.DataFrame(
        {
            "customer_id": list("abcd"),
            "feature_size": [1.0, 1000.0, np.nan, 10.0],
            "feature_kind": ["x", "x", "y", None],
        }
    )
    design = person_design(people)
    assert design.shape == (4, 3)
    assert design.mean(axis=0)[:2] == pytest.approx([0, 0])
    assert design[:2, 0].tolist() == [0.5, 0.5]
    assert np.argsort(design[[0, 1, 3], 2]).tolist() == [0, 2, 1]
    assert design[2, 2] == 0
    assert centred(np.array([True, False])).tolist() == [0.5, -0.5]
    assert person_design(people[["customer_id"]]).shape == (4, 0)
