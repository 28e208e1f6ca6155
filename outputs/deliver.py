"""Which outputs a scenario asks for, and who writes them."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inputs.types import Tables
from planner.types import Plan

if TYPE_CHECKING:
    from outputs.changes import Changes


def write_outputs(
    folder: Path,
    plan: Plan,
    tables: Tables,
    manifest: Mapping[str, Any],
    *,
    changes: "Changes | None" = None,
    star: bool = False,
    pdf: bool = False,
) -> tuple[str, ...]:
    """Write what `outputs:` names into the run's folder.

    Args:
        changes: since the week before, for the report. star: write the star schema too. pdf: print the report too.

    Returns:
        What could not be written, in sentences; the rest is there.
    """
    wanted = plan.scenario.outputs
    if plan.decisions.replanning is not None:
        from outputs.replan_page import write_replan

        write_replan(folder / "replan.html", plan, tables, changes.figures if changes else None)
    if star:
        from outputs.bi import write_star

        write_star(folder / "bi", plan, tables)
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

        return write_report(folder / "report.html", plan, tables, manifest, changes=changes, star=star, pdf=pdf)
    return ()
