"""k-means and matching on places where the answer is plain to see."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from planner.classic.regions import classic_territories, cluster, match
from solvers.team import rep_days

TOWNS = {"north": (42.0, 2.0), "south": (41.0, 2.0)}


def world(places: list[tuple[float, float]], homes: list[tuple[float, float]], skill: str = "") -> dict[str, Any]:
    from scenarios.schema import Horizon, Reps

    team = pd.DataFrame(
        {
            "rep_id": [f"R{i}" for i in range(len(homes))],
            "home_latitude": [home[0] for home in homes],
            "home_longitude": [home[1] for home in homes],
            "shift_start": [540] * len(homes),
            "shift_end": [1020] * len(homes),
            "working_days": [()] * len(homes),
            "skills": [(skill,) if i == 0 else () for i in range(len(homes))],
        }
    ).astype({"rep_id": "str", "home_latitude": float, "home_longitude": float, "shift_start": int, "shift_end": int})
    customers = pd.DataFrame(
        {
            "customer_id": [f"C{i}" for i in range(len(places))],
            "latitude": [place[0] for place in places],
            "longitude": [place[1] for place in places],
            "visit_minutes": [60.0] * len(places),
            "visits_per_week": [np.nan] * len(places),
            "required_skill": [np.nan] * len(places),
            "area": [""] * len(places),
        }
    ).astype({"customer_id": "str", "latitude": float, "longitude": float, "visit_minutes": float})
    absences = pd.DataFrame({"person_id": [], "date": pd.to_datetime([])})
    days = rep_days(team, absences, settings=Reps(), horizon=Horizon(start="2026-03-09", days=5))
    before = pd.DataFrame({"customer_id": ["C0"], "rep_id": ["R9"]}).astype("str")
    return {"customers": customers, "team": team, "before": before, "days": days}


def plan(made: dict[str, Any], **more: Any) -> Any:
    return classic_territories(
        made["customers"], made["team"], made["before"], pd.DataFrame(), made["days"],
        **({"default_visit_minutes": 30.0, "overlay": True, "seed": 7} | more),
    )  # fmt: skip


def test_two_towns_are_two_clusters() -> None:
    """Places around two points far apart end in the cluster of their point, whose centre is their mean."""
    rng = np.random.default_rng(1)
    places = np.concatenate([rng.normal(0, 1, (30, 2)), rng.normal(100, 1, (20, 2))])
    label, centres = cluster(places, count=2, seed=7)
    assert len(set(label[:30])) == len(set(label[30:])) == 1
    assert label[0] != label[-1]
    np.testing.assert_allclose(centres[label[0]], places[:30].mean(axis=0))


def test_no_more_clusters_than_places() -> None:
    """Three reps and one place give one cluster."""
    label, centres = cluster(np.zeros((4, 2)), count=3, seed=7)
    assert label.tolist() == [0, 0, 0, 0]
    assert centres.tolist() == [[0.0, 0.0]]


def test_matching_has_the_least_sum_of_kilometres() -> None:
    """On a line with centres at 0 and 10 and homes at 9 and 20 the greedy pair (9, 10) would cost 21, the best 19."""
    label = np.array([0, 1, 1])
    owner, centre = match(label, np.array([[0.0, 0.0], [10.0, 0.0]]), np.array([[9.0, 0.0], [20.0, 0.0]]))
    assert owner.tolist() == [0, 1, 1]
    assert centre.tolist() == [[0.0, 0.0], [10.0, 0.0]]


def test_each_town_goes_to_the_rep_who_lives_there() -> None:
    """Loads, moves and centres are those of the towns."""
    north, south = TOWNS["north"], TOWNS["south"]
    made = plan(world([north, north, south], [south, north]))
    assert made.assignment["rep_id"].tolist() == ["R1", "R1", "R0"]
    assert made.assignment["visiting_rep_ids"].tolist() == [("R1",), ("R1",), ("R0",)]
    assert made.assignment["forced"].tolist() == [True, False, False]
    reps = made.reps.set_index("rep_id")
    assert reps["workload_minutes"].to_dict() == {"R0": 60.0, "R1": 120.0}
    assert reps["workload_over_mean"].to_dict() == pytest.approx({"R0": 2 / 3, "R1": 4 / 3})
    assert made.outcome.value == pytest.approx(0.0, abs=1e-6)
    assert made.outcome.method.startswith("classic: ")


def test_a_skill_goes_to_who_has_it() -> None:
    """A customer whose owner lacks the skill is visited by the rep who has it; without overlay by nobody."""
    made = world([TOWNS["north"], TOWNS["south"]], [TOWNS["south"], TOWNS["north"]], skill="cold_chain")
    made["customers"]["required_skill"] = ["cold_chain", ""]
    assert plan(made).assignment["visiting_rep_ids"].tolist() == [("R0",), ("R0",)]
    assert plan(made, overlay=False).assignment["visiting_rep_ids"].tolist() == [(), ("R0",)]


@pytest.mark.parametrize(("places", "homes"), [([], [(41.0, 2.0)]), ([(41.0, 2.0)], []), ([], [])])
def test_nobody_and_nothing(places: list, homes: list) -> None:
    """Without reps nobody owns a customer; without customers each rep has an empty territory."""
    made = plan(world(places, homes))
    assert made.assignment["rep_id"].tolist() == [""] * len(places)
    assert made.reps["customers"].tolist() == [0] * len(homes)
    assert made.outcome.reason == "nothing_to_do"
