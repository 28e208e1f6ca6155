"""`replan`: a plan in hand meets new facts in the middle of its week."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from outputs.cli.command import Command
from outputs.cli.door import AsJson, Quiet, RunName, Runs, Settings, Store, say
from outputs.cli.runs import run_folder, show_run
from scenarios.errors import UsageError

if TYPE_CHECKING:
    from scenarios.schema import Scenario

WRITTEN = "outputs=[route_sheets, map, calendar]"
"""What reps and planner need at once; `--set outputs=[...]` asks for more."""
DAY = "YYYY-MM-DD or mon to sun"


def replan(
    run_name: RunName,
    frozen_until: Annotated[
        str | None,
        typer.Option("--from", metavar="DAY", help=f"First day that may change ({DAY}); the first unless given."),
    ] = None,
    away: Annotated[
        list[str], typer.Option("--away", metavar="REP[:DAY]", help="A rep does not come, on a day or for the rest.")
    ] = [],  # noqa: B006
    urgent: Annotated[
        list[str], typer.Option("--urgent", metavar="CUSTOMER[:DAY]", help="Must be visited, by a day if given.")
    ] = [],  # noqa: B006
    cancel: Annotated[
        list[str], typer.Option("--cancel", metavar="CUSTOMER", help="Is not to be visited on open days.")
    ] = [],  # noqa: B006
    max_changed_visits_pct: Annotated[
        float | None,
        typer.Option("--max-changed", metavar="PCT", help="Changes beyond the forced ones, percent; hard."),
    ] = None,
    settings: Settings = [],  # noqa: B006
    runs: Runs = Path("runs"),
    store: Store = Path(".muster"),
    quiet: Quiet = False,
    as_json: AsJson = False,
) -> int:
    """Plan a week's routes again with few changes: a rep is ill, a visit is urgent or cancelled."""
    from outputs.process import stoppable

    with stoppable(say, "the run ends soon, with the best plan found by then") as stop:
        folder = run_folder(run_name, runs)
        from scenarios.loader import load_scenario

        file = folder / "scenario.yaml"
        if not file.is_file():
            raise UsageError(f"{folder} holds no scenario.yaml; name the folder of a finished run.")
        scenario = load_scenario(file).scenario
        asked = replan_settings(
            scenario, folder, frozen_until=frozen_until, away=away, urgent=urgent, cancel=cancel,
            max_changed_visits_pct=max_changed_visits_pct,
        )  # fmt: skip
        import outputs
        from outputs.progress import Steps

        with Steps(quiet=quiet) as steps:
            made = outputs.run_scenario(
                file, overrides=[WRITTEN, *asked, *settings], runs=runs, store=store, progress=steps,
                clock=datetime.now, stop=stop, star=False,
            )  # fmt: skip
    show_run(made, as_json=as_json)
    return made.exit_code


def replan_settings(
    scenario: "Scenario",
    folder: Path,
    *,
    frozen_until: str | None,
    away: Iterable[str],
    urgent: Iterable[str],
    cancel: Iterable[str],
    max_changed_visits_pct: float | None,
) -> list[str]:
    """Settings for the block `replan`, in YAML; facts that the run in hand was planned with already stay.

    Raises:
        UsageError: a day that is none of the horizon.
    """
    import json

    days = [scenario.horizon.start + timedelta(days=k) for k in range(scenario.horizon.days)]
    block: dict[str, Any] = {"run": str(folder.resolve())}
    if frozen_until is not None:
        block["frozen_until"] = _day(frozen_until, days, "--from").isoformat()
    if max_changed_visits_pct is not None:
        block["max_changed_visits_pct"] = max_changed_visits_pct
    facts: dict[str, dict[str, Any]] = {"away": {}, "urgent": {}, "cancelled": {}}
    for text in away:
        rep, _, day = text.partition(":")
        opens = block.get("frozen_until", days[0].isoformat())
        first, last = (_day(day, days, "--away").isoformat(), None) if day else (opens, days[-1].isoformat())
        facts["away"][f"{rep} {first}"] = {"rep": rep, "date": first, **({"until": last} if last else {})}
    for text in urgent:
        customer, _, day = text.partition(":")
        until = {"until": _day(day, days, "--urgent").isoformat()} if day else {}
        facts["urgent"][customer] = {"customer": customer, **until}
    facts["cancelled"] = {customer: customer for customer in cancel}
    block |= {name: fact for name, fact in facts.items() if fact}
    return [f"replan={json.dumps(block, ensure_ascii=False)}"]


def _day(text: str, days: list[date], option: str) -> date:
    """The day of the horizon that a date or a weekday names."""
    from scenarios.schema import WEEKDAYS

    fits = [day for day in days if text in (day.isoformat(), WEEKDAYS[day.weekday()])]
    if len(fits) != 1:
        why = "more than one day of the plan" if fits else "no day of the plan"
        raise UsageError(f"{option}: {text!r} is {why}, {days[0]} to {days[-1]}; write {DAY}.")
    return fits[0]


COMMANDS = (Command("replan", replan),)
