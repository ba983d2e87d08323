"""Who holds the key in their hand allows a stand, or the mall for today, to recognise them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from html import escape
from typing import Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from vitrine.clock import SECOND_NS
from vitrine.customers.hands import Allowance
from vitrine.customers.records import Customer
from vitrine.errors import Invalid
from vitrine.mall import Mall, Stand
from vitrine.mall.days import left_of_day_s
from vitrine.mall.names import names_of
from vitrine.services.customers.dependencies import Opened, Web, WebOf
from vitrine.services.customers.owners import NotTheirs, for_owner
from vitrine.services.customers.phone_pages import language_of, link_to, message, page
from vitrine.services.customers.registering import PHONE
from vitrine.services.customers.texts import Texts, filled, texts_of
from vitrine.web.forms import fields_of
from vitrine.web.phones import secret_of

# Chosen, not measured: longer than people stay before a screen, and no day.
STAND_SECONDS: Final = 3_600


def add_allow_pages(app: FastAPI) -> None:
    """Add the pages to an application; a phone opens what its cookies are the key to."""
    app.add_api_route("/allow", allow_page, response_class=HTMLResponse)
    app.add_api_route("/allow", allow, methods=["POST"])


async def allow_page(request: Request, web: WebOf, stand: str = "") -> Response:
    """Return what the phone allows now, and the question for more; 401 for nobody's phone."""

    def asked(_: Opened, customer: Customer) -> Response:
        if not web.is_in_hand():
            return message(request, "allowTitle", "noHand", 200, "toMe")
        return _asking(request, web, customer, stand)

    return await for_owner(request, web, asked)


async def allow(request: Request, web: WebOf) -> Response:
    """Take where the customer may be recognised: `stand`, `mall` or `nowhere` any more.

    422 for another place, 503 while too many allow it.
    """
    fields = await fields_of(request)
    where = fields.get("where", "")
    stand_id = fields.get("stand", "")

    def allowed(opened: Opened, customer: Customer) -> Response:
        customer_id = customer.customer_id
        if where == "nowhere":
            web.allowances.end(customer_id)
            web.audit.note("ended recognition", None, name=PHONE, place=customer_id)
            return RedirectResponse(_back(stand_id), 303)
        hand_key = _hand_key(opened, customer_id, secret_of(request))
        if hand_key is None:
            return message(request, "allowTitle", "noHand", 200, "toMe")
        allowance = _allowance(web, customer_id, where, stand_id, hand_key)
        if not web.allowances.allow(allowance, web.now_ns()):
            return message(request, "later", "allowFull", 503, "toAllow")
        what = "allowed recognition at a stand"
        if allowance.stand_id is None:
            what = "allowed recognition in the mall"
        web.audit.note(what, None, name=PHONE, place=customer_id)
        return RedirectResponse(_back(stand_id), 303)

    return await for_owner(request, web, allowed)


def _hand_key(opened: Opened, customer_id: str, secret: str) -> bytes | None:
    """Return the key that a phone holds; None for who joined without one. Raises NotTheirs."""
    try:
        return opened.store.hand_key(customer_id, secret)
    except Invalid:
        raise NotTheirs from None


def _allowance(
    web: Web,
    customer_id: str,
    where: str,
    stand_id: str,
    hand_key: bytes,
) -> Allowance:
    now_ns = web.now_ns()
    mall = web.mall.current()
    if where == "mall":
        left_s = left_of_day_s(now_ns, _time_zone(mall))
        return Allowance(customer_id, None, now_ns + left_s * SECOND_NS, hand_key)
    stand = _recognising(mall, stand_id)
    if where != "stand" or stand is None:
        raise HTTPException(422, "no such place")
    until_ns = now_ns + STAND_SECONDS * SECOND_NS
    return Allowance(customer_id, stand.id, until_ns, hand_key)


def _recognising(mall: Mall, stand_id: str) -> Stand | None:
    """Return a stand that recognises anybody; None for another one."""
    stand = mall.stand(stand_id)
    if stand is None or stand.recognition == "none":
        return None
    return stand


def _time_zone(mall: Mall) -> str:
    """Return the time zone of a mall: that of the first stand that asks for keys in hand."""
    for stand in mall.stands:
        if stand.recognition == "key-in-hand":
            return stand.time_zone
    return "UTC"


def _back(stand_id: str) -> str:
    """Return the address of the page that shows what is allowed now."""
    return f"/allow?{urlencode({'stand': stand_id})}"


def _asking(
    request: Request,
    web: Web,
    customer: Customer,
    stand_id: str,
) -> Response:
    texts = texts_of(language_of(request))
    mall = web.mall.current()
    allowances = web.allowances.of(customer.customer_id, web.now_ns())
    parts = [f'<p class="lead">{escape(texts["allowText"])}</p>']
    parts += _told(texts, mall, allowances)
    stand = _recognising(mall, stand_id)
    if stand is not None:
        title = f"{texts['allowStand']}: {names_of(mall).stand(stand.id)}"
        parts.append(_button("stand", stand.id, title, ""))
    # Where a stand was scanned, that is nearer than the whole mall.
    kind = "second" if stand is not None else ""
    parts.append(_button("mall", stand_id, texts["allowMall"], kind))
    if allowances:
        parts.append(_button("nowhere", stand_id, texts["stopAllowing"], "grave"))
    parts.append(link_to("/me", texts["toMe"]))
    return page(request, texts["allowTitle"], "\n".join(parts))


def _told(
    texts: Texts,
    mall: Mall,
    allowances: Sequence[Allowance],
) -> list[str]:
    """Return what is allowed now, as HTML."""
    if not allowances:
        return [f'<p role="status">{escape(texts["notAllowed"])}</p>']
    told = []
    for allowance in allowances:
        until = _clock(allowance.until_ns, _time_zone(mall))
        if allowance.stand_id is None:
            said = filled(texts["allowedMall"], until=until)
        else:
            stand = names_of(mall).stand(allowance.stand_id)
            said = filled(texts["allowedStand"], stand=stand, until=until)
        told.append(f'<p role="status">{escape(said)}</p>')
    return told


def _button(where: str, stand_id: str, title: str, kind: str) -> str:
    return (
        '<form method="post" action="/allow">'
        f'<input type="hidden" name="where" value="{where}">'
        f'<input type="hidden" name="stand" value="{escape(stand_id)}">'
        f'<button class="{kind}">{escape(title)}</button></form>'
    )


def _clock(at_ns: int, time_zone: str) -> str:
    """Return a time of day, as a clock of the mall shows it."""
    return f"{datetime.fromtimestamp(at_ns // SECOND_NS, ZoneInfo(time_zone)):%H:%M}"
