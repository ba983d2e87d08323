"""The pages on which somebody joins: consent, camera, name, done."""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Mapping, Sequence
from html import escape
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from vitrine.customers.consents import Purpose
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.services.customers.dependencies import Web, WebOf
from vitrine.services.customers.joinings import JOINING_S, Joining
from vitrine.services.customers.looking import look
from vitrine.services.customers.naming import LONGEST_NAME, name_in
from vitrine.services.customers.phone_pages import (
    hidden_text,
    language_of,
    link_to,
    message,
    page,
    remember_customer,
)
from vitrine.services.customers.registering import Known, register
from vitrine.services.customers.texts import (
    PURPOSES,
    about,
    filled,
    texts_of,
)
from vitrine.telemetry import metrics
from vitrine.web.addresses import client_address
from vitrine.web.attempts import subscriber
from vitrine.web.forms import fields_of
from vitrine.web.phones import LINKED_SECONDS, keep_apart, secret_of
from vitrine.web.sessions import cookie_of, set_cookie

logger = logging.getLogger(__name__)

JOINING_COOKIE: Final = "vitrine-joining"
# What the script of the page may have to say.
HINTS: Final = (
    "front",
    "left",
    "right",
    "close",
    "far",
    "dark",
    "bright",
    "unclear",
    "other",
    "again",
    "none",
    "several",
    "done",
    "failed",
    "away",
    "over",
)
BUSY_S: Final = 30
"""After which somebody is asked to try again, where too many are joining."""


def add_join_pages(app: FastAPI) -> None:
    """Add the pages to an application; they need no token."""
    app.add_api_route("/join", join_page, response_class=HTMLResponse)
    app.add_api_route("/join", begin, methods=["POST"], response_class=HTMLResponse)
    app.add_api_route("/join/camera", camera_page, response_class=HTMLResponse)
    app.add_api_route("/join/look", look_once, methods=["POST"])
    app.add_api_route("/join/finish", finish, methods=["POST"])


def join_page(request: Request, web: WebOf) -> Response:
    """Return the text of the consent, with a box to tick for each purpose."""
    return _consent(request, web)


async def begin(request: Request, web: WebOf) -> Response:
    """Take what somebody agrees to, and lead to the camera.

    403 for who is too young, 422 for an answer that is missing, 429 for too many of an address.
    """
    fields = await fields_of(request)
    age = web.settings.least_age
    if fields.get("age") == "no":
        metrics.CUSTOMER_JOININGS.labels("young").inc()
        return message(request, "youngTitle", "youngText", 403, age=age)
    # Recorded is what was read, whatever was chosen in another tab meanwhile.
    version = fields.get("text", "")
    code = web.language_shown(version)
    wrong = _missing(fields)
    if wrong or code is None:
        return _consent(request, web, fields, wrong or "textChanged")
    address = subscriber(client_address(request))
    wait_s = web.limits.wait_s(address)
    if wait_s:
        return _busy(request, wait_s)
    purposes = [purpose for purpose in PURPOSES if purpose in fields]
    token = web.joinings.begin(purposes, version, code, address)
    if token is None:
        return _busy(request, BUSY_S)
    metrics.CUSTOMER_JOININGS.labels("begun").inc()
    answer = RedirectResponse("/join/camera", 303)
    set_cookie(request, answer, JOINING_COOKIE, token, int(JOINING_S))
    # Before anything is kept, so that an answer that is lost can be asked for again.
    keep_apart(request, answer, LINKED_SECONDS)
    return answer


def _missing(fields: Mapping[str, str]) -> str:
    """Return what the form still asks for, as a key of the catalogues; empty for nothing."""
    if fields.get("age") != "yes":
        return "chooseAge"
    if "recognise" not in fields:
        return "chooseRecognise"
    return ""


def camera_page(request: Request, web: WebOf) -> Response:
    """Return the page with the camera; 410 without a joining."""
    joining = _joining(request, web)
    if joining is None:
        return message(request, "over", "overText", 410, "beginAgain")
    texts = texts_of(language_of(request))
    body = _camera(texts)
    return page(request, texts["cameraTitle"], body)


async def look_once(request: Request, web: WebOf) -> Response:
    """Look at one picture (JPEG, PNG or WebP), and say what to do next.

    410 once the joining is over, 429 for pictures that come too fast, 503 while too many do.
    """
    joining = _joining(request, web)
    if joining is None:
        raise HTTPException(410, "the time to join is over")
    if not web.joinings.may_look(joining):
        raise HTTPException(429, "pictures come too fast", {"Retry-After": "1"})
    picture = await request.body()
    seen = await run_in_threadpool(look, web, joining, picture)
    if joining.challenge.is_failed:
        web.joinings.end(cookie_of(request, JOINING_COOKIE))
    return Response(json.dumps(seen), media_type="application/json")


async def finish(request: Request, web: WebOf) -> Response:
    """Enrol who has passed, under the name of the form, and show the recovery code."""
    fields = await fields_of(request)
    name = name_in(fields)
    if name is None:
        return message(request, "later", "badName", 422)
    joining = _joining(request, web)
    if joining is None or not joining.challenge.is_passed or not secret_of(request):
        return message(request, "over", "overText", 410, "beginAgain")
    try:
        await run_in_threadpool(register, web, joining, name, secret_of(request))
    except Known:
        return message(request, "knownTitle", "knownText", 409, "toRecover")
    except (Unavailable, ConfigurationError) as error:
        logger.warning("nobody was enrolled: %s", error)
        return message(request, "later", "laterText", 503)
    texts = texts_of(language_of(request))
    answer = page(request, texts["doneTitle"], _done(texts, joining))
    remember_customer(request, answer, joining.customer_id)
    return answer


