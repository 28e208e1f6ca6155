"""Segments of callers: planted groups are found, numbered in order, and noise stays one segment."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from forecasting.callers import caller_segments, segments

AS_OF = date(2025, 6, 30)


def contacts_of(groups: list[tuple[int, int, float, float, int]], seed: int = 3) -> pd.DataFrame:
    """Per group: callers, contacts each, handle seconds, share of redials, usual hour; over eight weeks."""
    rng = np.random.default_rng(seed)
    rows = []
    for group, (callers, each, seconds, redials, hour) in enumerate(groups):
        for person in range(callers):
            many = max(2, int(rng.poisson(each)))
            day = pd.Timestamp("2025-05-06") + pd.to_timedelta(rng.integers(0, 56, many), unit="D")
            at = day + pd.to_timedelta(np.clip(rng.normal(hour, 0.7, many), 0, 23.9) * 3600 // 1, unit="s")
            again = rng.random(many) < redials
            handle = seconds * rng.lognormal(0, 0.3, many)
            rows.append(pd.DataFrame({"caller_id": f"G{group}-{person:03d}", "arrived_at": at, "is_redial": again,
                                      "handle_seconds": handle}))  # fmt: skip
    table = pd.concat(rows, ignore_index=True)
    return table.assign(call_id=[f"K{n}" for n in range(len(table))], is_demand=~table["is_redial"])


PLANTED = [(80, 30, 120.0, 0.02, 9), (80, 5, 700.0, 0.02, 10), (80, 9, 200.0, 0.5, 18)]


def test_planted_segments_are_found_and_numbered_by_how_often_they_call() -> None:
    """Three groups, 30, 9 and 5 calls each: segment 1, 2, 3, nearly every caller in his own, and stable."""
    found = caller_segments(contacts_of(PLANTED), as_of=AS_OF, seed=1)
    group = found.table["caller_id"].str[:2].map({"G0": 1, "G2": 2, "G1": 3})
    assert (group == found.table["segment"]).mean() > 0.97
    chosen = found.quality[found.quality["chosen"]].iloc[0]
    assert chosen["segments"] == 3
    assert chosen["agreement"] >= 0.8
    words = found.table.groupby("segment")["segment_label"].first()
    assert "calls often" in words[1]
    assert "calls again soon" in words[2]
    assert "late" in words[2]
    assert "long calls" in words[3]


def test_another_seed_and_another_order_of_rows_give_the_same_numbers() -> None:
    """Labels do not permute."""
    contacts = contacts_of(PLANTED)
    first = caller_segments(contacts, as_of=AS_OF, seed=1).table
    again = caller_segments(contacts.sample(frac=1.0, random_state=4), as_of=AS_OF, seed=2).table
    assert (first["caller_id"] == again["caller_id"]).all()
    assert (first["segment"] == again["segment"]).mean() > 0.97


def test_callers_who_are_all_alike_stay_one_segment_or_are_stable() -> None:
    """Whatever is chosen keeps the promised agreement; a number below it is never chosen."""
    found = caller_segments(contacts_of([(120, 6, 200.0, 0.1, 12)]), as_of=AS_OF, seed=1)
    assert (found.quality.loc[found.quality["chosen"], "agreement"] >= 0.8).all()
    assert bool(found.notes) == (not found.quality["chosen"].any())


def test_what_is_not_stable_is_refused_in_the_table_and_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked for an agreement that no bootstrap reaches: one segment, whose label and note say why, with the best."""
    monkeypatch.setattr(segments, "LEAST_AGREEMENT", 1.01)
    found = caller_segments(contacts_of(PLANTED), as_of=AS_OF, seed=1)
    assert not found.quality["chosen"].any()
    best = found.quality["agreement"].max()
    assert f"adjusted Rand index {best:.2f} at best, 1.01 is asked" in found.notes[0]
    again = found.table[found.table["segment"] == 1]
    assert len(again) == sum(group[0] for group in PLANTED)
    assert set(again["segment_label"]) == {segments.UNSTABLE}


def test_single_callers_and_unknown_ones() -> None:
    """One call is segment 0; no caller id, outbound and later contacts take no part; too few is said."""
    contacts = pd.DataFrame(
        {
            "call_id": ["1", "2", "3", "4", "5"],
            "caller_id": pd.array(["a", "b", "b", None, "c"], dtype="str"),
            "arrived_at": pd.to_datetime(
                ["2025-06-01 23:30", "2025-06-01 23:00", "2025-06-02 01:00", "2025-06-01 09:00", "2025-07-02 09:00"]
            ),
            "handle_seconds": [0.0, 100.0, 300.0, 50.0, 50.0],
            "is_redial": [False, False, True, False, False],
            "is_demand": [True, True, False, True, True],
        }
    )  # fmt: skip
    found = caller_segments(contacts, as_of=AS_OF, seed=1)
    table = found.table.set_index("caller_id")
    assert table["segment"].to_dict() == {"a": 0, "b": 1}
    assert table.loc["b", "usual_hour"] in (0.0, 24.0) or abs(table.loc["b", "usual_hour"] - 24) < 1e-9
    assert table.loc["b", "handle_seconds_mean"] == 200.0
    assert table.loc["b", "redial_pct"] == 50.0
    assert np.isnan(table.loc["a", "handle_seconds_mean"])
    assert "too few for segments" in found.notes[0]
    assert caller_segments(contacts.iloc[:0], as_of=AS_OF, seed=1).table.empty
