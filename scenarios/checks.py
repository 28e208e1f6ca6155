"""Facts that no single key can show: days that must fit one another, names of zones and countries, files that exist.

Each check reads a valid scenario and yields the problems it finds; a check that involves a key which is itself wrong is
left out, so no fault is told twice.
"""

import datetime as dt
import itertools
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from scenarios.errors import Problem
from scenarios.schema import FIELD, WEEKDAYS, Scenario
from scenarios.suggestions import closest
from scenarios.written import Key


@dataclass(frozen=True)
class Clash(Problem):
    """Values that do not fit together; `others` are keys that could be changed as well as `key`."""

    others: tuple[str, ...] = ()


Check = Callable[[Scenario], Iterator[Problem]]

PRICES_OF_A_RUN = "tables/capacity_prices.parquet"
"""The table in a run's folder at whose prices another run may begin."""
PLAN_OF_A_RUN = ("tables/stops.parquet", "tables/allocations.parquet")
"""The tables in a run's folder that a plan in hand is read from."""


def check(scenario: Scenario, wrong: Iterable[Key] = ()) -> list[Problem]:
    """All problems between keys.

    Args:
        scenario: valid by its schema; where `wrong` names keys, these hold defaults.
        wrong: keys that have a problem of their own; what depends on them is not checked.
    """
    faulty = [".".join(key) for key in wrong]

    def touched(names: Sequence[str]) -> bool:
        return any(
            f"{name}.".startswith(f"{bad}.") or f"{bad}.".startswith(f"{name}.") for name in names for bad in faulty
        )

    problems: list[Problem] = []
    for needs, checker in CHECKS:
        if not touched(needs):
            problems += (problem for problem in checker(scenario) if not touched([problem.key]))
    return problems


def field_starts_after_as_of(scenario: Scenario) -> Iterator[Problem]:
    """Field work is planned from the day after `as_of` on."""
    start, as_of = scenario.horizon.start, scenario.as_of
    if start <= as_of:
        yield Clash(
            f"field work (`horizon.start`) starts on {start}, when {as_of} (`as_of`) has to be over",
            "horizon.start",
            advice=f"start on {as_of + dt.timedelta(days=1)} or later",
            others=("as_of",),
        )


def staffing_lies_in_forecast(scenario: Scenario) -> Iterator[Problem]:
    """Rostered days need a call forecast."""
    own = scenario.staffing.horizon
    if own is None and scenario.data.agents is None:
        return
    horizon = own or scenario.horizon
    first = scenario.as_of + dt.timedelta(days=1)
    last = scenario.as_of + dt.timedelta(days=scenario.forecast.calls.days)
    end = horizon.start + dt.timedelta(days=horizon.days - 1)
    key = "staffing.horizon" if own else "horizon"
    where = f"{first} to {last} (`forecast.calls.days: {scenario.forecast.calls.days}` from the day after `as_of`)"
    others = ("as_of", "forecast.calls.days")
    if not first <= horizon.start <= last:
        yield Clash(
            f"the roster starts on {horizon.start}, for which no calls are forecast",
            f"{key}.start",
            allowed=where,
            others=others,
        )
    elif end > last:
        message = f"the roster ends on {end}, after the last day of the call forecast"
        yield Clash(message, f"{key}.days", allowed=where, others=others)


def events_are_sane(scenario: Scenario) -> Iterator[Problem]:
    """An event ends on or after its first day, and its queue is a planned one."""
    queues = scenario.staffing.queues
    for name, event in scenario.events.items():
        if event.until is not None and event.until < event.date:
            yield Problem(
                f"the event ends on {event.until}, before its first day {event.date}",
                f"events.{name}.until",
                allowed=f"{event.date} or later",
            )
        if queues and event.queue != "*" and event.queue not in queues:
            yield Problem(
                f"`{event.queue}` is no planned queue",
                f"events.{name}.queue",
                allowed=f"`*` for all, or one of {', '.join(queues)}",
                suggestion=closest(event.queue, queues),
            )


def timezones_exist(scenario: Scenario) -> Iterator[Problem]:
    """Time zones carry IANA names."""
    for key, name in (("reps.timezone", scenario.reps.timezone), ("staffing.timezone", scenario.staffing.timezone)):
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            zones = available_timezones()
            city = {zone.rsplit("/", 1)[-1]: zone for zone in sorted(zones)}
            near = city.get(closest(name.rsplit("/", 1)[-1], city, cutoff=0.75), "") or closest(
                name, zones, cutoff=0.85
            )
            yield Problem(f"`{name}` is no time zone", key, allowed="an IANA name, Area/City", suggestion=near)


