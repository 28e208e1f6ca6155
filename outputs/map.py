"""The planner's map: territories, routes by day, customers left out; one file that opens with no network.

Drawn by folium; Leaflet and its pictures are taken from XStatic-Leaflet and written into the page.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

import folium
import numpy as np
import pandas as pd
from branca.element import Element
from markupsafe import escape

from inputs.rows import groups, rows
from inputs.types import Tables
from outputs.geography import geojson, outlines
from outputs.palette import spread_colours
from planner.types import Plan

UNOWNED = "#5b5b5b"


@dataclass
class Layer:
    """Features of one layer of the map, numbered; `colours` holds each one's colour by its number."""

    features: list[dict[str, Any]] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)

    def add(self, geometry: dict[str, Any], *, text: str = "", colour: str = UNOWNED) -> None:
        """Add a feature; the text is escaped, as tooltips are read as HTML."""
        properties = {"text": str(escape(text))} if text else {}
        feature = {"type": "Feature", "id": len(self.features), "geometry": geometry, "properties": properties}
        self.features.append(feature)
        self.colours.append(colour)

    def collection(self) -> dict[str, Any]:
        """The layer as GeoJSON."""
        return {"type": "FeatureCollection", "features": self.features}


def write_map(path: Path, plan: Plan, tables: Tables) -> None:
    """Write the map of a plan over its customers and areas."""
    page = folium.Map(tiles=None, prefer_canvas=True, control_scale=True, zoom_snap=0.25)
    page.default_js, page.default_css = [], []
    colours = rep_colours(plan)
    _add_areas(page, tables.areas)
    _add_territories(page, plan, tables.customers, colours)
    for number, (day, stops) in enumerate(groups(plan.tables["stops"], "day")):
        _add_routes(page, pd.Timestamp(day), stops, tables.customers, colours, shown=number == 0)
    _add_unserved(page, plan, tables.customers)
    folium.LayerControl(collapsed=True).add_to(page)
    if len(tables.customers):
        places = tables.customers[["latitude", "longitude"]]
        page.fit_bounds([(places.min() - 0.005).tolist(), (places.max() + 0.005).tolist()])  # half a km around
    root: Any = page.get_root()
    root.header.add_child(Element(f"<title>{escape(plan.scenario.name)}: map</title>"), name="title")
    root.header.add_child(Element('<meta name="viewport" content="width=device-width,initial-scale=1">'), name="view")
    root.header.add_child(Element(leaflet_inline() + EXPAND), name="leaflet")
    root.html.add_child(Element(_legend(plan, colours)), name="legend")
    path.write_text(compact(root.render()), encoding="utf-8")


EXPAND = """<script>function F(x0,y0,rows){const E=c=>typeof c[0]=="number"?[x0+c[0]/1e5,y0+c[1]/1e5]:c.map(E);
return {type:"FeatureCollection",features:rows.map(([c,x,t],i)=>({type:"Feature",id:i,
geometry:{type:t||"Point",coordinates:E(c)},properties:x?{text:x}:{}}))}}</script>"""
"""Builds GeoJSON from rows of coordinates, text and kind; coordinates are metres' worth of degrees from a corner."""


def compact(page: str) -> str:
    """The page with its features written as rows for `F` (see EXPAND): half of the size."""

    def shorter(match: re.Match[str]) -> str:
        features = json.loads(match[2])["features"]
        corner = np.min([_lowest(feature["geometry"]["coordinates"]) for feature in features], axis=0).round(5)
        rows_written = [_written(feature, corner) for feature in features]
        return f"{match[1]}(F({corner[0]},{corner[1]},[{','.join(rows_written)}]))"

    return re.sub(r"(geo_json_\w+_add)\((\{.*\})\)", shorter, page)


