"""Pages from templates: data is always escaped, nothing is loaded from a network."""

import re
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

TEMPLATES = Path(__file__).parent / "templates"


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=select_autoescape(default_for_string=True, default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def render(template: str, **values: Any) -> str:
    """The page, with the shared style as `css`."""
    css = Markup((TEMPLATES / "base.css").read_text(encoding="utf-8"))  # our own file
    return _environment().get_template(template).render(css=css, **values)


def file_name(text: str) -> str:
    """A name that every file system takes: letters, digits, `-` and `_`; other characters by their code."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda match: f"~{ord(match[0]):x}", text)