def countries_exist(scenario: Scenario) -> Iterator[Problem]:
    """Countries have a calendar of public holidays."""
    given = (("reps.country", scenario.reps.country), ("staffing.country", scenario.staffing.country))
    if not any(code for _, code in given):
        return
    import holidays  # 0.1 s, and only here

    codes = holidays.list_supported_countries(include_aliases=False)
    for key, code in given:
        if code and code not in codes:
            alias = getattr(holidays, code, None) or getattr(holidays, code.title().replace(" ", ""), None)
            near = code.upper() if code.upper() in codes else str(getattr(alias, "country", None) or "")
            yield Problem(
                f"`{code}` is no country with known public holidays",
                key,
                allowed="an ISO 3166 code of two capital letters, such as ES",
                suggestion=near if near in codes else closest(code.upper(), codes),
            )


def pins_lie_in_horizon(scenario: Scenario) -> Iterator[Problem]:
    """A pinned visit falls on a planned day and belongs to a rep who is there."""
    horizon, reps = scenario.horizon, scenario.reps
    days = [horizon.start + dt.timedelta(days=offset) for offset in range(min(7, horizon.days))]
    names = [WEEKDAYS[day.weekday()] for day in days]
    for name, pin in reps.pinned.items():
        if pin.day is not None and pin.day not in names:
            message = f"`{pin.day}` is no day of the horizon"
            yield Problem(message, f"reps.pinned.{name}.day", allowed=", ".join(names))
        for listed, why in ((reps.absent, "absent"), (reps.remove, "removed")):
            if pin.rep in listed:
                message = f"`{pin.rep}` is {why} and cannot make this visit"
                yield Problem(message, f"reps.pinned.{name}.rep", allowed="a rep who works in the horizon")


def quantiles_increase(scenario: Scenario) -> Iterator[Problem]:
    """Quantiles stand in rising order, each once."""
    quantiles = scenario.forecast.calls.quantiles
    for number, (low, high) in enumerate(itertools.pairwise(quantiles), start=1):
        if high <= low:
            key = f"forecast.calls.quantiles.{number}"
            yield Problem(f"{high:g} follows {low:g}", key, allowed="quantiles in rising order, each once")


def intervals_fit(scenario: Scenario) -> Iterator[Problem]:
    """Staffing intervals are made of whole forecast intervals, shifts and their grid of whole staffing intervals."""
    forecast, staffing = scenario.forecast.calls.interval_minutes, scenario.staffing.interval_minutes
    if staffing % forecast:
        yield Clash(
            f"staffing intervals of {staffing} minutes cannot be made of forecast intervals of {forecast} minutes",
            "staffing.interval_minutes",
            advice="`staffing.interval_minutes` must be a multiple of `forecast.calls.interval_minutes`",
            others=("forecast.calls.interval_minutes",),
        )
    for number, hours in enumerate(scenario.staffing.shifts.lengths_hours):
        if (hours * 60) % staffing:
            yield Problem(
                f"a shift of {hours:g} hours does not end on an interval of {staffing} minutes",
                f"staffing.shifts.lengths_hours.{number}",
                allowed=f"multiples of {staffing / 60:g} hours",
            )


def lunch_fits(scenario: Scenario) -> Iterator[Problem]:
    """The lunch break is no longer than the span it floats in."""
    lunch = scenario.reps.lunch
    if lunch is not None and lunch.minutes > lunch.between[1] - lunch.between[0]:
        span = lunch.between[1] - lunch.between[0]
        message = f"a break of {lunch.minutes:g} minutes does not fit into `between`, which is {span} minutes long"
        yield Problem(message, "reps.lunch.minutes", allowed=f"at most {span}")


def field_channel_exists(scenario: Scenario) -> Iterator[Problem]:
    """The reps' channel is named `field`."""
    if FIELD not in scenario.channels:
        yield Problem(
            f"the channel `{FIELD}` is missing",
            "channels",
            advice=f"name the reps' visits `{FIELD}`; other channels have names of your own",
            suggestion=FIELD if closest(FIELD, scenario.channels) else "",
        )


def field_has_no_budget(scenario: Scenario) -> Iterator[Problem]:
    """Budgets limit contacts that are made from a desk; the reps' time is given by their shifts."""
    channel = scenario.channels.get(FIELD)
    for key in ("budget_minutes_per_week", "budget_eur_per_week"):
        if channel is not None and getattr(channel, key) is not None:
            yield Problem(
                "the field has no budget of its own",
                f"channels.{FIELD}.{key}",
                advice="the reps' minutes come from their shifts (`reps`); take the key away",
            )


def engine_allows_contacts(scenario: Scenario) -> Iterator[Problem]:
    """Engines that give each customer one option cannot plan several contacts of a customer."""
    engine, contacts = scenario.solve.engines.channels, scenario.contact_policy.max_contacts_per_customer_per_week
    if engine in ("dual", "cp_sat", "flow") and contacts > 1:
        yield Clash(
            f"`{engine}` plans one contact a customer, `contact_policy` allows {contacts}",
            "solve.engines.channels",
            advice="take `auto`, `highs` or `cbc`, or allow one contact",
            others=("contact_policy.max_contacts_per_customer_per_week",),
        )


