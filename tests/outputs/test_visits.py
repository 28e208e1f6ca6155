"""The reason of a week's first visit, and what each further one says."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from outputs.visits import Visits, again

STOPS = pd.DataFrame(
    [("visit", "C1", "2026-03-09 09:30"), ("visit", "C1", "2026-03-11 10:00"), ("lunch", "", "2026-03-09 13:00")],
    columns=["kind", "customer_id", "start_at"],
).astype({"start_at": "datetime64[us]"})
ACTIONS = pd.DataFrame(
    {"customer_id": ["C1", "C1"], "channel": ["field", "outbound"], "why": ["Last contact long ago.", "Call."]}
)


def test_only_the_first_visit_has_the_reason() -> None:
    """The second says which it is and when the first was; a stranger has none."""
    plan: Any = SimpleNamespace(tables={"stops": STOPS, "actions": ACTIONS})
    visits = Visits(plan)
    assert visits.why("C1", STOPS["start_at"][0]) == "Last contact long ago."
    assert visits.why("C1", STOPS["start_at"][1]) == "Second visit this week, the first on Monday 9 March at 09:30."
    assert visits.why("C2", STOPS["start_at"][1]) == ""


def test_visits_are_counted_in_words() -> None:
    """Second, Third, 4th."""
    starts = [pd.Timestamp(f"2026-03-{day:02d} 09:00") for day in (9, 10, 11)]
    words = [again(tuple(starts[:count])).split()[0] for count in (1, 2, 3)]
    assert words == ["Second", "Third", "4th"]


def test_workbook_and_calendar_say_the_same(held: Any) -> None:
    """Each further visit of the small company: the workbook's reason is the calendar's."""
    from outputs.workbook.sheets import routes_frame

    frame = routes_frame(held.plan, held.tables)
    visits = frame[frame["kind"] == "visit"].sort_values("start_at")
    further = visits[visits["customer_id"].duplicated()]
    assert len(further) > 0
    assert further["why"].str.startswith("Second visit this week, the first on ").all()
    assert not visits.loc[~visits["customer_id"].duplicated(), "why"].str.contains("visit this week").any()
    text = "".join(
        path.read_bytes().decode().replace("\r\n ", "").replace("\\,", ",")
        for path in (held.folder / "calendars").iterdir()
    )
    assert all(why in text for why in further["why"])
