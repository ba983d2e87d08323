"""The page of an invitation, for the phone that scans it: the first one that opens it has it.

Looking uses nothing up, as programs that read QR codes and preview links look too. A phone is told
apart by a cookie with a secret of its own, which it has before it opens anything, so that an answer
that is lost can be asked for again.
"""

from __future__ import annotations

import secrets
from contextlib import closing
from functools import cache
from html import escape
from string import Template
from typing import Annotated, Final

from fastapi import FastAPI, Header, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from vitrine.errors import Unavailable
from vitrine.mall.stands import Language
from vitrine.services.stand.dependencies import Web, WebOf
from vitrine.services.stand.notices import qr_picture
from vitrine.services.stand.privacy_page import (
    PAGES,
    RIGHT_TO_LEFT,
    chosen,
    texts_of,
)
from vitrine.services.stand.switchboard import Submission
from vitrine.stores import invitations
from vitrine.stores.invitations import Found
from vitrine.stores.offers import KEEP_SECONDS
from vitrine.telemetry import metrics
from vitrine.web.sessions import cookie_of, set_cookie

PATH: Final = "/offer/{token}"
COOKIE: Final = "vitrine-phone"
SECRET_BYTES: Final = 32
# Of what we make; anything else is no phone of ours, and gets a new one.
SECRET_CHARACTERS: Final = 43

Token = Annotated[str, Path(max_length=40)]
Accepted = Annotated[str, Header(alias="Accept-Language")]


def add_offer_page(app: FastAPI) -> None:
    """Add the page to an application; the token in the address is all that it needs."""
    app.add_api_route(PATH, offer_page, response_class=HTMLResponse)
    app.add_api_route(PATH, open_offer, methods=["POST"], response_class=HTMLResponse)


def offer_page(
    token: Token,
    request: Request,
    web: WebOf,
    accepted: Accepted = "",
) -> Response:
    """Return the invitation, or the code for the phone that has opened it; 410 once it is over."""
    secret = _secret_of(request)
    try:
        with closing(web.redis()) as redis:
            found = invitations.look(redis, token, secret)
    except Unavailable:
        return _later(_language(web, None, accepted))
    code = _language(web, found, accepted)
    if found is None or (found.taken and not found.code):
        return _over(code)
    body = _opened(found, code) if found.code else _invitation(found, code)
    answer = _page(body, found.invitation.advertiser, code)
    if not secret:
        new = secrets.token_urlsafe(SECRET_BYTES)
        set_cookie(request, answer, COOKIE, new, KEEP_SECONDS)
    return answer


def open_offer(
    token: Token,
    request: Request,
    web: WebOf,
    accepted: Accepted = "",
) -> Response:
    """Give the offer to the phone that asks, if it is the first; then its page shows the code."""
    secret = _secret_of(request)
    here = RedirectResponse(request.url.path, 303)
    if not secret:
        # Without a cookie the phone could not be told from the next one.
        return here
    try:
        with closing(web.redis()) as redis:
            found = invitations.look(redis, token, secret)
            code = _language(web, found, accepted)
            if found is None:
                return _over(code)
            grant = invitations.claim(redis, found.invitation, token, secret, web.key)
    except Unavailable:
        return _later(_language(web, None, accepted))
    shown = found.invitation.due.shown
    metrics.OFFERS.labels(shown.stand_id, grant.outcome).inc()
    if grant.shown is not None:
        submission = Submission(
            interactions=[grant.shown],
            settles=[grant.shown.interaction_id],
        )
        web.switchboard.submit(submission)
    if grant.outcome == "granted":
        return here
    if grant.outcome == "yours":
        # It may hold the code by another invitation, whose page this one is not.
        body = _opened(Found(found.invitation, grant.code), code)
        return _page(body, found.invitation.advertiser, code)
    return _over(code)


def _language(web: Web, found: Found | None, accepted: str) -> Language:
    """Return the phone's best language that we have, else the stand's, else English."""
    stand = None
    if found is not None:
        stand = web.mall.current().stand(found.invitation.due.shown.stand_id)
    languages = stand.languages if stand is not None else ("en",)
    return chosen("", accepted, languages)


def _secret_of(request: Request) -> str:
    secret = cookie_of(request, COOKIE)
    return secret if len(secret) == SECRET_CHARACTERS else ""


def _invitation(found: Found, code: Language) -> str:
    texts = texts_of(code)
    return (
        f"{_heading(texts['giftTitle'], found)}"
        f'<form method="post"><button>{escape(texts["offerOpen"])}</button></form>'
        f'<p class="note">{escape(texts["offerFirst"])}</p>'
        f"<footer>{escape(texts['offerKept'])}</footer>"
    )


def _opened(found: Found, code: Language) -> str:
    texts = texts_of(code)
    offer = found.invitation.due.offer
    picture = qr_picture(found.code)
    return (
        f"{_heading(offer.text, found)}"
        f'<p class="code" dir="ltr">{escape(found.code)}</p>'
        f'<img class="picture" src="{picture}" alt="">'
        f'<p class="note">{escape(texts["code"])}</p>'
        f"<footer>{escape(texts['offerKept'])}</footer>"
    )


def _heading(title: str, found: Found) -> str:
    advertiser = escape(found.invitation.advertiser)
    return (
        f'<p class="from" dir="auto">{advertiser}</p>'
        f'<h1 dir="auto">{escape(title)}</h1>'
    )


def _over(code: Language) -> HTMLResponse:
    texts = texts_of(code)
    body = (
        f"<h1>{escape(texts['offerOver'])}</h1>"
        f'<p class="note">{escape(texts["offerOverWhy"])}</p>'
    )
    return _page(body, texts["offerOver"], code, 410)


def _later(code: Language) -> HTMLResponse:
    texts = texts_of(code)
    body = f"<h1>{escape(texts['offerLater'])}</h1>"
    return _page(body, texts["offerLater"], code, 503)


def _page(
    body: str,
    title: str,
    code: Language,
    status: int = 200,
) -> HTMLResponse:
    text = _template().substitute(
        code=code,
        direction="rtl" if code in RIGHT_TO_LEFT else "ltr",
        title=escape(title),
        body=body,
    )
    headers = {"Content-Language": code, "Vary": "Accept-Language"}
    return HTMLResponse(text, status, headers)


@cache
def _template() -> Template:
    return Template((PAGES / "offer.html").read_text(encoding="utf-8"))
