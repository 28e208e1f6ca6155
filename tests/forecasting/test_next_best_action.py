"""Next best actions: euros by hand, consent, adjustments, and properties that must hold for any numbers."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.next_best_action import is_digital, order_eur, value_actions
from forecasting.response.learn import Response
from forecasting.types import Actions, ClosureForecast, CustomerScores
from scenarios.schema import Adjust, Channel, ContactPolicy, Money, NextBestAction

AS_OF = date(2024, 6, 30)
FIELD = Channel(contact_minutes=30, cost_eur_per_hour=12, win_lift_points=6, churn_reduction_pct=30, growth_lift_pct=8)
SELF = Channel(contact_minutes=0, win_lift_points=0.5, churn_reduction_pct=2, growth_lift_pct=1)
CALL = Channel(contact_minutes=12, cost_eur_per_hour=24, win_lift_points=3, churn_reduction_pct=15, growth_lift_pct=4)
CHANNELS = {"field": FIELD, "outbound": CALL, "self_service": SELF}
SOURCES = ("churn_risk", "potential", "open_opportunities")


def people(**columns: list) -> pd.DataFrame:
    base = {
        "customer_id": ["B", "A"],
        "name": ["Øre & Sønner", None],
        "last_contact_date": pd.to_datetime(["2024-04-01", None]),
        "preferred_channel": ["outbound", None],
        "digital_engagement": [1.0, np.nan],
        "open_tickets": [1, 0],
        "visit_minutes": [60.0, np.nan],
        "consent": [("field", "outbound"), ()],
    }
    return pd.DataFrame({**base, **columns})


def scores(churn: list[float], potential: list[float], ids: tuple[str, ...] = ("A", "B")) -> CustomerScores:
    table = pd.DataFrame({"customer_id": list(ids), "churn_probability": churn, "potential_eur": potential})
    return CustomerScores(table, pd.DataFrame())


def deals(*rows: tuple[str, float, float]) -> ClosureForecast:
    table = pd.DataFrame(rows, columns=["customer_id", "amount_eur", "win_probability"])
    return ClosureForecast(table.astype({"customer_id": "str"}), pd.DataFrame(), pd.DataFrame())


def run(customers: pd.DataFrame | None = None, **changes: object) -> Actions:
    arguments: dict = {
        "scores": scores([0.1, 0.5], [0.0, 1000.0]),
        "closure": deals(("B", 5000.0, 0.2), ("B", 1000.0, 0.98)),
        "channels": CHANNELS,
        "policy": ContactPolicy(),
        "settings": NextBestAction(),
        "money": Money(gross_margin_pct=10),
        "as_of": AS_OF,
    }
    arguments |= changes
    closure, score = arguments.pop("closure"), arguments.pop("scores")
    return value_actions(people() if customers is None else customers, score, closure, **arguments)


def test_the_euros_of_one_visit_by_hand():
    """Margin 10 %: win 5000 x .06 + 1000 x .02, churn .5 x .3 x 1000, growth .08 x 1000; an hour costs 12 EUR."""
    row = run().table.set_index(["customer_id", "channel"]).loc[("B", "field")]
    assert row["win_eur"] == pytest.approx(30 + 2)
    assert row["churn_eur"] == pytest.approx(15)
    assert row["growth_eur"] == pytest.approx(8)
    assert row["minutes"] == 60  # the customer's own visit
    assert row["contact_cost_eur"] == pytest.approx(12)
    assert row["value_eur"] == pytest.approx(32 + 15 + 8 - 12)
    assert row["evidence"] == "assumed"


def test_rows_are_sorted_by_customer_then_as_the_channels_stand():
    """Two customers by three channels; a visit without own minutes takes the channel's."""
    table = run().table
    assert table["customer_id"].tolist() == ["A"] * 3 + ["B"] * 3
    assert table["channel"].tolist() == ["field", "outbound", "self_service"] * 2
    assert table["minutes"].tolist() == [30, 12, 0, 60, 12, 0]


def test_sentences_name_the_largest_part_and_the_customers_own_numbers():
    """Golden texts: a deal, keeping the customer, growth, and nothing known."""
    texts = run().table["why"].tolist()
    assert texts[3] == (
        "Worth 43.00 EUR, most from 2 open deals of 6,000 EUR, 32.00 EUR, "
        "contact costs 12.00 EUR; last contact 90 days ago; 1 open ticket."
    )
    assert texts[0] == (
        "Worth -6.00 EUR, nothing to win or to keep is known, contact costs 6.00 EUR; "
        "last contact unknown; no open tickets; no consent to this channel."
    )
    only_churn = run(closure=deals()).table["why"].tolist()
    assert only_churn[5] == (
        "Worth 2.00 EUR, most from keeping the customer, 1.00 EUR "
        "(risk to leave 50 %, expected sales 1,000 EUR); last contact 90 days ago; 1 open ticket."
    )
    growth = run(closure=deals(), settings=NextBestAction(value_from=["potential"])).table["why"].tolist()
    assert growth[4].startswith("Worth -0.80 EUR, most from growth, 4.00 EUR (expected sales 1,000 EUR), contact")


