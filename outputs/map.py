"""The planner's map: territories, routes by day, the price of an hour, visits left out; one file without a network.

Drawn by folium; Leaflet and its pictures are taken from XStatic-Leaflet and written into the page.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pandas as pd
from branca.element import Element
from markupsafe import escape

from inputs.gates.places import lonely_km
from inputs.rows import groups, rows
from inputs.types import Tables
from outputs.field import stops_of
from outputs.geography import geojson, outlines
from outputs.hour_prices import NOTHING, HourPrices, hour_prices
from outputs.map_frame import BORDERS, LAND, LAND_MARK, leaflet_inline, legend, order_of_layers
from outputs.map_rows import COLOUR, EXPAND, LIT, NO_COLOUR, UNOWNED, Layer, compact
from outputs.palette import spread_colours
from outputs.territory_cells import territory_cells
from planner.types import Plan


def write_map(path: Path, plan: Plan, tables: Tables) -> None:
    """Write the map of a plan over its customers and areas."""
    page = folium.Map(tiles=None, prefer_canvas=True, control_scale=True, zoom_snap=0.25)
    page.default_js, page.default_css = [], []
    colours, areas = rep_colours(plan), outlines(tables.areas)
    owners = plan.tables["territories"].merge(
        tables.customers[["customer_id", "latitude", "longitude"]], on="customer_id"
    )
    cells = territory_cells(_near(owners), [shape for _, shape in areas])
    prices = hour_prices(plan) if cells else HourPrices({}, ())
    below = _add_areas(page, areas)
    below += _add_territories(page, plan, cells, colours)
    below += _add_prices(page, cells, prices, plan.scenario.money.currency)
    _add_customers(page, owners, colours)
    stops = stops_of(plan.tables)
    for number, (day, mine) in enumerate(groups(stops, "day")):
        _add_routes(page, pd.Timestamp(day), mine, tables.customers, colours, shown=number == 0)
    _add_borders(page, stops[stops["for_rep"] != ""], tables.customers, colours)
    _add_unserved(page, plan, tables.customers)
    folium.LayerControl(collapsed=True).add_to(page)
    if len(tables.customers):
        places = _near(tables.customers)[["latitude", "longitude"]]
        page.fit_bounds([(places.min() - 0.005).tolist(), (places.max() + 0.005).tolist()])  # half a km around
    root: Any = page.get_root()
    root.header.add_child(Element(f"<title>{escape(plan.scenario.name)}: map</title>"), name="title")
    root.header.add_child(Element('<meta name="viewport" content="width=device-width,initial-scale=1">'), name="view")
    root.header.add_child(Element('<meta name="color-scheme" content="light dark">'), name="scheme")
    root.header.add_child(Element(leaflet_inline() + EXPAND + LAND), name="leaflet")
    borders = bool((stops["for_rep"] != "").any())
    root.html.add_child(Element(legend(plan, colours, prices, borders=borders)), name="legend")
    page.add_child(Ordered(page.get_name(), [layer.get_name() for layer in below]))
    text = compact(root.render()).replace(f'"{LAND_MARK}"', "LAND")
    path.write_text(text, encoding="utf-8")


def _near(customers: pd.DataFrame) -> pd.DataFrame:
    """The customers without those far from all, so often a wrong place: they would stretch the view and territories."""
    away_km = lonely_km(customers["latitude"].to_numpy(), customers["longitude"].to_numpy())
    near: pd.DataFrame = customers.loc[np.isnan(away_km)]
    return near


class Ordered(folium.MacroElement):
    """The script that keeps wide layers below the others."""

    def __init__(self, page: str, below: list[str]) -> None:
        super().__init__()
        self.text = order_of_layers(page, below)

    def render(self, **kwargs: Any) -> None:
        """Add the script after those of the layers."""
        self.get_root().script.add_child(Element(self.text), name=self.get_name())


def rep_colours(plan: Plan) -> dict[str, str]:
    """A colour per rep; reps whose territories lie together differ."""
    reps = plan.tables["territory_reps"]
    chosen = spread_colours(reps["centre_latitude"].to_numpy(float), reps["centre_longitude"].to_numpy(float))
    return dict(zip(reps["rep_id"], chosen, strict=True))


def _add_areas(page: folium.Map, shapes: list[tuple[str, Any]]) -> list[folium.GeoJson]:
    if not shapes:
        return []
    layer = Layer()
    for name, shape in shapes:
        layer.add(geojson(shape), text=name)
    return [_drawn(page, layer, "Areas", lambda _: _style("#8b98a3", 1, 0.6, fill=LAND_MARK))]


def _add_territories(
    page: folium.Map, plan: Plan, cells: Mapping[str, Any], colours: Mapping[str, str]
) -> list[folium.GeoJson]:
    """Outlines of the territories, with what each holds."""
    if not cells:
        return []
    reps = {row.rep_id: row for row in rows(plan.tables["territory_reps"])}
    layer = Layer()
    for rep, shape in cells.items():
        mine = reps.get(rep)
        load = f": {mine.customers} customers, {100 * mine.workload_over_mean:.0f} % of the mean load" if mine else ""
        layer.add(geojson(shape), text=f"{rep}{load}", colour=colours.get(rep, UNOWNED))
    return [
        _drawn(
            page, layer, "Territories",
            lambda _: _style(COLOUR, 2, 0.9, fill=COLOUR, fill_opacity=0.12),
        )
    ]  # fmt: skip


def _add_prices(page: folium.Map, cells: Mapping[str, Any], prices: HourPrices, currency: str) -> list[folium.GeoJson]:
    """A layer a day: territories in the colour of what one more hour of their rep's day would bring."""
    drawn = []
    for day, by_rep in prices.by_day.items():
        layer = Layer()
        for rep, shape in cells.items():
            price = by_rep.get(rep)
            text = f"{rep}: no price" if price is None else f"{rep}: one more hour brings {price:,.2f} {currency}"
            layer.add(geojson(shape), text=text, colour=NO_COLOUR if price is None else prices.colour(price))
        style = _style(NOTHING, 1, 0.9, fill=COLOUR, fill_opacity=0.75)
        drawn.append(_drawn(page, layer, f"One more hour, {day}", lambda _, style=style: style, show=False))
    return drawn


