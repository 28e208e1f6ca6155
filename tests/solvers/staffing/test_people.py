import numpy as np
import pandas as pd
import pytest

from solvers.staffing import design as design_module
from solvers.staffing import people as people_module


@pytest.fixture
def neighbourhoods_only(monkeypatch) -> None:
    """A small centre searched as a large one is."""
    monkeypatch.setattr(people_module, "_WHOLE_CHOICES", 0)
    monkeypatch.setattr(people_module, "_WEEK_CHOICES", 60)
    monkeypatch.setattr(people_module, "ROUNDS", {"quick": 9})
    monkeypatch.setattr(people_module, "RECREATIONS", {"quick": 20})


def hard_week(forecast_of, agents_of, settings_of):
    """Ten days, two queues, more calls than six agents can take, with requests and absences."""
    rng = np.random.default_rng(11)
    calls = rng.poisson(100, (3, 2, 10 * 24))
    settings = settings_of(
        opening_hours=dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "08:00-18:00"),
        shifts={"lengths_hours": [4, 8], "start_every_minutes": 60, "break_minutes": 60, "break_after_hours": 6},
        rules={"contract_tolerance_hours": 4, "max_days_in_a_row": 4},
        shrinkage_pct=10,
    )
    agents = agents_of(
        *[{"contract_hours_per_week": 20 + 3 * i, "queues": ("q0", "q1")[: 1 + i % 2]} for i in range(6)]
    )
    absences = pd.DataFrame({"person_id": ["A1"], "date": [pd.Timestamp("2024-01-09")]})
    requests = pd.DataFrame(
        {
            "agent_id": ["A0", "A1", "A2", "A3"],
            "date": pd.Timestamp("2024-01-10"),
            "kind": ["off", "early", "late", "off"],
            "weight": [50.0, 1.0, 1.0, 0.0],
        }
    )
    return forecast_of(calls, handle_seconds=90), agents, settings, absences, requests


def test_neighbourhoods_come_close_to_the_whole(
    neighbourhoods_only, monkeypatch, centre, forecast_of, agents_of, settings_of, law_breaches
) -> None:
    """The same centre by neighbourhoods and as one model: legal, within 3 %, no bound contradicts."""
    forecast, agents, settings, absences, requests = hard_week(forecast_of, agents_of, settings_of)
    asked = {"absences": absences, "requests": requests, "days": 10}
    parts = centre(forecast, agents, settings, **asked)
    monkeypatch.setattr(people_module, "_WHOLE_CHOICES", 10_000)
    whole = centre(forecast, agents, settings, **asked)
    for roster in (parts, whole):
        assert law_breaches(roster, agents, absences, settings) == []
    assert parts.outcomes[2].method.startswith("CP-SAT, 9 neighbourhoods")
    assert parts.outcomes[2].value >= whole.outcomes[2].bound - 1e-6
    assert whole.outcomes[2].value >= parts.outcomes[2].bound - 1e-6
    assert parts.outcomes[2].value == pytest.approx(whole.outcomes[2].value, rel=0.03)


def test_the_value_is_what_the_tables_say(neighbourhoods_only, centre, forecast_of, agents_of, settings_of) -> None:
    """Pay of all agents, 60 EUR an agent hour short and 10 EUR a weight refused add up to the outcome."""
    forecast, agents, settings, absences, requests = hard_week(forecast_of, agents_of, settings_of)
    roster = centre(forecast, agents, settings, absences=absences, requests=requests, days=10)
    refused = roster.requests.loc[~roster.requests["granted"], "weight"].sum()
    total = roster.agents["cost_eur"].sum() + 60 * roster.requirement["agents_short"].sum() + 10 * refused
    assert roster.outcomes[2].value == pytest.approx(total)
    assert roster.requests["granted"].iloc[0]


def test_a_large_design_is_bounded_by_its_relaxation(monkeypatch, centre, forecast_of, agents_of, settings_of) -> None:
    """Its value is that of the roster without requests, its bound no higher than that of the whole-number design."""
    forecast, agents, settings, absences, _ = hard_week(forecast_of, agents_of, settings_of)
    exact = centre(forecast, agents, settings, absences=absences, days=10).outcomes[1]
    monkeypatch.setattr(design_module, "MOST_ENTRIES", {"quick": 0})
    roster = centre(forecast, agents, settings, absences=absences, days=10)
    relaxed, people = roster.outcomes[1:]
    assert relaxed.method == "highs, implicit breaks, relaxed; value: counts of the roster"
    assert relaxed.value == pytest.approx(people.value)
    assert relaxed.bound <= exact.bound + 1e-6


def test_two_agents_on_the_brake_keep_their_legal_start(
    neighbourhoods_only, centre, forecast_of, agents_of, settings_of, law_breaches
) -> None:
    forecast, agents, settings, absences, requests = hard_week(forecast_of, agents_of, settings_of)
    roster = centre(forecast, agents, settings, absences=absences, requests=requests, days=10, time_limit_seconds=1e-3)
    assert roster.outcomes[2].reason == "time_limit"
    assert law_breaches(roster, agents, absences, settings) == []
    assert (roster.agents["undertime_hours"] <= 8).all()
