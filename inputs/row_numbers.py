"""Where a row of a table stands in its source: for messages that send somebody there."""

from scenarios.errors import MusterError
from scenarios.schema import Scenario

ID_COLUMNS = {
    "customers": "customer_id",
    "reps": "rep_id",
    "agents": "agent_id",
    "appointments": "rep_id",
    "absences": "person_id",
}
"""The column by which a table's rows are named."""


def source_rows(scenario: Scenario, table: str, row_id: str) -> tuple[str, tuple[int, ...]]:
    """(name of the file or database table, 1-based data rows of the id); no rows where they cannot be told.

    Args:
        table: of `data:`; row_id: "" for the table as a whole.
    """
    from inputs.contracts.contract import contracts
    from inputs.gates.table import ROW, gate_table
    from inputs.sources.open import open_source
    from inputs.sources.raw import Unreadable

    source = scenario.data.sources().get(table)
    if source is None:
        return "", ()
    label = source.path.name if source.path else f"database table {source.table or 'query'}"
    if not row_id or table not in ID_COLUMNS:
        return label, ()
    contract = contracts()[table]
    zone = (scenario.reps if contract.timezone == "reps" else scenario.staffing).timezone
    try:
        raw = open_source(source).read()
        gated = gate_table(
            contract, raw, label=label, columns=source.columns, as_of=scenario.as_of, timezone=zone
        )  # fmt: skip
    except (Unreadable, MusterError):
        return label, ()
    mine = gated.frame[ID_COLUMNS[table]] == row_id
    return label, tuple(sorted(int(row) for row in gated.frame.loc[mine, ROW]))
