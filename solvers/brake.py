"""What ends a search before its steps are used up: an instant, or somebody who asks it to stop.

Searches look at their brake between steps. What they have found by then is legal and is handed over.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

Stop = Callable[[], bool]
"""Asked between steps whether to end now with the best found so far."""


def never() -> bool:
    """Nobody asks."""
    return False


@dataclass(frozen=True)
class Brake:
    """until: instant of `time.perf_counter` (inf: none); stop: whether somebody asks to end before."""

    until: float
    stop: Stop = never

    def seconds_left(self) -> float:
        """Seconds until the search must end; 0 or less: now."""
        return 0.0 if self.stop() else self.until - time.perf_counter()

    def pulled(self) -> bool:
        """Whether the search must end now."""
        return self.seconds_left() <= 0
