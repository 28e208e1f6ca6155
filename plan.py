"""The door of the house: `python plan.py --help`. The commands live in outputs/cli, one file a family."""

import io
import os
import sys

from outputs.cli import command_line

app = command_line()


def main() -> None:
    """Run the command line; letters that the terminal lacks are replaced, never an error.

    Libraries compute in one thread, unless OMP_NUM_THREADS says otherwise: their sums are small, so more threads wait
    for each other longer than they work, and how many there are would decide a sum's last digits, and so the plan.
    """
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    app(prog_name="plan.py")


if __name__ == "__main__":
    main()
