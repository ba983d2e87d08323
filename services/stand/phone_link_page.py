"""The page that makes a phone a customer's: what is theirs then opens on it, and on no other."""

from __future__ import annotations

from contextlib import closing
from html import escape
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, Response

from vitrine.errors import Unavailable
from vitrine.services.stand.dependencies import WebOf
from vitrine.services.stand.phone_pages import (
    Accepted,
    Token,
    message_page,
    phone_page,
)
from vitrine.services.stand.privacy_page import texts_of
from vitrine.stores import phones
from vitrine.web.languages import chosen
from vitrine.web.phones import COOKIE, LINKED_SECONDS, keep_apart, secret_of
from vitrine.web.sessions import set_cookie

PATH: Final = "/phone/{token}"


def add_phone_link_page(app: FastAPI) -> None:
    """Add the page to an application; the token in the address is all that it needs."""
    app.add_api_route(PATH, link_page, response_class=HTMLResponse)
    app.add_api_route(PATH, link_phone, methods=["POST"], response_class=HTMLResponse)


def link_page(
    token: Token,
    request: Request,
    web: WebOf,
    accepted: Accepted = "",
) -> Response:
    """Return the question whether this is the phone; 410 once the link was used or is too old."""
    code = chosen("", accepted, ("en",))
    try:
        with closing(web.redis()) as redis:
            waits = phones.waits(redis, token)
    except Unavailable:
        return message_page("offerLater", "", code, 503)
    if not waits:
        return message_page("linkOver", "", code, 410)
    texts = texts_of(code)
    body = (
        f"<h1>{escape(texts['linkTitle'])}</h1>"
        f'<p class="note">{escape(texts["linkWhy"])}</p>'
        f'<form method="post"><button>{escape(texts["linkThis"])}</button></form>'
    )
    answer = phone_page(body, texts["linkTitle"], code)
    keep_apart(request, answer, LINKED_SECONDS)
    return answer


def link_phone(
    token: Token,
    request: Request,
    web: WebOf,
    accepted: Accepted = "",
) -> Response:
    """Make the phone that asks the customer's, in place of one that was theirs before."""
    code = chosen("", accepted, ("en",))
    secret = secret_of(request)
    try:
        with closing(web.redis()) as redis:
            linked = bool(secret) and phones.link(redis, token, secret)
    except Unavailable:
        return message_page("offerLater", "", code, 503)
    if not linked:
        return message_page("linkOver", "", code, 410)
    answer = message_page("linkDone", "linkWhy", code, 200)
    # It may have had its secret for less long, from an offer.
    set_cookie(request, answer, COOKIE, secret, LINKED_SECONDS)
    return answer
