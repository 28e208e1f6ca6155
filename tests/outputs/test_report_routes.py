"""The report's routes: every figure from the plan's tables, by hand; nothing where nothing was asked for."""

import re
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from outputs.field import rep_days_of, stops_of, ways_of, work_hours
from outputs.report_routes import MOST_PAIRS, route_details
from solvers.types import no_routing_ways

DAYS = pd.to_datetime(["2026-03-09", "2026-03-10"])
SECONDS_DRIVEN = 1800


def stop(
    rep: str, day: int, kind: str, customer: str, minutes: int, *, prize: float = 0.0, **more: Any
) -> dict[str, Any]:
    start = DAYS[day] + pd.Timedelta(hours=9)
    drive = SECONDS_DRIVEN if kind in ("visit", "end") else 0
    return {
        "rep_id": rep, "day": DAYS[day], "kind": kind, "customer_id": customer, "start_at": start,
        "end_at": start + pd.Timedelta(minutes=minutes), "travel_seconds": drive, "prize_eur": prize,
        "waited_eur": 0.0, "border": False,
    } | more  # fmt: skip


def rep_day(rep: str, day: int, **more: Any) -> dict[str, Any]:
    start = DAYS[day] + pd.Timedelta(hours=8)
    return {
        "rep_id": rep, "day": DAYS[day], "works": True, "shift_start_at": start,
        "shift_end_at": start + pd.Timedelta(hours=8), "overtime_minutes": 0.0, "overtime_eur": 0.0,
    } | more  # fmt: skip


@pytest.fixture
def tables() -> dict[str, pd.DataFrame]:
    """Anna visits C1 and Bea's C3, keeps an appointment, eats; Bea visits C2 a day late; Cem has nothing to do."""
    stops = [
        stop("R1", 0, "visit", "C1", 60, prize=100.0),
        stop("R1", 0, "visit", "C3", 30, prize=50.0, border=True),
        stop("R1", 0, "lunch", "", 30),
        stop("R1", 0, "appointment", "", 45),
        stop("R1", 0, "end", "", 0),
        stop("R2", 1, "visit", "C2", 60, prize=90.0, waited_eur=10.0),
        stop("R2", 1, "end", "", 0),
    ]
    days = [rep_day(rep, day) for rep in ("R1", "R2", "R3") for day in (0, 1)]
    days[0] |= {"overtime_minutes": 25.0, "overtime_eur": 12.5, "border_visits": 1, "border_eur": 2.0}
    days[5] |= {"works": False}
    return {
        "stops": pd.DataFrame(stops),
        "rep_days": pd.DataFrame(days),
        "team": pd.DataFrame({"rep_id": ["R1", "R2", "R3"], "name": ["Anna", "Bea", "R3"]}),
        "territories": pd.DataFrame({"customer_id": ["C1", "C2", "C3"], "rep_id": ["R1", "R2", "R2"]}),
        "routing_ways": no_routing_ways(),
    }


def details(tables: dict[str, pd.DataFrame], *, overtime: bool = False, balance: bool = False) -> dict[str, Any]:
    reps = SimpleNamespace(overtime=overtime or None, balance=balance or None)
    plan: Any = SimpleNamespace(tables=tables, scenario=SimpleNamespace(reps=reps))
    return route_details(plan)


def test_overtime_waiting_and_whose_customers_by_hand(tables: dict[str, pd.DataFrame]) -> None:
    """25 minutes for 12.50; C2 lost 10 of 100, of 250 in all 4 %; Anna visits one of Bea's for 50."""
    found = details(tables, overtime=True)
    assert found["route_words"] == [
        "1 visit is made by a neighbour.",
        "1 rep-day of 5 ends after the shift: 0.4 hours of overtime for 12 eur.",
        "Waiting for a later day takes 10 eur off the value of the visits, 4.0 % of it.",
    ]
    assert found["route_overtime"] == [{"rep": "Anna (R1)", "days": "1", "minutes": "25", "longest": "25", "eur": "12"}]
    assert found["route_waiting"] == [
        {"day": "Mon 9", "visits": "2", "prize": "150", "waited": "0"},
        {"day": "Tue 10", "visits": "1", "prize": "90", "waited": "10"},
    ]
    assert found["route_pairs"] == [{"owner": "Bea (R2)", "visitor": "Anna (R1)", "visits": "1", "prize": "50"}]
    assert found["route_weeks"] == ""


