"""Channels: small plans against brute force, prices against a second solve, and what goes wrong in real data."""

import datetime as dt
from itertools import product

import numpy as np
import pandas as pd
import pytest

from forecasting.types import Actions
from scenarios.schema import Channel, ContactPolicy, Horizon
from solvers.channels import FieldLoad, allocate_channels
from solvers.channels import engine as engine_module
from solvers.channels.ways import AWARE, CUT_OFF, no_ways
from solvers.outcome import Outcome
from solvers.types import NOT_CONTACTED, ChannelPlan, Territories

MONDAY = dt.date(2026, 3, 2)
CHANNELS = {
    "field": Channel(contact_minutes=30),
    "outbound": Channel(contact_minutes=12, capacity_minutes_per_day=24),
    "web": Channel(contact_minutes=5, capacity_minutes_per_day=7),
    "self_service": Channel(contact_minutes=0),
}

LONG_CALLS = CHANNELS | {"outbound": Channel(contact_minutes=25, capacity_minutes_per_day=24)}


class Case:
    """n customers C0.. with value 10, 6, 4, 1 by channel unless `values` (n, 4) says otherwise; reps by `capacity`."""

    def __init__(self, n, *, values=None, consent=None, capacity=None, load=30.0, visiting=None, **columns):
        self.ids = [f"C{i}" for i in range(n)]
        values = np.array(values if values is not None else [[10.0, 6, 4, 1]] * n, float).reshape(n, 4)
        consent = np.array(consent if consent is not None else np.ones((n, 4)), bool).reshape(n, 4)
        rows = [
            (self.ids[i], name, 30.0 if name == "field" else channel.contact_minutes, consent[i, c], values[i, c])
            for c, (name, channel) in enumerate(CHANNELS.items())
            for i in range(n)
        ]
        table = pd.DataFrame(rows, columns=["customer_id", "channel", "minutes", "consent", "value_eur"])
        self.actions = Actions(table.assign(order_eur=table["value_eur"].astype(float)))
        capacity = {"R1": 60.0} if capacity is None else capacity
        self.customers = pd.DataFrame(
            {"customer_id": pd.Series(self.ids, dtype="str"), "required": [False] * n, "due_date": [pd.NaT] * n}
            | columns
        )
        visiting = visiting or [tuple(capacity)[:1]] * n
        assignment = pd.DataFrame(
            {"customer_id": self.ids, "rep_id": "R1", "visiting_rep_ids": pd.Series(visiting, dtype=object)}
        )
        nothing = Outcome("territories", "feasible", 0, None, "", False, "", 0)
        self.territories = Territories(assignment, pd.DataFrame(), nothing)
        self.capacity = capacity
        frame = pd.DataFrame({"rep_id": pd.Series(list(capacity), dtype="str")})
        frame["working_days"], frame["available_minutes"] = 2, list(capacity.values())
        frame["capacity_minutes"], frame["longest_day_minutes"] = frame["available_minutes"].astype(float), 480.0
        loads = pd.DataFrame({"customer_id": self.ids, "minutes": np.full(n, load) if np.isscalar(load) else load})
        self.field = FieldLoad(frame, loads)

    def solve(self, *, k=1, days=2, channels=CHANNELS, engine="highs", consent=True, effort="thorough", **more):
        policy = ContactPolicy(max_contacts_per_customer_per_week=k, respect_consent=consent)
        return allocate_channels(
            self.actions,
            self.customers,
            self.territories,
            self.field,
            channels=channels,
            policy=policy,
            horizon=Horizon(start=MONDAY, days=days),
            engine=engine,
            effort=effort,
            time_limit_seconds=30,
            seed=1,
            **more,
        )


