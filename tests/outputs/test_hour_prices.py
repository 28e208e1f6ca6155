"""Classes of the price of an hour, and where the prices come from."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from outputs.hour_prices import COLOURS, hour_prices

DAY = pd.Timestamp("2026-03-09")


def plan(prices: list[float], *, field: list[float] | None = None) -> Any:
    hours = pd.DataFrame({"rep_id": [f"R{n}" for n in range(len(prices))], "day": DAY, "price_eur_per_hour": prices})
    capacity = pd.DataFrame(
        {"resource": [f"field:R{n}" for n in range(len(field or []))], "channel": "field", "day": pd.NaT,
         "price_eur_per_hour": field or []}
    )  # fmt: skip
    return SimpleNamespace(tables={"hour_prices": hours, "capacity_prices": capacity})


def test_classes_hold_equally_many() -> None:
    """Ten prices, five classes of two, light to dark; the legend names their ends."""
    found = hour_prices(plan([float(n) for n in range(1, 11)]))
    assert list(found.by_day) == ["Mon 9 March"]
    assert found.borders == (2.8, 4.6, 6.4, 8.2)
    assert [found.colour(price) for price in (1, 2.8, 3, 10)] == [COLOURS[0], COLOURS[0], COLOURS[1], COLOURS[4]]
    assert [words for _, words in found.legend()] == [
        "up to 2.8",
        "2.8 to 4.6",
        "4.6 to 6.4",
        "6.4 to 8.2",
        "above 8.2",
    ]


def test_prices_that_are_alike_share_a_class() -> None:
    """All the same: one class; two values: two classes of the outer colours."""
    assert hour_prices(plan([3.0, 3.0, 3.0])).legend() == [(COLOURS[0], "any price")]
    found = hour_prices(plan([0.0, 0.0, 0.0, 9.0]))
    assert found.colour(0.0) == COLOURS[0]
    assert found.colour(9.0) == COLOURS[-1]


def test_without_prices_of_days_those_of_the_week_are_taken() -> None:
    """One layer for the whole week; without any price none at all."""
    found = hour_prices(plan([], field=[1.0, 2.0]))
    assert found.by_day == {"the whole week": {"R0": 1.0, "R1": 2.0}}
    assert hour_prices(plan([])).by_day == {}
