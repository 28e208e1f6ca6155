"""What the calendar alone says about a day: its place in the month, in working days too, and what free days are near.

The same columns serve the structural model (as effects with a prior) and the trees (as plain features), in the past
and in the future alike.
"""

from dataclasses import dataclass

import numpy as np

from forecasting.calls.history import EVE_KIND, HOLIDAY_KIND, Days

WEEK = 7
BUMP_EVERY_DAYS, BUMP_WIDTH_DAYS = 2.0, 1.5
"""Spacing and width of the bumps that make a smooth course over the month."""
MONTH_DAYS = 30.4
EDGE_WORKING_DAYS = 3
"""The first and the last so many working days of a month have effects of their own (pay, invoices, cut-offs)."""
SMOOTH_SD, EDGE_SD = 0.03, 0.04
"""Prior standard deviation, on the log scale, of a bump and of an edge day."""
HOLIDAY_SD, EVE_SD, AFTER_SD, AFTER_MONDAY_SD, SECOND_AFTER_SD = 0.30, 0.15, 0.15, 0.10, 0.05
"""The same of a holiday about the day whose course it takes, of its eve, and of the opening days after it."""


@dataclass(frozen=True)
class Design:
    """effects: (D, F) columns of the structural model, each times its prior log sd. special: (F,) bool, columns of
    holidays and their neighbours. features: (D, G) plain numbers for trees, named by `FEATURES`."""

    effects: np.ndarray
    special: np.ndarray
    features: np.ndarray


FEATURES = (
    "day_of_month", "days_to_month_end", "week_of_month", "working_day", "working_days_left", "after_holiday",
    "second_after_holiday", "is_holiday", "is_eve",
)  # fmt: skip


def day_design(days: Days, *, rest: int | None) -> Design:
    """The calendar's columns for consecutive days.

    Args:
        days: history and horizon together. rest: weekday that is the weekly rest day, None where there is none; it
            is no working day even where the centre is open.
    """
    dates = days.start.astype("datetime64[D]")
    month = dates.astype("datetime64[M]")
    day_of_month = (dates - month.astype("datetime64[D]")).astype(np.int64) + 1
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    working, left = _working_days(days, day_of_month, length, rest)
    holiday, eve = days.kind == HOLIDAY_KIND, days.kind == EVE_KIND
    after, second = _after_holiday(days)
    columns: list[tuple[np.ndarray, float, bool]] = [
        (holiday, HOLIDAY_SD, True),
        (eve, EVE_SD, True),
        (after, AFTER_SD, True),
        (after & (days.weekday == 0), AFTER_MONDAY_SD, True),
        (second, SECOND_AFTER_SD, True),
    ]
    columns += [(working == k, EDGE_SD, False) for k in range(1, EDGE_WORKING_DAYS + 1)]
    columns += [(left == k, EDGE_SD, False) for k in range(1, EDGE_WORKING_DAYS + 1)]
    for centre in np.arange(1.0, 31.0, BUMP_EVERY_DAYS):
        away = np.abs(day_of_month - centre)
        bump = np.exp(-0.5 * (np.minimum(away, MONTH_DAYS - away) / BUMP_WIDTH_DAYS) ** 2)
        columns.append((bump, SMOOTH_SD, False))
    features = (
        day_of_month, length - day_of_month, (day_of_month - 1) // WEEK, working, left, after, second, holiday, eve,
    )  # fmt: skip
    return Design(
        effects=np.column_stack([column * sd for column, sd, _ in columns]).astype(np.float64),
        special=np.array([special for _, _, special in columns]),
        features=np.column_stack(features).astype(np.float64),
    )


def _working_days(
    days: Days, day_of_month: np.ndarray, length: np.ndarray, rest: int | None
) -> tuple[np.ndarray, np.ndarray]:
    """(D,) working days of the month up to and with each day, and from each day on; beyond the calendar by weekday."""
    opened = np.asarray(days.is_open.any(axis=1))
    open_weekday = np.array([opened[days.weekday == w].any() for w in range(WEEK)])
    if rest is not None:
        open_weekday[rest] = False
    margin = 31
    weekday = (days.weekday[0] + np.arange(-margin, len(days) + margin)) % WEEK if len(days) else np.zeros(0, int)
    works = open_weekday[weekday]
    works[margin : margin + len(days)] &= opened & (days.kind != HOLIDAY_KIND)
    total = np.concatenate([[0], np.cumsum(works)])
    at = np.arange(len(days)) + margin
    working = total[at + 1] - total[at - day_of_month + 1]
    left = total[at + length - day_of_month + 1] - total[at]
    return working, left


def _after_holiday(days: Days) -> tuple[np.ndarray, np.ndarray]:
    """(D,) bool each: the first and the second opening day after a holiday."""
    first, second = np.zeros(len(days), dtype=bool), np.zeros(len(days), dtype=bool)
    since = 99
    for d in range(len(days)):
        if days.kind[d] == HOLIDAY_KIND:
            since = 0
        elif days.is_open[d].any():
            since += 1
            first[d], second[d] = since == 1, since == 2
    return first, second