def check(case: Case, plan: ChannelPlan, *, k=1, days=2, channels=CHANNELS) -> None:
    """Every rule, by counting rows."""
    rows = plan.allocations
    made = rows[rows["channel"] != "none"]
    assert set(rows["customer_id"]) == set(case.ids)
    assert made.groupby("customer_id").size().max() <= k if len(made) else True
    assert not made.duplicated(["customer_id", "channel"]).any()
    assert (rows["reason"] == "").equals(rows["channel"] != "none")
    assert set(rows["reason"]) <= {"", *NOT_CONTACTED}
    assert (rows["prize_eur"] >= 0).all()
    assert (plan.prices["price_eur_per_hour"] >= 0).all()
    actions = case.actions.table.set_index(["customer_id", "channel"])
    load = case.field.load.set_index("customer_id")["minutes"]
    used: dict = {}
    for row in made.itertuples():
        action = actions.loc[(row.customer_id, row.channel)]
        assert action["value_eur"] == row.value_eur
        limited = channels[row.channel].capacity_minutes_per_day is not None
        if row.channel == "field":
            assert pd.isna(row.day)
            used[row.rep_id] = used.get(row.rep_id, 0) + load[row.customer_id]
        else:
            number = (row.day - pd.Timestamp(MONDAY)).days
            due = case.customers.set_index("customer_id").loc[row.customer_id, "due_date"]
            assert 0 <= number < days
            assert pd.isna(due) or number <= max((due - pd.Timestamp(MONDAY)).days, 0)
            if limited:
                used[row.channel, number] = used.get((row.channel, number), 0) + row.minutes
    limits = dict(case.capacity)
    for name, channel in channels.items():
        if channel.capacity_minutes_per_day is not None:
            limits |= {(name, day): channel.capacity_minutes_per_day for day in range(days)}
    for resource, minutes in used.items():
        assert minutes <= limits[resource] + 1e-6
    assert plan.outcome.value == pytest.approx(made["order_eur"].sum())
    assert plan.outcome.bound >= plan.outcome.value - 1e-6


def brute_force(case: Case, *, k: int, days: int) -> float:
    """The best euros over every choice of (channel, day) sets."""
    names = list(CHANNELS)
    table = case.actions.table.set_index(["customer_id", "channel"])
    singles = [("field", None), *product(["outbound", "web"], range(days)), ("self_service", 0)]
    per_customer = []
    for i, name in enumerate(case.ids):
        due = case.customers["due_date"].iloc[i]
        last = days - 1 if pd.isna(due) else max((due - pd.Timestamp(MONDAY)).days, 0)
        able = []
        for channel, day in singles:
            row = table.loc[(name, channel)]
            if row["consent"] and row["value_eur"] > 0 and (day or 0) <= last:
                able.append((channel, day, float(row["value_eur"]), 30.0 if channel == "field" else row["minutes"]))
        sets = [()] + [(one,) for one in able]
        if k > 1:
            sets += [(a, b) for a in able for b in able if names.index(a[0]) < names.index(b[0])]
        per_customer.append(sets)
    load = case.field.load["minutes"].to_numpy()
    states: dict[tuple, float] = {(sum(case.capacity.values()), *[24.0] * days, *[7.0] * days): 0.0}
    for i, sets in enumerate(per_customer):
        new: dict[tuple, float] = {}
        for state, value in states.items():
            for choice in sets:
                left, total = list(state), value
                for channel, day, euros, minutes in choice:
                    total += euros
                    if channel == "field":
                        left[0] -= load[i]
                    elif channel != "self_service":
                        left[1 + day + (days if channel == "web" else 0)] -= minutes
                if min(left) >= -1e-9:
                    key = tuple(left)
                    new[key] = max(new.get(key, -1.0), total)
        states = new
    return max(states.values())


@pytest.mark.parametrize("seed", range(24))
def test_value_is_the_best_of_all_and_the_bound_is_not_below_it(seed):
    rng = np.random.default_rng(seed)
    n, k, days = int(rng.integers(2, 7)), int(rng.integers(1, 3)), 2
    due = [pd.Timestamp(MONDAY) + pd.Timedelta(days=int(rng.integers(-1, 2))) for _ in range(n)]
    case = Case(
        n,
        values=rng.uniform(-3, 10, (n, 4)).round(2),
        consent=rng.random((n, 4)) < 0.8,
        load=rng.choice([20.0, 30.0, 50.0], n),
        due_date=[day if rng.random() < 0.5 else pd.NaT for day in due],
    )
    best = brute_force(case, k=k, days=days)
    plan = case.solve(k=k, days=days, engine="cbc" if seed % 6 == 5 else "highs")
    check(case, plan, k=k, days=days)
    assert plan.outcome.value == pytest.approx(best, abs=1e-6)
    assert plan.outcome.bound >= best - 1e-6


