"""Commands on companies: `new` makes a synthetic one."""

from pathlib import Path
from typing import Annotated

import typer

from outputs.cli.command import Command
from outputs.cli.door import out, say
from scenarios.errors import UsageError


def new(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the company, and its folder's.")],
    customers: Annotated[int, typer.Option(min=1, help="Customers.")] = 3200,
    reps: Annotated[int, typer.Option(min=1, help="Field reps.")] = 20,
    agents: Annotated[int, typer.Option(min=1, help="Agents of the contact centre.")] = 60,
    seed: Annotated[int, typer.Option(min=0, help="Seed: the same one makes the same company.")] = 7,
    folder: Annotated[Path, typer.Option(metavar="DIR", help="Where its folder is made.")] = Path("companies"),
) -> None:
    """Make a synthetic company with a week to plan and the truth behind it."""
    if not name.strip() or name != Path(name).name or name in (".", ".."):
        raise UsageError(f"{name!r} is no name for a folder; give a plain name, and where it goes by --folder.")
    from inputs.synthetic import make_company, write_company

    company = make_company(name, customers=customers, reps=reps, agents=agents, seed=seed)
    week = write_company(company, folder / name)
    out(str(week))
    say(f"Plan it: python plan.py run {week}")


COMMANDS = (Command("new", new),)
