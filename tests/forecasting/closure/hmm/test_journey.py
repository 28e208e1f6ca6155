from dataclasses import replace

import numpy as np
import pytest

from forecasting.closure.hmm.journey import PHASES, fit_journey
from forecasting.closure.hmm.ticks import day_sequences
from forecasting.closure.landmarks import DAY, observe
from forecasting.closure.load import NEVER


def planted(deals_of, count: int = 1500, seed: int = 1):
    """Stage s: half go to t after a day and are won 8 of 10 times; those that stay are lost after 20 days."""
    rng = np.random.default_rng(seed)
    spans, events, stage = [], [], []
    for _ in range(count):
        created = int(rng.integers(0, 60)) * DAY
        if rng.random() < 0.5:
            end = created + DAY + int(rng.integers(1, 6)) * DAY
            spans.append((created, end, bool(rng.random() < 0.8)))
            events.append([created, created + DAY])
            stage += [0, 1]
        else:
            spans.append((created, created + 20 * DAY, False))
            events.append([created])
            stage += [0]
    deals = deals_of(spans, events)
    return replace(deals, stage=np.array(stage), end=100 * DAY)


def test_absorption_tells_the_win_chance_of_each_place(deals_of) -> None:
    deals = planted(deals_of)
    journey = fit_journey(deals, deals.end)
    assert journey is not None
    symbols = [[0], [0, 1], [0, 0, 0, 0, 0, 0]]
    p = journey.probability_of(
        np.concatenate(symbols).astype(np.int64), np.array([len(each) for each in symbols], dtype=np.int64)
    )
    won_of_t = deals.won[np.diff(deals.first) == 2].mean()
    assert p[0] == pytest.approx(deals.won.mean(), abs=0.05)
    assert p[1] == pytest.approx(won_of_t, abs=0.04)
    assert p[2] < 0.1
    assert journey.win_chances(days=1)[: 3 * PHASES].max() <= journey.win_chances()[: 3 * PHASES].max()
    assert journey.win_chances(days=500) == pytest.approx(journey.win_chances(), abs=0.01)


def test_open_deals_teach_as_beginnings(deals_of) -> None:
    deals = planted(deals_of)
    half = fit_journey(deals, 40 * DAY)
    assert half is not None
    assert half.deals < len(deals.created)
    again = fit_journey(replace(deals, won=deals.won & (deals.terminal < 40 * DAY)), 40 * DAY)
    assert again is not None
    # What happens after second `when` is unknown to the fit.
    assert np.array_equal(half.chain.transmat_, again.chain.transmat_)


def test_zeros_of_the_structure_survive(deals_of) -> None:
    journey = fit_journey(planted(deals_of), 100 * DAY)
    assert journey is not None
    step = journey.chain.transmat_
    assert step[0, PHASES + 1] == 0.0  # never into the second phase of another stage
    assert step[1, 1] > 0.0
    assert step[-1].tolist() == [0.0] * (len(step) - 1) + [1.0]
    assert step.sum(axis=1) == pytest.approx(1.0)


def test_without_a_win_there_is_no_chain_and_unknown_stages_say_nothing(deals_of) -> None:
    deals = planted(deals_of)
    assert fit_journey(replace(deals, won=np.zeros(len(deals.won), dtype=bool)), deals.end) is None
    assert fit_journey(deals, deals.end, chosen=np.zeros(len(deals.won), dtype=bool)) is None
    journey = fit_journey(deals, deals.end)
    assert journey is not None
    p = journey.probability_of(np.array([99], dtype=np.int64), np.array([1], dtype=np.int64))
    assert 0.2 < p[0] < 0.7


def test_rows_are_scored_as_their_own_beginnings(deals_of) -> None:
    deals = deals_of([(0, NEVER, False), (0, NEVER, False)], [[0, DAY * 2], [DAY]])
    rows, _ = observe(deals, 4 * DAY, horizon_days=30)
    flat, lengths = day_sequences(deals, rows)
    # Two full days in the first stay and two in the second; three in the other deal.
    assert lengths.tolist() == [3 + 3, 4]
    assert flat.tolist() == [0] * 10
    journey = fit_journey(planted(deals_of), 100 * DAY)
    assert journey is not None
    assert journey.probability(deals, rows).tolist() == journey.probability_of(flat, lengths).tolist()