def _written(feature: dict[str, Any], corner: np.ndarray) -> str:
    """One feature as a row for `F`; what is left out at the end is a point without text."""
    shape = feature["geometry"]
    row = [_steps(shape["coordinates"], corner), feature["properties"].get("text", "")]
    if shape["type"] != "Point":
        row.append(shape["type"])
    return json.dumps(row, separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")


def _lowest(coordinates: Any) -> np.ndarray:
    """The south-west corner (longitude, latitude) of nested coordinates."""
    if isinstance(coordinates[0], (int, float)):
        return np.array(coordinates[:2], dtype=float)
    lowest: np.ndarray = np.min([_lowest(part) for part in coordinates], axis=0)
    return lowest


def _steps(coordinates: Any, corner: np.ndarray) -> Any:
    """Nested coordinates as whole steps of 1e-5 degrees from the corner."""
    if isinstance(coordinates[0], (int, float)):
        return [round((value - low) * 1e5) for value, low in zip(coordinates, corner, strict=False)]
    return [_steps(part, corner) for part in coordinates]


def rep_colours(plan: Plan) -> dict[str, str]:
    """A colour per rep; reps whose territories lie together differ."""
    reps = plan.tables["territory_reps"]
    chosen = spread_colours(reps["centre_latitude"].to_numpy(float), reps["centre_longitude"].to_numpy(float))
    return dict(zip(reps["rep_id"], chosen, strict=True))


def leaflet_inline() -> str:
    """Leaflet's script and style as page elements, pictures as data addresses."""
    data = files("xstatic.pkg.leaflet") / "data"

    def picture(match: re.Match[str]) -> str:
        content = base64.b64encode((data / "images" / match[1]).read_bytes()).decode("ascii")
        return f"url(data:image/png;base64,{content})"

    style = re.sub(r"url\(images/([\w.-]+)\)", picture, (data / "leaflet.css").read_text(encoding="utf-8"))
    script = (data / "leaflet.js").read_text(encoding="utf-8")
    script = re.sub(r"//# sourceMappingURL=\S+", "", script)
    return f"<style>{style}\n{PAGE_STYLE}</style><script>{script}</script>"


PAGE_STYLE = """
html,body{height:100%;margin:0}.folium-map{position:absolute;inset:0;background:#eef1f3}
.leaflet-container{font:14px/1.4 system-ui,sans-serif}.leaflet-control-layers label{padding:.25rem 0}
.legend{position:absolute;left:10px;bottom:58px;z-index:1000;background:#fff;color:#16202a;padding:.5rem .7rem;
border-radius:.4rem;box-shadow:0 1px 4px #0005;max-width:min(20rem,70vw);max-height:45vh;overflow:auto;
font:14px/1.4 system-ui,sans-serif}
.legend summary{font-weight:600;min-height:32px;cursor:pointer}.legend i{display:inline-block;width:.8em;height:.8em;
border-radius:50%;margin-right:.4em}.legend p{margin:.3rem 0}
"""


def _add_areas(page: folium.Map, areas: pd.DataFrame) -> None:
    shapes = outlines(areas)
    if not shapes:
        return
    layer = Layer()
    for name, shape in shapes:
        layer.add(geojson(shape), text=name)
    folium.GeoJson(
        layer.collection(), name="Areas", style_function=lambda _: _style("#8b98a3", 1, 0.6, fill="#ffffff"),
        tooltip=folium.GeoJsonTooltip(["text"], labels=False),
    ).add_to(page)  # fmt: skip


def _add_territories(page: folium.Map, plan: Plan, customers: pd.DataFrame, colours: dict[str, str]) -> None:
    owners = plan.tables["territories"].merge(customers[["customer_id", "latitude", "longitude"]], on="customer_id")
    layer = Layer()
    for rep, mine in groups(owners, "rep_id"):
        points = [[round(lon, 4), round(lat, 4)] for lat, lon in zip(mine["latitude"], mine["longitude"], strict=True)]
        layer.add({"type": "MultiPoint", "coordinates": points}, colour=colours.get(rep, UNOWNED))
    if layer.features:
        folium.GeoJson(
            layer.collection(), name="Customers by owner",
            marker=folium.CircleMarker(radius=2.5, stroke=False, fill=True, fill_opacity=0.55),
            style_function=lambda feature: {"fillColor": layer.colours[feature["id"]]},
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
            text = f"{rep} {number}, {row.start_at:%H:%M}-{row.end_at:%H:%M}: {_name(names, row.customer_id)}"
            layer.add(_point(row), text=text, colour=colour)
    folium.GeoJson(
        layer.collection(), name=f"Routes {day:%A} {day.day} {day:%B}", show=shown, marker=_ring(5),
        style_function=lambda feature: {
            "color": layer.colours[feature["id"]], "weight": 3, "opacity": 0.9, "fillColor": "#ffffff",
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


def _legend(plan: Plan, colours: dict[str, str]) -> str:
    days = plan.tables["rep_days"].groupby("rep_id")[["visits", "travel_km"]].sum()
    lines = "".join(
        f'<div><i style="background:{colour}"></i>{escape(rep)}: {days["visits"].get(rep, 0):.0f} visits, '
        f"{days['travel_km'].get(rep, 0.0):.0f} km</div>"
        for rep, colour in colours.items()
    )
    routed = plan.tables["stops"]["day"]
    first = f": {routed.min():%A}" if len(routed) else ""
    credit = plan.scenario.data.areas.credit if plan.scenario.data.areas else None
    source = f'<p style="color:#51606e">Areas: {escape(credit)}</p>' if credit else ""
    return (
        f'<details class="legend"><summary>{escape(plan.scenario.name)}{first}</summary>'
        f"<p>Other days, areas and missed visits: layers at the top right.</p>{lines}{source}</details>"
    )


def _point(row: Any) -> dict[str, Any]:
    return {"type": "Point", "coordinates": [round(row.longitude, 5), round(row.latitude, 5)]}


def _style(colour: str, weight: float, opacity: float, *, fill: str) -> dict[str, Any]:
    return {"color": colour, "weight": weight, "opacity": opacity, "fillColor": fill, "fillOpacity": 1}


def _name(names: Mapping[Any, Any], customer_id: str) -> str:
    name = names.get(customer_id)
    return name if isinstance(name, str) else customer_id
