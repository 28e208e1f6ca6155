"""The report as PDF: printed where a browser is, a note where there is none, it hangs, fails, or writes nothing."""

import shutil
import time
from pathlib import Path
from typing import Any

import pytest

from outputs import pdf
from outputs.pdf import find_browser, print_pdf


def stand_in(folder: Path, script: str) -> str:
    """A program that is called in place of a browser."""
    path = folder / "browser"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return str(path)


@pytest.mark.parametrize(
    ("script", "problem"),
    [
        ("exit 3", "the browser ended with code 3"),
        ("exit 0", "the browser wrote none"),
        ('for a; do case $a in --print-to-pdf=*) echo text > "${a#*=}";; esac; done', "the browser wrote none"),
    ],
)
def test_what_goes_wrong_is_said(tmp_path: Path, script: str, problem: str) -> None:
    """No error, no file, a sentence."""
    browser = stand_in(tmp_path, script)
    told = print_pdf(tmp_path / "page.html", tmp_path / "report.pdf", browser=browser)
    assert told == f"report.pdf was not written: {problem}"
    assert not (tmp_path / "report.pdf").exists()


def test_a_browser_that_hangs_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    """After the time is up neither it nor its child goes on."""
    mark = tmp_path / "alive"
    browser = stand_in(tmp_path, f"(sleep 1; touch {mark}) & sleep 30")
    told = print_pdf(tmp_path / "page.html", tmp_path / "report.pdf", browser=browser, seconds=0.3)
    assert told == "report.pdf was not written: the browser took more than 0.3 s"
    time.sleep(1.2)
    assert not mark.exists()


def test_a_page_named_from_the_folder_one_is_in_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The browser is given the whole address, wherever the scenario was started from."""
    browser = stand_in(tmp_path, f'for a; do last=$a; done; printf %s "$last" > {tmp_path}/address; exit 3')
    monkeypatch.chdir(tmp_path)
    print_pdf(Path("runs/a week/report.html"), Path("runs/a week/report.pdf"), browser=browser)
    assert (tmp_path / "address").read_text() == f"file://{tmp_path}/runs/a%20week/report.html"


def test_no_browser_is_no_error(tmp_path: Path) -> None:
    """None is found, or what was found does not start."""
    told = print_pdf(tmp_path / "page.html", tmp_path / "report.pdf", browser=None)
    assert told == "report.pdf was not written: no Chromium is installed"
    told = print_pdf(tmp_path / "page.html", tmp_path / "report.pdf", browser=str(tmp_path / "absent"))
    assert told == "report.pdf was not written: the browser does not start (No such file or directory)"


def test_the_report_says_what_hinders_its_pdf(held: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page is there, has the note and no link to a PDF."""
    from outputs.report import write_report

    monkeypatch.setattr(pdf.shutil, "which", lambda _: None)
    manifest = {"outcomes": [], "notes": [], "stages": [], "muster": "0", "seed": 1, "created_at": "now"}
    told = write_report(tmp_path / "report.html", held.plan, held.tables, manifest, pdf=True)
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert told == ("report.pdf was not written: no Chromium is installed",)
    assert told[0] in page
    assert 'href="report.pdf"' not in page


@pytest.mark.browser
@pytest.mark.skipif(find_browser() is None, reason="Chromium is not installed")
def test_the_report_is_printed(held: Any, tmp_path: Path) -> None:
    """A PDF of some pages beside the page that links it."""
    from outputs.report import write_report

    manifest = {"outcomes": [], "notes": [], "stages": [], "muster": "0", "seed": 1, "created_at": "now"}
    assert write_report(tmp_path / "report.html", held.plan, held.tables, manifest, pdf=True) == ()
    content = (tmp_path / "report.pdf").read_bytes()
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Type /Page\n") >= 2 or shutil.which("pdfinfo") is None
    assert 'href="report.pdf"' in (tmp_path / "report.html").read_text(encoding="utf-8")
