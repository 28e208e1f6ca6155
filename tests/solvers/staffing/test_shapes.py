import numpy as np

from scenarios.schema import Shifts
from solvers.staffing.grid import make_grid
from solvers.staffing.shapes import make_shapes, spread


def shapes(hours, *, days=1, first="2024-01-08", zone="UTC", interval_minutes=60, **shifts):
    grid = make_grid(
        first_day=np.datetime64(first),
        days=days,
        interval_minutes=interval_minutes,
        opening_hours=hours,
        timezone=zone,
    )
    default = {"start_every_minutes": 60, "break_minutes": 60, "break_after_hours": 6}
    return make_shapes(grid, Shifts.model_validate(default | shifts))


def test_shifts_of_a_short_day() -> None:
    """Open 8 to 14: two starts of 5 hours and one of 6, none of which needs a break."""
    found = shapes({"mon": (480, 840)}, lengths_hours=[6, 5])
    assert list(zip(found.start // 60, found.end // 60, strict=True)) == [(8, 13), (8, 14), (9, 14)]
    assert found.breaks == ((), (), ())
    assert found.paid_minutes.tolist() == [300, 360, 300]


def test_break_stands_in_the_middle_half_and_keeps_both_stretches_legal() -> None:
    """8 to 17 with one hour of break and at most 6 hours at a stretch: from 10 to 14, of which 11 to 13 are central."""
    found = shapes({"mon": (480, 1020)}, lengths_hours=[9])
    assert [at // 60 for at in found.breaks[0]] == [11, 12, 13]
    assert found.paid_minutes.tolist() == [480]
    assert shapes({"mon": (480, 1020)}, lengths_hours=[9], breaks_paid=True).paid_minutes.tolist() == [540]


def test_lengths_that_one_break_cannot_make_legal_are_left_out() -> None:
    """14 hours less one of break leave 13, more than twice six."""
    found = shapes({}, lengths_hours=[4, 14])
    assert found.unusable_hours == (14.0,)
    assert set((found.end - found.start).tolist()) == {240}
    assert shapes({}, lengths_hours=[8], break_minutes=0).unusable_hours == (8.0,)


def test_night_shifts_need_a_centre_that_is_always_open() -> None:
    found = shapes({}, days=2, lengths_hours=[4])
    assert found.end.max() == 2 * 1440
    assert (found.start % 1440 + 240 > 1440).sum() == 3
    assert found.end[np.flatnonzero(found.start == 23 * 60)[0]] > 24 * 60


def test_a_night_of_the_clock_change_is_paid_as_long_as_it_is() -> None:
    """A shift of 4 hours from midnight lasts 5 when clocks go back and 3 when they go forward."""
    autumn = shapes({}, first="2024-10-27", zone="Europe/Madrid", lengths_hours=[4])
    spring = shapes({}, first="2024-03-31", zone="Europe/Madrid", lengths_hours=[4])
    assert (autumn.paid_minutes[0], spring.paid_minutes[0]) == (300, 180)


def test_breaks_longer_than_an_interval_take_parts_of_intervals() -> None:
    intervals, share = spread(600, 645, 30)
    assert (intervals.tolist(), share.tolist()) == ([20, 21], [1.0, 0.5])


def test_opening_hours_off_the_grid_bind_to_the_minute() -> None:
    found = shapes({"mon": (495, 795)}, lengths_hours=[4])
    assert (found.start // 60).tolist() == [9]
