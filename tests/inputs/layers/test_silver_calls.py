import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from inputs.contracts.contract import contracts, default_values, empty_table
from inputs.layers.silver_calls import CallRules, SilverCalls, count_step_minutes, silver_calls
from scenarios.schema import Queue, Redial

NO_CALLS = empty_table(contracts()["calls"])
NO_COUNTS = empty_table(contracts()["call_counts"])
DAY = {"mon": (480, 1200), "tue": (480, 1200), "wed": (480, 1200), "thu": (480, 1200), "fri": (480, 1200)}


def table(name: str, rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Rows as silver has them, columns not named at their defaults."""
    columns = contracts()[name].columns
    made = {}
    for field, column in columns.items():
        default = default_values(column, len(rows))
        made[field] = pd.Series([row.get(field, default[n]) for n, row in enumerate(rows)]).astype(default.dtype)
    return pd.DataFrame(made)


def leg(call_id: str, at: str, **more: Any) -> dict[str, Any]:
    base = {"queue": "q", "outcome": "answered", "handle_seconds": 100.0, "caller_id": "P1"}
    return {"call_id": call_id, "arrived_at": pd.Timestamp(f"1999-12-13T{at}"), **base, **more}


def rules(**changes: Any) -> CallRules:
    settings: dict[str, Any] = {
        "redial": Redial(),
        "interval_minutes": 30,
        "queues": {},
        "opening_hours": DAY,
        "country": None,
        "timezone": "UTC",
        "as_of": dt.date(1999, 12, 13),
    }
    return CallRules(**{**settings, **changes})


def run(legs: list[dict[str, Any]], counts: pd.DataFrame = NO_COUNTS, **changes: Any) -> SilverCalls:
    return silver_calls(table("calls", legs) if legs else NO_CALLS, counts, rules(**changes))


def redials(silver: SilverCalls) -> list[str]:
    return silver.contacts.loc[silver.contacts["is_redial"], "call_id"].tolist()


ABANDONED = [
    leg("K1", "10:00:00", outcome="abandoned"),
    leg("K2", "10:30:00", outcome="answered"),
    leg("K3", "10:40:00", outcome="abandoned"),
    leg("K4", "11:10:01", outcome="abandoned"),
    leg("K5", "11:15:00", queue="other"),
    leg("K6", "11:20:00", caller_id=np.nan),
    leg("K7", "11:21:00", caller_id="P2"),
]


@pytest.mark.parametrize(
    ("redial", "expected"),
    [
        ({}, ["K2"]),
        ({"window_minutes": 31}, ["K2", "K4"]),
        ({"after": "any"}, ["K2", "K3"]),
        ({"same_queue": False}, ["K2", "K5"]),
        ({"window_minutes": 0}, []),
    ],
)
def test_redials_by_the_stated_rule(redial: dict[str, Any], expected: list[str]) -> None:
    """Within 30 minutes (30:00 counts, 30:01 does not) of the caller's last call, abandoned, in the same queue."""
    assert redials(run(ABANDONED, redial=Redial(**redial))) == expected


def test_rows_that_are_no_demand_are_flagged_with_the_reason() -> None:
    """Phantoms, tests, outbound and redials: out of demand, kept as rows; contacts know no phantom."""
    silver = run(
        [
            leg("K1", "10:00:00", outcome="Phantom"),
            leg("K2", "10:01:00", outcome="test"),
            leg("K3", "10:02:00", direction="outbound"),
            leg("K4", "10:03:00", outcome="abandoned"),
            leg("K5", "10:04:00"),
            leg("K6", "10:05:00", outcome="answered", handle_seconds=0.0, caller_id="P9"),
        ]
    )
    assert silver.flags.tolist() == ["phantom", "test", "outbound", "", "redial", ""]
    assert silver.contacts["call_id"].tolist() == ["K3", "K4", "K5", "K6"]
    assert silver.contacts["is_demand"].tolist() == [False, True, False, True]
    assert silver.demand["calls"].sum() == 2
    assert silver.handled["handle_seconds"].tolist() == [100.0], "the redial is work; 0 s is no handle time"
    assert silver.notes[0] == (
        "of 6 rows of the call log 2 are demand; left out: 1 outbound, 1 phantom, 1 redial, 1 test"
    )


def test_transfer_chains_belong_to_the_first_touch_and_each_leg_keeps_its_time() -> None:
    """K1 -> K2 -> K3: one contact of queue q with 600 s; a leg from nowhere or from a phantom begins its own."""
    silver = run(
        [
            leg("K3", "10:20:00", queue="c", transferred_from="K2", handle_seconds=300.0, outcome="abandoned"),
            leg("K1", "10:00:00", handle_seconds=100.0),
            leg("K2", "10:10:00", queue="b", transferred_from="K1", handle_seconds=200.0),
            leg("K4", "12:00:00", queue="b", transferred_from="K0", caller_id="P4"),
            leg("K5", "12:01:00", outcome="phantom", caller_id="P5"),
            leg("K6", "12:02:00", transferred_from="K5", caller_id="P5"),
        ]
    )
    first = silver.contacts.iloc[0]
    assert (first["call_id"], first["queue"], first["legs"], first["handle_seconds"]) == ("K1", "q", 3, 600.0)
    assert first["outcome"] == "abandoned", "how the last leg ended"
    assert silver.contacts["call_id"].tolist() == ["K1", "K4", "K6"]
    assert silver.flags.tolist() == ["transferred", "", "transferred", "", "phantom", ""]
    demand = silver.demand.groupby("queue")["calls"].sum()
    assert demand.to_dict() == {"b": 1.0, "q": 2.0}
    assert silver.handled.groupby("queue")["handle_seconds"].apply(list).to_dict() == {
        "b": [200.0, 100.0],
        "q": [100.0, 100.0],
    }


def test_legs_that_point_at_each_other_are_not_lost() -> None:
    """A circle K1 -> K2 -> K1 and a leg that points at itself: each leg is a contact."""
    silver = run(
        [
            leg("K1", "10:00:00", transferred_from="K2", caller_id="a"),
            leg("K2", "10:01:00", transferred_from="K1", caller_id="b"),
            leg("K3", "10:02:00", transferred_from="K3", caller_id="c"),
        ]
    )
    assert silver.contacts["legs"].tolist() == [1, 1, 1]


def counts(calls: np.ndarray, start: str = "1999-11-01", minutes: int = 30, queue: str = "all") -> pd.DataFrame:
    starts = pd.date_range(start, periods=len(calls), freq=f"{minutes}min", unit="us")
    rows = pd.DataFrame({"queue": queue, "interval_start": starts, "calls_offered": calls})
    return rows.astype({"queue": "str"}).assign(handled=np.nan, handle_seconds_mean=np.nan)


def weeks(days: int = 43) -> np.ndarray:
    """Half-hourly counts from Monday 1999-11-01 to the end of 1999-12-13: 20 calls while open, Monday to Friday."""
    calls = np.zeros((days, 48))
    for day in range(days):
        if day % 7 < 5:
            calls[day, 16:40] = 20
    return calls


def test_counts_give_the_level_and_lose_the_share_of_the_log_that_is_no_demand() -> None:
    """1 of 4 rows of the log is outbound: 20 counted calls are 15; half counts are kept."""
    level = weeks()
    level[0, 16] = 20.5
    legs = [leg(f"K{n}", f"10:0{n}:00", caller_id=np.nan) for n in range(3)]
    silver = run([*legs, leg("K9", "10:09:00", direction="outbound", queue="out")], counts(level.ravel()))
    assert dict(silver.shares) == {"all": 0.75}
    assert silver.demand["calls"].iloc[16] == 20.5 * 0.75
    assert silver.demand["calls"].sum() == pytest.approx(level.sum() * 0.75)
    assert len(silver.demand) == 43 * 48
    assert not silver.demand["is_gap"].any()
    assert any("25.0 % is taken out" in note for note in silver.notes)


def test_grid_covers_every_interval_with_its_type_and_opening() -> None:
    """From the first day's midnight to the end of as_of: 24 December is an eve, the 25th a holiday in Spain."""
    level = counts(np.full(4 * 96, 1.0), start="1999-12-23", minutes=15)
    silver = silver_calls(NO_CALLS, level, rules(as_of=dt.date(1999, 12, 27), country="FR"))
    demand = silver.demand
    assert len(demand) == 5 * 48
    assert demand["interval_start"].iloc[[0, -1]].astype(str).tolist() == ["1999-12-23 00:00:00", "1999-12-27 23:30:00"]
    assert demand["day_type"].iloc[::48].tolist() == ["thu", "eve", "holiday", "sun", "mon"]
    assert demand["is_open"].groupby(demand["day_type"]).sum().to_dict() == {
        "thu": 24,
        "eve": 24,
        "holiday": 0,
        "sun": 0,
        "mon": 24,
    }
    assert demand["calls"].iloc[0] == 2.0, "two quarter hours"


def gap_starts(silver: SilverCalls) -> pd.Series:
    return silver.demand.loc[silver.demand["is_gap"], "interval_start"]


def test_a_silent_day_is_a_gap_and_a_quiet_slot_is_zero() -> None:
    """Tuesday 2 November without a call is a gap (480 usual calls); Sundays and nights are true zeros."""
    level = weeks()
    level[1, 16:40] = 0
    silver = run([], counts(level.ravel()))
    assert gap_starts(silver).min() == pd.Timestamp("1999-11-02T08:00")
    assert gap_starts(silver).max() == pd.Timestamp("1999-11-02T19:30")
    assert len(gap_starts(silver)) == 24
    assert silver.demand.loc[silver.demand["is_gap"], "calls"].isna().all()


def test_one_silent_half_hour_is_a_gap_only_where_it_is_a_surprise() -> None:
    """20 usual calls: exp(-20) is below one in a million; a slot that is silent every other week proves nothing."""
    level = weeks()
    level[9, 20] = 0
    assert gap_starts(run([], counts(level.ravel()))).tolist() == [pd.Timestamp("1999-11-10T10:00")]
    level[[9, 16, 23], 20] = 0
    assert gap_starts(run([], counts(level.ravel()))).empty
    level = weeks() / 2
    level[9, 20] = 0
    assert gap_starts(run([], counts(level.ravel()))).empty, "10 usual calls: exp(-10) is not rare enough"


def test_missing_rows_of_a_feed_that_writes_zeros_are_gaps() -> None:
    """A feed with zeros that lacks one open and one closed row: the open one is missing, the closed one is zero."""
    level = counts(weeks().ravel())
    silver = run([], level.drop(index=[20, 47]))
    assert gap_starts(silver).tolist() == [pd.Timestamp("1999-11-01T10:00")]
    omitting = level[level["calls_offered"] > 0]
    assert gap_starts(run([], omitting)).empty, "a feed that never writes a zero leaves zeros out"


def test_half_an_interval_is_a_gap_and_its_calls_are_reported() -> None:
    """Quarter-hourly counts of which one is missing: the half hour is a gap; what was counted in it is said."""
    level = counts(np.repeat(weeks(), 2, axis=1).ravel() / 2, minutes=15)
    silver = run([], level.drop(index=[40]))
    assert gap_starts(silver).tolist() == [pd.Timestamp("1999-11-01T10:00")]
    assert any("10 calls counted in them are not used" in note for note in silver.notes)


def test_a_log_that_ends_early_leaves_a_gap_not_zeros() -> None:
    """A log of one busy week, then silence until as_of: the silence is a gap, nights in it too."""
    legs = [
        leg(
            f"K{day}-{n}",
            "00:00:00",
            arrived_at=pd.Timestamp(f"1999-11-{day:02d}T08:00") + pd.Timedelta(minutes=10 * n),
        )
        for day in range(1, 6)
        for n in range(72)
    ]
    silver = run([{**one, "caller_id": np.nan} for one in legs])
    assert silver.demand["calls"].sum() == 360
    assert gap_starts(silver).min() == pd.Timestamp("1999-11-08T08:00")
    assert len(gap_starts(silver)) == 35 * 48 + 24
    closed = silver.demand.loc[silver.demand["interval_start"] == pd.Timestamp("1999-12-01T03:00")]
    assert closed["is_gap"].tolist() == [True]


def test_a_holiday_without_calls_is_believed() -> None:
    """1 November 1999 is All Saints, a Monday, in France: no call, no gap."""
    level = weeks()
    level[0] = 0
    assert gap_starts(run([], counts(level.ravel()), country="FR")).empty
    assert len(gap_starts(run([], counts(level.ravel())))) == 24


def test_the_hour_that_the_clocks_skip_is_a_gap() -> None:
    """Madrid skipped 2:00 to 3:00 on 1999-03-28."""
    level = counts(np.where(np.isin(np.arange(48), [4, 5]), 0.0, 5.0), start="1999-03-28")
    silver = silver_calls(
        NO_CALLS, level, rules(as_of=dt.date(1999, 3, 28), opening_hours={}, timezone="Europe/Madrid")
    )
    assert gap_starts(silver).dt.hour.tolist() == [2, 2]


def test_handle_times_from_interval_means() -> None:
    """Without a log each answered call has the mean of its interval; days with a log use the log."""
    level = counts(np.array([4.0, 2.0]), start="1999-12-13").assign(
        handled=[2.0, 0.0], handle_seconds_mean=[90.0, 80.0]
    )
    assert run([], level).handled["handle_seconds"].tolist() == [90.0, 90.0]
    assert run([leg("K1", "10:00:00")], level).handled["handle_seconds"].tolist() == [100.0]


def test_nothing_in_nothing_out() -> None:
    """No calls and no counts: empty frames with their types; with planned queues too."""
    for queues in ({}, {"q": Queue.model_validate({"volume_from": {"calls": ["x"]}})}):
        silver = silver_calls(NO_CALLS, NO_COUNTS, rules(queues=queues))
        assert silver.demand.empty
        assert silver.handled.empty
        assert silver.contacts.empty
        assert silver.flags.empty
        assert str(silver.demand["interval_start"].dtype) == "datetime64[us]"
        assert str(silver.handled["arrived_at"].dtype) == "datetime64[us]"
        assert str(silver.contacts["call_id"].dtype) == "str"


def test_calls_outside_opening_hours_are_counted_and_said() -> None:
    """Two of four calls at night: they stay in demand, and the note tells their share."""
    silver = run([leg(f"K{n}", f"{hour}:00:00", caller_id=np.nan) for n, hour in enumerate(("01", "02", "10", "11"))])
    assert silver.demand.groupby("is_open")["calls"].sum().to_dict() == {False: 2.0, True: 2.0}
    assert silver.notes[-1] == ("queue q: 2 of 4 calls (50.0 %) came outside opening hours; nobody is planned for them")


@pytest.mark.parametrize(("minutes", "step"), [([0, 30, 60, 75], 30), ([0], None), ([0, 15, 30, 90, 105], 15)])
def test_the_step_of_the_counts(minutes: list[int], step: int | None) -> None:
    """The most frequent step; one interval shows none."""
    starts = pd.Series(pd.Timestamp("1999-12-13") + pd.to_timedelta(minutes, unit="min"))
    assert count_step_minutes(starts) == step


def test_a_leg_passed_on_is_work_but_no_call_and_a_pure_second_line_is_named() -> None:
    """K2 is handled in b, where nobody called: its work is there, its demand is not, and the notes say so."""
    silver = run(
        [
            leg("K1", "10:00:00", handle_seconds=100.0),
            leg("K2", "10:10:00", queue="b", transferred_from="K1", handle_seconds=200.0),
            leg("K3", "12:00:00", caller_id="P3"),
        ],
        queues={name: Queue.model_validate({"volume_from": {"calls": [name]}}) for name in ("b", "q")},
    )
    assert silver.handled[["queue", "handle_seconds", "is_first_leg"]].to_numpy().tolist() == [
        ["b", 200.0, False], ["q", 100.0, True], ["q", 100.0, True]
    ]  # fmt: skip
    assert silver.demand.groupby("queue")["calls"].sum().to_dict() == {"b": 0.0, "q": 2.0}
    assert "queue b: 1 answered legs were passed on to it and no call began there" in silver.notes[-1]


def test_the_notes_tell_the_redial_rule_and_what_it_removed() -> None:
    """One of seven contacts, by the rule in words; a rule that is off is not told."""
    told = run(ABANDONED).notes[1]
    assert told == (
        "redials: 1 of 7 inbound contacts (14.3 %) came within 30 minutes of the caller's last abandoned call to the "
        "same queue and are no demand (forecast.calls.redial); the caller is known of 86 %"
    )
    assert not any(note.startswith("redials") for note in run(ABANDONED, redial=Redial(window_minutes=0)).notes)