def test_cbc_and_highs_find_the_same_value_and_prices():
    rng = np.random.default_rng(5)
    case = Case(
        40, values=rng.uniform(0, 50, (40, 4)), capacity={"R1": 300.0, "R2": 200.0}, visiting=[("R1", "R2")] * 40
    )
    plans = [case.solve(engine=engine) for engine in ("highs", "cbc", "auto")]
    for plan in plans:
        check(case, plan)
    values = [plan.outcome.value for plan in plans]
    assert values == pytest.approx([values[0]] * 3, rel=1e-4)
    prices = [plan.prices["price_eur_per_hour"].to_numpy() for plan in plans]
    np.testing.assert_allclose(prices[0], prices[1], atol=1e-6)


def test_equal_values_fill_capacity_exactly_and_the_price_is_the_difference_to_the_next_best():
    # 20 customers worth 6 by phone and 1 by self-service; 2 x 2 phone slots of 12 minutes, no field, no web.
    case = Case(20, values=[[0, 6, 0, 1]] * 20)
    plan = case.solve()
    assert plan.allocations["channel"].value_counts().to_dict() == {"self_service": 16, "outbound": 4}
    assert plan.outcome.value == 40
    assert plan.outcome.reason == "optimal"
    phone = plan.prices[plan.prices["resource"] == "outbound"]
    assert phone["price_eur_per_hour"].tolist() == pytest.approx([25, 25])  # 5 euros for 12 minutes
    assert phone["used_minutes"].tolist() == [24, 24]
    called = plan.allocations[plan.allocations["channel"] == "outbound"]
    assert called["runner_up"].tolist() == ["self_service"] * 4
    assert called["prize_eur"].tolist() == [5] * 4
    assert called["margin_eur"].tolist() == pytest.approx([0] * 4)  # 6 less its price of 5 is no more than 1


def test_an_hour_more_brings_its_price():
    # Many customers of falling value: the relaxation is re-solved with 60 minutes more of each resource.
    n = 600
    rng = np.random.default_rng(2)
    potential = rng.uniform(5, 25, n)
    case = Case(n, values=np.column_stack([potential * share for share in (1, 0.6, 0.5, 0.1)]), capacity={"R1": 2400.0})

    def relaxed(extra: dict) -> float:
        more = {
            name: channel.model_copy(update={"capacity_minutes_per_day": 480.0 + extra.get(name, 0)})
            if channel.capacity_minutes_per_day
            else channel
            for name, channel in CHANNELS.items()
        }
        case.field.capacity["capacity_minutes"] = 2400.0 + extra.get("field", 0)
        return case.solve(days=1, channels=more, effort="quick").outcome.bound, more

    base, channels = relaxed({})
    prices = case.solve(days=1, channels=channels).prices.groupby("channel")["price_eur_per_hour"].first()
    for name in ("field", "outbound", "web"):
        assert prices[name] > 5
        assert relaxed({name: 60.0})[0] - base == pytest.approx(prices[name], rel=0.03)


def test_a_due_date_sets_the_last_day_and_orders_the_calls():
    # One slot of the phone a day for three days: due on day 0, 1, and none, values against that order.
    case = Case(
        3,
        values=[[0, 5, 0, 0], [0, 6, 0, 0], [0, 9, 0, 0]],
        due_date=[pd.Timestamp(MONDAY), pd.Timestamp(MONDAY) + pd.Timedelta(days=1), pd.NaT],
    )
    channels = CHANNELS | {"outbound": Channel(contact_minutes=12, capacity_minutes_per_day=12)}
    plan = case.solve(days=3, channels=channels)
    check(case, plan, days=3, channels=channels)
    assert plan.outcome.value == 20
    assert (plan.allocations["day"] - pd.Timestamp(MONDAY)).dt.days.tolist() == [0, 1, 2]


