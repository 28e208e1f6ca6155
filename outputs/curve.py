"""The curve of a plan made again, as SVG without a drawing library: value of the open routes against visits changed."""

import math

import pandas as pd

from outputs.palette import OKABE_ITO

CURVE, BUDGET = OKABE_ITO[0], OKABE_ITO[4]
WIDTH, HEIGHT = 640.0, 240.0
LEFT, RIGHT, TOP, BOTTOM = 74.0, 626.0, 14.0, 190.0
"""Where the curve lies in the picture, which has its origin at the top left."""
ACROSS, UPWARD = "visits changed beyond what had to be, % of those not driven yet", "value of open routes, euros"
TICKS = 5
"""About so many marks on an axis."""


def curve_svg(curve: pd.DataFrame, budget_pct: float) -> str:
    """Value against changes as steps, each level a dot, the budget a dashed line; the page's ink for axes and texts.

    Args:
        curve: changed_pct, value_eur of each level, ascending in both. budget_pct: changes that were allowed.
    """
    xs, ys = curve["changed_pct"].to_list(), curve["value_eur"].to_list()
    most, low, high = max(xs[-1], budget_pct, 1e-9), min(ys), max(ys)
    x_ticks, y_ticks = ticks(0.0, most), ticks(low, max(high, low + 1.0))
    floor, ceiling = min(low, y_ticks[0]), max(high, y_ticks[-1])

    def at(x: float, y: float) -> tuple[float, float]:
        return LEFT + (RIGHT - LEFT) * x / most, BOTTOM - (BOTTOM - TOP) * (y - floor) / (ceiling - floor)

    dots = [at(x, y) for x, y in zip(xs, ys, strict=True)]
    path = f"M{dots[0][0]:.1f} {dots[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in dots[1:])
    end = at(most, 0.0)[0]
    limit = at(budget_pct, 0.0)[0]
    parts = [
        *(_x_tick(at(x, floor)[0], f"{x:g}") for x in x_ticks if x <= most),
        *(_y_tick(at(0.0, y)[1], f"{y:,.0f}") for y in y_ticks),
        f'<path d="M{LEFT} {TOP}V{BOTTOM}H{RIGHT}" fill="none" stroke="currentColor"/>',
        f'<path d="M{limit:.1f} {TOP}V{BOTTOM}" stroke="{BUDGET}" stroke-width="1.5" stroke-dasharray="6 4"/>',
        f'<path d="{path}H{end:.1f}" fill="none" stroke="{CURVE}" stroke-width="2"/>',
        *(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.5" fill="{CURVE}"/>' for x, y in dots),
        _text(limit - 6, BOTTOM - 8, f"budget {budget_pct:g} %", "end" if limit > WIDTH / 3 else "start"),
        _text((LEFT + RIGHT) / 2, HEIGHT - 12, ACROSS, "middle"),
        f'<g transform="translate(14 {(TOP + BOTTOM) / 2:.0f}) rotate(-90)">'
        + _text(0, 0, UPWARD, "middle") + "</g>",
    ]  # fmt: skip
    return (
        f'<svg viewBox="0 0 {WIDTH:.0f} {HEIGHT:.0f}" role="img" font-family="sans-serif" font-size="12" '
        f'aria-label="Value of the open routes against visits changed">{"".join(parts)}</svg>'
    )


def ticks(low: float, high: float) -> list[float]:
    """Round numbers (1, 2 or 5 times a power of ten apart) from below `low` or at it to above `high` or at it."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in (1, 2, 5, 10) if power * each >= rough * (1 - 1e-9))
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(k * step, 10) for k in range(first, last + 1)]


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" fill="currentColor" text-anchor="{anchor}">{words}</text>'


def _x_tick(x: float, words: str) -> str:
    return f'<path d="M{x:.1f} {BOTTOM}v5" stroke="currentColor"/>' + _text(x, BOTTOM + 19, words, "middle")


def _y_tick(y: float, words: str) -> str:
    return f'<path d="M{LEFT} {y:.1f}h-5" stroke="currentColor"/>' + _text(LEFT - 9, y + 4, words, "end")
