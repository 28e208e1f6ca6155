"""Pre-call scripts: a page and a table per channel of the contact centre, by day, the contact worth most first."""

from pathlib import Path
from typing import Any

import pandas as pd

from inputs.rows import groups, rows
from inputs.types import Tables
from outputs.dossier import Dossiers
from outputs.escaping import harmless_table
from outputs.pages import file_name, render
from outputs.script_parts import Script, write_script
from planner.types import Plan
from scenarios.schema import FIELD, Scenario

COLUMNS = ["day", "customer_id", "name", "minutes", "value_eur", *Script.__dataclass_fields__]


def agent_channels(scenario: Scenario) -> list[str]:
    """Channels that take an agent's time: not the field, and not those without minutes."""
    return [name for name, channel in scenario.channels.items() if name != FIELD and channel.contact_minutes > 0]


def write_scripts(folder: Path, plan: Plan, tables: Tables) -> list[Path]:
    """Write CHANNEL.html and CHANNEL.csv for each agent channel, with or without contacts; returns the pages."""
    folder.mkdir()
    dossiers = Dossiers(plan, tables)
    allocations = plan.tables["allocations"]
    pages = []
    for channel in agent_channels(plan.scenario):
        contacts = allocations[allocations["channel"] == channel].sort_values(
            ["day", "value_eur", "customer_id"], ascending=[True, False, True], kind="stable"
        )
        days, table = [], []
        for day, part in groups(contacts, "day"):
            entries = [_entry(row, dossiers, plan.scenario, channel) for row in rows(part)]
            days.append({"title": f"{day:%A} {day.day} {day:%B %Y}", "contacts": entries})
            table += [entry["row"] for entry in entries]
        path = folder / f"{file_name(channel)}.html"
        page = render(
            "scripts.html.j2",
            plan=plan.scenario.name,
            channel=channel.replace("_", " "),
            days=days,
            count=len(contacts),
        )
        path.write_text(page, encoding="utf-8")
        frame = harmless_table(pd.DataFrame(table, columns=COLUMNS))
        frame.to_csv(path.with_suffix(".csv"), index=False, date_format="%Y-%m-%d", lineterminator="\n")
        pages.append(path)
    return pages


def _entry(row: Any, dossiers: Dossiers, scenario: Scenario, channel: str) -> dict[str, Any]:
    """What the page shows of a contact, and its row of the table."""
    dossier = dossiers.of(row.customer_id, channel)
    script = write_script(dossier, scenario, at=row.day)
    name = dossier.customer.name if dossier.customer is not None else None
    texts = {name: " ".join(getattr(script, name)) for name in Script.__dataclass_fields__}
    return {
        "who": dossier.who,
        "worth": f"{row.value_eur:,.2f} {scenario.money.currency}, {row.minutes:.0f} min",
        "parts": script.parts(),
        "row": {
            "day": row.day,
            "customer_id": row.customer_id,
            "name": name,
            "minutes": row.minutes,
            "value_eur": round(row.value_eur, 2),
            **texts,
        },
    }
