"""GPX 1.1 per rep and day: stops as waypoints, the way through them as a route, for devices without a network."""

from pathlib import Path

import gpxpy.gpx
import pandas as pd

from inputs.rows import groups, rows
from inputs.types import Tables
from outputs.escaping import printable
from outputs.pages import file_name
from planner.types import Plan


def write_gpx(folder: Path, plan: Plan, tables: Tables) -> list[Path]:
    """Write REP-DATE.gpx for each rep-day with stops; returns the files. Stops without a place are left out."""
    folder.mkdir()
    names = dict(zip(tables.customers["customer_id"], tables.customers["name"], strict=True))
    written = []
    for (rep, day), stops in groups(plan.tables["stops"], ["rep_id", "day"]):
        path = folder / f"{file_name(str(rep))}-{day:%Y-%m-%d}.gpx"
        path.write_text(route_gpx(f"{rep} {day:%Y-%m-%d}", stops.sort_values("position"), names), encoding="utf-8")
        written.append(path)
    return written


def route_gpx(title: str, stops: pd.DataFrame, names: dict[str, object]) -> str:
    """GPX of one rep-day.

    Args:
        stops: rows of the table `stops` in order. names: by customer_id.
    """
    gpx = gpxpy.gpx.GPX()
    gpx.creator, gpx.name = "Muster", printable(title)
    route = gpxpy.gpx.GPXRoute(name=printable(title))
    number = 0
    for stop in rows(stops[stops["kind"] != "lunch"].dropna(subset=["latitude", "longitude"])):
        label = stop.kind.capitalize()
        if stop.kind in ("visit", "appointment"):
            known = names.get(stop.customer_id)
            label = printable(known if isinstance(known, str) else stop.customer_id or label)
            if stop.kind == "visit":  # numbered as on the route sheet
                number += 1
                label = f"{number} {label}"
            text = f"{stop.start_at:%H:%M} to {stop.end_at:%H:%M}"
            gpx.waypoints.append(
                gpxpy.gpx.GPXWaypoint(stop.latitude, stop.longitude, name=label, description=text, type=stop.kind)
            )
        route.points.append(gpxpy.gpx.GPXRoutePoint(stop.latitude, stop.longitude, name=label))
    gpx.routes.append(route)
    return str(gpx.to_xml(version="1.1"))
