"""How far the office goes: two habits that make the classic pipeline better than it usually is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Habits:
    """What is done beyond the usual.

    second_choice: whoever does not fit into the best channel is tried in the next best one, in order of value; usually
        the list is cut and the rest waits for another week.
    keeps_windows: the rep waits for a window to open and skips customers whose window cannot be met; usually the
        nearest customer is next, and the visit starts on arrival.
    """

    second_choice: bool = False
    keeps_windows: bool = False


USUAL = Habits()
CAREFUL = Habits(second_choice=True, keeps_windows=True)
