"""What the pages for a phone share: their look and their language."""

from __future__ import annotations

from functools import cache
from html import escape
from string import Template
from typing import Annotated

from fastapi import Header, Path
from fastapi.responses import HTMLResponse

from vitrine.mall.stands import Language
from vitrine.services.stand.privacy_page import PAGES, texts_of
from vitrine.web.languages import direction_of

Token = Annotated[str, Path(max_length=40)]
Accepted = Annotated[str, Header(alias="Accept-Language")]


def phone_page(
    body: str,
    title: str,
    code: Language,
    status: int = 200,
) -> HTMLResponse:
    """Return a page; `body` is HTML."""
    text = _template().substitute(
        code=code,
        direction=direction_of(code),
        title=escape(title),
        body=body,
    )
    headers = {"Content-Language": code, "Vary": "Accept-Language"}
    return HTMLResponse(text, status, headers)


def message_page(title: str, note: str, code: Language, status: int) -> HTMLResponse:
    """Return a page that says one thing; `title` and `note` are keys of the catalogues."""
    texts = texts_of(code)
    body = f"<h1>{escape(texts[title])}</h1>"
    if note:
        body += f'<p class="note">{escape(texts[note])}</p>'
    return phone_page(body, texts[title], code, status)


@cache
def _template() -> Template:
    return Template((PAGES / "offer.html").read_text(encoding="utf-8"))
