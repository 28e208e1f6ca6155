"""The data dictionary of the star schema: columns.csv, read once, and the page that is made from it."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pandas as pd

from inputs.rows import rows

TABLE_WORDS = {
    "dim_date": "One row: a day.",
    "dim_customer": "One row: a customer.",
    "dim_customer_behavior": "One row: a caller of the call log, and how he calls.",
    "dim_rep": "One row: a rep of the team.",
    "dim_agent": "One row: an agent of the roster.",
    "dim_channel": "One row: a way to reach customers.",
    "dim_queue": "One row: a queue of the contact centre.",
    "fact_next_best_action": "One row: what one contact by one channel would bring, done or not.",
    "fact_contact": "One row: a planned contact, or a customer without any.",
    "fact_stop": "One row: an event of a rep's day.",
    "fact_rep_day": "One row: a rep and a day of the horizon.",
    "fact_routing_way": "One row: a plan of the routes, before and after border visits and even weeks.",
    "fact_not_visited": "One row: a visit that fits no route.",
    "fact_call_forecast": "One row: a queue and an interval of the forecast, longer than the rostered days.",
    "frcast_operative_calls": "One row: a queue and a day of the forecast; quantiles are those of the day, read from "
    "joint sample paths, and do not add up over days.",
    "fact_requirement": "One row: a queue and an open interval of the rostered days.",
    "fact_roster": "One row: a shift.",
    "fact_deal": "One row: an open deal.",
    "fact_figure": "One row: a key figure.",
}


@dataclass(frozen=True)
class Column:
    """A column: type is text, integer, number, flag, date or instant; references is `table.column` or empty."""

    name: str
    type: str
    unit: str
    key: bool
    references: str
    description: str


@cache
def dictionary() -> dict[str, tuple[Column, ...]]:
    """Columns of each table in their order."""
    lines = pd.read_csv(Path(__file__).parent / "columns.csv", dtype="str", keep_default_na=False)
    tables: dict[str, list[Column]] = {name: [] for name in TABLE_WORDS}
    for row in rows(lines):
        key = row.key == "1"
        tables[row.table].append(Column(row.column, row.type, row.unit, key, row.references, row.description))
    return {name: tuple(columns) for name, columns in tables.items()}


def dictionary_page(*, name: str, quantiles: str) -> str:
    """README.md of the folder: every table and column with type, unit and what it refers to.

    Args:
        name: of the scenario. quantiles: which ones calls_low and calls_high are, in words.
    """
    lines = [
        "# Star schema of the week",
        "",
        f"Made from the plan of the scenario `{_cell(name)}`. Each table is there as Parquet (exact) and as CSV "
        "(UTF-8, comma, decimal point, empty for unknown). Facts refer to dimensions by natural keys; every reference "
        "that is not empty is found in its dimension. Texts that a spreadsheet would run are led by an apostrophe in "
        "the CSV.",
        "",
        f"`calls_low` and `calls_high` are {quantiles} of the forecast. Bands of `fact_figure` are the 10th and the "
        "90th percentile; what they cover is written in the report.",
    ]
    for table, columns in dictionary().items():
        lines += ["", f"## {table}", TABLE_WORDS[table], "", "| column | type | unit | refers to | meaning |"]
        lines += ["|---|---|---|---|---|"]
        for column in columns:
            named = f"**{column.name}**" if column.key else column.name
            lines.append(f"| {named} | {column.type} | {column.unit} | {column.references} | {column.description} |")
    return "\n".join([*lines, "", "**Bold**: the key of a row.", ""])


def _cell(text: str) -> str:
    return "".join(" " if character in "`|\r\n<>" else character for character in text)
