"""A whole made-up company: every table of the contract, the planted truth behind it, and the week to plan.

Everything follows from the arguments; the same arguments give the same company, to the last byte.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd
from shapely.geometry.base import BaseGeometry

from inputs.synthetic import behaviour as behaviours
from inputs.synthetic import call_log, call_rates, contacts, customers, deals, geography, people
from inputs.synthetic.scenario_text import scenario_texts
from inputs.synthetic.words import SEGMENTS, generator
from scenarios.errors import UsageError

AS_OF = date(2026, 3, 6)
MOST = {"customers": 200_000, "reps": 2_000, "agents": 5_000}


@dataclass(frozen=True)
class Company:
    """The company `make_company` made.

    tables: name -> frame, as docs/tables.md has them; ids and times as texts and instants; a table without rows is
        there with its columns. `areas`: name, key, geometry (polygons, degrees).
    truth: name -> frame (customers, opportunities, response, calls, leads); columns in truth.md. A plan never sees it.
    scenario_yaml: text of week.yaml. what_ifs: file name -> text of the scenarios beside it.
    no_go: name -> polygon without customers (not a table: nothing plans with it).
    """

    name: str
    seed: int
    as_of: date
    tables: Mapping[str, pd.DataFrame]
    truth: Mapping[str, pd.DataFrame]
    scenario_yaml: str
    what_ifs: Mapping[str, str]
    no_go: Mapping[str, BaseGeometry]


def make_company(
    name: str,
    *,
    customers: int = 3200,
    reps: int = 20,
    agents: int = 60,
    seed: int = 7,
    as_of: date = AS_OF,
    districts: geography.Districts | None = None,
    land: BaseGeometry | None = None,
) -> Company:
    """Make a company with so many customers, reps and agents whose planned week is the one after `as_of`.

    districts: own polygons in the place of the built-in coast: a GeoJSON file (properties name, key), polygons, or
    name -> polygon, in degrees. land: cuts the districts. Without agents there is no call log, without reps nobody
    owns a customer.

    Raises:
        UsageError: a count that cannot be (fewer than 1 customer, fewer than 0 others, or far too many).
        DataError: districts that are no polygons of degrees.
    """
    _check_counts(name, {"customers": customers, "reps": reps, "agents": agents}, seed)
    today = np.datetime64(as_of)
    monday = np.datetime64(as_of + timedelta(days=7 - as_of.weekday()))
    place = geography.make_geography(generator(seed, "geography"), districts=districts, land=land)
    tables: dict[str, pd.DataFrame] = {"areas": _areas(place)}
    truth: dict[str, pd.DataFrame] = {}
    tables["reps"] = people.draw_reps(generator(seed, "reps"), reps, place)
    _add_customers(tables, truth, count=customers, seed=seed, place=place, today=today)
    _add_field(tables, truth, seed=seed, as_of=as_of, monday=monday)
    _add_centre(tables, truth, count=agents, seed=seed, as_of=as_of, monday=monday)
    history, leads, lead_truth = contacts.draw_leads(
        generator(seed, "leads"), past=max(200, customers * 4 // 5), present=max(20, customers // 5), as_of=today
    )
    tables |= {"lead_history": history, "leads": leads}
    truth["leads"] = lead_truth
    tables = {key: tables[key] for key in sorted(tables)}
    week, what_ifs = scenario_texts(name, tables=tables, as_of=as_of, monday=monday.astype(date), seed=seed)
    return Company(name, seed, as_of, tables, truth, week, what_ifs, place.no_go)


def _check_counts(name: str, counts: Mapping[str, int], seed: int) -> None:
    if not name.strip():
        raise UsageError("the company needs a name")
    for what, count in counts.items():
        least = 1 if what == "customers" else 0
        if not least <= count <= MOST[what]:
            raise UsageError(f"{what} must be {least} to {MOST[what]}, not {count}")
    if not 0 <= seed < 2**31:
        raise UsageError(f"seed must be 0 to {2**31 - 1}, not {seed}")


def _areas(place: geography.Geography) -> pd.DataFrame:
    shapes = np.empty(len(place.districts), dtype=object)
    shapes[:] = place.districts
    return pd.DataFrame({"name": place.names, "key": place.keys, "geometry": shapes})


def _add_customers(
    tables: dict[str, pd.DataFrame],
    truth: dict[str, pd.DataFrame],
    *,
    count: int,
    seed: int,
    place: geography.Geography,
    today: np.datetime64,
) -> None:
    """Customers, what they are like, what they bought, how they answered."""
    behaviour = behaviours.draw_behaviour(generator(seed, "behaviour"), count)
    known = customers.draw_customers(
        generator(seed, "customers"),
        behaviour=behaviour,
        geography=place,
        as_of=today,
        skills=not tables["reps"].empty,
    )
    ids = known["customer_id"].to_numpy()
    sold, sales = behaviours.draw_sales(generator(seed, "sales"), ids, behaviour, today)
    response = behaviours.response_truth(generator(seed, "response"), known, behaviour.segment)
    tables["customers"] = known
    tables["transactions"] = sold
    tables["customer_history"] = behaviours.draw_history(generator(seed, "history"), max(300, count * 6 // 5), today)
    tables["cases"] = contacts.draw_cases(generator(seed, "cases"), customers=known, behaviour=behaviour, as_of=today)
    tables["interactions"] = contacts.draw_interactions(
        generator(seed, "interactions"), customers=known, response=response, sales=sales, as_of=today
    )
    truth["customers"], truth["response"] = sales, response


def _add_field(
    tables: dict[str, pd.DataFrame], truth: dict[str, pd.DataFrame], *, seed: int, as_of: date, monday: np.datetime64
) -> None:
    """Territories, deals, and what is already fixed in the reps' week."""
    known, reps = tables["customers"], tables["reps"]
    territories = people.draw_territories(generator(seed, "territories"), known, reps)
    absences = people.draw_absences(generator(seed, "rep absences"), reps["rep_id"].to_numpy(), monday)
    segment = known["feature_segment"].map({s: i for i, s in enumerate(SEGMENTS)}).to_numpy()
    drawn = deals.draw_deals(
        generator(seed, "deals"), customers=known, segment=segment, territories=territories, as_of=as_of
    )
    tables["current_territories"], tables["absences"] = territories, absences
    tables["opportunities"], tables["stage_events"] = drawn.opportunities, drawn.stage_events
    tables["appointments"] = people.draw_appointments(
        generator(seed, "appointments"), reps=reps, absences=absences, territories=territories, monday=monday
    )
    truth["opportunities"] = drawn.truth


