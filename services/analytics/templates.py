"""The templates of the pages that analytics makes."""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, Template, select_autoescape

PAGES = Path(__file__).parent / "pages"


def template(name: str) -> Template:
    """Return a page's template, which escapes what is put into it."""
    environment = Environment(
        loader=FileSystemLoader(PAGES),
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
