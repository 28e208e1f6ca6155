"""Wishes to the routes beside each other: small weeks planned and checked, and sums by hand."""

from pathlib import Path

import pytest

from benchmarks.frame import Options
from benchmarks.routing import features
from benchmarks.routing.features import (
    CAREFUL,
    CHEAP,
    DEPARTURE,
    EVEN,
    LONG,
    NEAR,
    PLAIN,
    WISHES,
    measure,
    summarise,
    wished,
)
from solvers.routing.problem import Borders

DATA = Path(__file__).resolve().parents[4] / "shared" / "real_week" / "data"


def rows_of(*, base: float, beyond: float = 10.0, faults: str = "") -> list[dict]:
    """A draw: borders bring 5, overtime 7 or 11, even weeks cost 2, a rush hour 9, and 30 if it is taken all day."""
    worth = {PLAIN: 0.0, NEAR: 5.0, LONG: 7.0, CHEAP: 11.0, EVEN: -2.0, CAREFUL: -30.0, DEPARTURE: -9.0}
    return [
        {
            "family": "features", "wish": wish, "value": base + worth[wish], "faults": faults if wish == LONG else "",
            "beyond_share_hours": 1.0 if wish == EVEN else beyond, "careless_late": 4, "careless_long": 12,
        }
        for wish in WISHES
    ]  # fmt: skip


def test_the_summary_is_what_each_wish_brings():
    """Means over two draws; a third with a fault counts nowhere."""
    found = summarise([*rows_of(base=100.0), *rows_of(base=200.0, beyond=20.0), *rows_of(base=900.0, faults="late")])
    assert found == {
        "features.value_eur": 150.0, "features.borders_eur": 5.0, "features.overtime_eur": 7.0,
        "features.cheap_overtime_eur": 11.0,
        "features.balance_cost_eur": 2.0, "features.beyond_share_hours_before": 15.0,
        "features.beyond_share_hours_after": 1.0, "features.departure_eur": 21.0, "features.rush_cost_eur": 9.0,
        "features.careless_late_visits": 4.0, "features.careless_long_days": 12.0,
    }  # fmt: skip
    assert set(found) == set(features.FEATURE_KEYS)
    assert summarise(rows_of(base=1.0, faults="late")) == summarise([]) == {}


def test_without_the_real_week_there_is_no_cell_for_it(tmp_path):
    """No folder, no cell."""
    assert list(features.cells(Options(data=tmp_path / "data"))) == []


@pytest.mark.skipif(not (DATA / "reps.csv").exists(), reason="needs ../shared/real_week beside the checkout")
def test_each_wish_is_in_the_problem():
    """5 % of 60 visits by a neighbour each; an hour at 45 EUR; 20 EUR an hour beyond the share; two rush hours."""
    made = {wish: wished(DATA, wish, seed=5, offered=60) for wish in WISHES}
    near = made[NEAR]
    assert near.borders == Borders(3, 0.0)
    assert all(len({near.shifts[s].rep_id for s in task.border}) == 1 for task in near.tasks)
    assert {(s.overtime_seconds, s.overtime_eur_per_hour) for s in made[LONG].shifts} == {(3600, 45.0)}
    assert {(s.overtime_seconds, s.overtime_eur_per_hour) for s in made[CHEAP].shifts} == {(3600, 15.0)}
    assert made[EVEN].balance_eur_per_hour == 20.0
    rush = ((0, 1.0), (25200, 1.4), (32400, 1.0), (57600, 1.4), (64800, 1.0))
    assert {s.pace for s in made[DEPARTURE].shifts} == {rush}
    assert {s.pace for wish in (PLAIN, CAREFUL) for s in made[wish].shifts} == {()}
    usual, slow = made[PLAIN].seconds, made[CAREFUL].seconds
    drives = usual > 0
    parking = 120 * made[PLAIN].places.parks[None, :]
    assert abs((slow - parking) - 1.4 * (usual - parking))[drives].max() <= 2.4
    assert (made[DEPARTURE].seconds == usual).all()


@pytest.mark.skipif(not (DATA / "reps.csv").exists(), reason="needs ../shared/real_week beside the checkout")
def test_a_small_week_with_every_wish():
    """20 customers: no plan breaks a rule, the checker's value is the plan's, and what may be more is no less."""
    rows = {row["wish"]: row for row in measure(DATA, 5, 20, "quick")}
    assert list(rows) == list(WISHES)
    assert [row["faults"] for row in rows.values()] == [""] * len(WISHES)
    value = {wish: row["value"] for wish, row in rows.items()}
    assert min(value[NEAR], value[LONG], value[CHEAP]) >= value[PLAIN] - 0.01
    assert value[PLAIN] + 0.01 >= max(value[EVEN], value[CAREFUL], value[DEPARTURE])
    assert rows[EVEN]["beyond_share_hours"] <= rows[PLAIN]["beyond_share_hours"]
