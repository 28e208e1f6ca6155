"""Which outputs a scenario asks for, and who writes them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from inputs.types import Tables
from planner.types import Plan


def write_outputs(folder: Path, plan: Plan, tables: Tables, manifest: Mapping[str, Any]) -> None:
    """Write what `outputs:` names into the run's folder."""
    wanted = plan.scenario.outputs
    if "route_sheets" in wanted:
        from outputs.route_sheets import write_route_sheets

        write_route_sheets(folder, plan, tables)
    if "map" in wanted:
        from outputs.map import write_map

        write_map(folder / "map.html", plan, tables)
    if "workbook" in wanted:
        from outputs.workbook import write_workbook

        write_workbook(folder / "plan.xlsx", plan, tables)
    if "calendar" in wanted:
        from outputs.calendars import write_calendars
        from outputs.gpx import write_gpx

        write_calendars(folder / "calendars", plan, tables)
        write_gpx(folder / "gpx", plan, tables)
    if "scripts" in wanted:
        from outputs.scripts import write_scripts

        write_scripts(folder / "scripts", plan, tables)
    if "report" in wanted:
        from outputs.report import write_report

        write_report(folder / "report.html", plan, tables, manifest)
