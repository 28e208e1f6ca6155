"""What the smaller commands of plan.py print: a scenario explained, the layers filled, a company made."""

import dataclasses
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from inputs.types import Quality
from outputs.console import aligned, findings_text, frame_text, json_text, records
from planner.clashes import Clash, clash_text
from planner.clashes.told import Where, by_name
from scenarios.errors import UsageError
from scenarios.explain import explain, show_value
from scenarios.loader import Loaded, load_scenario
from scenarios.rendering import shown_path
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


def findings_answer(loaded: Loaded, quality: Quality, clashes: Sequence[Clash], where: Where, *, as_json: bool) -> str:
    """What the gates found, and the requirements that clash; those that leave no plan stand in the error alone."""
    hard, soft = ([clash for clash in clashes if clash.hard is kind] for kind in (True, False))
    if as_json:
        return json_text(
            {
                "valid": not hard,
                "problems": [],
                "findings": [dataclasses.asdict(finding) for finding in quality.findings],
                "counts": records(quality.counts),
                "clashes": [_clash_json(clash, where) for clash in clashes],
            }
        )
    parts = [findings_text(quality.findings)] if quality.findings else []
    parts += [f"what no plan keeps together:\n{clash_text(soft, where)}"] if soft else []
    several = ", several runs" if loaded.is_sweep else ""
    count = len(quality.findings)
    verdict = "no legal plan" if hard else f"valid{several}"
    parts.append(f"{shown_path(loaded.files[0])}: {verdict}; {count} finding{'s' * (count != 1)} in the tables")
    return "\n".join(parts)


def _clash_json(clash: Clash, where: Where) -> dict[str, Any]:
    requirements = [{"what": by_name(each), "says": each.says, "place": where(each)} for each in clash.requirements]
    plain = {"subject": clash.subject, "hard": clash.hard, "proof": clash.proof}
    return {**plain, "requirements": requirements, "relaxations": list(clash.relaxations)}
