"""What the documentation shows runs as it stands, and links lead somewhere."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]


def code_blocks() -> list[str]:
    """The Python blocks of docs/python.md in order."""
    return re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "python.md").read_text(encoding="utf-8"), re.DOTALL)


def test_the_python_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    """Each block runs after the one before it; the plan is sound and the what-if keeps the forecasts."""
    monkeypatch.chdir(tmp_path)
    names: dict[str, object] = {}
    for block in code_blocks():
        exec(compile(block, "docs/python.md", "exec"), names)
    said = capsys.readouterr().out
    assert said.startswith("2026-W11 0 0\n")
    assert re.search(r"closure\s+cache", said)
    assert re.search(r"routes 1\s+computed", said)
    assert said.rstrip().endswith("True ()")


def test_the_notebook_holds_the_same_code() -> None:
    """docs/example.ipynb is docs/python.md as a notebook."""
    notebook = json.loads((ROOT / "docs" / "example.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    assert cells == [block.rstrip("\n") for block in code_blocks()]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    """Every relative link of a page names a file."""
    links = re.findall(r"\]\(([^)#]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    relative = [link for link in links if "://" not in link]
    assert [link for link in relative if not (page.parent / link).exists()] == []
