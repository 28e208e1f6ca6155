"""Response: planted effects are found from an experiment, ranked, and never made up from habit or chance."""

import numpy as np
import pandas as pd
import pytest

from forecasting.confidence import ASSUMED_SPREAD
from forecasting.response.effects import (
    LARGEST,
    LEAST_SPREAD,
    effect_factors,
    effects_sentence,
    effects_table,
)
from forecasting.response.learn import MIN_ROWS, Response, answered, learn_response
from forecasting.response.uplift import auuc, gain_curve, qini
from scenarios.schema import Channel

CHANNELS = ("field", "mail")


def company(rows: int, *, seed: int, differ: bool, randomised: bool = True) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Visits help by 30 points, or by 5 and 55 for two kinds of customers; mails by a third of that; alone: 10 %."""
    rng = np.random.default_rng(seed)
    people = pd.DataFrame({"customer_id": [f"c{i:04d}" for i in range(1000)]}).astype("str")
    people["feature_kind"] = rng.choice(["open", "busy"], 1000)
    people["digital_engagement"] = rng.random(1000)
    who = rng.integers(0, 1000, rows)
    channel = rng.choice(["field", "mail", "none"], rows)
    is_open = (people["feature_kind"] == "open").to_numpy()[who]
    size = np.where(is_open, 0.55, 0.05) if differ else np.full(rows, 0.30)
    chance = 0.1 + size * np.select([channel == "field", channel == "mail"], [1.0, 1 / 3], 0.0)
    return people, pd.DataFrame(
        {
            "customer_id": people["customer_id"].to_numpy()[who],
            "channel": channel,
            "outcome": np.where(rng.random(rows) < chance, "response", "no_response"),
            "randomised": int(randomised),
        }
    )


def test_mean_effects_lie_in_their_intervals_and_chance_is_not_taken_for_character() -> None:
    """30 and 10 points for all customers alike: found, and hardly any difference between customers told."""
    people, contacts = company(4000, seed=1, differ=False)
    found = learn_response(contacts, people, channels=CHANNELS, seed=7)
    quality = found.quality.set_index("channel")
    assert quality.loc["field", "low"] < 0.30 < quality.loc["field", "high"]
    assert quality.loc["mail", "low"] < 0.10 < quality.loc["mail", "high"]
    assert len(found.effect) == 2000
    spread = found.effect.groupby("channel")["effect"].std()
    assert spread["field"] < 0.03


def test_those_who_listen_are_ranked_first() -> None:
    """Planted 55 against 5 points: the order has at least 80 % of the Qini of the planted one, within visits too."""
    people, contacts = company(6000, seed=2, differ=True)
    found = learn_response(contacts, people, channels=CHANNELS, seed=7)
    visits = found.effect[found.effect["channel"] == "field"].merge(people, on="customer_id")
    planted = np.where(visits["feature_kind"] == "open", 0.55, 0.05)
    ours = visits["effect"].to_numpy()
    assert qini(ours, planted) > 0.8 * qini(planted, planted)
    assert ours[planted > 0.5].mean() - ours[planted < 0.5].mean() > 0.25
    quality = found.quality.set_index("channel")
    assert quality.loc["field", "believed"] > 0.5
    assert quality.loc["field", "qini"] > 0.02


def test_habit_is_no_experiment_and_few_rows_are_none() -> None:
    """Without the lot, without a control group, or with few rows nothing is estimated."""
    people, contacts = company(3000, seed=3, differ=False, randomised=False)
    assert learn_response(contacts, people, channels=CHANNELS, seed=7).effect.empty
    by_lot = contacts.assign(randomised=1)
    alone = by_lot[by_lot["channel"] != "none"]
    assert learn_response(alone, people, channels=CHANNELS, seed=7).quality.empty
    few = learn_response(by_lot.head(MIN_ROWS), people, channels=CHANNELS, seed=7)
    assert few.effect.empty
    assert "too few to estimate its effect" in few.notes[0]
    bare = learn_response(by_lot.drop(columns="randomised"), people, channels=CHANNELS, seed=7)
    assert bare.effect.empty


def test_only_customers_who_could_be_drawn_are_compared() -> None:
    """Nobody consents to mails: no row is left for them."""
    people, contacts = company(3000, seed=4, differ=False)
    people["consent"] = [("field",)] * len(people)
    found = learn_response(contacts, people, channels=CHANNELS, seed=7)
    assert found.quality["channel"].tolist() == ["field"]


def test_odd_customers_are_survived() -> None:
    """Constant and empty features, unicode kinds, unknown customers and no outcomes at all."""
    people, contacts = company(1500, seed=5, differ=False)
    people = people.assign(feature_empty=np.nan, feature_constant="ü", preferred_channel="field", open_tickets=0)
    contacts = pd.concat([contacts, contacts.head(3).assign(customer_id="nobody")])
    silent = learn_response(contacts.assign(outcome=None), people, channels=CHANNELS, seed=7)
    assert silent.quality["mean_effect"].tolist() == [0, 0]
    assert silent.effect["relative"].eq(1).all()


def test_the_same_seed_gives_the_same_bytes() -> None:
    people, contacts = company(1500, seed=6, differ=True)
    one, two = (learn_response(contacts, people, channels=CHANNELS, seed=9).effect for _ in range(2))
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_outcomes_in_words() -> None:
    """Anything but nothing and no counts."""
    given = pd.Series(["response", " No_Response", None, "", "won", "0", "no"], dtype="str")
    assert answered(given).tolist() == [1, 0, 0, 0, 1, 0, 0]


def test_gain_qini_and_auuc_by_hand() -> None:
    """Effects 4, 2, 0 in the right order: gains 0, 4/3, 2, 2; area (0 + 8/3 + 4 + 2) / 6 = 13/9; chance has 1."""
    effect = np.array([0.0, 4.0, 2.0])
    assert gain_curve(effect, effect) == pytest.approx([0, 4 / 3, 2, 2])
    assert auuc(effect, effect) == pytest.approx(13 / 9)
    assert qini(effect, effect) == pytest.approx(4 / 9)
    assert qini(-effect, effect) == pytest.approx(-4 / 9)
    assert qini(np.ones(3), effect) == pytest.approx(0)
    assert qini(np.zeros(0), np.zeros(0)) == 0


def estimated(mean: tuple[float, float], half: tuple[float, float]) -> Response:
    """Two channels with these effects and halves of their 90 % intervals, and how two customers compare."""
    quality = pd.DataFrame({"channel": ["field", "mail"], "mean_effect": mean})
    wide = np.array(half)
    quality = quality.assign(low=quality["mean_effect"] - wide, high=quality["mean_effect"] + wide)
    effect = pd.DataFrame(
        {"customer_id": ["a", "b", "a", "b"], "channel": ["field", "field", "mail", "mail"],
         "relative": [1.5, 0.5, 1.0, 9.0]}
    )  # fmt: skip
    return Response(effect, quality, pd.DataFrame())


ASSUMED = {
    "field": Channel(contact_minutes=30, win_lift_points=6),
    "call": Channel(contact_minutes=9, win_lift_points=1),
    "mail": Channel(contact_minutes=1, win_lift_points=2),
}


def test_factors_keep_the_assumed_level_and_compare_as_measured() -> None:
    """Assumed 6 : 2, measured 0.10 : 0.10 without error: responses a point 1/60 and 3/60, their mean 1/30; the visit is
    worth half of what was assumed, the mail half as much again."""
    found = effect_factors(estimated((0.1, 0.1), (0.0, 0.0)), pd.Series(["b", "a", "z"]), ASSUMED)
    assert list(found) == ["field", "mail"]
    assert found["field"][0] == pytest.approx([0.5 * 0.5, 1.5 * 0.5, 0.5])
    assert found["mail"][0] == pytest.approx([LARGEST, 1.5, 1.5])
    assert found["field"][1] == LEAST_SPREAD
    assert effect_factors(None, pd.Series(["a"]), ASSUMED) == {}


def test_a_vague_estimate_moves_an_assumption_less_and_is_known_less() -> None:
    """The same means with wider and wider intervals: the factors go to 1, their spread to that of an assumption."""
    spans = [(0.01, 0.01), (0.05, 0.05), (0.3, 0.3), (30.0, 30.0)]
    found = [effect_factors(estimated((0.1, 0.1), span), pd.Series(["z"]), ASSUMED)["field"] for span in spans]
    off = [abs(float(factor[0]) - 1) for factor, _ in found]
    assert off == sorted(off, reverse=True)
    assert off[0] > 0.3
    assert off[-1] < 0.001
    assert found[-1][1] == pytest.approx(ASSUMED_SPREAD, rel=0.01)


def test_channels_that_do_nothing_keep_what_was_assumed() -> None:
    """Effects that sum to less than nothing have no level to compare at; a channel without a lift has no comparison."""
    found = effect_factors(estimated((-0.1, 0.05), (0.02, 0.02)), pd.Series(["z"]), ASSUMED)
    assert [float(factor[0]) for factor, _ in found.values()] == [1.0, 1.0]
    idle = ASSUMED | {"field": Channel(contact_minutes=30)}
    assert effect_factors(estimated((0.1, 0.1), (0.01, 0.01)), pd.Series(["z"]), idle)["field"][0][0] == 1.0


def test_what_an_effect_rests_on_is_told() -> None:
    """The table's counts and points by hand; the sentence names who is assumed, and why all are."""
    people, contacts = company(3000, seed=7, differ=False)
    found = learn_response(contacts, people, channels=("field", "mail", "visitless"), seed=7)
    channels = {**ASSUMED, "field": ASSUMED["field"]}
    factors = effect_factors(found, people["customer_id"], channels)
    table = effects_table(found, factors, channels).set_index("channel")
    drawn = contacts["channel"].value_counts()
    assert table["evidence"].to_dict() == {"field": "estimated", "call": "assumed", "mail": "estimated"}
    assert table.loc["field", "contacts_by_lot"] == drawn["field"]
    assert table.loc["mail", "left_alone_by_lot"] == drawn["none"]
    assert table.loc["field", "effect_points"] == pytest.approx(100 * found.quality["mean_effect"].iloc[0])
    assert table.loc["call", ["contacts_by_lot", "mean_factor"]].tolist() == [0, 1]
    sentence = effects_sentence(found, table.reset_index())
    assert sentence.startswith("effects of field, mail are estimated from")
    assert "those of call are assumed" in sentence
    nothing = learn_response(contacts.assign(randomised=0), people, channels=CHANNELS, seed=7)
    assert "too few contacts by lot" in effects_sentence(nothing, effects_table(nothing, {}, channels))
