"""The two parts of what a plan may be short of its bound, for any solver of the programme."""

import numpy as np

from solvers.channels.model import Packing
from solvers.channels.search import price_options


def gap_parts(packing: Packing, duals: np.ndarray, chosen: np.ndarray) -> tuple[float, float]:
    """(regret, unused) in euros; their sum is what the prices prove beyond the value of `chosen` (m,).

    Regret: what customers lose who have not their best options after prices. Unused: minutes left, at their price.
    """
    prices = duals.copy()
    prices[packing.customer_row] = 0.0
    unused = float(prices @ (packing.limit - packing.matrix @ chosen.astype(float)))
    short = price_options(packing, duals).bound - float(packing.order_eur @ chosen)
    return max(short - unused, 0.0), unused


def parts_note(regret_eur: float, unused_eur: float) -> str:
    """The sentence that tells them."""
    return (
        f"what the prices leave open is {regret_eur:,.2f} EUR regret of customers without their best option and "
        f"{unused_eur:,.2f} EUR of unused minutes"
    )
