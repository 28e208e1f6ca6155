"""The map: what its layers are called and hold, small and harmless, also without areas, reps or visits."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from outputs import map as map_page
from outputs.map import write_map
from outputs.map_rows import COLOUR, Layer, compact


def drawn(held: Any, folder: Path, **tables: pd.DataFrame) -> str:
    plan = replace(held.plan, tables=held.plan.tables | tables)
    write_map(folder / "map.html", plan, held.tables)
    return (folder / "map.html").read_text(encoding="utf-8")


def layers(page: str) -> list[str]:
    """Names in the control of layers, in order."""
    return re.findall(r'^\s*"([^"]+)" : geo_json_\w+,', page, flags=re.M)


def prices(held: Any) -> pd.DataFrame:
    days = held.plan.tables["rep_days"]
    works = days[days["works"]]
    return pd.DataFrame(
        {"rep_id": works["rep_id"], "day": works["day"], "price_eur_per_hour": [float(n) for n in range(len(works))]}
    )


def test_layers_by_name_and_territories_below(held: Any, tmp_path: Path) -> None:
    """Areas, territories, an hour's price by day, customers, routes by day; wide layers are kept below."""
    page = drawn(held, tmp_path, hour_prices=prices(held))
    names = layers(page)
    assert names[:3] == ["Areas", "Territories", "One more hour, Mon 9 March"]
    assert "Customers by owner" in names
    assert "Routes Monday 9 March" in names
    kept = re.search(r"on\('overlayadd',\(\)=>\[([\w,]+)\]", page)
    assert kept is not None
    assert len(kept[1].split(",")) == sum(
        name.split(",")[0] in {"Areas", "Territories", "One more hour"} for name in names
    )


def test_a_shape_of_several_layers_is_written_once(held: Any, tmp_path: Path) -> None:
    """Territories and their prices by day: as many shapes as reps, each named, not repeated."""
    page = drawn(held, tmp_path, hour_prices=prices(held))
    shared = re.search(r"const S=(\[.*?\]),K=(\[.*?\]);", page)
    assert shared is not None
    assert len(json.loads(shared[1])) == held.plan.tables["territories"]["rep_id"].nunique()
    assert len(set(json.loads(shared[2]))) == len(json.loads(shared[2]))
    assert COLOUR not in page
    assert "one more hour brings 1.00 EUR" in page


def test_a_customer_far_from_all_does_not_shrink_the_first_view(held: Any, tmp_path: Path) -> None:
    """The view ends half a km beyond the other customers; without the far one it is the same."""

    def view(held: Any) -> list[list[float]]:
        found = re.findall(r"fitBounds\(\s*(\[\[.*?\]\])", drawn(held, tmp_path), flags=re.S)
        return json.loads(found[-1])  # type: ignore[no-any-return]

    customers = held.tables.customers
    far = customers.iloc[[0]].assign(customer_id="far", longitude=customers["longitude"].max() + 10)
    wider = replace(held, tables=replace(held.tables, customers=pd.concat([customers, far], ignore_index=True)))
    assert view(wider) == view(held)
    assert view(held)[1][1] == pytest.approx(customers["longitude"].max() + 0.005)


