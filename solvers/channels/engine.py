"""Which search plans the contacts: the one a scenario names, or the one that suits the number of customers.

Whole programmes (highs, cbc) take several contacts a customer and any number of customers; above 5,000 their relaxation
and its repair are the answer. dual, cp_sat and flow give each customer one of their options.
"""

from dataclasses import replace

import numpy as np

from scenarios.errors import InvalidInput, Problem, ScenarioError
from scenarios.schema import Effort
from solvers.brake import Brake
from solvers.channels.by_prices import as_found, as_options, one_contact_each, search_by_prices
from solvers.channels.dual import solve_with
from solvers.channels.model import Packing
from solvers.channels.search import Found, search

EXACT_CUSTOMERS = 5000
"""With more customers prices lead the search; where several contacts of a customer are allowed, the relaxation and its
repair are the answer. The bound then is the relaxation's."""
KEY = "solve.engines.channels"


def find_packing(
    packing: Packing,
    engine: str,
    *,
    customers: int,
    effort: Effort,
    seed: int,
    brake: Brake,
    start: np.ndarray | None = None,
) -> Found:
    """The best packing that an engine finds.

    Args:
        engine: auto | dual | highs | cbc | cp_sat | flow.
        customers: of the whole plan; auto and the whole programmes go by their number.
        start: (rows,) euros per unit at which prices are begun, 0 where none is known; None: a cold start. Only a
            search by prices uses it.

    Raises:
        ScenarioError: the engine cannot solve such a plan; the text says why and names the key.
    """
    exact, single = customers <= EXACT_CUSTOMERS, one_contact_each(packing)
    if not len(packing.order_eur):
        return search(packing, _library("highs"), effort=effort, exact=exact, brake=brake)
    if engine in ("dual", "cp_sat", "flow") and not single:
        raise _refused(f"{engine} plans one contact a customer; take auto, highs or cbc")
    if engine == "dual" or (engine == "auto" and single and not exact):
        return search_by_prices(packing, effort=effort, seed=seed, brake=brake, start=start)
    if engine in ("cp_sat", "flow"):
        problem, column = as_options(packing)
        try:
            plan = solve_with(engine, problem, effort=effort, seed=seed, brake=brake)
        except InvalidInput as error:
            raise _refused(str(error)) from None
        return as_found(packing, plan, column)
    found = search(packing, _library(engine), effort=effort, exact=exact, brake=brake)
    if exact or single:
        return found
    several = f"{found.method} (several contacts a customer: no exact search above {EXACT_CUSTOMERS:,} customers)"
    return replace(found, method=several)


def _refused(message: str) -> ScenarioError:
    return ScenarioError([Problem(message, key=KEY)])


def _library(name: str):  # type: ignore[no-untyped-def]
    """The module of a whole programme; libraries are loaded only when it solves."""
    if name == "cbc":
        from solvers.channels import cbc

        return cbc
    from solvers.channels import highs

    return highs
