"""How an estimated response changes what the scenario assumes of a channel, customer by customer.

An experiment counts responses; the scenario speaks of win points, churn and growth. What an experiment can say is how
channels and customers compare, so the level stays as assumed and the comparison is estimated: the assumed effects of a
channel are multiplied by

    (effect of this channel on this customer / sum of the channels' mean effects)
    / (the channel's assumed win lift / sum of the assumed win lifts)

over the channels with an experiment. Where no win lift is assumed only the customer's own factor counts.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from forecasting.response.learn import Response
from scenarios.schema import Channel

LARGEST = 4.0
"""No estimate makes an assumed effect more than so many times as large."""
LEAST_SPREAD, LARGEST_SPREAD = 0.05, 1.0


def effect_factors(
    response: Response | None, customer_id: pd.Series, channels: Mapping[str, Channel]
) -> dict[str, tuple[np.ndarray, float]]:
    """By channel with an experiment: (N,) factor of each customer, and the relative standard error of the channel's
    mean. Customers unknown to the experiment have the channel's mean; an effect below 0 counts 0."""
    if response is None or not len(response.quality):
        return {}
    figures = response.quality[["mean_effect", "low", "high"]].to_numpy(dtype=np.float64).tolist()
    quality = dict(zip(response.quality["channel"].tolist(), figures, strict=True))
    names = [name for name in channels if name in quality]
    mean = {name: max(quality[name][0], 0.0) for name in names}
    measured = sum(mean.values())
    assumed = float(sum(channels[name].win_lift_points for name in names))
    table = response.effect.set_index(["channel", "customer_id"])["relative"]
    found = {}
    for name in names:
        own = np.ones(len(customer_id))
        if name in table.index.get_level_values(0):
            own = table.loc[name].reindex(customer_id).fillna(1.0).to_numpy(dtype=np.float64)
        lift = channels[name].win_lift_points
        compared = (mean[name] / measured) / (lift / assumed) if measured > 0 and lift > 0 else 1.0
        error = (quality[name][2] - quality[name][1]) / (2 * 1.645)
        spread = float(np.clip(error / max(mean[name], 1e-9), LEAST_SPREAD, LARGEST_SPREAD))
        found[name] = (np.clip(own * compared, 0.0, LARGEST), spread)
    return found
