"""A new phone becomes a customer's by the recovery code; the one before is no key any more."""

from __future__ import annotations

import math
from html import escape
from typing import Final

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from vitrine.errors import Unavailable
from vitrine.services.customers.dependencies import Opened, Web, WebOf
from vitrine.services.customers.phone_pages import (
    language_of,
    link_to,
    message,
    page,
    remember_customer,
)
from vitrine.services.customers.registering import PHONE, hand_over
from vitrine.services.customers.texts import texts_of
from vitrine.stores import recovery
from vitrine.stores.sealed_records import HeldBy
from vitrine.web.addresses import client_address
from vitrine.web.attempts import subscriber
from vitrine.web.forms import fields_of
from vitrine.web.phones import COOKIE, LINKED_SECONDS, new_secret
from vitrine.web.sessions import set_cookie

# A code has 26 letters; people add blanks and dashes.
LONGEST_CODE: Final = 60


def add_recover_pages(app: FastAPI) -> None:
    """Add the pages to an application; the code is all that they need."""
    app.add_api_route("/recover", recover_page, response_class=HTMLResponse)
    app.add_api_route("/recover", recover, methods=["POST"])


def recover_page(request: Request) -> Response:
    """Return the page that asks for the code."""
    return _asking(request)


async def recover(request: Request, web: WebOf) -> Response:
    """Make the phone that asks the customer's, and show the next code.

    404 for a code that is nobody's, 429 for too many of them from an address.
    """
    fields = await fields_of(request)
    code = fields.get("code", "")[:LONGEST_CODE]
    address = subscriber(client_address(request))
    wait_s = web.codes.begin(address)
    if wait_s:
        seconds = math.ceil(wait_s)
        answer = message(request, "later", "busyText", 429, seconds=seconds)
        answer.headers["Retry-After"] = str(seconds)
        return answer
    # A phone that changes hands gets a secret of its own.
    secret = new_secret()
    try:
        found = await run_in_threadpool(_recovered, web, code, secret)
    except Unavailable:
        return message(request, "later", "laterText", 503, "toRecover")
    if found is None:
        return _asking(request, wrong=True)
    web.codes.succeeded(address)
    customer_id, next_code = found
    texts = texts_of(language_of(request))
    body = (
        f'<p class="lead">{escape(texts["recoveredText"])}</p>'
        f'<p class="code">{escape(next_code)}</p>'
        f"{link_to('/me', texts['toMe'], '')}"
    )
    answer = page(request, texts["recoveredTitle"], body)
    set_cookie(request, answer, COOKIE, secret, LINKED_SECONDS)
    remember_customer(request, answer, customer_id)
    return answer


def _recovered(web: Web, code: str, secret: str) -> tuple[str, str] | None:
    """Return the customer of a code and the next code; None for a code that is nobody's."""
    with web.opened() as opened:
        customer_id = recovery.customer_of(opened.redis, code)
        if customer_id is None:
            return None
        # Of two who have the code, the first one uses it up before the other is asked for it.
        with opened.store.enrolling():
            next_code = _taken_over(web, opened, customer_id, code, secret)
        if next_code is None:
            return None
        web.allowances.end(customer_id)
    web.audit.note("linked a new phone", None, name=PHONE, place=customer_id)
    return customer_id, next_code


def _taken_over(
    web: Web,
    opened: Opened,
    customer_id: str,
    code: str,
    secret: str,
) -> str | None:
    """Return the next code of a customer whose code it is; None for another's."""
    plain = recovery.plain(code)
    proof = opened.store.bound(customer_id, plain)
    if proof is None or not recovery.is_code_of(opened.redis, customer_id, proof):
        return None
    next_code = recovery.new_code()
    held_by = HeldBy(phone=secret, recovery=recovery.plain(next_code))
    opened.store.hold_anew(customer_id, plain, held_by, web.now_ns())
    if not hand_over(opened, customer_id, secret, next_code, web.now_ns()):
        return None
    return next_code


def _asking(request: Request, *, wrong: bool = False) -> Response:
    texts = texts_of(language_of(request))
    said = ""
    if wrong:
        said = f'<p class="wrong" role="alert">{escape(texts["wrongCode"])}</p>'
    body = f"""<p class="lead">{escape(texts["recoverText"])}</p>
{said}
<form method="post" action="/recover">
<h2><label for="code">{escape(texts["recoverCode"])}</label></h2>
<input id="code" type="text" name="code" maxlength="{LONGEST_CODE}" autocomplete="off" \
autocapitalize="characters" spellcheck="false" dir="ltr" required>
<button>{escape(texts["recover"])}</button>
</form>"""
    return page(request, texts["recoverTitle"], body, 404 if wrong else 200)
