"""How sure it is that a channel is the best one for a customer: its share of wins when the effects are drawn anew.

What a contact brings is known roughly. In each draw the gains of every channel (win, churn and growth) are multiplied
by a log-normal factor of that channel with mean 1: its spread is the relative error of the estimate, or
`ASSUMED_SPREAD` where the effect is assumed. Contact costs are certain. The channel that is worth most, of those the
customer may be contacted by, wins the draw.
"""

import numpy as np
import pandas as pd

DRAWS = 200
SEED = 20_260_302
"""The same draws for every plan, so that two plans differ by what they know and not by luck."""
ASSUMED_SPREAD = 0.4
"""An assumed effect may well be half as large or half as large again."""


def best_channel_shares(actions: pd.DataFrame) -> np.ndarray:
    """(N,) share of draws in which the row's channel is the customer's best, 0..1; channels without consent have 0.

    Args:
        actions: customer_id, channel, consent, win_eur, churn_eur, growth_eur, contact_cost_eur, spread (standard
            deviation of the logarithm of the channel's factor); rows of one customer stand together.
    """
    if not len(actions):
        return np.zeros(0)
    names, channel = np.unique(actions["channel"].to_numpy(dtype=object).astype(str), return_inverse=True)
    change = actions["customer_id"].ne(actions["customer_id"].shift()).to_numpy(dtype=bool)
    customer = np.cumsum(change) - 1
    gain = actions[["win_eur", "churn_eur", "growth_eur"]].sum(axis=1).to_numpy(dtype=np.float64)
    grid = np.full((int(customer[-1]) + 1, len(names)), np.nan)
    cost = grid.copy()
    allowed = actions["consent"].to_numpy(dtype=bool)
    grid[customer[allowed], channel[allowed]] = gain[allowed]
    cost[customer[allowed], channel[allowed]] = actions["contact_cost_eur"].to_numpy(dtype=np.float64)[allowed]
    spread = np.zeros(len(names))
    spread[channel] = actions["spread"].to_numpy(dtype=np.float64)
    rng = np.random.default_rng(SEED)
    factor = np.exp(rng.normal(size=(DRAWS, len(names))) * spread - spread**2 / 2)
    wins = np.zeros_like(grid)
    possible = np.isfinite(grid).any(axis=1)
    rows = np.flatnonzero(possible)
    for draw in factor:
        value = np.where(np.isfinite(grid[rows]), grid[rows] * draw - cost[rows], -np.inf)
        wins[rows, value.argmax(axis=1)] += 1
    shares: np.ndarray = wins[customer, channel] / DRAWS
    return shares
