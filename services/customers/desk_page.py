"""The enrolment desk: operators enrol from files or a camera, list, withdraw and erase."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from html import escape
from http import HTTPStatus
from string import Template
from typing import Final

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from vitrine.customers.consents import allows, granted, in_force
from vitrine.customers.enrolment import NotOneFace
from vitrine.customers.records import Customer, Vector
from vitrine.errors import ConfigurationError, Invalid, Unavailable
from vitrine.people.accounts import Person
from vitrine.services.customers.dependencies import Opened, Web, WebOf
from vitrine.services.customers.looking import read
from vitrine.services.customers.naming import LONGEST_NAME, name_in
from vitrine.services.customers.objecting import objection_to
from vitrine.services.customers.sweeping import ERASED
from vitrine.services.customers.texts import PAGES, PURPOSES
from vitrine.web.forms import fields_of
from vitrine.web.sessions import cookie_of, set_cookie

DESK_COOKIE: Final = "vitrine-desk"
DESK_BYTES: Final = 16
CUSTOMER_ID: Final = re.compile(r"[0-9a-f]{1,64}")
DAYS: Final = 365
# Of what the desk shows at once; the others are found by `vitrine customers list`. Chosen, not
# measured.
MOST_SHOWN: Final = 500


def desk_routes() -> APIRouter:
    """Return the routes of the desk, for an application that guards them."""
    router = APIRouter()
    router.add_api_route("/desk", desk_page, response_class=HTMLResponse)
    for path, route in (
        ("/desk/look", look_once),
        ("/desk/enrol", enrol),
        ("/desk/withdraw", withdraw),
        ("/desk/erase", erase),
    ):
        router.add_api_route(path, route, methods=["POST"])
    return router


def desk_page(request: Request, web: WebOf, enrolled: str = "") -> Response:
    """Return the customers, and what enrols another one: the page begins without a picture."""
    web.trays.clear(cookie_of(request, DESK_COOKIE))
    with _answered(), web.opened() as opened:
        web.audit.note("listed the customers", _person(request))
        rows = [_row(web, customer) for customer in _first(opened)]
    said = ""
    if CUSTOMER_ID.fullmatch(enrolled):
        text = f"{enrolled} is enrolled"
        said = f'<p class="verdict genuine" role="status">{text}</p>'
    body = said + _enrolling({}) + _table(rows)
    answer = _page("Customers", body)
    if not cookie_of(request, DESK_COOKIE):
        set_cookie(
            request, answer, DESK_COOKIE, secrets.token_urlsafe(DESK_BYTES), None
        )
    return answer


async def look_once(request: Request, web: WebOf) -> Response:
    """Judge one picture, and keep what it shows if recognition could use it."""
    desk = cookie_of(request, DESK_COOKIE)
    if not desk:
        raise HTTPException(422, "open the page of the desk first")
    picture = await request.body()
    said = await run_in_threadpool(_judged, web, desk, picture)
    return Response(json.dumps({"said": said}), media_type="application/json")


async def enrol(request: Request, web: WebOf) -> Response:
    """Enrol who the pictures show, with what the form says they agreed to.

    422 with the form as it was filled in, and the pictures kept, where something is against it.
    """
    fields = await fields_of(request)
    desk = cookie_of(request, DESK_COOKIE)

    def enrolled() -> Response:
        try:
            with _available(), web.opened() as opened:
                customer_id = _enrolled(web, opened, desk, fields)
        except ConfigurationError as error:
            return _refused(web, desk, fields, str(error))
        web.trays.clear(desk)
        web.audit.note("enrolled a customer", _person(request), place=customer_id)
        return RedirectResponse(f"/desk?enrolled={customer_id}", 303)

    return await run_in_threadpool(enrolled)


async def withdraw(request: Request, web: WebOf) -> Response:
    """End a consent of a customer, with what is kept for it alone."""
    fields = await fields_of(request)
    customer_id = _customer_id(fields)
    purpose = fields.get("purpose", "")
    if purpose not in PURPOSES or purpose == "recognise":
        raise HTTPException(422, "expected the purpose `profile` or `offers`")

    def withdrawn() -> Response:
        with _answered(), web.opened() as opened:
            opened.store.withdraw(customer_id, purpose, web.now_ns())
        web.audit.note("withdrew a consent", _person(request), place=customer_id)
        return RedirectResponse("/desk", 303)

    return await run_in_threadpool(withdrawn)


async def erase(request: Request, web: WebOf) -> Response:
    """Erase everything of a customer, and show the receipt."""
    fields = await fields_of(request)
    customer_id = _customer_id(fields)
    if "sure" not in fields:
        raise HTTPException(422, "tick that the customer wants it")

    def erased() -> Response:
        with _answered(), web.opened() as opened:
            receipt = opened.store.erase(customer_id, now_ns=web.now_ns())
        web.allowances.end(customer_id)
        web.audit.note(ERASED, _person(request), place=customer_id)
        if web.receipt_key is not None:
            receipt = web.receipt_key.sign(receipt)
        text = escape(json.dumps(receipt, indent=2))
        body = (
            "<p>Give the receipt to the customer; it is not kept here.</p>"
            f'<pre class="receipt">{text}</pre>'
            '<a class="button second" href="/desk">Back</a>'
        )
        return _page("Erased", body)

    return await run_in_threadpool(erased)


def _person(request: Request) -> Person | None:
    person: Person | None = request.state.person
    return person


@contextmanager
def _answered() -> Iterator[None]:
    """Answer with a status and a sentence what is refused meanwhile."""
    try:
        with _available():
            yield
    except ConfigurationError as error:
        raise HTTPException(422, str(error)) from error


@contextmanager
def _available() -> Iterator[None]:
    """Answer that the stores are away, where they are."""
    try:
        yield
    except Unavailable as error:
        raise HTTPException(503, str(error), {"Retry-After": "1"}) from error


def _judged(web: Web, desk: str, picture: bytes) -> str:
    """Return what is said of a picture; its view is kept where it is good."""
    try:
        view = read(web, picture)
    except NotOneFace as error:
        return str(error)
    except Invalid as error:
        return f"left out, {error}"
    if not view.is_good:
        return f"left out, {view.advice}"
    return f"good; {web.trays.add(desk, view)} in all"


def _enrolled(
    web: Web,
    opened: Opened,
    desk: str,
    fields: Mapping[str, str],
) -> str:
    """Enrol, and return the id. Raises ConfigurationError where something is against it."""
    name = name_in(fields)
    if name is None:
        raise ConfigurationError(f"expected a name of {LONGEST_NAME} letters at most")
    text = fields.get("text", "").strip()
    if not text:
        raise ConfigurationError("no version of the text that they consented to")
    vectors = [view.vector for view in web.trays.views(desk)]
    model = web.reader.embedder.model
    purposes = [purpose for purpose in PURPOSES if purpose in fields]
    web.lookalikes.read(opened.store)
    with opened.store.enrolling():
        # By the time from here on: who was enrolled while we waited consented before it.
        now_ns = web.now_ns()
        _check(web, opened, vectors)
        consents = granted(
            purposes,
            at_ns=now_ns,
            days=DAYS,
            text_version=text,
            method="desk",
        )
        return opened.store.enrol(
            name=name,
            vectors=vectors,
            model=model,
            consents=consents,
            now_ns=now_ns,
            tags=list(dict.fromkeys(fields.get("tags", "").split())),
            level=fields.get("level", "").strip(),
        )


def _refused(
    web: Web,
    desk: str,
    fields: Mapping[str, str],
    why: str,
) -> Response:
    """Return the form with what is wrong, so that nobody has to be photographed once more."""
    body = (
        f'<p class="wrong" role="alert">{escape(why)}</p>'
        f"{_enrolling(fields, len(web.trays.views(desk)))}"
        '<a class="button second" href="/desk">Begin anew, without these pictures</a>'
    )
    return _page("Not enrolled", body, HTTPStatus.UNPROCESSABLE_ENTITY)


def _check(
    web: Web,
    opened: Opened,
    vectors: list[Vector],
) -> None:
    """Raise ConfigurationError for pictures that should enrol nobody."""
    if not vectors:
        raise ConfigurationError("no good picture yet")
    pictures = {}
    for number, vector in enumerate(vectors, start=1):
        pictures[f"picture {number}"] = vector
    objection = objection_to(
        pictures,
        web.reader.embedder.model,
        opened.store,
        web.lookalikes,
        web.rules,
    )
    if objection:
        raise ConfigurationError(objection)


def _customer_id(fields: Mapping[str, str]) -> str:
    customer_id = fields.get("id", "")
    if not CUSTOMER_ID.fullmatch(customer_id):
        raise HTTPException(422, "no id of a customer")
    return customer_id


def _first(opened: Opened) -> list[Customer]:
    found = []
    for customer in opened.store.customers():
        found.append(customer)
        if len(found) == MOST_SHOWN:
            break
    return found


def _row(web: Web, customer: Customer) -> str:
    """Return a row: what the desk needs to find somebody, and no interests or visits."""
    now_ns = web.now_ns()
    agreed = ", ".join(in_force(customer.consents, now_ns)) or "nothing"
    name = "no key opens it" if customer.name is None else customer.name or "–"
    number = f'<input type="hidden" name="id" value="{escape(customer.customer_id)}">'
    acts = ""
    for purpose in ("profile", "offers"):
        if allows(customer.consents, purpose, now_ns):
            acts += (
                f'<form method="post" action="/desk/withdraw">{number}'
                f'<input type="hidden" name="purpose" value="{purpose}">'
                f'<button class="slim second">Withdraw {purpose}</button></form>'
            )
    acts += (
        f'<form method="post" action="/desk/erase">{number}'
        '<label><input type="checkbox" name="sure" required> they want it</label> '
        '<button class="slim grave">Erase</button></form>'
    )
    cells = (escape(name), customer.customer_id, str(customer.templates), agreed, acts)
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _table(rows: list[str]) -> str:
    head = "".join(
        f"<th>{title}</th>"
        for title in ("Name", "Number", "Views", "Agreed to", "What to do")
    )
    return (
        f'<h2>Enrolled: {len(rows)}</h2><div class="scroll"><table>'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _enrolling(fields: Mapping[str, str], kept: int = 0) -> str:
    """Return what enrols somebody, filled in with `fields`, with so many good views kept."""
    boxes = ""
    for purpose in PURPOSES:
        checked = " checked" if purpose in fields else ""
        boxes += (
            f'<label class="choice"><input type="checkbox" name="{purpose}"{checked}>'
            f"<b>{purpose}</b></label>"
        )
    seen = f"<li>good ones of before: {kept}</li>" if kept else ""
    filled = {}
    for name in ("text", "name", "tags", "level"):
        filled[name] = escape(fields.get(name, ""))
    return f"""<div class="columns"><section>
