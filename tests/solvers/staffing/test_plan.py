import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as checked
from hypothesis import strategies as st

from solvers.staffing import people as people_module
from solvers.staffing.erlang import erlang_a

ONE_AGENT = [0.0] * 8 + [1.0] * 4 + [0.0] * 12
"""A day on which one agent is required from 8 to 12 (one call of a minute an hour is answered at once in 98 %)."""


def by_stage(roster):
    return {outcome.stage: outcome for outcome in roster.outcomes}


def test_one_agent_one_shift(centre, forecast_of, agents_of, settings_of) -> None:
    """4 hours at 20 EUR cover the 4 hours required: 80 EUR, proven."""
    roster = centre(forecast_of(ONE_AGENT), agents_of({}), settings_of())
    outcomes = by_stage(roster)
    assert roster.requirement["agents_required"].tolist() == [1, 1, 1, 1]
    assert roster.shifts["start_at"].tolist() == [pd.Timestamp("2024-01-08 08:00")]
    assert roster.shifts["paid_minutes"].tolist() == [240]
    assert roster.agents.iloc[0].to_dict() == {
        "agent_id": "A0",
        "paid_hours": 4.0,
        "contract_hours": 4.0,
        "overtime_hours": 0.0,
        "undertime_hours": 0.0,
        "shifts": 1,
        "cost_eur": 80.0,
    }
    assert outcomes["staffing.requirement"].value == 4
    for stage in ("staffing.design", "staffing.people"):
        assert outcomes[stage].value == pytest.approx(80)
        assert outcomes[stage].reason == "optimal"


def test_shrinkage_leaves_half_an_agent_short(centre, forecast_of, agents_of, settings_of) -> None:
    """Half of 4 agent hours are short: 80 + 2 x 60 EUR."""
    roster = centre(forecast_of(ONE_AGENT), agents_of({}), settings_of(shrinkage_pct=50))
    assert roster.requirement["agents_rostered"].tolist() == [0.5] * 4
    assert roster.requirement["agents_short"].tolist() == [0.5] * 4
    assert by_stage(roster)["staffing.people"].value == pytest.approx(200)
    half = erlang_a(0.5, 1 / 60, handle_seconds=60, patience_seconds=180, within_seconds=20)
    assert roster.requirement["answered_pct_expected"].to_numpy() == pytest.approx(100 * float(half.answered_in_time))


def test_overtime_is_worked_where_it_is_cheaper_than_being_short(centre, forecast_of, agents_of, settings_of) -> None:
    """A contract of 2 hours for the day: 2 x 20 + 2 x 36 = 112 EUR against 240 EUR short."""
    settings = settings_of(rules={"contract_tolerance_hours": 2})
    roster = centre(forecast_of(ONE_AGENT), agents_of({"contract_hours_per_week": 10}), settings)
    assert roster.agents["overtime_hours"].tolist() == [2.0]
    assert by_stage(roster)["staffing.people"].value == pytest.approx(112)


def test_overtime_dearer_than_being_short_is_not_worked(centre, forecast_of, agents_of, settings_of) -> None:
    """At 15 EUR an hour short, nobody is better than 80 EUR for 60 EUR of need."""
    settings = settings_of(rules={"contract_tolerance_hours": 4}, costs={"understaffed_eur_per_agent_hour": 15})
    roster = centre(forecast_of(ONE_AGENT), agents_of({}), settings)
    assert roster.shifts.empty
    assert by_stage(roster)["staffing.people"].value == pytest.approx(60)
    assert roster.agents["undertime_hours"].tolist() == [4.0]


def test_breaks_of_two_agents_do_not_fall_together(centre, forecast_of, agents_of, settings_of) -> None:
    """Open 8 to 17, one agent needed throughout, two on shift with an hour of break each: never nobody."""
    day = [0.0] * 8 + [1.0] * 9 + [0.0] * 7
    settings = settings_of(
        opening_hours={"mon": "08:00-17:00"},
        shifts={"lengths_hours": [9], "start_every_minutes": 60, "break_minutes": 60, "break_after_hours": 6},
    )
    agents = agents_of({"contract_hours_per_week": 40}, {"contract_hours_per_week": 40})
    roster = centre(forecast_of(day), agents, settings)
    assert roster.shifts["break_start_at"].nunique() == 2
    assert roster.requirement["agents_short"].sum() == 0
    assert (roster.shifts["break_end_at"] - roster.shifts["break_start_at"]).eq(pd.Timedelta(hours=1)).all()