def _joining(request: Request, web: Web) -> Joining | None:
    return web.joinings.find(cookie_of(request, JOINING_COOKIE))


def _busy(request: Request, wait_s: float) -> Response:
    metrics.CUSTOMER_JOININGS.labels("limited").inc()
    seconds = math.ceil(wait_s)
    answer = message(request, "busy", "busyText", 429, seconds=seconds)
    answer.headers["Retry-After"] = str(seconds)
    return answer


def _consent(
    request: Request,
    web: Web,
    fields: Mapping[str, str] | None = None,
    wrong: str = "",
) -> Response:
    """Return the page of consent; after a wrong answer, as it was filled in."""
    code = language_of(request)
    texts = texts_of(code)
    ticked = fields or {}
    age = web.settings.least_age
    parts = [f'<p class="lead">{escape(texts["joinLead"])}</p>']
    if wrong:
        said = filled(texts[wrong], age=age)
        parts.append(f'<p class="wrong" role="alert">{escape(said)}</p>')
    parts.append('<form method="post" action="/join">')
    parts.append(hidden_text(web.text_version(code)))
    parts.append(f"<fieldset><legend>{escape(texts['purposesTitle'])}</legend>")
    for purpose in PURPOSES:
        text = texts[about(purpose, in_hand=web.is_in_hand())]
        parts.append(_box(texts, purpose, text, is_ticked=purpose in ticked))
    parts.append("</fieldset>")
    until = filled(texts["until"], days=web.settings.days)
    parts.append(f'<p class="small">{escape(until)}</p>')
    parts.append(_age(texts, age, ticked.get("age", "")))
    parts.append(f"<button>{escape(texts['goOn'])}</button></form>")
    parts.append(f'<p class="small">{escape(_who(web, texts))}</p>')
    parts.append(link_to("/recover", texts["toRecover"]))
    status = HTTPStatus.UNPROCESSABLE_ENTITY if wrong else HTTPStatus.OK
    return page(request, texts["joinTitle"], "\n".join(parts), status)


def _box(
    texts: Mapping[str, str],
    purpose: Purpose,
    text: str,
    *,
    is_ticked: bool,
) -> str:
    need = "needed" if purpose == "recognise" else "optional"
    checked = " checked" if is_ticked else ""
    return (
        f'<label class="choice"><input type="checkbox" name="{purpose}"{checked}>'
        f"<b>{escape(texts[purpose])} <i>{escape(texts[need])}</i></b>"
        f"<span>{escape(text)}</span></label>"
    )


def _age(texts: Mapping[str, str], age: int, chosen: str) -> str:
    question = escape(filled(texts["ageTitle"], age=age))
    parts = [f'<fieldset><legend>{question}</legend><div class="pair">']
    for value in ("yes", "no"):
        checked = " checked" if value == chosen else ""
        parts.append(
            f'<label class="choice"><input type="radio" name="age" value="{value}"{checked}>'
            f"<b>{escape(texts[value])}</b></label>"
        )
    parts.append("</div></fieldset>")
    return "".join(parts)


def _who(web: Web, texts: Mapping[str, str]) -> str:
    """Return who is responsible, as the stands say it."""
    named: Sequence[str] = [
        stand.responsible for stand in web.mall.current().stands if stand.responsible
    ]
    if not named:
        return texts["whoUnknown"]
    return filled(texts["who"], who=", ".join(dict.fromkeys(named)))


def _camera(texts: Mapping[str, str]) -> str:
    said = {code: texts[code] for code in HINTS}
    data = json.dumps(said).replace("<", "\\u003c")
    return f"""<p class="lead">{escape(texts["cameraLead"])}</p>
<div class="stage" hidden>
<video playsinline muted aria-hidden="true"></video>
<svg viewBox="0 0 75 100" preserveAspectRatio="none" aria-hidden="true">
<ellipse class="track" cx="37.5" cy="50" rx="36.5" ry="48.7" pathLength="100"/>
<ellipse class="share" cx="37.5" cy="50" rx="36.5" ry="48.7" pathLength="100"/>
</svg>
<div class="arrow" hidden aria-hidden="true"></div>
</div>
<p class="hint" role="status" aria-live="assertive"></p>
<button id="start">{escape(texts["start"])}</button>
<div id="single" hidden>
<h2>{escape(texts["noCamera"])}</h2>
<p>{escape(texts["noCameraText"])}</p>
<label class="button second" for="file">{escape(texts["takePicture"])}</label>
<input id="file" type="file" accept="image/*" capture="user" class="unseen">
</div>
<form id="finish" method="post" action="/join/finish" hidden>
<h2><label for="called">{escape(texts["nameTitle"])}</label></h2>
<input id="called" type="text" name="name" maxlength="{LONGEST_NAME}" autocomplete="given-name">
<p class="small">{escape(texts["nameText"])}</p>
<button>{escape(texts["join"])}</button>
</form>
<a id="again" class="button second" href="/join" hidden>{escape(texts["beginAgain"])}</a>
<script type="application/json" id="texts">{data}</script>
<script type="module" src="/static/join.js"></script>"""


def _done(texts: Mapping[str, str], joining: Joining) -> str:
    return (
        f'<p class="lead">{escape(texts["doneText"])}</p>'
        f'<p class="code">{escape(joining.recovery_code)}</p>'
        f"{link_to('/me', texts['toMe'], '')}"
    )
