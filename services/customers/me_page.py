"""What is kept about a customer, on their own phone: seen, changed, withdrawn, erased."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from vitrine.customers.consents import Purpose, allows, granted
from vitrine.customers.records import Customer
from vitrine.errors import ConfigurationError
from vitrine.mall.texts import is_id
from vitrine.services.customers.consent_parts import consent_part
from vitrine.services.customers.dependencies import Opened, Web, WebOf
from vitrine.services.customers.join_page import JOINING_COOKIE
from vitrine.services.customers.naming import LONGEST_NAME, name_in
from vitrine.services.customers.owners import NotTheirs, for_owner
from vitrine.services.customers.phone_pages import (
    forget_customer,
    language_of,
    link_to,
    message,
    page,
    remember_customer,
)
from vitrine.services.customers.registering import PHONE, link_for_offers
from vitrine.services.customers.sweeping import LEFT
from vitrine.services.customers.texts import (
    PURPOSES,
    Texts,
    about,
    filled,
    texts_of,
)
from vitrine.stores import phones, recovery
from vitrine.stores.customer_records import NoCustomer
from vitrine.stores.offers import granted_to
from vitrine.web.forms import fields_of
from vitrine.web.phones import COOKIE, LINKED_SECONDS, secret_of
from vitrine.web.sessions import cookie_of, drop_cookie, set_cookie

# With a level and tags of a programme they are told of, and there are 16 of all. Chosen, not
# measured.
MOST_INTERESTS: Final = 8
TICKED: Final = "interest-"
"""Begins the names of boxes."""


def add_me_pages(app: FastAPI) -> None:
    """Add the pages to an application; a phone opens what its cookies are the key to."""
    app.add_api_route("/me", me_page, response_class=HTMLResponse)
    for path, route in (
        ("/me/change", change),
        ("/me/agree", agree),
        ("/me/withdraw", withdraw),
        ("/me/sign-out", sign_out),
        ("/me/erase", erase),
    ):
        app.add_api_route(path, route, methods=["POST"])


async def me_page(request: Request, web: WebOf) -> Response:
    """Return what is kept about whose phone asks; 401 for nobody's."""

    def seen(opened: Opened, customer: Customer) -> Response:
        web.audit.note(
            "looked at what is kept", None, name=PHONE, place=customer.customer_id
        )
        offers = granted_to(opened.redis, customer.pseudonym)
        return _shown(request, web, customer, offers)

    return await for_owner(request, web, seen)


async def change(request: Request, web: WebOf) -> Response:
    """Change the name, and the interests of who agreed to a profile, where the form has them."""
    fields = await fields_of(request, with_empty=True)
    name = None
    if "name" in fields:
        name = name_in(fields)
        if name is None:
            return message(request, "later", "badName", 422, "toMe")

    def changed(opened: Opened, customer: Customer) -> Response:
        now_ns = web.now_ns()
        interests = None
        if allows(customer.consents, "profile", now_ns):
            interests = _chosen(web, fields)
        opened.store.change(
            customer.customer_id, now_ns, name=name, interests=interests
        )
        return _done(web, "changed a name or interests", customer)

    return await for_owner(request, web, changed)


async def agree(request: Request, web: WebOf) -> Response:
    """Add or renew the consent to the purpose of the form, by the text that the page shows."""
    purpose = await _purpose(request)
    fields = await fields_of(request)
    version = fields.get("text", "")
    language = web.language_shown(version)
    if language is None:
        return message(request, "later", "textChanged", 409, "toMe")

    def agreed(opened: Opened, customer: Customer) -> Response:
        now_ns = web.now_ns()
        consents = granted(
            [purpose],
            at_ns=now_ns,
            days=web.settings.days,
            text_version=version,
            language=language,
            method=PHONE,
        )
        opened.store.agree(customer.customer_id, consents, now_ns)
        recovery.prolong(opened.redis, customer.customer_id)
        link_for_offers(opened, customer.customer_id, secret_of(request), now_ns)
        answer = _done(web, f"agreed to {purpose}", customer)
        # The phone stays a key for as long.
        remember_customer(request, answer, customer.customer_id)
        set_cookie(request, answer, COOKIE, secret_of(request), LINKED_SECONDS)
        return answer

    return await for_owner(request, web, agreed)


