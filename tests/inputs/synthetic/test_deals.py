"""Deals: the chain's chances by hand, truth against what was drawn, reps ten points too confident."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from inputs.synthetic import Company, make_company
from inputs.synthetic.deals import NAMES, NEXT, STAGES, WON, next_chances, walk, win_chances


@cache
def company() -> Company:
    return make_company("deals", customers=4000, reps=5, agents=0, seed=11)


@cache
def deals() -> pd.DataFrame:
    """Opportunities with their truth and, once decided, `won`."""
    made = company()
    last = made.tables["stage_events"].groupby("opportunity_id")["stage"].last()
    frame = made.tables["opportunities"].merge(made.truth["opportunities"], on="opportunity_id")
    return frame.assign(last=frame["opportunity_id"].map(last), won=lambda f: f["last"] == "won")


def test_absorption_by_hand() -> None:
    """A chain that only goes on or is lost wins with the product of its chances."""
    chances = np.zeros((1, 5, 7))
    for stage, goes_on in enumerate((0.5, 0.4, 0.8, 0.9, 0.25)):
        chances[0, stage, stage + 1] = goes_on
        chances[0, stage, 6] = 1 - goes_on
    expected = [0.5 * 0.4 * 0.8 * 0.9 * 0.25, 0.4 * 0.8 * 0.9 * 0.25, 0.8 * 0.9 * 0.25, 0.9 * 0.25, 0.25, 1, 0]
    assert win_chances(chances)[0] == pytest.approx(expected)


def test_absorption_against_simulation() -> None:
    """20,000 walks to the end win as often as the linear equations say, within four standard errors."""
    count = 20_000
    chances = next_chances(np.full(count, 0.3))
    runs, stages, _ = walk(
        np.random.default_rng(4), chances, np.ones(count), np.zeros(count, dtype=int), np.full(count, np.inf)
    )
    exact = win_chances(chances[:1])[0, 0]
    share = (stages == WON).sum() / count
    assert len(np.unique(runs)) == count
    assert share == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / count))


def test_chances_are_chances() -> None:
    """Rows sum to one, and better deals win more often."""
    assert NEXT.sum(axis=1) == pytest.approx(np.ones(len(STAGES)))
    chances = next_chances(np.array([-1.0, 0.0, 1.0]))
    assert chances.sum(axis=2) == pytest.approx(np.ones((3, 5)))
    assert (np.diff(win_chances(chances)[:, 0]) > 0.05).all()


def test_realised_win_rate_is_the_planted_one() -> None:
    """Of deals a year old nearly all are decided, and as many won as the truth at their start says."""
    old = deals()[deals()["created_at"] < "2025-04-01"]
    assert (~old["is_open"]).mean() > 0.95
    said = old["win_probability_at_start"]
    error = 4 * np.sqrt((said * (1 - said)).sum()) / len(old)
    assert old["won"].mean() == pytest.approx(said.mean(), abs=error + 0.01)
    high = old[said > said.median()]
    assert high["won"].mean() > old[said <= said.median()]["won"].mean() + 0.05


def test_open_deals_truth_is_consistent() -> None:
    """Open deals have both chances, decided ones none; to win within 90 days is no likelier than to win at all."""
    frame = deals()
    open_, decided = frame[frame["is_open"]], frame[~frame["is_open"]]
    assert decided["win_probability"].isna().all()
    assert set(decided["last"]) == {"won", "lost"}
    assert set(open_["last"]) <= set(STAGES)
    assert (open_["win_probability_90_days"] <= open_["win_probability"] + 4 * 0.025).all()
    assert open_["win_probability"].between(0, 1).all()


def test_truth_of_open_deals_holds_when_time_goes_on() -> None:
    """Deals a year ago, seen at a stage after a dwell, won as often as the same formula says for today's."""
    made = company()
    events = made.tables["stage_events"].assign(day=lambda f: f["entered_at"])
    cut = pd.Timestamp("2025-03-01")
    at_cut = events[events["day"] < cut].groupby("opportunity_id").last()
    open_then = at_cut[at_cut["stage"].isin(STAGES)].join(deals().set_index("opportunity_id")[["won"]])
    today = deals()[deals()["is_open"]]
    by_stage_then = open_then.groupby("stage")["won"].mean()
    by_stage_now = today.groupby("last")["win_probability"].mean()
    counts = open_then["stage"].value_counts()
    for stage in STAGES:
        assert by_stage_then[stage] == pytest.approx(by_stage_now[stage], abs=0.05 + 2 / np.sqrt(counts[stage]) / 2)


def test_reps_are_ten_points_too_confident() -> None:
    """Open and decided alike, within three points."""
    frame = deals()
    open_, decided = frame[frame["is_open"]], frame[~frame["is_open"]]
    assert open_["rep_probability_pct"].mean() - 100 * open_["win_probability"].mean() == pytest.approx(10, abs=1)
    assert decided["rep_probability_pct"].mean() - 100 * decided["won"].mean() == pytest.approx(10, abs=3)


def test_sequences_are_messy() -> None:
    """Stages are skipped, deals go back, segments differ tenfold in speed from end to end."""
    made = company()
    events = made.tables["stage_events"]
    rank = events["stage"].map({name: i for i, name in enumerate(NAMES)})
    same = events["opportunity_id"].eq(events["opportunity_id"].shift())
    step = (rank - rank.shift())[same & (rank < WON)]
    assert (step < 0).mean() > 0.05
    assert (step > 1).mean() > 0.05
    life = events.groupby("opportunity_id")["entered_at"].agg(lambda s: (s.max() - s.min()).total_seconds() / 86400)
    segment = made.tables["customers"].set_index("customer_id")["feature_segment"]
    won = deals()[deals()["won"]]
    days = won["opportunity_id"].map(life).groupby(won["customer_id"].map(segment)).median()
    assert days["key"] > 4 * days["micro"]