def test_a_customer_far_from_all_stretches_no_territory(
    held: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its owner's territory is drawn around the other customers."""
    seen: list[set[str]] = []

    def no_cells(owners: pd.DataFrame, _: Any) -> dict[str, Any]:
        seen.append({*owners["customer_id"]})
        return {}

    monkeypatch.setattr(map_page, "territory_cells", no_cells)
    customers, owners = held.tables.customers, held.plan.tables["territories"]
    far = customers.iloc[[0]].assign(customer_id="far-away", longitude=customers["longitude"].max() + 10)
    wider = replace(held, tables=replace(held.tables, customers=pd.concat([customers, far], ignore_index=True)))
    drawn(wider, tmp_path, territories=pd.concat([owners, owners.iloc[[0]].assign(customer_id="far-away")]))
    assert seen == [{*owners["customer_id"]}]


def test_a_rep_off_has_no_price(held: Any, tmp_path: Path) -> None:
    """Of the others the layer still shows all territories."""
    some = prices(held)
    gone = some["rep_id"].iloc[0]
    page = drawn(held, tmp_path, hour_prices=some[(some["rep_id"] != gone) | (some["day"] != some["day"].min())])
    assert page.count(f"{gone}: no price") == 1


def test_visits_by_a_neighbour_have_a_layer_a_colour_and_a_word(lent: Any, held: Any, tmp_path: Path) -> None:
    """The dot inside has the owner's colour, on the day's route and in a layer of its own; without any: no layer."""
    page = drawn(lent, tmp_path)
    assert layers(page).count("Visits by a neighbour") == 1
    visit, colour = lent.visit, map_page.rep_colours(lent.plan)[lent.owner]
    assert f"(for {lent.owner})" in page
    assert f": {visit.rep_id} for {lent.owner}, {visit.start_at:%A} {visit.start_at:%H:%M}" in page
    assert page.count(f'"fillColor": "{colour}"') == 2
    assert "the dot inside that of the customer" in page
    plain = drawn(held, tmp_path)
    assert "Visits by a neighbour" not in plain
    assert "(for " not in plain


def test_nothing_to_draw_is_still_a_page(held: Any, tmp_path: Path) -> None:
    """No visits, no prices, nobody left out."""
    t = held.plan.tables
    none = {
        name: t[name].iloc[:0] for name in ("stops", "unserved", "capacity_prices", "territories", "territory_reps")
    }
    page = drawn(held, tmp_path, **none)
    assert layers(page) == ["Areas"]
    assert "One more hour" not in page


def test_texts_are_escaped(hostile: Any, tmp_path: Path) -> None:
    """Names that are scripts stay texts, in tooltips and in the legend."""
    write_map(tmp_path / "map.html", hostile.plan, hostile.tables)
    page = (tmp_path / "map.html").read_text(encoding="utf-8")
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_rows_hold_what_the_features_held() -> None:
    """Steps from the corner, text, colour; many points as one flat list; the kind where it is no point."""
    layer = Layer()
    layer.add({"type": "Point", "coordinates": [2.00001, 41.0]}, text="a", colour="#111111")
    layer.add({"type": "MultiPoint", "coordinates": [[2.0, 41.0], [2.0004, 41.0002]]}, colour="#222222")
    layer.add({"type": "LineString", "coordinates": [[2.0, 41.0], [2.0, 41.00003]]}, text="</b>", colour="#111111")
    page = f"const S=[],K=[];geo_json_ab12_add({json.dumps(layer.collection())});\nstyle({json.dumps(COLOUR)})"
    assert compact(page) == (
        'const S=[],K=["#111111", "#222222"];geo_json_ab12_add(F(2.0,41.0,[[[1,0],"a",0],'
        '[[0,0,4,2],"",1,"MultiPoint"],[[[0,0],[0,3]],"&lt;/b&gt;",0,"LineString"]]));\nstyle(K[feature.properties.k])'
    )


@pytest.mark.slow
@pytest.mark.real_week
def test_pages_of_the_real_week_are_small_enough_for_a_phone(tmp_path: Path) -> None:
    """3,200 customers, 20 reps: a route sheet at most 60 kB, the map 400, the report 300."""
    from datetime import datetime

    from outputs import run_scenario

    file = Path(__file__).parents[2].parent / "shared" / "real_week" / "week.yaml"
    if not file.is_file():
        pytest.skip("../shared/real_week is not there")
    quick = ["solve.effort=quick", "solve.engines.routing=greedy"]
    made = run_scenario(
        file, overrides=quick, runs=tmp_path / "runs", store=tmp_path / "store", clock=lambda: datetime(2026, 1, 1)
    )
    sizes = {path.name: path.stat().st_size for path in made.folder.glob("*.html")}
    sheets = [path.stat().st_size for path in (made.folder / "routes").glob("R*.html")]
    assert len(sheets) >= 90  # 97 rep-days; the greedy engine leaves a few empty
    assert max(sheets) <= 60_000
    assert sizes["map.html"] <= 400_000
    assert sizes["report.html"] <= 300_000