def test_agents_go_to_the_queue_they_serve(centre, forecast_of, agents_of, settings_of) -> None:
    """One for each of two queues: the one who serves both takes what the other cannot."""
    agents = agents_of({"queues": ("q0", "q1")}, {"queues": ("q0",)})
    roster = centre(forecast_of([ONE_AGENT, ONE_AGENT]), agents, settings_of())
    assert roster.shifts["queue"].tolist() == ["q1", "q0"]
    assert roster.requirement["agents_short"].sum() == 0


def test_a_request_is_granted_where_it_costs_less_than_it_weighs(centre, forecast_of, agents_of, settings_of) -> None:
    """Either of two agents covers the day: the one who asked for it gets it off."""
    requests = pd.DataFrame(
        {"agent_id": ["A0"], "date": pd.to_datetime(["2024-01-08"]), "kind": ["off"], "weight": [1.0]}
    )
    settings = settings_of(rules={"contract_tolerance_hours": 4})
    roster = centre(forecast_of(ONE_AGENT), agents_of({}, {}), settings, requests=requests)
    assert roster.shifts["agent_id"].tolist() == ["A1"]
    assert roster.requests["granted"].tolist() == [True]


def test_a_request_is_refused_where_the_calls_weigh_more(centre, forecast_of, agents_of, settings_of) -> None:
    """The only agent: 10 EUR of request against 160 EUR of calls; the bound counts the refusal, so it is proven."""
    requests = pd.DataFrame(
        {"agent_id": ["A0"], "date": pd.to_datetime(["2024-01-08"]), "kind": ["off"], "weight": [1.0]}
    )
    settings = settings_of(rules={"contract_tolerance_hours": 4})
    roster = centre(forecast_of(ONE_AGENT), agents_of({}), settings, requests=requests)
    assert roster.requests["granted"].tolist() == [False]
    assert by_stage(roster)["staffing.people"].value == pytest.approx(90)
    assert by_stage(roster)["staffing.people"].reason == "optimal"


def test_rest_and_days_in_a_row_bind(centre, forecast_of, agents_of, settings_of, law_breaches) -> None:
    """Seven days of need, at most two days in a row, three free: with one agent four days are covered."""
    agents = agents_of({"contract_hours_per_week": 16})
    settings = settings_of(rules={"max_days_in_a_row": 2, "min_days_off_per_week": 3, "contract_tolerance_hours": 10})
    roster = centre(forecast_of(ONE_AGENT * 7), agents, settings, days=7)
    assert len(roster.shifts) == 4
    assert law_breaches(roster, agents, pd.DataFrame({"person_id": [], "date": []}), settings) == []


def test_a_contract_that_nobody_can_keep_is_named(centre, forecast_of, agents_of, settings_of) -> None:
    """Open for one short shift a week: 4 hours are the nearest to a contract of 20."""
    settings = settings_of(opening_hours={"tue": "08:00-12:00"})
    roster = centre(forecast_of(ONE_AGENT * 7), agents_of({}), settings, days=7)
    assert roster.agents["paid_hours"].tolist() == [4.0]
    assert roster.agents["undertime_hours"].tolist() == [16.0]
    assert (
        "1 agents (A0): laws, availability and opening hours allow no week"
        in by_stage(roster)["staffing.people"].notes[0]
    )


def test_no_agents(centre, forecast_of, agents_of, settings_of) -> None:
    """Everything is short and nothing is answered."""
    roster = centre(forecast_of(ONE_AGENT), agents_of({}).iloc[:0], settings_of())
    assert roster.requirement["agents_short"].tolist() == [1.0] * 4
    assert roster.requirement["answered_pct_expected"].tolist() == [0.0] * 4
    assert roster.shifts.empty
    assert roster.agents.empty
    assert [o.reason for o in roster.outcomes] == ["optimal", "nothing_to_do", "nothing_to_do"]
    assert roster.outcomes[2].value == 240


def test_agents_table_without_columns(centre, forecast_of, settings_of) -> None:
    roster = centre(forecast_of(ONE_AGENT), pd.DataFrame(), settings_of(), requests=pd.DataFrame())
    assert roster.agents.columns.tolist()[:2] == ["agent_id", "paid_hours"]
    assert roster.requests.columns.tolist() == ["agent_id", "date", "kind", "weight", "granted"]


