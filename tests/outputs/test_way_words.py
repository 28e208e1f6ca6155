"""What border visits and even weeks bring or cost, word for word."""

from typing import Any

import pytest

from outputs.way_words import BORDER, EVEN, OWN, way_sentences


def way(name: str, value: float, visits: int, border: int, hours: tuple[float, float, float] = (0, 0, 0)) -> Any:
    beyond, longest, shortest = hours
    return {
        "way": name, "value_eur": value, "visits": visits, "border_visits": border, "beyond_share_hours": beyond,
        "longest_hours": longest, "shortest_hours": shortest,
    }  # fmt: skip


def test_each_plan_is_told_beside_the_one_before_it() -> None:
    """10,000 -> 10,612 -> 10,398: borders bring 612, even weeks cost 214."""
    ways = [
        way(OWN, 10_000, 120, 0, (6.4, 40, 22)),
        way(BORDER, 10_612, 123, 18, (7.2, 41.04, 22)),
        way(EVEN, 10_398, 121, 16, (3.1, 37.5, 22.04)),
    ]
    assert way_sentences(ways) == [
        "18 visits by a neighbour bring 612 eur; 3 visits more in all.",
        "Even weeks cost 214 eur: hours beyond share fall from 7.2 to 3.1, "
        "the longest rep-week falls from 41.0 to 37.5, the shortest stays at 22.0.",
    ]


@pytest.mark.parametrize(
    ("border", "visits", "value", "words"),
    [
        (0, 20, 100, "The search found no visit by a neighbour that brings more than it costs."),
        (1, 20, 1340.4, "1 visit by a neighbour brings 1\u202f240 eur."),
        (2, 19, 103, "2 visits by a neighbour bring 3 eur; 1 visit fewer in all."),
        (2, 20, 100.2, "2 visits by a neighbour bring and cost nothing."),
        (2, 20, 97, "2 visits by a neighbour cost 3 eur."),
    ],
)
def test_borders_by_number(border: int, visits: int, value: float, words: str) -> None:
    """From 100 eur and 20 visits on."""
    assert way_sentences([way(OWN, 100, 20, 0), way(BORDER, value, visits, border)]) == [words]


def test_even_weeks_may_change_nothing_or_bring_something() -> None:
    same, better = way(EVEN, 100, 20, 0, (2, 9, 5)), way(EVEN, 104, 20, 0, (2.5, 9.5, 4.5))
    assert way_sentences([way(OWN, 100, 20, 0, (2, 9, 5)), same, better]) == [
        "Even weeks bring and cost nothing: hours beyond share stay at 2.0, the longest rep-week stays at 9.0, "
        "the shortest stays at 5.0.",
        "Even weeks bring 4 eur: hours beyond share rise from 2.0 to 2.5, the longest rep-week rises from 9.0 to 9.5, "
        "the shortest falls from 5.0 to 4.5.",
    ]


def test_no_way_and_one_way_have_no_sentence() -> None:
    assert way_sentences([]) == way_sentences([way(OWN, 1, 1, 0)]) == []