def test_consent_is_respected_and_self_service_needs_none():
    """No entry consents to nothing but self-service; with respect_consent off every channel may be used."""
    assert run().table["consent"].tolist() == [False, False, True, True, True, True]
    assert run(policy=ContactPolicy(respect_consent=False)).table["consent"].all()
    bare = people().drop(columns="consent")
    assert run(bare).table["consent"].tolist() == [False, False, True] * 2


def test_adjustments_by_hand_order_the_work_and_leave_the_euros_alone():
    """90 days: full recency; fully digital: field down, self-service up; one ticket: half the friction, not online."""
    adjusted = run(
        settings=NextBestAction(adjust_pct=Adjust(recency=20, digital_engagement=10, support_friction=25)),
        policy=ContactPolicy(preference_bonus_pct=10),
    ).table
    plain = run().table
    columns = ["recency_pct", "engagement_pct", "friction_pct", "preference_pct"]
    assert adjusted.loc[3:, columns].to_numpy().tolist() == [
        [20, -10, -12.5, 0], [20, -10, -12.5, 10], [20, 10, 0, 0],
    ]  # fmt: skip
    assert (adjusted.loc[:2, columns] == 0).all(axis=None)  # nothing known of A
    assert adjusted["value_eur"].tolist() == plain["value_eur"].tolist()
    assert plain["order_eur"].tolist() == plain["value_eur"].tolist()
    assert adjusted["order_eur"].tolist()[3] == pytest.approx(43 * 0.975)


def test_an_adjustment_never_turns_its_meaning_round():
    """-100 EUR raised by 20 % is -80; lowered by 20 % it is -120; neither sign changes at the extremes."""
    value = np.array([100.0, 100, -100, -100, -100, 100])
    percent = np.array([20.0, -20, 20, -20, 250, -250])
    assert order_eur(value, percent).tolist() == [120, 80, -80, -120, 0, 0]


@pytest.mark.parametrize(
    ("name", "digital", "expected"),
    [
        ("self_service", None, True),
        ("assisted_web", None, True),
        ("Newsletter-Mail", None, True),
        ("field", None, False),
        ("portal", True, True),
        ("webinar_hall", False, False),
    ],
)
def test_a_channel_is_digital_by_name_or_as_the_scenario_says(name, digital, expected):
    """The scenario's word wins over the name."""
    assert is_digital(name, Channel(contact_minutes=1, digital=digital)) is expected


def test_what_is_unknown_counts_nothing_and_is_said():
    """A deal without an amount, without a probability, or of nobody; a customer without scores."""
    result = run(
        closure=deals(("B", np.nan, 0.2), ("B", 900.0, np.nan), ("X", 100.0, 0.5)),
        scores=scores([0.5], [100.0], ids=("B",)),
    )
    assert result.table["win_eur"].sum() == 0
    assert result.table.loc[result.table["customer_id"] == "A", ["churn_eur", "growth_eur"]].to_numpy().sum() == 0
    assert result.notes == (
        "1 customers without churn probability or potential: they count 0 there",
        "1 open deals without an amount count 0 euros",
        "1 open deals belong to no customer in the table and count nowhere",
        "1 open deals without a closure probability count 0 euros",
        "effects of contacts are those that the scenario assumes, as `next_best_action.effects` asks",
    )


def test_no_customer_or_no_channel_gives_an_empty_table():
    """The columns and types of the contract, no row."""
    for result in (run(people().iloc[:0]), run(channels={})):
        assert len(result.table) == 0
        assert list(result.table.columns) == list(run().table.columns)
        assert result.table["consent"].dtype == bool
        assert result.table["value_eur"].dtype == np.float64


def test_columns_that_a_company_does_not_have_are_not_needed():
    """customer_id alone is enough."""
    table = run(people()[["customer_id"]]).table
    assert table["why"].iloc[5].startswith("Worth 5.00 EUR, most from 2 open deals ")
    assert table["recency_pct"].tolist() == [0] * 6


amounts = st.floats(0, 1e6, allow_nan=False)
shares = st.floats(0, 1, allow_nan=False)