def test_work_is_visits_appointments_and_drives(tables: dict[str, pd.DataFrame]) -> None:
    """Anna: 60 + 30 + 45 minutes and three drives of half an hour; lunch is none. Who has no stops has no work."""
    assert work_hours(tables).to_dict() == {"R1": 3.75, "R2": 2.0, "R3": 0.0}


def test_even_weeks_have_a_table_and_a_chart(tables: dict[str, pd.DataFrame]) -> None:
    """A bar and a share for each rep who works; the span of the plan without even weeks is named."""
    ways = pd.DataFrame(
        [("own territories", 260.0, 4, 0, 2.4, 5.75, 4.4, 0.0), ("even weeks", 240.4, 3, 1, 1.5, 5.75, 3.75, 0.0)],
        columns=no_routing_ways().columns,
    )
    found = details(tables | {"routing_ways": ways}, balance=True)
    assert found["route_words"][0].startswith("Even weeks cost 20 eur: hours beyond share fall from 2.4 to 1.5, ")
    assert [(row["way"], row["value"], row["difference"]) for row in found["route_ways"]] == [
        ("own territories", "260", "–"), ("even weeks", "240", "\u221220")
    ]  # fmt: skip
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", found["route_weeks"])
    assert {"Anna (R1)", "Bea (R2)", "R3", "even share", "without even weeks: 0.0 to 4.4 h"} <= set(texts)
    assert details(tables, balance=True)["route_weeks"].count("without even weeks") == 0
    slower = ways.assign(longest_hours=[4.0, 3.5])  # at the drives' usual time Anna's 3.75 hours are 3.5
    assert "without even weeks" not in details(tables | {"routing_ways": slower}, balance=True)["route_weeks"]


def test_nothing_asked_for_is_nothing_told(tables: dict[str, pd.DataFrame]) -> None:
    plain = tables["stops"].assign(border=False, waited_eur=0.0)
    found = details(tables | {"stops": plain, "rep_days": tables["rep_days"].assign(overtime_minutes=0.0)})
    assert not any(found.values())


def test_overtime_that_nobody_needs_is_told(tables: dict[str, pd.DataFrame]) -> None:
    found = details(tables | {"rep_days": tables["rep_days"].assign(overtime_minutes=0.0)}, overtime=True)
    assert "Overtime is allowed, and no rep-day makes use of it." in found["route_words"]


def test_a_plan_made_before_there_was_any_of_it_has_none(tables: dict[str, pd.DataFrame]) -> None:
    """Columns and the table that it lacks are 0, no, and empty."""
    later = ["overtime_minutes", "overtime_eur", "border_visits", "border_eur"]
    old = {
        "stops": tables["stops"].drop(columns=["waited_eur", "border"]),
        "rep_days": tables["rep_days"].drop(columns=later),
        "team": tables["team"], "territories": tables["territories"],
    }  # fmt: skip
    assert stops_of(old)[["waited_eur", "border", "for_rep"]].drop_duplicates().to_numpy().tolist() == [[0, False, ""]]
    assert rep_days_of(old)[["overtime_minutes", "overtime_eur", "border_visits"]].sum().tolist() == [0, 0, 0]
    assert ways_of(old).empty
    assert not any(details(old).values())


def test_many_pairs_are_cut_and_counted(tables: dict[str, pd.DataFrame]) -> None:
    """Fourteen neighbours with a visit each, one of them with two: he stands first, two are counted."""
    visits = [stop(f"N{n:02d}", 0, "visit", "C3", 30, prize=5.0, border=True) for n in range(14)]
    visits.append(stop("N07", 1, "visit", "C3", 30, prize=5.0, border=True))
    found = details(tables | {"stops": pd.DataFrame(visits)})
    assert len(found["route_pairs"]) == MOST_PAIRS
    assert (found["route_pairs"][0]["visitor"], found["route_pairs"][0]["visits"]) == ("N07", "2")
    assert found["route_pairs_rest"] == 2