def test_contacts_of_different_length_are_packed_into_days():
    # Two calls of 20 and two of 10 minutes into two days of 30: only one of each a day fits all four.
    case = Case(4, values=[[0, 6, 0, 0]] * 4)
    table = case.actions.table
    table.loc[table["channel"] == "outbound", "minutes"] = [20.0, 20.0, 10.0, 10.0]
    channels = CHANNELS | {"outbound": Channel(contact_minutes=12, capacity_minutes_per_day=30)}
    plan = case.solve(channels=channels)
    check(case, plan, channels=channels)
    assert plan.outcome.value == 24


def test_required_and_routed_customers_are_field_whatever_it_is_worth():
    case = Case(4, values=[[-5, 6, 4, 1]] * 4, required=[True, False, False, False])
    plan = case.solve(routed=frozenset({"C3"}))
    rows = plan.allocations.set_index("customer_id")
    assert rows["channel"].tolist()[0] == rows["channel"].tolist()[3] == "field"
    assert rows.loc["C0", "rep_id"] == "R1"
    assert plan.outcome.value == pytest.approx(-5 - 5 + 6 + 6)
    barred = case.solve(unroutable=frozenset({"C0"}))
    assert barred.allocations.set_index("customer_id").loc["C0", "channel"] == "outbound"
    assert any("1 required customers" in note for note in barred.outcome.notes)


def test_required_visits_that_overfill_a_rep_are_booked_and_told():
    case = Case(4, required=[True] * 4, capacity={"R1": 60.0, "R2": 30.0}, visiting=[("R1", "R2")] * 4)
    plan = case.solve()
    assert sorted(plan.allocations["rep_id"]) == ["R1", "R1", "R1", "R2"]
    assert any("more than fits for R1" in note for note in plan.outcome.notes)


def test_an_overlay_customer_goes_to_the_rep_who_has_room():
    case = Case(2, capacity={"R1": 30.0, "R2": 30.0}, visiting=[("R1", "R2"), ("R1",)])
    plan = case.solve()
    assert plan.allocations["rep_id"].tolist() == ["R2", "R1"]


@pytest.mark.parametrize(
    ("case", "more", "reason"),
    [
        (Case(2, consent=np.zeros((2, 4))), {}, "no_consent"),
        (Case(2, consent=[[1, 0, 0, 0]] * 2, values=[[-1, 6, 4, 1]] * 2), {}, "no_consent"),
        (Case(2, values=-np.ones((2, 4))), {}, "no_positive_value"),
        (Case(2, values=np.zeros((2, 4))), {}, "no_positive_value"),
        (Case(2), {"k": 0}, "contact_policy"),
        (Case(2, values=[[10, 0, 0, 0]] * 2), {"unroutable": frozenset({"C0", "C1"})}, "unroutable"),
        (Case(2, values=[[10, 0, 0, 0]] * 2, load=500.0), {}, "unroutable"),
        (Case(2, values=[[10, 0, 0, 0]] * 2, visiting=[(), ()]), {}, "unroutable"),
        (Case(2, values=[[10, 0, 0, 0]] * 2, capacity={}, visiting=[("R1",)] * 2), {}, "unroutable"),
        (Case(2, values=[[10, 0, 0, 0]] * 2, capacity={"R1": 0.0}), {}, "capacity_full"),
        (Case(2, values=[[0, 6, 0, 0]] * 2), {"channels": LONG_CALLS}, "capacity_full"),
    ],
)  # fmt: skip
def test_customers_without_a_contact_are_told_why(case, more, reason):
    if "channels" in more:
        table = case.actions.table
        table.loc[table["channel"] == "outbound", "minutes"] = 25.0
    plan = case.solve(**more)
    assert plan.allocations["channel"].tolist() == ["none", "none"]
    assert plan.allocations["reason"].tolist() == [reason, reason]
    assert plan.outcome.value == 0
    assert plan.allocations["day"].isna().all()


