"""A brake: an instant, or somebody who asks."""

import math
import time

from solvers.brake import Brake


def test_a_brake_is_pulled_by_its_instant_or_by_somebody() -> None:
    """Without either, time is left; a past instant or a yes leaves none."""
    assert Brake(math.inf).seconds_left() == math.inf
    assert not Brake(time.perf_counter() + 60).pulled()
    assert Brake(time.perf_counter() - 1).pulled()
    asked: list[bool] = []
    brake = Brake(math.inf, lambda: bool(asked))
    assert not brake.pulled()
    asked.append(True)
    assert brake.pulled()
    assert brake.seconds_left() == 0
