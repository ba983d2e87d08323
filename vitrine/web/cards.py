"""Small pages of one look: a card with a title, some words and perhaps a form."""

from __future__ import annotations

from html import escape
from pathlib import Path
from string import Template
from typing import Final

PAGES: Final = Path(__file__).parent / "pages"


def card(title: str, body: str) -> str:
    """Return a page; `body` is HTML."""
    page = Template((PAGES / "card.html").read_text())
    return page.substitute(title=escape(title), body=body)


def body_of(body_name: str, /, **texts: str) -> str:
    """Return the body of this name with texts in their places."""
    escaped = {place: escape(text) for place, text in texts.items()}
    body = Template((PAGES / f"{body_name}.html").read_text())
    return body.substitute(escaped)