def test_consent_is_ignored_where_the_policy_says_so():
    plan = Case(1, consent=np.zeros((1, 4))).solve(consent=False)
    assert plan.allocations["channel"].tolist() == ["field"]


def test_one_customer_and_none():
    plan = Case(1).solve()
    assert plan.allocations.loc[0, ["channel", "runner_up", "prize_eur"]].tolist() == ["field", "outbound", 4.0]
    assert plan.outcome.gap_pct == 0
    empty = Case(0).solve()
    assert empty.allocations.empty
    assert empty.outcome.reason == "nothing_to_do"


def test_large_plans_are_led_by_prices_with_the_bound_of_the_dual(monkeypatch):
    monkeypatch.setattr(engine_module, "EXACT_CUSTOMERS", 10)
    rng = np.random.default_rng(8)
    case = Case(
        300, values=rng.lognormal(2, 1, (300, 4)), load=rng.choice([20.0, 35.0, 50.0], 300), capacity={"R1": 900.0}
    )
    plan = case.solve(engine="auto")
    check(case, plan)
    assert plan.outcome.method.startswith("prices by Newton on the smoothed dual, least-regret repair")
    assert 0 <= plan.outcome.gap_pct < 1
    monkeypatch.setattr(engine_module, "EXACT_CUSTOMERS", 5000)
    exact = case.solve(engine="auto")
    assert plan.outcome.bound >= exact.outcome.value - 1e-6
    assert exact.outcome.bound >= plan.outcome.value - 1e-6


def test_a_brake_gives_a_greedy_plan_that_keeps_every_rule():
    rng = np.random.default_rng(8)
    case = Case(200, values=rng.lognormal(2, 1, (200, 4)), capacity={"R1": 900.0})
    limited = allocate_channels(
        case.actions,
        case.customers,
        case.territories,
        case.field,
        channels=CHANNELS,
        policy=ContactPolicy(),
        horizon=Horizon(start=MONDAY, days=2),
        engine="highs",
        effort="normal",
        time_limit_seconds=1e-9,
        seed=1,
    )
    check(case, limited)
    assert limited.outcome.value <= case.solve().outcome.value <= limited.outcome.bound


def test_the_same_input_gives_the_same_plan():
    rng = np.random.default_rng(3)
    case = Case(150, values=rng.lognormal(2, 1, (150, 4)), capacity={"R1": 900.0})
    first, second = case.solve(effort="normal"), case.solve(effort="normal")
    pd.testing.assert_frame_equal(first.allocations, second.allocations)
    pd.testing.assert_frame_equal(first.prices, second.prices)


def test_without_a_view_of_capacity_most_are_cut_off():
    """Five customers, a rep for two visits at 10 EUR: argmax sends all to the field and leaves three with nothing."""
    plan = Case(5).solve()
    ways = plan.ways.set_index("way")
    assert ways.loc[CUT_OFF, ["order_eur", "contacts", "cut_off"]].tolist() == [20, 2, 3]
    assert ways.loc[AWARE, "order_eur"] == plan.outcome.value
    assert ways.loc[AWARE, "cut_off"] == 0
    assert no_ways().dtypes.tolist() == plan.ways.dtypes.tolist()


def test_an_hour_more_stands_beside_its_price():
    """Never above it, and what the search without it would find: five visits of 30 minutes, two more in an hour."""
    plan = Case(5, capacity={"R1": 30.0}).solve(
        channels={"field": CHANNELS["field"], "self_service": CHANNELS["self_service"]}
    )
    price = plan.prices.set_index("resource").loc["field:R1"]
    assert price["hour_more_eur"] == pytest.approx(18)  # two customers, each 10 EUR in place of 1
    assert price["hour_more_eur"] <= price["price_eur_per_hour"] + 1e-9
    assert plan.outcome.notes[-1].startswith("what the prices leave open is 0.00 EUR regret")


def test_without_study_there_are_no_hours_and_no_ways():
    """Asked of a plan that only settles what was offered."""
    plan = Case(5).solve(study=False)
    assert plan.ways.empty
    assert (plan.prices["hour_more_eur"] == 0).all()