<h2>1. Pictures</h2>
<p class="small">From the front, and a little from both sides. They are judged, and not kept.</p>
<label class="button second" for="file">Files</label>
<input id="file" type="file" accept="image/*" multiple class="unseen">
<button id="open" class="second" type="button">Camera</button>
<div class="stage" hidden><video playsinline muted aria-hidden="true"></video></div>
<button id="take" type="button" hidden>Take a picture</button>
<ol id="views" aria-live="polite">{seen}</ol>
</section><form method="post" action="/desk/enrol">
<h2>2. What they agreed to</h2>
{boxes}
<h2><label for="text">Version of the text that they read</label></h2>
<input id="text" type="text" name="text" required maxlength="60" value="{filled["text"]}">
<h2><label for="called">Name</label></h2>
<input id="called" type="text" name="name" maxlength="{LONGEST_NAME}" autocomplete="off" \
value="{filled["name"]}">
<h2><label for="tags">Tags, with spaces between them</label></h2>
<input id="tags" type="text" name="tags" maxlength="500" autocomplete="off" \
value="{filled["tags"]}">
<h2><label for="level">Level in the loyalty programme</label></h2>
<input id="level" type="text" name="level" maxlength="60" autocomplete="off" \
value="{filled["level"]}">
<button>Enrol</button>
</form></div>
<script type="module" src="/static/desk.js"></script>"""


def _page(
    title: str,
    body: str,
    status: int = HTTPStatus.OK,
) -> HTMLResponse:
    return HTMLResponse(_template().substitute(title=escape(title), body=body), status)


@cache
def _template() -> Template:
    return Template((PAGES / "desk.html").read_text(encoding="utf-8"))
