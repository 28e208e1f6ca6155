"""What the smaller commands of plan.py print: a scenario explained, the layers filled, a company made."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from outputs.console import aligned, frame_text, json_text, records
from scenarios.errors import UsageError
from scenarios.explain import explain, show_value
from scenarios.loader import load_scenario
from scenarios.suggestions import closest


def explain_text(file: Path, prefix: str, settings: Sequence[str], *, as_json: bool) -> str:
    """Every value of a scenario below the dotted key `prefix`, and where it was written.

    Raises:
        UsageError: there is no such key.
    """
    loaded = load_scenario(file, settings)
    rows = explain(loaded, prefix)
    if not rows:
        keys = {row.key for row in explain(loaded)}
        blocks = keys | {key.rsplit(".", 1)[0] for key in keys} | {key.split(".")[0] for key in keys}
        near = closest(prefix, sorted(blocks))
        raise UsageError(f"No key `{prefix}` in this scenario" + (f"; did you mean `{near}`?" if near else "."))
    if as_json:
        return json_text([dataclasses.asdict(row) for row in rows])
    return aligned([(row.key, show_value(row.value), row.origin) for row in rows], widest=60)


def load_text(file: Path, settings: Sequence[str], *, store: Path, clock: Callable[[], datetime], as_json: bool) -> str:
    """Fill the layers in `store`; rows by table, and why rows were set aside."""
    from inputs.load import load_tables  # heavy, and only this command needs it

    quality = load_tables(load_scenario(file, settings).scenario, store=store, loaded_at=clock()).quality
    rejects = quality.rejects
    reasons = (
        rejects.groupby(["table", "reason"], as_index=False).agg(rows=("row", "size")) if len(rejects) else rejects
    )
    if as_json:
        return json_text({"counts": records(quality.counts), "rejects": records(reasons), "notes": list(quality.notes)})
    aside = ["\nset aside:\n" + frame_text(reasons)] if len(reasons) else []
    return "\n".join([frame_text(quality.counts), *aside, *quality.notes])
