"""The states of the absorbing chain in words, and drawn: which stage, how long, where it leads.

For people who have to trust it: each phase of each stage that deals were seen in, with the days a deal stays in it, its
chance to be won from there, and where it goes next.
"""

from html import escape

import numpy as np
import pandas as pd

from forecasting.closure.hmm.journey import PHASES, Journey
from forecasting.closure.load import UNKNOWN_STAGE, Floats

COLUMNS = ("state", "stage", "phase", "visits", "days", "win_chance", "next", "in_words")
RARE = 0.005
"""States of which an average deal makes fewer visits are left out of words and pictures."""
NEXT = 2
"""Ways out that are named, if they take at least 1 % of what leaves."""
SHORT_DAYS = 0.05
"""A shorter stay is told as the same day."""


def describe_states(journey: Journey) -> pd.DataFrame:
    """One row per state that deals visit: `COLUMNS`.

    visits: expected number of visits of a deal; days: mean stay of a visit; win_chance: 0..1; next: the most likely
    ways out with their shares.
    """
    step, size = journey.chain.transmat_, len(journey.stages) * PHASES
    visits, chances = expected_visits(journey), journey.win_chances()
    rows = []
    for state in range(size):
        stage, phase = divmod(state, PHASES)
        if visits[state] < RARE or journey.stages[stage] == UNKNOWN_STAGE:
            continue
        # A deal is seen once when it enters a stage, and once more for each full day: the entry itself is no day.
        days = 1.0 / max(1e-9, 1.0 - step[state, state]) - (phase == 0)
        ways = _ways_out(journey, state)
        going = ", ".join(f"{name} {100 * share:.0f} %" for name, share in ways)
        stays = f"stays {days:.1f} days, then" if days >= SHORT_DAYS else "goes on the same day:"
        words = (
            f"{journey.stages[stage]}, phase {phase + 1}: {stays} {going}; "
            f"{100 * chances[state]:.0f} % are won from here."
        )
        rows.append((state, journey.stages[stage], phase + 1, visits[state], days, chances[state], going, words))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def expected_visits(journey: Journey) -> Floats:
    """(stages x PHASES,) times an average deal enters each state; staying is not entering."""
    size = len(journey.stages) * PHASES
    inside = journey.chain.transmat_[:size, :size].copy()
    days = np.linalg.solve(np.eye(size) - inside.T, journey.chain.startprob_[:size])
    return np.asarray(days * (1.0 - np.diag(inside)), dtype=np.float64)


def journey_svg(journey: Journey) -> str:
    """The chain as a picture: a row a stage, a circle a phase (its area: visits; its colour: the chance to win).

    A self-contained SVG with the words of each state as its title; the same chain gives the same bytes.
    """
    table = describe_states(journey)
    stages = list(dict.fromkeys(table["stage"]))
    width, height = 260 + 130 * PHASES, 40 + 70 * max(1, len(stages))
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        'aria-label="Stages and phases of deals, with the chance to win" font-family="sans-serif" font-size="12">'
    ]
    place = {(each["stage"], each["phase"]): each for each in table.to_dict("records")}
    for row, stage in enumerate(stages):
        y = 50 + 70 * row
        parts.append(f'<text x="10" y="{y + 4}" fill="currentColor">{escape(stage)}</text>')
        for phase in range(1, PHASES + 1):
            found = place.get((stage, phase))
            if found is None:
                continue
            x, chance = 200 + 130 * (phase - 1), float(found["win_chance"])
            days = f"{float(found['days']):.1f} d"
            if phase > 1 and (stage, phase - 1) in place:
                parts.append(f'<path d="M{x - 100},{y} L{x - 30},{y}" stroke="currentColor" opacity=".4"/>')
            radius = 6 + 18 * min(1.0, float(found["visits"])) ** 0.5
            parts.append(
                f'<circle cx="{x}" cy="{y}" r="{radius:.1f}" fill="{_colour(chance)}" stroke="currentColor">'
                f"<title>{escape(str(found['in_words']))}</title></circle>"
                f'<text x="{x}" y="{y + 4}" text-anchor="middle" fill="#000">{100 * chance:.0f} %</text>'
                f'<text x="{x}" y="{y + 34}" text-anchor="middle" fill="currentColor">{days}</text>'
            )
    return "".join([*parts, "</svg>\n"])


def _ways_out(journey: Journey, state: int) -> list[tuple[str, float]]:
    """The most likely ways out of a state and their shares of all that leave; phases of one stage are one way."""
    names = [*np.repeat(journey.stages, PHASES), "won", "lost"]
    own = journey.stages[state // PHASES]
    shares: dict[str, float] = {}
    for other, share in enumerate(journey.chain.transmat_[state]):
        if other != state:
            name = f"{own} still" if names[other] == own else str(names[other])
            shares[name] = shares.get(name, 0.0) + float(share)
    total = sum(shares.values())
    first = sorted(shares.items(), key=lambda each: (-each[1], each[0]))[:NEXT]
    return [(name, share / total) for name, share in first if total > 0 and share / total >= 0.01]


def _colour(chance: float) -> str:
    """From orange (lost) over white to blue (won); told apart by colour-blind eyes too."""
    low, high = np.array([230, 159, 0]), np.array([86, 180, 233])
    white = np.array([255, 255, 255])
    mixed = low + (white - low) * chance * 2 if chance < 0.5 else white + (high - white) * (chance - 0.5) * 2
    return "#" + "".join(f"{round(each):02x}" for each in mixed)
