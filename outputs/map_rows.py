"""Layers of the map, and how their features are written small.

A feature is a row of coordinates, text, colour and kind, which the function `F` of the page makes GeoJSON of again. A
shape that several layers show is written once and named `S[0]`, `S[1]`, ...; colours are numbers into `K`.
"""

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from markupsafe import escape

UNOWNED = "#5b5b5b"
NO_COLOUR = "#0000"
"""Transparent; a canvas takes no empty colour."""
LIT = "#ffffff"
"""Inside of a stop, unless its feature says otherwise."""
COLOUR = "@colour"
"""In a style of folium's: the feature's own colour."""
LONG = 60
"""Characters from which a shape that is shown twice is written once."""

EXPAND = """<script>const S=[],K=[];function F(x0,y0,rows){const P=(x,y)=>[x0+x/1e5,y0+y/1e5],
E=c=>typeof c[0]=="number"?P(...c):c.map(E),M=c=>c.flatMap((x,i)=>i%2?[]:[P(10*x,10*c[i+1])]);
return {type:"FeatureCollection",features:rows.map(([c,x,k,t],i)=>({type:"Feature",id:i,properties:x?{text:x,k}:{k},
geometry:{type:t||"Point",coordinates:t=="MultiPoint"?M(c):E(c)}}))}}</script>"""
"""Builds GeoJSON from rows; coordinates are steps of 1e-5 degrees from a corner, those of many points of 1e-4."""


@dataclass
class Layer:
    """Features of one layer of the map."""

    features: list[dict[str, Any]] = field(default_factory=list)

    def add(self, geometry: dict[str, Any], *, text: str = "", colour: str = UNOWNED, fill: str = LIT) -> None:
        """Add a feature; the text is escaped, as tooltips are read as HTML. `fill` is for styles alone: the page does
        not carry it."""
        properties = {"text": str(escape(text)), "colour": colour} | ({} if fill == LIT else {"fill": fill})
        feature = {"type": "Feature", "id": len(self.features), "geometry": geometry, "properties": properties}
        self.features.append(feature)

    def collection(self) -> dict[str, Any]:
        """The layer as GeoJSON."""
        return {"type": "FeatureCollection", "features": self.features}


def compact(page: str) -> str:
    """The page with its features written as rows for `F` (see EXPAND): less than half of the size."""
    pattern = re.compile(r"(geo_json_\w+_add)\((\{.*\})\)")
    colours: dict[str, int] = {}
    layers = []
    for match in pattern.finditer(page):
        features = json.loads(match[2])["features"]
        corner = np.min([_lowest(feature["geometry"]["coordinates"]) for feature in features], axis=0).round(5)
        layers.append((corner, [_written(feature, corner, colours) for feature in features]))
    seen = Counter(shape for _, rows in layers for shape, _ in rows)
    shared = [shape for shape, count in seen.items() if count > 1 and len(shape) >= LONG]
    names = {shape: f"S[{number}]" for number, shape in enumerate(shared)}
    texts = iter(
        f"F({corner[0]},{corner[1]},[{','.join(f'[{names.get(shape, shape)},{rest}]' for shape, rest in rows)}])"
        for corner, rows in layers
    )
    short = pattern.sub(lambda match: f"{match[1]}({next(texts)})", page)
    short = short.replace(json.dumps(COLOUR), "K[feature.properties.k]")
    return short.replace("const S=[],K=[];", f"const S=[{','.join(shared)}],K={json.dumps(list(colours))};", 1)


def _written(feature: dict[str, Any], corner: np.ndarray, colours: dict[str, int]) -> tuple[str, str]:
    """One feature as its coordinates and the rest of its row for `F`; no kind at the end means a point."""
    shape, properties = feature["geometry"], feature["properties"]
    rest = [properties["text"], colours.setdefault(properties["colour"], len(colours))]
    steps = _steps(shape["coordinates"], corner)
    if shape["type"] == "MultiPoint":
        steps = [round(step / 10) for point in steps for step in point]
    if shape["type"] != "Point":
        rest.append(shape["type"])
    text = ",".join(json.dumps(part, ensure_ascii=False).replace("</", "<\\/") for part in rest)
    return json.dumps(steps, separators=(",", ":")), text


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
