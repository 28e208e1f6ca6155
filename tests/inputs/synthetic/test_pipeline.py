"""Pipelines with planted noise: the truth is exact, years and reps are as asked, the log is as careless as asked."""

from datetime import date
from functools import cache

import numpy as np
import pandas as pd
import pytest

from inputs.synthetic.deals import WON
from inputs.synthetic.pipeline import DAY, STATUSES, Log, Pipeline, Year, make_pipeline

YEARS = {2023: Year(0.2), 2024: Year(0.4, -5.0)}
AS_OF = date(2024, 6, 30)


CLEAN = Log()


@cache
def made(log: Log = CLEAN) -> Pipeline:
    return make_pipeline(deals=6000, years=YEARS, as_of=AS_OF, seed=1, year_begins=7, pace=0.3, log=log)


def known(pipeline: Pipeline) -> pd.DataFrame:
    """Per deal: created, and whether it was won (NaN while open)."""
    last = np.append(np.flatnonzero(np.diff(pipeline.deal)), len(pipeline.deal) - 1)
    stage = pipeline.stage[last]
    won = np.where(stage < WON, np.nan, stage == WON)
    return pipeline.opportunities.assign(won=won, start=pipeline.truth["win_probability_at_start"])


def test_each_fiscal_year_wins_the_share_asked_for() -> None:
    """Years begin in July; planted shares are exact on average, and so are the outcomes of deals that had time."""
    table = known(made())
    assert table["created_at"].min() >= pd.Timestamp("2022-07-01")
    assert table["created_at"].max() < pd.Timestamp("2024-07-01")
    for begin, end, share in (("2022-07-01", "2023-07-01", 0.2), ("2023-07-01", "2024-02-01", 0.4)):
        mine = table[table["created_at"].between(begin, end)]
        assert mine["start"].mean() == pytest.approx(share, abs=4 * 0.35 / np.sqrt(len(mine)))
        assert mine["won"].mean() == pytest.approx(share, abs=4 * 0.5 / np.sqrt(len(mine)))


def test_the_planted_chance_is_what_happens() -> None:
    """At a moment in time, in five groups of the planted chance, deals win as often as it says."""
    pipeline, table = made(), known(made())
    moment = int(pd.Timestamp("2023-10-01").timestamp())
    ended = np.full(len(table), np.iinfo(np.int64).max)
    done = pipeline.stage >= WON
    ended[pipeline.deal[done]] = pipeline.second[done]
    created = table["created_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    open_then = np.flatnonzero((created < moment) & (ended > moment) & table["won"].notna().to_numpy())
    p = pipeline.planted(open_then, np.full(len(open_then), moment))
    won = table["won"].to_numpy()[open_then]
    for group in np.array_split(np.argsort(p), 3):
        error = 4 * np.sqrt((p[group] * (1 - p[group])).sum()) / len(group)
        assert won[group].mean() == pytest.approx(p[group].mean(), abs=error)


def test_reps_say_more_than_happens_by_what_the_year_says() -> None:
    """Weighted by how long a deal lives, ten points above in one year and five below in the other."""
    pipeline, table = made(), known(made())
    last = np.append(np.flatnonzero(np.diff(pipeline.deal)), len(pipeline.deal) - 1)
    begun = table["created_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    life = pipeline.second[last] - begun + 1.0
    middle = pipeline.planted(np.arange(len(table)), begun + (0.5 * life).astype(np.int64) + 1)
    for late, points in ((False, 10.0), (True, -5.0)):
        mine = (table["created_at"] >= "2023-07-01").to_numpy() == late
        said = np.average(table["rep_probability_pct"][mine], weights=life[mine])
        assert said - 100 * np.average(middle[mine], weights=life[mine]) == pytest.approx(points, abs=3)


def test_the_log_is_as_careless_as_asked() -> None:
    """A tenth of events is missing, a fifth late; outcomes are there to the second."""
    clean, noisy = made(), made(Log(missing=0.1, late=0.2, misnamed=0.05))
    whole, kept = (each.stage_events for each in (clean, noisy))
    ends = [each[each["stage"].isin(["won", "lost"])].reset_index(drop=True) for each in (whole, kept)]
    pd.testing.assert_frame_equal(*ends)
    assert len(kept) - len(ends[0]) == pytest.approx(0.9 * (len(whole) - len(ends[0])), rel=0.02)
    both = whole.merge(kept, on=["opportunity_id", "stage", "entered_at"])
    assert len(both) / len(whole) == pytest.approx(0.9 * 0.8 * 0.95, abs=0.12)


def test_statuses_tell_of_quality_if_asked() -> None:
    """Good deals have more meetings; with `told` 0 they do not, and without statuses there are none."""

    def gap(told: float) -> float:
        pipeline = make_pipeline(deals=800, years={2024: Year(0.3)}, as_of=date(2024, 12, 31), seed=2, told=told)
        good = set(
            pipeline.opportunities["opportunity_id"][pipeline.truth["quality"] > pipeline.truth["quality"].mean()]
        )
        status = pipeline.stage_events[pipeline.stage_events["stage"].isin(STATUSES)]
        share = status["stage"].eq("meeting").groupby(status["opportunity_id"].isin(good)).mean()
        return float(share[True] - share[False])

    assert gap(1.0) > 0.2
    assert gap(0.0) == pytest.approx(0.0, abs=0.05)
    plain = make_pipeline(
        deals=200, years={2024: Year(0.3)}, as_of=date(2024, 12, 31), seed=2, status_every_days=float("inf")
    )
    assert not set(plain.stage_events["stage"]) & set(STATUSES)


def test_equal_arguments_give_an_equal_pipeline() -> None:
    """And another seed another one; events are sorted by deal and time."""
    again = make_pipeline(deals=6000, years=YEARS, as_of=AS_OF, seed=1, year_begins=7, pace=0.3)
    pd.testing.assert_frame_equal(again.stage_events, made().stage_events)
    pd.testing.assert_frame_equal(again.opportunities, made().opportunities)
    events = made().stage_events
    seconds = events["entered_at"].to_numpy().astype("datetime64[s]").astype(np.int64)
    number = events["opportunity_id"].str[1:].astype(int).to_numpy()
    assert (np.diff(number * (10_000 * DAY) + (seconds - seconds.min())) >= 0).all()
    other = make_pipeline(deals=50, years=YEARS, as_of=AS_OF, seed=3, year_begins=7)
    assert not other.opportunities["created_at"].equals(made().opportunities["created_at"][:50])