def test_a_closed_week(centre, forecast_of, agents_of, settings_of) -> None:
    """Closed on the planned day: no requirement, no shift, and the calls are still reported."""
    roster = centre(forecast_of(ONE_AGENT), agents_of({}), settings_of(opening_hours={"sun": "08:00-12:00"}))
    assert roster.requirement.empty
    assert roster.agents["paid_hours"].tolist() == [0.0]
    assert [o.reason for o in roster.outcomes] == ["nothing_to_do"] * 3
    assert roster.outcomes[0].notes[0].startswith("4 calls are expected outside opening hours")


def test_an_empty_forecast(centre, forecast_of, agents_of, settings_of) -> None:
    roster = centre(forecast_of(np.zeros((1, 0, 0))), agents_of({}), settings_of())
    assert roster.requirement.empty
    assert roster.outcomes[0].notes[-1] == "no queue is forecast"


def test_days_beyond_the_forecast_are_named(centre, forecast_of, agents_of, settings_of) -> None:
    roster = centre(forecast_of(ONE_AGENT * 2), agents_of({}), settings_of(), days=5)
    assert roster.requirement["interval_start"].dt.normalize().nunique() == 2
    assert roster.outcomes[0].notes[0] == "3 of 5 days lie outside the call forecast and are not rostered"


def test_agents_without_planned_queues_are_listed_with_no_shift(centre, forecast_of, agents_of, settings_of) -> None:
    roster = centre(forecast_of(ONE_AGENT), agents_of({"queues": ()}, {}), settings_of())
    assert roster.agents["shifts"].tolist() == [0, 1]
    assert by_stage(roster)["staffing.people"].notes == ("1 agents (A0) serve no planned queue and get no shift",)


def test_lengths_that_fit_nowhere(centre, forecast_of, agents_of, settings_of) -> None:
    settings = settings_of(shifts={"lengths_hours": [9], "start_every_minutes": 60, "break_after_hours": 6})
    roster = centre(forecast_of(ONE_AGENT), agents_of({}), settings)
    assert roster.shifts.empty
    assert by_stage(roster)["staffing.design"].notes == (
        "no shift length fits opening hours and the break law: nobody can work",
    )


def test_both_engines_design_alike(centre, forecast_of, agents_of, settings_of) -> None:
    """HiGHS and CBC prove the same design."""
    settings = settings_of(
        opening_hours={"mon": "08:00-17:00"},
        shifts={"lengths_hours": [4, 9], "start_every_minutes": 60, "break_minutes": 60, "break_after_hours": 6},
        rules={"contract_tolerance_hours": 4},
    )
    day = [0.0] * 8 + [10.0, 30.0, 90.0, 90.0, 60.0, 90.0, 30.0, 60.0, 10.0] + [0.0] * 7
    agents = agents_of(*[{"contract_hours_per_week": 30}] * 4)
    rosters = {
        engine: centre(forecast_of(day, handle_seconds=120), agents, settings, engine=engine, effort="thorough")
        for engine in ("highs", "cbc")
    }
    high, cbc = (by_stage(rosters[engine])["staffing.design"] for engine in ("highs", "cbc"))
    assert high.value == pytest.approx(cbc.value, rel=1e-3)
    assert (high.method, cbc.method) == ("highs, implicit breaks", "cbc by PuLP, implicit breaks")
    assert cbc.bound <= cbc.value


def test_same_seed_same_roster(centre, forecast_of, agents_of, settings_of) -> None:
    rng = np.random.default_rng(5)
    calls = rng.poisson(40, 7 * 24)
    agents = agents_of(*[{"contract_hours_per_week": 20 + 4 * (i % 3)} for i in range(6)])
    settings = settings_of(rules={"contract_tolerance_hours": 4})
    first, second = (centre(forecast_of(calls), agents, settings, days=7) for _ in range(2))
    for name in ("requirement", "shifts", "agents", "requests"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(second, name))


