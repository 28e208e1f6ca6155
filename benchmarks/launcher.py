"""Starts one command, waits, and writes how it ended as JSON: `launcher.py FILE_DESCRIPTOR COMMAND...`.

Linux hands the peak memory of the starting process on to the one it starts (`ru_maxrss` lives through exec). A
benchmark that holds data would therefore measure itself; this process holds nothing and imports next to nothing.
"""

import json
import os
import sys
import time


def main() -> None:
    """Run the command of argv; answers status (of wait), seconds (wall clock), maxrss (the OS's unit)."""
    answer, command = int(sys.argv[1]), sys.argv[2:]
    began = time.perf_counter()
    child = os.posix_spawn(command[0], command, os.environ, file_actions=[(os.POSIX_SPAWN_CLOSE, answer)])
    _, status, used = os.wait4(child, 0)
    ended = {"status": status, "seconds": time.perf_counter() - began, "maxrss": used.ru_maxrss}
    os.write(answer, json.dumps(ended).encode())


if __name__ == "__main__":
    main()