@settings(max_examples=40, deadline=None)
@given(
    churn=shares,
    potential=amounts,
    deal=st.tuples(amounts, shares),
    switched=st.lists(st.sampled_from(SOURCES), min_size=1, max_size=3, unique=True),
    adjust=st.tuples(*[st.floats(0, 100)] * 3),
    channel=st.builds(
        Channel,
        contact_minutes=st.floats(0, 240),
        cost_eur_per_hour=st.floats(0, 200),
        win_lift_points=st.floats(0, 100),
        churn_reduction_pct=st.floats(0, 100),
        growth_lift_pct=st.floats(0, 100),
    ),
)
def test_for_any_numbers_parts_sum_sources_only_add_and_signs_stay(churn, potential, deal, switched, adjust, channel):
    """Parts sum to the value to 1e-9 of it; a source switched off never raises it; the order keeps its sign."""
    recency, engagement, friction = adjust
    percent = Adjust(recency=recency, digital_engagement=engagement, support_friction=friction)
    common = {
        "closure": deals(("B", *deal)),
        "scores": scores([churn, churn], [potential, potential]),
        "channels": {"field": channel, "web": channel},
    }
    whole = run(settings=NextBestAction(adjust_pct=percent), **common).table
    some = run(settings=NextBestAction(value_from=switched, adjust_pct=percent), **common).table
    for table in (whole, some):
        parts = table["win_eur"] + table["churn_eur"] + table["growth_eur"] - table["contact_cost_eur"]
        assert table["value_eur"].to_numpy() == pytest.approx(parts.to_numpy(), abs=1e-9, rel=1e-12)
        assert (np.sign(table["order_eur"]) * np.sign(table["value_eur"]) >= 0).all()
        assert (table[["win_eur", "churn_eur", "growth_eur", "contact_cost_eur"]] >= 0).all(axis=None)
    assert (some["value_eur"] <= whole["value_eur"] + 1e-9).all()
    assert (whole["win_eur"].iloc[2:] <= deal[0] * 0.1 * (1 - deal[1]) + 1e-6).all()  # no deal closes beyond certainty
    names = {"open_opportunities": "win_eur", "churn_risk": "churn_eur", "potential": "growth_eur"}
    for source, column in names.items():
        assert source in switched or (some[column] == 0).all()


def test_an_experiment_scales_the_parts_and_says_so():
    """Measured .05 and .15 without error, assumed 6 : 3, so 5/600 and 5/100 a point, 7/240 on average: a visit's gains
    times 2/7, a call's times 12/7."""
    quality = pd.DataFrame(
        {"channel": ["field", "outbound"], "mean_effect": [0.05, 0.15], "low": [0.05, 0.15], "high": [0.05, 0.15],
         "contacts": [200, 300], "controls": [100, 100]}
    )  # fmt: skip
    order = pd.DataFrame([{"rows": 700.0, "qini": 0.02, "low": 0.01, "high": 0.03}])
    effect = pd.DataFrame({"customer_id": ["B", "B"], "channel": ["field", "outbound"], "relative": [1.0, 1.0]})
    plain = run().table.set_index(["customer_id", "channel"])
    learned = run(response=Response(effect, quality, order))
    table = learned.table.set_index(["customer_id", "channel"])
    for channel, factor, word in (("field", 2 / 7, "estimated"), ("outbound", 12 / 7, "estimated")):
        for part in ("churn_eur", "growth_eur"):
            assert table.loc[("B", channel), part] == pytest.approx(factor * plain.loc[("B", channel), part])
        assert table.loc[("B", channel), "evidence"] == word
        assert table.loc[("B", channel), "effect_factor"] == pytest.approx(factor)
    assert table.loc[("B", "self_service"), "evidence"] == "assumed"
    assert "effect estimated, 1.71 of the assumed" in table.loc[("B", "outbound"), "why"]
    assert learned.effects["evidence"].tolist() == ["estimated", "estimated", "assumed"]
    assert learned.notes[-1] == (
        "effects of field, outbound are estimated from 500 contacts by lot and 100 customers left alone by lot; those "
        "of self_service are assumed. Qini of their order: 2.00 responses in 100 customers (90 % interval 1.00 to "
        "3.00; 0 says nothing)"
    )
    parts = table["win_eur"] + table["churn_eur"] + table["growth_eur"] - table["contact_cost_eur"]
    assert (parts - table["value_eur"]).abs().max() <= 1e-9


def test_confidences_of_a_customer_add_up_to_one():
    """Every customer has an allowed channel here (self-service): shares are 0..1 and sum to 1."""
    table = run().table
    assert table["confidence"].between(0, 1).all()
    assert table.groupby("customer_id")["confidence"].sum().tolist() == pytest.approx([1, 1])