def test_the_brake_leaves_a_legal_roster(centre, forecast_of, agents_of, settings_of, law_breaches) -> None:
    """With no time at all every agent still keeps laws and contract, and the outcome says that the brake was hit."""
    agents = agents_of({"contract_hours_per_week": 16}, {"contract_hours_per_week": 12})
    settings = settings_of(rules={"max_days_in_a_row": 1, "contract_tolerance_hours": 4})
    roster = centre(forecast_of(ONE_AGENT * 7), agents, settings, days=7, time_limit_seconds=1e-3)
    assert roster.agents["undertime_hours"].max() <= 4
    assert law_breaches(roster, agents, pd.DataFrame({"person_id": [], "date": []}), settings) == []
    assert by_stage(roster)["staffing.people"].brake_hit


@pytest.fixture
def small_budget(monkeypatch) -> None:
    """Little search: what is tested is law, not quality."""
    for name in ("_WHOLE_SECONDS", "_ROUND_SECONDS"):
        monkeypatch.setattr(people_module, name, {"quick": 0.2})
    monkeypatch.setattr(people_module, "ROUNDS", {"quick": 2})
    monkeypatch.setattr(people_module, "RECREATIONS", {"quick": 3})


@checked(max_examples=12, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10_000))
def test_no_random_centre_breaks_a_law(
    seed, small_budget, centre, forecast_of, agents_of, settings_of, law_breaches
) -> None:
    """Random openings, rules, contracts, absences and requests: no law is broken, no bound contradicts."""
    rng = np.random.default_rng(seed)
    days = int(rng.integers(1, 10))
    always = rng.random() < 0.3
    names = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    opening = {} if always else {n: (int(a) * 60, 1440) for n, a in zip(names, rng.integers(6, 20, 7), strict=True)}
    settings = settings_of(
        opening_hours=opening,
        shifts={
            "lengths_hours": [4, 6.5, 8],
            "start_every_minutes": 60,
            "break_minutes": int(rng.choice([30, 45, 60])),
            "break_after_hours": 5,
            "breaks_paid": bool(rng.integers(2)),
        },
        rules={
            "min_rest_hours": int(rng.integers(8, 17)),
            "max_days_in_a_row": int(rng.integers(1, 6)),
            "max_hours_per_week": int(rng.integers(10, 40)),
            "min_days_off_per_week": int(rng.integers(0, 4)),
        },
        shrinkage_pct=int(rng.integers(0, 30)),
    )
    agents = agents_of(
        *[
            {
                "contract_hours_per_week": float(rng.choice([8, 20, 38.5])),
                "queues": tuple(f"q{q}" for q in range(2) if rng.random() < 0.7),
            }
            | ({"available_from": 480, "available_to": 1200} if rng.random() < 0.4 else {})
            for _ in range(int(rng.integers(1, 5)))
        ]
    )
    when = pd.Timestamp("2024-01-08") + pd.to_timedelta(rng.integers(0, 10, 4), unit="D")
    absences = pd.DataFrame({"person_id": [f"A{i}" for i in rng.integers(0, 4, 4)], "date": when})
    requests = pd.DataFrame(
        {
            "agent_id": [f"A{i}" for i in rng.integers(0, 4, 4)],
            "date": when,
            "kind": rng.choice(["off", "early", "late"], 4),
            "weight": 1.0,
        }
    )
    forecast = forecast_of(rng.poisson(30, (3, 2, days * 24)))
    roster = centre(forecast, agents, settings, absences=absences, requests=requests, days=days)
    assert law_breaches(roster, agents, absences, settings) == []
    people = by_stage(roster)["staffing.people"]
    assert people.bound is None or people.bound <= people.value + 1e-6
    assert len(roster.agents) == len(agents)


def test_one_more_agent_is_never_worse(centre, forecast_of, agents_of, settings_of) -> None:
    """An agent who need not be used can only lower the proven cost, and each proof holds."""
    calls = np.tile([0.0] * 8 + [60.0, 150.0, 150.0, 60.0] + [0.0] * 12, 3)
    settings = settings_of(rules={"contract_tolerance_hours": 20}, shrinkage_pct=10)
    values = []
    for number in range(1, 6):
        roster = centre(forecast_of(calls, handle_seconds=90), agents_of(*[{}] * number), settings, days=3)
        people = by_stage(roster)["staffing.people"]
        assert people.reason == "optimal"
        values.append(people.value)
    assert values == sorted(values, reverse=True)
    assert values[0] > values[-1]