def _drawn(page: folium.Map, layer: Layer, name: str, style: Any, *, show: bool = True) -> folium.GeoJson:
    drawn = folium.GeoJson(
        layer.collection(), name=name, show=show, style_function=style,
        tooltip=folium.GeoJsonTooltip(["text"], labels=False, sticky=True),
    )  # fmt: skip
    drawn.add_to(page)
    return drawn


def _add_customers(page: folium.Map, owners: pd.DataFrame, colours: Mapping[str, str]) -> None:
    layer = Layer()
    for rep, mine in groups(owners, "rep_id"):
        points = [[round(lon, 4), round(lat, 4)] for lat, lon in zip(mine["latitude"], mine["longitude"], strict=True)]
        layer.add({"type": "MultiPoint", "coordinates": points}, colour=colours.get(rep, UNOWNED))
    if layer.features:
        folium.GeoJson(
            layer.collection(), name="Customers by owner",
            marker=folium.CircleMarker(radius=2.5, stroke=False, fill=True, fill_opacity=0.55),
            style_function=lambda _: {"fillColor": COLOUR},
        ).add_to(page)  # fmt: skip


def _add_routes(
    page: folium.Map,
    day: pd.Timestamp,
    stops: pd.DataFrame,
    customers: pd.DataFrame,
    colours: dict[str, str],
    *,
    shown: bool,
) -> None:
    names = customers.set_index("customer_id")["name"].to_dict()
    layer = Layer()
    for rep, mine in groups(stops, "rep_id"):
        colour = colours.get(rep, UNOWNED)
        ordered = mine.sort_values("position")
        line = [[round(row.longitude, 5), round(row.latitude, 5)] for row in rows(ordered[ordered["kind"] != "lunch"])]
        visits = ordered[ordered["kind"] == "visit"]
        text = f"{rep}: {len(visits)} visits, {mine['travel_km'].sum():.0f} km"
        layer.add({"type": "LineString", "coordinates": line}, text=text, colour=colour)
        for number, row in enumerate(rows(visits), start=1):
            whose = f" (for {row.for_rep})" if row.for_rep else ""
            text = f"{rep} {number}, {row.start_at:%H:%M}-{row.end_at:%H:%M}: {_name(names, row.customer_id)}{whose}"
            layer.add(_point(row), text=text, colour=colour, fill=colours.get(row.for_rep, LIT))
    folium.GeoJson(
        layer.collection(), name=f"Routes {day:%A} {day.day} {day:%B}", show=shown, marker=_ring(5),
        style_function=lambda feature: {
            "color": COLOUR, "weight": 3, "opacity": 0.9, "fillColor": feature["properties"].get("fill", LIT),
        },
        tooltip=folium.GeoJsonTooltip(["text"], labels=False),
    ).add_to(page)  # fmt: skip


