"""No page of a run loads anything from a network, and a browser opens them without an error."""

import re
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

LOADING = {"src", "srcset", "data", "poster", "action", "background", "manifest", "ping"}
"""Attributes that make a browser fetch; `href` of a link element does too, that of an anchor only when it is tapped."""

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


class Loads(HTMLParser):
    """Collects every address that a page would fetch by itself, in elements, styles and scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag
        for name, value in attrs:
            fetched = name in LOADING or (name == "href" and tag in {"link", "use", "image", "base"})
            if fetched and value and not value.startswith(("data:", "#")):
                self.found.append(f"<{tag} {name}={value[:80]}>")
            if name == "style":
                self._addresses(value or "")

    def handle_data(self, data: str) -> None:
        if self.inside == "style":
            self._addresses(data)
        if self.inside == "script":
            self.found += re.findall(r"\b(?:fetch|importScripts|XMLHttpRequest|WebSocket)\s*\(", data)

    def _addresses(self, style: str) -> None:
        self.found += [a for a in re.findall(r"url\(\s*['\"]?([^)'\"]+)", style) if not a.startswith(("data:", "#"))]
        self.found += re.findall(r"@import[^;]+", style)


def loads(page: str) -> list[str]:
    parser = Loads()
    parser.feed(page)
    return parser.found


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.example/leaflet.js"></script>',
        '<link rel="stylesheet" href="style.css">',
        '<img src="//tiles.example/1.png">',
        "<style>p{background:url(images/layers.png)}</style>",
        "<style>@import 'x.css';</style>",
        '<p style="background:url(http://x.example/a.png)">',
        "<script>fetch('https://x.example')</script>",
    ],
)
def test_the_parser_sees_what_a_browser_would_load(page: str) -> None:
    """Each way of loading is found."""
    assert len(loads(page)) == 1


def test_no_page_loads_anything(small_run: Any) -> None:
    """Every HTML file of a run stands alone."""
    pages = sorted(small_run.folder.rglob("*.html"))
    assert {"report.html", "map.html", "index.html"} <= {page.name for page in pages}
    assert {page.name: loads(page.read_text(encoding="utf-8")) for page in pages} == {page.name: [] for page in pages}


def open_in_browser(page: Path, profile: Path, *arguments: str) -> tuple[str, list[str]]:
    """The page's DOM and the browser's console messages, with every host unknown and every port closed."""
    assert CHROMIUM
    done = subprocess.run(
        [
            CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--disable-dev-shm-usage", f"--user-data-dir={profile}", "--host-resolver-rules=MAP * ~NOTFOUND",
            "--proxy-server=127.0.0.1:9", "--enable-logging=stderr", "--v=0", "--virtual-time-budget=4000",
            *arguments, "--dump-dom", page.as_uri(),
        ],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_the_map_opens_with_the_network_off(small_run: Any, tmp_path: Path) -> None:
    """Leaflet starts, the layers can be chosen, nothing is complained of."""
    dom, console = open_in_browser(small_run.folder / "map.html", tmp_path, "--window-size=390,844")
    assert console == []
    assert "leaflet-control-layers" in dom
    assert "Routes Monday" in dom
    assert re.search(r"<canvas[^>]*leaflet", dom)


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_a_route_sheet_opens_with_the_network_off(small_run: Any, tmp_path: Path) -> None:
    """A route sheet shows its stops and holds no script."""
    sheet = next(path for path in sorted((small_run.folder / "routes").glob("*-*.html")))
    dom, console = open_in_browser(sheet, tmp_path, "--window-size=390,844")
    assert console == []
    assert "<script" not in dom
    assert dom.count('class="nr"') >= 1
