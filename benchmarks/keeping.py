"""Rows of finished cells on disk, so that a stopped benchmark goes on where it was; JSON lines, one per cell."""

import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

CODE = ("*.py", "*.sql", "*.csv", "*.yaml", "*.j2", "*.html", "*.css")
NOT_CODE = {".venv", ".git", ".muster", "runs", "companies", "tests", "docs", "build"}


class Kept:
    """The rows of one benchmark with one fingerprint below `folder`; `finish` forgets them.

    file: `<name>-<fingerprint>.jsonl`. Other fingerprints of the same name are removed: they can never be used again.
    """

    def __init__(self, folder: Path, *, name: str, fingerprint: str) -> None:
        self.file = folder / f"{name}-{fingerprint}.jsonl"
        self._cells: dict[str, list[dict[str, Any]]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob(f"{name}-*.jsonl"):
            if stale != self.file:
                stale.unlink()
        if self.file.exists():
            self._read()

    def _read(self) -> None:
        """What is there; a line cut short by a crash ends it, and is taken away so that the next one can follow."""
        whole = []
        for line in self.file.read_text(encoding="utf-8").splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                break
            self._cells[entry["cell"]] = entry["rows"]
            whole.append(line)
        self.file.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")

    def rows_of(self, cell: str) -> list[dict[str, Any]] | None:
        """The rows of a finished cell, None if it was not finished."""
        return self._cells.get(cell)

    def keep(self, cell: str, rows: Sequence[dict[str, Any]]) -> None:
        """Note a finished cell, on disk at once."""
        self._cells[cell] = list(rows)
        with self.file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"cell": cell, "rows": list(rows)}, ensure_ascii=False, allow_nan=False) + "\n")

    def finish(self) -> None:
        """All cells are done: the next run measures anew."""
        self.file.unlink(missing_ok=True)


def fingerprint(parts: Iterable[object], *, root: Path, inputs: Iterable[Path]) -> str:
    """Hash over `parts`, the project's code below `root`, Python and libraries, and the content of input files.

    An input that is a folder counts by the names and sizes of its files.
    """
    digest = hashlib.sha256(repr((sys.version, sorted(libraries().items()), *parts)).encode())
    for file in code_files(root):
        digest.update(file.relative_to(root).as_posix().encode() + hashlib.sha256(file.read_bytes()).digest())
    for path in inputs:
        if path.is_file():
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        else:
            files = sorted(each for each in path.rglob("*") if each.is_file())
            digest.update(repr([(each.relative_to(path).as_posix(), each.stat().st_size) for each in files]).encode())
    return digest.hexdigest()[:16]


def code_files(root: Path) -> list[Path]:
    """The project's own code and data files, sorted: what decides a measurement."""
    tops = [path for path in root.iterdir() if path.is_dir() and path.name not in NOT_CODE and path.name[0] != "."]
    found = [file for top in tops for pattern in CODE for file in top.rglob(pattern)]
    return sorted([*found, *root.glob("*.py")])


def libraries() -> dict[str, str]:
    """Version by name of each installed distribution."""
    return {str(each.metadata["Name"]).lower(): each.version for each in distributions()}
