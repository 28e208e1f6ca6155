"""Last week's prices of channel capacity, where a scenario names the run that found them: `solve.warm_start_run`.

They decide where a search begins, so they are an input like any table: their content is part of the run's name and of
the stage's key, the folder's place is not.
"""

import pandas as pd

from scenarios.checks import PRICES_OF_A_RUN
from scenarios.errors import Problem, ScenarioError
from scenarios.schema import Scenario

COLUMNS = ["resource", "day", "price_eur_per_hour"]


def prices_before(scenario: Scenario) -> pd.DataFrame | None:
    """resource, day, price_eur_per_hour of the earlier run; None where the scenario names none.

    Raises:
        ScenarioError: the run's table cannot be read.
    """
    run = scenario.solve.warm_start_run
    if run is None:
        return None
    try:
        prices = pd.read_parquet(run / PRICES_OF_A_RUN)[COLUMNS]
    except (OSError, ValueError, KeyError) as error:
        message = f"{PRICES_OF_A_RUN} of the run `{run.name}` cannot be read ({type(error).__name__})"
        advice = "name another run, or take the key away: prices are then found from nothing"
        raise ScenarioError([Problem(message, "solve.warm_start_run", advice=advice)]) from None
    return prices.assign(price_eur_per_hour=prices["price_eur_per_hour"].astype(float))