def _add_centre(
    tables: dict[str, pd.DataFrame],
    truth: dict[str, pd.DataFrame],
    *,
    count: int,
    seed: int,
    as_of: date,
    monday: np.datetime64,
) -> None:
    """Agents, and the calls that fit them."""
    agents = people.draw_agents(generator(seed, "agents"), count)
    away = people.draw_absences(generator(seed, "agent absences"), agents["agent_id"].to_numpy(), monday)
    rates = call_rates.make_rates(
        generator(seed, "rates"),
        queues=people.queue_names(count),
        contract_hours=float(agents["contract_hours_per_week"].sum()),
        as_of=as_of,
    )
    log = call_log.draw_calls(generator(seed, "calls"), rates, agents, callers=2000 + 6 * len(tables["customers"]))
    tables["agents"] = agents
    tables["absences"] = pd.concat([tables["absences"], away], ignore_index=True)
    tables["shift_requests"] = people.draw_shift_requests(
        generator(seed, "requests"), agents["agent_id"].to_numpy(), monday
    )
    tables["calls"] = log if count else log.iloc[:0]
    tables["exogenous"] = rates.campaigns if count else rates.campaigns.iloc[:0]
    truth["calls"] = call_rates.rates_truth(rates) if count else call_rates.rates_truth(rates).iloc[:0]
