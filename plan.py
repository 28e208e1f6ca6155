"""The door of the house: `python plan.py --help`. The commands live in outputs/cli, one file a family."""

import io
import sys

from outputs.cli import command_line

app = command_line()


def main() -> None:
    """Run the command line; letters that the terminal lacks are replaced, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="plan.py")


if __name__ == "__main__":
    main()
