"""What stands around the map's layers: Leaflet inside the page, its style by day and night, the legend."""

import base64
import re
from collections.abc import Mapping
from importlib.resources import files

from markupsafe import escape

from outputs.hour_prices import HourPrices
from planner.types import Plan

PAGE_STYLE = """
html,body{height:100%;margin:0}.folium-map{position:absolute;inset:0;background:#eef1f3}
.leaflet-container{font:14px/1.4 system-ui,sans-serif}.leaflet-control-layers label{padding:.3rem 0}
.leaflet-control-layers-list{max-height:60vh;overflow:auto}.leaflet-bar a{width:34px;height:34px;line-height:34px}
.legend{position:absolute;left:10px;bottom:58px;z-index:1000;background:#fff;color:#16202a;padding:.3rem .7rem;
border-radius:.4rem;box-shadow:0 1px 4px #0005;max-width:min(20rem,70vw);max-height:45vh;overflow:auto;
font:14px/1.4 system-ui,sans-serif}
.legend summary{font-weight:600;min-height:44px;line-height:44px;cursor:pointer}
.legend i{display:inline-block;width:.8em;height:.8em;border-radius:50%;margin-right:.4em}
.legend b{display:block;margin-top:.4rem}.legend p{margin:.3rem 0}
.legend i.box{border-radius:0;width:1.2em}.soft{color:#51606e}
@media(prefers-color-scheme:dark){.folium-map{background:#0d1216}.legend,.leaflet-control-layers-expanded,.leaflet-tooltip{
background:#1c252c;color:#e8edf1;border-color:#3a4650}.leaflet-tooltip:before{display:none}.soft{color:#a9b6c1}
.leaflet-bar a,.leaflet-bar a:hover{background:#1c252c;color:#e8edf1;border-color:#3a4650}
.leaflet-control-layers:not(.leaflet-control-layers-expanded){background:#d5dce2}
.leaflet-container .leaflet-control-scale-line,.leaflet-container .leaflet-control-attribution{background:#1c252ccc;
color:#e8edf1;text-shadow:none;border-color:#a9b6c1}.leaflet-control-attribution a{color:#7cc4ee}}
"""
LAND, LAND_MARK = (
    '<script>const LAND=matchMedia("(prefers-color-scheme:dark)").matches?"#222c34":"#ffffff"</script>',
    ("#fffffe"),
)
"""Land follows the page's colours; `LAND_MARK` stands for it until the page is written."""

BORDERS = "Visits by a neighbour"
"""Name of the layer of visits that are made for another rep."""


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


def order_of_layers(page: str, below: list[str]) -> str:
    """Script that keeps wide layers below the others, whatever is switched on when; `below`: the lowest first."""
    names = ",".join(below)
    return f"{page}.on('overlayadd',()=>[{names}].reverse().forEach(l=>{page}.hasLayer(l)&&l.bringToBack()));"


def legend(plan: Plan, colours: Mapping[str, str], prices: HourPrices, *, borders: bool) -> str:
    """Reps by colour, classes of prices, how visits by a neighbour look if there are any, and where else to look."""
    days = plan.tables["rep_days"].groupby("rep_id")[["visits", "travel_km"]].sum()
    lines = "".join(
        f'<div><i style="background:{colour}"></i>{escape(rep)}: {days["visits"].get(rep, 0):.0f} visits, '
        f"{days['travel_km'].get(rep, 0.0):.0f} km</div>"
        for rep, colour in colours.items()
    )
    routed = plan.tables["stops"]["day"]
    first = f": {routed.min():%A}" if len(routed) else ""
    credit = plan.scenario.data.areas.credit if plan.scenario.data.areas else None
    source = f'<p class="soft">Areas: {escape(credit)}</p>' if credit else ""
    classes = "".join(
        f'<div><i class="box" style="background:{colour}"></i>{words} {escape(plan.scenario.money.currency)}</div>'
        for colour, words in prices.legend()
    )
    worth = (
        "<b>One more hour</b><p>What an hour more of a rep's day would bring; layers “One more hour”. "
        f"A day off has no colour.</p>{classes}"
    )
    lent = (
        f"<b>{BORDERS}</b><p>The ring has the colour of who comes, the dot inside that of the customer's own rep; "
        f"layer “{BORDERS}”. Own visits are white inside.</p>"
    )
    return (
        f'<details class="legend"><summary>{escape(plan.scenario.name)}{first}</summary>'
        "<p>Other days, territories, the price of an hour and missed visits: layers at the top right.</p>"
        f"{worth if prices.by_day else ''}{lent if borders else ''}<b>Reps</b>{lines}{source}</details>"
    )