def warm_start_has_prices(scenario: Scenario) -> Iterator[Problem]:
    """The run that a search begins with holds a plan's tables."""
    run = scenario.solve.warm_start_run
    if run is not None and not (run / PRICES_OF_A_RUN).exists():
        yield Problem(
            f"the folder `{run.name}` holds no finished run",
            "solve.warm_start_run",
            advice=f"name the folder of a run, with {PRICES_OF_A_RUN} in it; paths are read from the folder of the "
            "file that writes them",
        )


def replan_has_plan(scenario: Scenario) -> Iterator[Problem]:
    """The run that is planned again holds a plan, its days lie in the horizon, and nobody is away on a driven day."""
    asked = scenario.replan
    if asked is None:
        return
    if not all((asked.run / name).exists() for name in PLAN_OF_A_RUN):
        advice = "name the folder of a run; paths are read from the folder of the file that writes them"
        yield Problem(f"the folder `{asked.run.name}` holds no finished run", "replan.run", advice=advice)
    first, last = scenario.horizon.start, scenario.horizon.start + dt.timedelta(days=scenario.horizon.days - 1)
    opens = asked.frozen_until or first
    if not first <= opens <= last:
        yield Problem(
            f"{opens} is no day of the horizon, no day would be open",
            "replan.frozen_until",
            allowed=f"{first} to {last}",
        )
    days = [(f"away.{name}.date", away.date) for name, away in asked.away.items()]
    days += [(f"away.{name}.until", away.until) for name, away in asked.away.items()]
    days += [(f"urgent.{name}.until", wish.until) for name, wish in asked.urgent.items()]
    for key, day in days:
        if day is not None and not first <= day <= last:
            yield Problem(f"{day} is no day of the horizon", f"replan.{key}", allowed=f"{first} to {last}")
    for name, wish in asked.urgent.items():
        if wish.until is not None and first <= wish.until < opens <= last:
            message = f"the visit is due on {wish.until}, before the first open day {opens}"
            yield Problem(message, f"replan.urgent.{name}.until", allowed=f"{opens} to {last}")


def matrix_has_table(scenario: Scenario) -> Iterator[Problem]:
    """The travel engine `matrix` needs its table."""
    if scenario.reps.travel.engine == "matrix" and scenario.data.travel_times is None:
        advice = "give the table `data.travel_times`, or take the engine haversine"
        yield Problem("the engine `matrix` has no table of travel times", "reps.travel.engine", advice=advice)


def files_exist(scenario: Scenario) -> Iterator[Problem]:
    """The files named in `data:` and `scenarios:` are there."""
    given = [(f"data.{name}.path", source.path) for name, source in scenario.data.sources().items()]
    given += [(f"scenarios.{number}", path) for number, path in enumerate(scenario.scenarios)]
    for key, path in given:
        if path is not None and not path.exists():
            yield missing_file(path, key)


def missing_file(path: Path, key: str = "") -> Problem:
    """The problem of a file that is not there, with the nearest name of its folder."""
    advice = "paths are read from the folder of the file that writes them" if key else ""
    folder = path.parent
    if not folder.is_dir():
        return Problem(f"the folder `{folder.name}` of `{path.name}` does not exist", key, advice=advice)
    stems = {name.partition(".")[0]: name for name in sorted(os.listdir(folder), reverse=True) if name[:1] != "."}
    near = stems.get(closest(path.name.partition(".")[0], stems), "")
    return Problem(f"the file `{path.name}` does not exist", key, advice=advice, suggestion=near)


CHECKS: tuple[tuple[tuple[str, ...], Check], ...] = (
    (("as_of", "horizon.start"), field_starts_after_as_of),
    (("as_of", "horizon", "staffing.horizon", "forecast.calls.days"), staffing_lies_in_forecast),
    (("staffing.queues",), events_are_sane),
    ((), timezones_exist),
    ((), countries_exist),
    (("horizon", "reps.absent", "reps.remove"), pins_lie_in_horizon),
    (("forecast.calls.quantiles",), quantiles_increase),
    (("forecast.calls.interval_minutes", "staffing.interval_minutes"), intervals_fit),
    (("reps.lunch",), lunch_fits),
    (("channels",), field_channel_exists),
    ((), field_has_no_budget),
    (("solve.engines.channels", "contact_policy"), engine_allows_contacts),
    (("solve.warm_start_run",), warm_start_has_prices),
    (("replan", "horizon"), replan_has_plan),
    (("reps.travel.engine", "data.travel_times"), matrix_has_table),
    ((), files_exist),
)
"""The keys that a check as a whole depends on, and the check."""