async def withdraw(request: Request, web: WebOf) -> Response:
    """End the consent to the purpose of the form, with what is kept for it alone."""
    purpose = await _purpose(request)
    if purpose == "recognise":
        raise HTTPException(422, "without the consent to be recognised all is erased")

    def withdrawn(opened: Opened, customer: Customer) -> Response:
        try:
            opened.store.withdraw(customer.customer_id, purpose, web.now_ns())
        except NoCustomer:
            # Erased meanwhile: nothing is written down of them any more.
            raise NotTheirs from None
        except ConfigurationError:
            # It has expired, or was withdrawn, since the page was shown.
            return RedirectResponse("/me", 303)
        return _done(web, f"withdrew the consent to {purpose}", customer)

    return await for_owner(request, web, withdrawn)


async def sign_out(request: Request, web: WebOf) -> Response:
    """Let a device that others use forget whose it was; the recovery code opens the page again."""

    def signed_out(opened: Opened, customer: Customer) -> Response:
        # Whoever kept a copy of the cookies opens nothing with it.
        phones.unlink(opened.redis, customer.customer_id, customer.pseudonym)
        web.allowances.end(customer.customer_id)
        web.audit.note("signed out", None, name=PHONE, place=customer.customer_id)
        # Its page would show the recovery code to the next one.
        web.joinings.end(cookie_of(request, JOINING_COOKIE))
        answer = message(request, "signedOutTitle", "signedOutText", 200, "toRecover")
        forget_customer(request, answer)
        drop_cookie(request, answer, COOKIE)
        return answer

    return await for_owner(request, web, signed_out)


async def erase(request: Request, web: WebOf) -> Response:
    """Erase everything, and show the receipt. 422 without the tick that says so."""
    fields = await fields_of(request)
    if "sure" not in fields:
        return message(request, "leaveTitle", "notSure", 422, "toMe")

    def erased(opened: Opened, customer: Customer) -> Response:
        receipt = opened.store.erase(customer.customer_id, now_ns=web.now_ns())
        web.allowances.end(customer.customer_id)
        web.audit.note(LEFT, None, name=PHONE, place=customer.customer_id)
        if web.receipt_key is not None:
            receipt = web.receipt_key.sign(receipt)
        # Its page would show a recovery code that is nobody's any more.
        web.joinings.end(cookie_of(request, JOINING_COOKIE))
        answer = _gone(request, receipt)
        forget_customer(request, answer)
        return answer

    return await for_owner(request, web, erased)


def _chosen(web: Web, fields: Mapping[str, str]) -> tuple[str, ...] | None:
    """Return the interests of the form: those that were ticked, or written; None without a line.

    Where none of the boxes is ticked a browser sends nothing of them.
    """
    offered = web.settings.offered_interests()
    if not offered:
        written = fields.get("interests")
        return None if written is None else interests_of(written)
    ticked = [name for name in offered if f"{TICKED}{name}" in fields]
    return tuple(ticked)[:MOST_INTERESTS]


def interests_of(text: str) -> tuple[str, ...]:
    """Return the interests in a text: in small letters, each once, and not too many.

    Only those that a campaign could ask for.
    """
    words = text.lower().replace(",", " ").split()
    found = [word for word in words if is_id(word)]
    return tuple(dict.fromkeys(found))[:MOST_INTERESTS]


async def _purpose(request: Request) -> Purpose:
    fields = await fields_of(request)
    asked = fields.get("purpose", "")
    if asked not in PURPOSES:
        raise HTTPException(422, "no such purpose")
    return asked


def _done(web: Web, what: str, customer: Customer) -> Response:
    web.audit.note(what, None, name=PHONE, place=customer.customer_id)
    return RedirectResponse("/me", 303)


