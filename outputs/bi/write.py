"""Writes the star schema: bi/TABLE.csv and bi/TABLE.parquet, and bi/README.md, the data dictionary."""

from pathlib import Path

from inputs.types import Tables
from outputs.bi.dictionary import dictionary, dictionary_page
from outputs.bi.star import make_star, quantile_columns
from outputs.escaping import harmless_table
from planner.types import Plan

FIGURES = "%.10g"
"""Ten digits of each number in the CSV; Parquet holds them all."""


def write_star(folder: Path, plan: Plan, tables: Tables) -> list[Path]:
    """Write every table and the dictionary; the same plan gives the same bytes. Returns the Parquet files."""
    folder.mkdir()
    written = []
    for name, frame in make_star(plan, tables).items():
        path = folder / f"{name}.parquet"
        frame.to_parquet(path, index=False)
        dates = [column.name for column in dictionary()[name] if column.type == "date"]
        texts = frame.assign(**{date: frame[date].dt.strftime("%Y-%m-%d") for date in dates})
        harmless_table(texts).to_csv(
            path.with_suffix(".csv"),
            index=False,
            date_format="%Y-%m-%dT%H:%M:%S",
            lineterminator="\n",
            float_format=FIGURES,
        )
        written.append(path)
    quantiles = quantile_columns(plan.tables["call_forecast"])
    words = f"the quantiles {quantiles[0][7:]} % and {quantiles[-1][7:]} %" if quantiles else "empty: no quantile is"
    page = dictionary_page(name=plan.scenario.name, quantiles=words)
    (folder / "README.md").write_text(page, encoding="utf-8")
    return written
