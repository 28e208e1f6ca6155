"""The clock of a pace: hand-made drives, and forward and backward agree to the second."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from solvers.routing.pace import NEVER, SPAN_SECONDS, arrival, leave, make_clocks

RUSH = ((0, 1.0), (7 * 3600, 1.5), (9 * 3600, 1.0))


def test_a_drive_takes_each_part_at_its_own_pace() -> None:
    clock, back = make_clocks([RUSH])
    at = 7 * 3600
    assert arrival(clock, back, 0, at, 600, 0) == at + 900
    assert arrival(clock, back, 0, at, 700, 100) == at + 900 + 100  # parking is not stretched
    assert arrival(clock, back, 0, at - 300, 600, 0) == at + 450  # half before the rush, half in it
    assert arrival(clock, back, 0, 9 * 3600 - 150, 600, 0) == 9 * 3600 + 500
    assert arrival(clock, back, 0, at, 0, 0) == at
    assert arrival(clock, back, 0, at, 40, 60) == at + 40  # a drive shorter than its parking
    clock, back = make_clocks([((0, 1.25),)])
    assert all(arrival(clock, back, 0, at, 800, 0) == at + 1000 for at in range(0, 80_000, 7))
    assert arrival(clock, back, -1, at, 600, 0) == at + 600


def test_the_latest_departure_is_the_arrival_turned_round() -> None:
    clock, back = make_clocks([RUSH])
    assert leave(clock, back, 0, 7 * 3600 + 450, 600, 0) == 7 * 3600 - 300
    assert leave(clock, back, 0, 7 * 3600 + 550, 700, 100) == 7 * 3600 - 300
    assert leave(clock, back, 0, 60, 600, 0) == -NEVER
    assert leave(clock, back, -1, 7 * 3600, 600, 0) == 7 * 3600 - 600
    assert arrival(clock, back, 0, SPAN_SECONDS - 60, 600, 0) == NEVER


factors = st.floats(0.2, 5.0)
paces = st.lists(st.tuples(st.integers(1, SPAN_SECONDS - 1), factors), max_size=4, unique_by=lambda pair: pair[0])


@settings(max_examples=60, deadline=None)
@given(factors, paces, st.integers(0, SPAN_SECONDS - 1), st.integers(1, 9000), st.integers(0, 300), st.integers(0, 99))
def test_forward_and_backward_agree(
    first: float, later: list[tuple[int, float]], departure: int, driving: int, parking: int, off: int
) -> None:
    pace = ((0, first), *sorted(later))
    clock, back = make_clocks([pace])
    drive = driving + parking
    reached = arrival(clock, back, 0, departure, drive, parking)
    if reached == NEVER:
        return
    assert leave(clock, back, 0, reached, drive, parking) >= departure
    for by in (reached - 1, reached + off):
        if by - parking <= SPAN_SECONDS:
            kept = leave(clock, back, 0, by, drive, parking) >= departure
            assert kept == (reached <= by)
    times = [at for at, _ in pace] + [SPAN_SECONDS]
    exact = sum(
        max(0, min(reached - parking, end) - max(departure, begin)) / factor
        for (begin, factor), end in zip(pace, times[1:], strict=True)
    )
    assert driving - 1e-2 <= exact <= driving + 1 / min(factor for _, factor in pace) + 1e-2
    assert np.all(np.diff(clock[0]) >= 0)
