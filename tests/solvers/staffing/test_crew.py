import numpy as np
import pandas as pd
import pytest

from solvers.staffing.crew import make_crew
from solvers.staffing.grid import make_grid
from solvers.staffing.shapes import make_shapes

NONE = pd.DataFrame()


@pytest.fixture
def crew_of(settings_of):
    def build(agents, *, absences=NONE, requests=NONE, days=7, hours=None, **changes):
        settings = settings_of(**changes)
        hours = settings.opening_hours if hours is None else hours
        grid = make_grid(
            first_day=np.datetime64("2024-01-08"), days=days, interval_minutes=60, opening_hours=hours, timezone="UTC"
        )
        shapes = make_shapes(grid, settings.shifts)
        crew = make_crew(
            agents, absences, requests, planned_queues=("q0", "q1"), settings=settings, grid=grid, shapes=shapes
        )
        return crew, shapes

    return build


def test_an_absent_day_takes_off_a_fifth_of_the_contract(crew_of, agents_of) -> None:
    """40 h less two days are 24 h; six absent days leave 0; a day outside the horizon takes nothing."""
    absences = pd.DataFrame(
        {
            "person_id": ["A0", "A0", "A0", "R9"] + ["A1"] * 6,
            "date": pd.to_datetime(["2024-01-08", "2024-01-13", "2024-02-01", "2024-01-08"]).append(
                pd.date_range("2024-01-08", periods=6)
            ),
        }
    )
    agents = agents_of({"contract_hours_per_week": 40}, {"contract_hours_per_week": 40})
    crew, shapes = crew_of(agents, absences=absences)
    assert (crew.contract_minutes / 60).tolist() == [[24], [0]]
    assert shapes.day[crew.can_work[0]].tolist() == [1, 2, 3, 4, 6]


def test_a_week_planned_in_part_counts_in_fifths(crew_of, agents_of) -> None:
    """Ten days: a full week and three days of the next; those may all be worked, as two free days follow."""
    crew, _ = crew_of(agents_of({"contract_hours_per_week": 40}), days=10)
    assert (crew.contract_minutes / 60).tolist() == [[40, 24]]
    assert crew.most_days.tolist() == [5, 3]


def test_availability_may_run_through_midnight(crew_of, agents_of) -> None:
    """Available 20:00 to 06:00 in a centre that is always open."""
    agents = agents_of({"available_from": 20 * 60, "available_to": 6 * 60})
    crew, shapes = crew_of(agents, days=2, hours={})
    hours = sorted(set((shapes.start[crew.can_work[0]] // 60 % 24).tolist()))
    assert hours == [0, 1, 2, 20, 21, 22, 23]


def test_agents_without_a_planned_queue_cannot_work(crew_of, agents_of) -> None:
    crew, _ = crew_of(agents_of({"queues": ("other",)}, {"queues": ()}, {"queues": "q1|q0"}))
    assert crew.queues == ((), (), (0, 1))
    assert crew.can_work.any(axis=1).tolist() == [False, False, True]


def test_unknown_wages_count_as_the_mean_and_overtime_is_never_below_the_wage(crew_of, agents_of) -> None:
    agents = agents_of({"hourly_cost_eur": 60.0}, {"hourly_cost_eur": np.nan}, {"hourly_cost_eur": 20.0})
    crew, _ = crew_of(agents)
    assert (60 * crew.wage).tolist() == pytest.approx([60, 40, 20])
    assert (60 * crew.overtime).tolist() == pytest.approx([60, 40, 36])
    assert crew.notes == ("1 agents have no hourly_cost_eur; they count with 40.00 EUR an hour",)


def test_requests_that_name_nothing_planned_are_counted(crew_of, agents_of) -> None:
    requests = pd.DataFrame(
        {
            "agent_id": ["A0", "nobody", "A0", "A0"],
            "date": pd.to_datetime(["2024-01-09", "2024-01-09", "2025-01-01", "2024-01-09"]),
            "kind": ["off", "off", "early", "sometimes"],
            "weight": [2.0, 1.0, 1.0, np.nan],
        }
    )
    crew, shapes = crew_of(agents_of({}), requests=requests)
    assert [(r.row, r.agent, r.day, r.eur) for r in crew.requests] == [(0, 0, 1, 20.0)]
    assert shapes.day[crew.requests[0].good].tolist() == [1]
    assert crew.notes == ("3 shift requests name a day, an agent or a kind that is not planned: not granted",)


def test_early_and_late_are_halves_of_the_opening(crew_of, agents_of) -> None:
    """Open 8 to 16 with shifts of 4 hours: 8 and 9 are early, 11 and 12 late, 10 to 14 is neither."""
    requests = pd.DataFrame(
        {"agent_id": "A0", "date": pd.Timestamp("2024-01-08"), "kind": ["early", "late"], "weight": 1.0}
    )
    crew, shapes = crew_of(agents_of({}), requests=requests, days=1, hours={"mon": (480, 960)})
    assert [(shapes.start[r.good] // 60).tolist() for r in crew.requests] == [[8, 9], [11, 12]]
