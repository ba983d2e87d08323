"""What the pages for a phone share: their look, their language, and how a phone is told apart."""

from __future__ import annotations

import secrets
from functools import cache
from html import escape
from string import Template
from typing import Annotated, Final

from fastapi import Header, Path, Request
from fastapi.responses import HTMLResponse, Response

from vitrine.mall.stands import Language
from vitrine.services.stand.privacy_page import PAGES, RIGHT_TO_LEFT, texts_of
from vitrine.web.sessions import cookie_of, set_cookie

COOKIE: Final = "vitrine-phone"
SECRET_BYTES: Final = 32
# Of what we make; anything else is no phone of ours, and gets a new one.
SECRET_CHARACTERS: Final = 43

Token = Annotated[str, Path(max_length=40)]
Accepted = Annotated[str, Header(alias="Accept-Language")]


def secret_of(request: Request) -> str:
    """Return what tells the phone apart; an empty text from one that is new."""
    secret = cookie_of(request, COOKIE)
    return secret if len(secret) == SECRET_CHARACTERS else ""


def keep_apart(request: Request, answer: Response, keep_s: int) -> None:
    """Give a phone that is new a secret for so long, by a cookie that no other site gets."""
    if secret_of(request):
        return
    new = secrets.token_urlsafe(SECRET_BYTES)
    set_cookie(request, answer, COOKIE, new, keep_s)


def phone_page(
    body: str,
    title: str,
    code: Language,
    status: int = 200,
) -> HTMLResponse:
    """Return a page; `body` is HTML."""
    text = _template().substitute(
        code=code,
        direction="rtl" if code in RIGHT_TO_LEFT else "ltr",
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
