"""The `data:` block: where each table comes from. Tables and columns: docs/tables.md."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from scenarios.schema.base import Block, Name, misfit


class Source(Block):
    """One table's source: a file (`path`) or a database (`url` with `table` or `query`)."""

    path: Path | None = None
    """CSV, CSV.gz, Excel, Parquet, GeoJSON file or Delta folder; read from the file that wrote it."""
    sheet: str | None = None
    """Sheet of an Excel workbook; the first one unless named."""
    url: str | None = None
    """SQLAlchemy address of a database, for example `sqlite:///crm.db`; no password in it."""
    table: str | None = None
    """Table of the database."""
    query: str | None = None
    """Query on the database, instead of `table`."""
    password_env: str | None = None
    """Name of the environment variable that holds the database's password."""
    columns: dict[Name, str] = Field(default_factory=dict)
    """Your column names: `customer_id: "Account No"`."""
    values: dict[Name, dict[Name, str]] = Field(default_factory=dict)
    """Your words for Muster's, by Muster's column: `consent: {Besuch: field}`, `required: {ja: "1"}`."""
    separator: str | None = None
    """Column separator of a CSV; told from the file unless given."""
    decimal: str | None = None
    """Decimal mark of a CSV, `.` or `,`; told from the file unless given."""
    encoding: str | None = None
    """Character encoding of a CSV; told from the file unless given."""
    key: str | None = None
    """Property of a GeoJSON that equals `customers.area`; for `areas` only."""
    credit: str | None = None
    """Whom to credit on maps, as the licence of `areas` asks."""
    name: str | None = None
    """Property of a GeoJSON to show on maps; for `areas` only."""

    @model_validator(mode="after")
    def _one_place(self) -> "Source":
        if (self.path is None) == (self.url is None):
            raise misfit("path" if self.url is None else "url", "give either a path (file) or a url (database)")
        if self.url is not None and (self.table is None) == (self.query is None):
            raise misfit("url", "a url needs either a table or a query")
        return self


def _from_path(value: Any) -> Any:
    return {"path": value} if isinstance(value, (str, Path)) else value


AnySource = Annotated[Source, BeforeValidator(_from_path)]


class Data(Block):
    """The tables of a scenario; only `customers` is always needed, a stage without its table is left out."""

    customers: AnySource
    """Who may be contacted: place, windows, consent, features."""
    customer_history: AnySource | None = None
    """Past customers with their outcome `churned`, to learn churn from."""
    transactions: AnySource | None = None
    """Purchases, for value and potential."""
    opportunities: AnySource | None = None
    """Deals, open and decided."""
    stage_events: AnySource | None = None
    """When each deal entered which stage."""
    leads: AnySource | None = None
    """Leads to score."""
    lead_history: AnySource | None = None
    """Past leads with their outcome `converted`."""
    interactions: AnySource | None = None
    """Contact history, from which response is learned."""
    cases: AnySource | None = None
    """Support cases: friction."""
    appointments: AnySource | None = None
    """Fixed appointments of reps, planned around."""
    calls: AnySource | None = None
    """Call-by-call log."""
    call_counts: AnySource | None = None
    """Calls offered by interval, where a switch gives only reports."""
    reps: AnySource | None = None
    """Field reps: home, shift, days, skills."""
    agents: AnySource | None = None
    """Agents: queues, contract, availability, cost."""
    absences: AnySource | None = None
    """Days on which a rep or an agent is away."""
    shift_requests: AnySource | None = None
    """Agents' wishes: off, early, late."""
    current_territories: AnySource | None = None
    """Who owns whom today."""
    areas: AnySource | None = None
    """Polygons: base map and neighbourhoods of territories."""
    exogenous: AnySource | None = None
    """Known drivers by day: campaigns, weather forecasts."""
    travel_times: AnySource | None = None
    """Travel matrix, for `reps.travel.engine: matrix`."""
    actuals: AnySource | None = None
    """What happened in past weeks."""

    def sources(self) -> dict[str, Source]:
        """The named sources that are given, by table name."""
        return {name: source for name in type(self).model_fields if (source := getattr(self, name)) is not None}