def _add_borders(page: folium.Map, stops: pd.DataFrame, customers: pd.DataFrame, colours: Mapping[str, str]) -> None:
    """Visits of the week that a neighbour makes: a ring in his colour around a dot in the owner's."""
    if stops.empty:
        return
    names = customers.set_index("customer_id")["name"].to_dict()
    layer = Layer()
    for row in rows(stops.sort_values(["start_at", "customer_id"])):
        when = f"{row.start_at:%A} {row.start_at:%H:%M}"
        text = f"{_name(names, row.customer_id)}: {row.rep_id} for {row.for_rep}, {when}"
        fill = colours.get(row.for_rep, UNOWNED)
        layer.add(_point(row), text=text, colour=colours.get(row.rep_id, UNOWNED), fill=fill)
    folium.GeoJson(
        layer.collection(), name=BORDERS, show=False, marker=_ring(7),
        style_function=lambda feature: {
            "color": COLOUR, "weight": 4, "opacity": 1, "fillColor": feature["properties"]["fill"],
        },
        tooltip=folium.GeoJsonTooltip(["text"], labels=False),
    ).add_to(page)  # fmt: skip


def _ring(radius: float) -> folium.CircleMarker:
    return folium.CircleMarker(radius=radius, fill=True, fill_opacity=1)


def _add_unserved(page: folium.Map, plan: Plan, customers: pd.DataFrame) -> None:
    missed = plan.tables["unserved"].merge(
        customers[["customer_id", "name", "latitude", "longitude"]], on="customer_id"
    )
    if missed.empty:
        return
    names = customers.set_index("customer_id")["name"].to_dict()
    layer = Layer()
    for row in rows(missed):
        text = f"{_name(names, row.customer_id)}: {row.reason.replace('_', ' ')}"
        layer.add(_point(row), text=text, colour="#a1221f")
    folium.GeoJson(
        layer.collection(), name="Visits that fit no route", show=False, marker=_ring(6),
        style_function=lambda _: {"color": "#a1221f", "weight": 2, "fillColor": "#a1221f", "fillOpacity": 0.15},
        tooltip=folium.GeoJsonTooltip(["text"], labels=False),
    ).add_to(page)  # fmt: skip


def _point(row: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(row.longitude, 5), round(row.latitude, 5)]}


def _style(colour: str, weight: float, opacity: float, *, fill: str, fill_opacity: float = 1.0) -> dict[str, Any]:
    return {"color": colour, "weight": weight, "opacity": opacity, "fillColor": fill, "fillOpacity": fill_opacity}


def _name(names: Mapping[Any, Any], customer_id: str) -> str:
    name = names.get(customer_id)
    return name if isinstance(name, str) else customer_id
