"""A page as PDF, printed by a Chromium that is found on the machine: without network, in bounded time.

The PDF is a print of the page and no part of what is repeated byte for byte: Chromium writes the time into it.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
SECONDS = 20
"""A browser that has not printed by then is stopped."""
QUIET = (
    "--headless", "--disable-gpu", "--no-first-run", "--disable-extensions", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage", "--disable-quic",
    "--disable-crash-reporter", "--host-resolver-rules=MAP * ~NOTFOUND", "--proxy-server=127.0.0.1:9",
    "--no-pdf-header-footer",
)  # fmt: skip
"""No window, no network: every host is unknown and the proxy's port is closed."""


def find_browser() -> str | None:
    """The first of the known browsers on the path, or None."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def print_pdf(page: Path, pdf: Path, *, browser: str | None, seconds: float = SECONDS) -> str:
    """Print an HTML file; returns why there is no PDF, empty if there is one.

    Args:
        browser: program that is called; None: there is none.
        seconds: after which it is stopped.
    """
    if browser is None:
        return f"{pdf.name} was not written: no Chromium is installed"
    with tempfile.TemporaryDirectory(prefix="muster-pdf-", ignore_cleanup_errors=True) as profile:
        target = Path(profile) / "page.pdf"
        # a sandbox needs a user other than root
        root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        address = page.absolute().as_uri()  # the scenario may be named from the folder it lies in
        command = [browser, *QUIET, *root, f"--user-data-dir={profile}", f"--print-to-pdf={target}", address]
        problem = _run(command, seconds)
        if not problem and (not target.is_file() or target.read_bytes()[:5] != b"%PDF-"):
            problem = "the browser wrote none"
        if problem:
            return f"{pdf.name} was not written: {problem}"
        shutil.move(target, pdf)
    return ""


def _run(command: list[str], seconds: float) -> str:
    """Run to the end or until the time is up, with all that it started; returns what went wrong."""
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
    except OSError as error:
        return f"the browser does not start ({error.strerror or error})"
    try:
        code = process.wait(timeout=seconds)
    except subprocess.TimeoutExpired:
        return f"the browser took more than {seconds:g} s"
    finally:
        _stop(process)
    return f"the browser ended with code {code}" if code else ""


def _stop(process: "subprocess.Popen[bytes]") -> None:
    """End the browser and its helpers, if any is left."""
    if hasattr(os, "killpg"):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.poll() is None:
        process.kill()
    process.wait()