def _shown(
    request: Request,
    web: Web,
    customer: Customer,
    offers: Sequence[str],
) -> Response:
    texts = texts_of(language_of(request))
    now_ns = web.now_ns()
    has_profile = allows(customer.consents, "profile", now_ns)
    interests = ""
    if has_profile:
        offered = web.settings.offered_interests()
        interests = _interests(texts, customer.interests, offered)
    parts = [_about(texts, customer.name or "", interests)]
    views = filled(texts["myFaceText"], count=customer.templates)
    parts.append(_fact(texts["myFace"], views))
    if customer.level:
        parts.append(_fact(texts["myLevel"], customer.level))
    if customer.tags:
        parts.append(_fact(texts["myTags"], ", ".join(customer.tags)))
    if has_profile:
        parts.append(_fact(texts["myVisits"], str(customer.visits)))
    if allows(customer.consents, "offers", now_ns):
        parts.append(_fact(texts["myOffers"], ", ".join(offers) or texts["nothing"]))
    parts.append(f"<h2>{escape(texts['myConsents'])}</h2>")
    for purpose in PURPOSES:
        text = texts[about(purpose, in_hand=web.is_in_hand())]
        version = web.text_version(language_of(request))
        part = consent_part(texts, customer, purpose, text, version, now_ns)
        parts.append(part)
    if web.is_in_hand():
        parts.append(link_to("/allow", texts["toAllow"]))
    parts.append(_sign_out(texts))
    parts.append(_leave(texts))
    return page(request, texts["meTitle"], "\n".join(parts))


def _interests(
    texts: Texts,
    chosen: Sequence[str],
    offered: Sequence[str],
) -> str:
    """Return the part of the form with interests: boxes to tick, or a line to write in."""
    title = escape(texts["myTags"])
    if not offered:
        written = escape(" ".join(chosen))
        return (
            f'<h2><label for="interests">{title}</label></h2>'
            f'<input id="interests" type="text" name="interests" maxlength="500" value="{written}">'
            f'<p class="small">{escape(texts["myTagsText"])}</p>'
        )
    boxes = []
    for name in offered:
        checked = " checked" if name in chosen else ""
        boxes.append(
            f'<label class="choice"><input type="checkbox" name="{TICKED}{escape(name)}"{checked}>'
            f"<b>{escape(name)}</b></label>"
        )
    return f"<fieldset><legend>{title}</legend>{''.join(boxes)}</fieldset>"


def _about(texts: Texts, name: str, interests: str) -> str:
    """Return the form of what the customer may change; `interests` is HTML."""
    return f"""<form method="post" action="/me/change">
<h2><label for="called">{escape(texts["myName"])}</label></h2>
<input id="called" type="text" name="name" maxlength="{LONGEST_NAME}" autocomplete="given-name" \
value="{escape(name)}">
{interests}
<button class="slim second">{escape(texts["save"])}</button>
</form><br>"""


def _fact(title: str, text: str) -> str:
    return (
        f'<section class="fact"><h2>{escape(title)}</h2><p>{escape(text)}</p></section>'
    )


def _sign_out(texts: Texts) -> str:
    return f"""<section class="fact"><h2>{escape(texts["signOutTitle"])}</h2>
<p>{escape(texts["signOutText"])}</p>
<form method="post" action="/me/sign-out">
<button class="slim second">{escape(texts["signOut"])}</button>
</form></section>"""


def _leave(texts: Texts) -> str:
    return f"""<section class="fact"><h2>{escape(texts["leaveTitle"])}</h2>
<p>{escape(texts["leaveText"])}</p>
<form method="post" action="/me/erase">
<label class="choice"><input type="checkbox" name="sure" required>
<b>{escape(texts["sure"])}</b></label>
<button class="grave">{escape(texts["leave"])}</button>
</form></section>"""


def _gone(request: Request, receipt: Mapping[str, Any]) -> Response:
    """Return the page with the receipt, which is a file to keep, too."""
    texts = texts_of(language_of(request))
    text = json.dumps(receipt, indent=2)
    encoded = b64encode(text.encode()).decode()
    note = "" if "signature" in receipt else f"<p>{escape(texts['unsigned'])}</p>"
    body = (
        f'<p class="lead">{escape(texts["goneText"])}</p>{note}'
        f'<pre class="receipt">{escape(text)}</pre>'
        f'<a class="button" download="receipt.json" '
        f'href="data:application/json;base64,{encoded}">{escape(texts["download"])}</a>'
        f"{link_to('/receipt', texts['toCheck'])}"
    )
    return page(request, texts["goneTitle"], body)
