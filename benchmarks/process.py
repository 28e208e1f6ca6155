"""One command of Muster as a user runs it: a process of its own, with its time, its memory and how it ended."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TIMED_OUT = -9


@dataclass(frozen=True)
class Finished:
    """How a command ended. seconds: wall clock from start to end. peak_mb: resident memory of its largest process.

    exit_code: negative if a signal ended it, -9 also when it ran into the limit.
    """

    exit_code: int
    seconds: float
    peak_mb: float
    stdout: str
    stderr: str

    def last_words(self) -> str:
        """The last line on stderr, for the note of a failed command; folders of this machine are taken out."""
        lines = [line for line in self.stderr.splitlines() if line.strip()]
        text = lines[-1] if lines else ""
        for folder in (ROOT, Path(tempfile.gettempdir()), Path.home()):
            text = text.replace(f"{folder}/", "")
        return text[:200]


def run_plan(arguments: Sequence[str | Path], *, folder: Path, limit_seconds: float = 1800) -> Finished:
    """Run `python plan.py ARGUMENTS` in `folder` and wait; killed after `limit_seconds`."""
    command = [sys.executable, str(ROOT / "plan.py"), *map(str, arguments)]
    reading, writing = os.pipe()
    launcher = [sys.executable, "-I", "-S", str(ROOT / "benchmarks" / "launcher.py"), str(writing), *command]
    with os.fdopen(reading, "rb") as answer, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        began = time.perf_counter()
        process = subprocess.Popen(
            launcher, cwd=folder, stdout=out, stderr=err, stdin=subprocess.DEVNULL, pass_fds=(writing,), process_group=0
        )
        os.close(writing)
        brake = threading.Timer(limit_seconds, _kill, [process])
        brake.start()
        try:
            ended = answer.read()
            process.wait()
        except BaseException:
            _kill(process)
            process.wait()
            raise
        finally:
            brake.cancel()
        texts = []
        for stream in (out, err):
            stream.seek(0)
            texts.append(stream.read().decode("utf-8", errors="replace"))
    if not ended:
        return Finished(TIMED_OUT, time.perf_counter() - began, 0.0, texts[0], texts[1])
    used = json.loads(ended)
    kilobytes = used["maxrss"] / (1024 if sys.platform == "darwin" else 1)
    return Finished(os.waitstatus_to_exitcode(used["status"]), used["seconds"], kilobytes / 1024, texts[0], texts[1])


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The launcher and all it started: they share a process group of their own."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
