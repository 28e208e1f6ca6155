"""The days of the call forecast for people: low, median and high of calls and of staffing hours, and what was odd."""

import pandas as pd

from forecasting.calls import path_totals
from forecasting.types import CallForecast
from inputs.rows import rows

LOW, MIDDLE, HIGH = 0.1, 0.5, 0.9


def call_days(forecast: CallForecast) -> dict[str, list[dict[str, str]]]:
    """By queue: day, calls, hours (each low, median, high of the paths' sums) and why a day was forecast otherwise.

    Hours are handling time; waiting for calls, breaks and shifts come on top. Without paths there is no queue.
    """
    totals = path_totals(forecast, (LOW, MIDDLE, HIGH))
    days = totals[totals["date"].notna() & totals["queue"].isin(forecast.queues)]
    if days.empty:
        return {}
    why = forecast.table.groupby(["queue", forecast.table["interval_start"].dt.normalize()])["fallback_reason"].first()
    found: dict[str, list[dict[str, str]]] = {queue: [] for queue in forecast.queues}
    for row in rows(days):
        day = pd.Timestamp(row.date)
        calls = [f"{value:,.0f}" for value in (row.calls_p10, row.calls_p50, row.calls_p90)]
        hours = [f"{value / 60:,.1f}" for value in (row.minutes_p10, row.minutes_p50, row.minutes_p90)]
        reason = str(why.get((row.queue, day), ""))
        found[str(row.queue)].append(
            {"day": f"{day:%a} {day.day} {day:%b}", "calls_low": calls[0], "calls": calls[1], "calls_high": calls[2],
             "hours_low": hours[0], "hours": hours[1], "hours_high": hours[2], "why": reason}
        )  # fmt: skip
    return found
