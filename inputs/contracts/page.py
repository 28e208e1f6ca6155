"""The page docs/tables.md, made from the contract so that it cannot differ from what is checked."""

from inputs.contracts.contract import Column, Contract, contracts

_HEAD = """# Tables
What Muster can be told, table by table. This page is made from `inputs/contracts/*.csv`, from which the checks are
made too; `python -c "from inputs.contracts.page import tables_page; print(tables_page(), end='')" > docs/tables.md`
makes it anew.

A table is a CSV file (also .gz; the separator, the decimal mark and the encoding are told from the file), a sheet of
an Excel workbook, a Parquet file, a Delta folder, a table or query of a database, or, for `areas`, a GeoJSON file.
Lists inside a cell are separated by `|`; in a column without any `|`, by `;` or else by `,`. Empty means none or
unknown. Times are local, `HH:MM` up to `24:00`; instants are ISO 8601 (`1999-12-17T08:30:00`; with an offset they are
moved to the local time zone); days are `1999-12-17`. Other notations of days are read only if the whole column leaves
no doubt which number is the day.
Columns beyond the contract are kept; `feature_*` columns feed the models as they are.

A value that cannot be read, or lies outside its limits, sets its row aside if the column is required; otherwise the
cell counts as unknown and the row stays. Both are counted and reported. Row 1 is the first below the header, so row n
is line n + 1 of a spreadsheet. **Bold**: required.

Numbers may carry their sign (`40 %`, `1.234,50 €`). Words are Muster's own: `field` is the reps' channel, stages `won`
and `lost` end a deal, calls are `answered` or `abandoned`, weekdays `mon` to `sun`. Other words are translated by
`values:` of the table, for example `stage_events: {path: deals.csv, values: {stage: {Gewonnen: won, Verloren: lost}}}`.
"""


def _limits(column: Column) -> str:
    parts = []
    if column.minimum is not None or column.maximum is not None:
        low = "" if column.minimum is None else f"{column.minimum:g}"
        high = "" if column.maximum is None else f"{column.maximum:g}"
        parts.append(f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}")
    if column.allowed:
        parts.append(", ".join(column.allowed))
    if column.past:
        parts.append("not after `as_of`")
    if column.refers_to:
        parts.append("in " + " or ".join(f"{table}.{name}" for table, name in column.refers_to))
    return "; ".join(parts)


def _table(contract: Contract) -> str:
    lines = [f"\n## {contract.name}", f"One row: {contract.row}."]
    if contract.key:
        lines[-1] += " Key: " + ", ".join(f"`{name}`" for name in contract.key) + "."
    if contract.any_of:
        groups = (" and ".join(f"`{name}`" for name in group) for group in contract.any_of)
        lines[-1] += " Needed: " + " or ".join(groups) + "."
    lines += ["", "| column | type | unit | limits | default | meaning |", "|---|---|---|---|---|---|"]
    for column in contract.columns.values():
        name = f"**{column.name}**" if column.required else column.name
        default = column.default.replace("|", "\\|")
        meaning = column.description.replace("|", "\\|")
        lines.append(f"| {name} | {column.kind} | {column.unit} | {_limits(column)} | {default} | {meaning} |")
    return "\n".join(lines) + "\n"


def tables_page() -> str:
    """The whole page as Markdown."""
    return _HEAD + "".join(_table(contract) for contract in contracts().values())
