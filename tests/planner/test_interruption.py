"""Somebody asks to stop: the search at work hands over its best, later ones get little, none of it is kept as full."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pytest

from planner.cache import StageCache
from planner.interruption import INTERRUPTED, LATE_SECONDS, Asked, GivenUp, cut_short, left_at_once
from solvers.brake import Stop, never
from solvers.outcome import Outcome, conclude
from solvers.types import Territories


@dataclass
class Wish:
    """A wish to stop that comes while the named stage is at work."""

    during: str = ""
    asked: bool = False

    def __call__(self) -> bool:
        return self.asked


WISH = Wish()
SEEN: list[tuple[str, float]] = []


def searched(
    *, name: str, effort: str, time_limit_seconds: float, bound: float | None = None, stop: Stop = never
) -> Territories:
    """A search that looks whether to stop, and remembers the budget it got."""
    SEEN.append((effort, time_limit_seconds))
    if name == WISH.during:
        WISH.asked = True
    outcome = conclude(
        stage=name, value=1.0, bound=bound, unit="eur", maximise=True, method="m", seconds=0.0, brake_hit=stop()
    )
    return Territories(pd.DataFrame({"x": [1]}), pd.DataFrame({"x": [1]}), outcome)


@pytest.fixture(autouse=True)
def _reset() -> None:
    SEEN.clear()
    WISH.during, WISH.asked = "", False


def two_searches(folder: Path) -> tuple[StageCache, list[Outcome]]:
    cache = StageCache(folder, stop=WISH)
    outcomes = [
        cache.search(name, searched, name=name, effort="normal", time_limit_seconds=60.0).outcome
        for name in ("first", "second")
    ]
    return cache, outcomes


def test_the_search_at_work_ends_and_later_ones_get_little(tmp_path: Path) -> None:
    """Both outcomes say so; the second search gets effort quick and a short limit."""
    WISH.during = "first"
    cache, outcomes = two_searches(tmp_path)
    assert SEEN == [("normal", 60.0), ("quick", LATE_SECONDS)]
    assert [outcome.reason for outcome in outcomes] == ["time_limit", "time_limit"]
    assert all(outcome.notes == (INTERRUPTED,) for outcome in outcomes)
    assert cache.interrupted()


def test_what_was_cut_short_is_not_answered_later(tmp_path: Path) -> None:
    """The next run computes both stages in full; a full result is used even after a wish to stop."""
    WISH.during = "first"
    two_searches(tmp_path)
    WISH.during, WISH.asked = "", False
    cache, outcomes = two_searches(tmp_path)
    assert SEEN[2:] == [("normal", 60.0), ("normal", 60.0)]
    assert not cache.interrupted()
    WISH.asked = True
    cache, again = two_searches(tmp_path)
    assert ([record.source for record in cache.records], again) == (["cache", "cache"], outcomes)
    assert not cache.interrupted()


def test_a_proof_stays_a_proof() -> None:
    """An outcome whose bound meets its value is optimal, whoever interrupted afterwards."""
    value = searched(name="t", effort="quick", time_limit_seconds=1.0, bound=1.0)
    assert cut_short(value).outcome == value.outcome
    assert cut_short(5) == 5


def forecast(*, fault: bool = False, asks: Asked | None = None) -> int:
    """A stage without anything to hand over before its end, during which somebody may ask to stop."""
    if asks is not None:
        try:
            asks.ask()
        except Exception:
            return -1  # code that mends faults of a forecast must not take the wish for one
    return 7


def test_a_forecast_is_left_at_once_and_nothing_of_it_is_kept(tmp_path: Path) -> None:
    asked = Asked()
    cache = StageCache(tmp_path, stop=asked)
    with pytest.raises(GivenUp, match="before the stage `leads` was done: there is no plan yet, and"):
        cache.run("leads", forecast, asks=asked)
    assert list(tmp_path.iterdir()) == []
    assert (cache.records, asked.leaving) == ([], "")


def test_a_forecast_that_is_known_is_used_after_the_wish_and_an_unknown_one_is_not_begun(tmp_path: Path) -> None:
    StageCache(tmp_path).run("leads", forecast)
    asked = Asked(was_asked=True)
    cache = StageCache(tmp_path, stop=asked)
    assert cache.run("leads", forecast) == 7
    with pytest.raises(GivenUp):
        cache.run("calls", forecast, fault=True)


def test_a_search_is_not_left() -> None:
    """While a search is at work the wish only says yes."""
    asked = Asked()
    asked.ask()
    assert asked()


def extension(asked: Asked) -> None:
    """What loading an extension module makes of a signal."""
    try:
        asked.ask()
    except KeyboardInterrupt as wish:
        raise ImportError("while initializing the extension") from wish


def test_a_library_that_is_loaded_when_the_wish_comes_hides_nothing() -> None:
    asked = Asked()
    with pytest.raises(GivenUp, match="stage `load`"), left_at_once(asked, "load"):
        extension(asked)


def test_a_fault_of_another_kind_stays_what_it_is() -> None:
    with pytest.raises(ImportError), left_at_once(Asked(), "load"):
        raise ImportError("no such library")
