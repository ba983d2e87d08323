"""The page of an invitation, for the phone that scans it: the first one that opens it has it.

What is for a customer who is recognised opens on the phone that they linked only.

Looking uses nothing up, as programs that read QR codes and preview links look too. A phone is told
apart by a cookie with a secret of its own, which it has before it opens anything, so that an answer
that is lost can be asked for again.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from html import escape
from typing import Final

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from redis import Redis

from vitrine.errors import Unavailable
from vitrine.mall.stands import Language
from vitrine.offers.due import Grant, Outcome
from vitrine.schemas import Interaction
from vitrine.services.stand.counters import count_offer
from vitrine.services.stand.dependencies import Web, WebOf
from vitrine.services.stand.notices import qr_picture
from vitrine.services.stand.phone_pages import (
    Accepted,
    Token,
    message_page,
    phone_page,
)
from vitrine.services.stand.privacy_page import texts_of
from vitrine.services.stand.switchboard import Submission
from vitrine.stores import consents, invitations, phones
from vitrine.stores.invitations import Found, Invitation
from vitrine.stores.offers import KEEP_SECONDS
from vitrine.web.languages import chosen
from vitrine.web.phones import keep_apart, secret_of

PATH: Final = "/offer/{token}"
NOT_ME_PATH: Final = "/offer/{token}/not-me"


def add_offer_page(app: FastAPI) -> None:
    """Add the page to an application; the token in the address is all that it needs."""
    app.add_api_route(PATH, offer_page, response_class=HTMLResponse)
    app.add_api_route(PATH, open_offer, methods=["POST"], response_class=HTMLResponse)
    app.add_api_route(
        NOT_ME_PATH, say_not_me, methods=["POST"], response_class=HTMLResponse
    )


def offer_page(
    token: Token,
    request: Request,
    web: WebOf,
    accepted: Accepted = "",
) -> Response:
    """Return the invitation, or the code for the phone that has opened it; 410 once it is over."""
    secret = secret_of(request)
    try:
        with closing(web.redis()) as redis:
            found = invitations.look(redis, token, secret)
    except Unavailable:
        return _later(_language(web, None, accepted))
    code = _language(web, found, accepted)
    if found is None or (found.taken and not found.code):
        return _over(code)
    body = _opened(found, code) if found.code else _invitation(found, code)
    answer = phone_page(body, found.invitation.advertiser, code)
    keep_apart(request, answer, KEEP_SECONDS)
    return answer


def open_offer(
    token: Token,
    request: Request,
    web: WebOf,
    accepted: Accepted = "",
) -> Response:
    """Give the offer to the phone that asks, if it is the first; then its page shows the code."""
    secret = secret_of(request)
    here = RedirectResponse(request.url.path, 303)
    if not secret:
        # Without a cookie the phone could not be told from the next one.
        return here
    try:
        with closing(web.redis()) as redis:
            found = invitations.look(redis, token, secret)
            grant = _claimed(redis, web, found, token, secret)
    except Unavailable:
        return _later(_language(web, None, accepted))
    code = _language(web, found, accepted)
    if grant.outcome == "granted":
        return here
    if grant.outcome in {"other-phone", "no-consent"}:
        return _forbidden(grant.outcome, token, code)
    if found is not None and grant.outcome == "yours":
        # It may hold the code by another invitation, whose page this one is not.
        body = _opened(Found(found.invitation, grant.code), code)
        return phone_page(body, found.invitation.advertiser, code)
    return _over(code)


def say_not_me(
    token: Token,
    request: Request,
    web: WebOf,
    accepted: Accepted = "",
) -> Response:
    """Take a visitor's word that they are not the customer for whom the offer is.

    Only while the invitation lasts, so that nobody says it from elsewhere or later.
    """
    secret = secret_of(request)
    try:
        with closing(web.redis()) as redis:
            found = invitations.look(redis, token, secret)
    except Unavailable:
        return _later(_language(web, None, accepted))
    code = _language(web, found, accepted)
    if found is None or not found.invitation.due.needs_own_phone:
        return _over(code)
    shown = found.invitation.due.shown
    interaction = Interaction(
        # Who presses twice has said it once.
        interaction_id=f"{shown.interaction_id}.not-me",
        stand_id=shown.stand_id,
        kind="not-me",
        at_ns=web.clock.now_ns(),
        visit_id=shown.visit_id,
        config_version=shown.config_version,
    )
    web.switchboard.submit(Submission(interactions=[interaction]))
    return message_page("notMeDone", "notMeDoneWhy", code, 200)


def _claimed(
    redis: Redis,
    web: Web,
    found: Found | None,
    token: str,
    secret: str,
) -> Grant:
    """Return what the phone gets; a new grant is on its way to the bus. Raises Unavailable."""
    if found is None:
        return Grant("gone")
    grant = _granted(redis, web, found.invitation, token, secret)
    due = found.invitation.due
    count_offer(due.shown.stand_id, grant.outcome)
    if grant.shown is not None:
        submission = Submission(
            interactions=[grant.shown],
            settles=[grant.shown.interaction_id],
        )
        web.switchboard.submit(submission)
    return grant


def _granted(
    redis: Redis,
    web: Web,
    invitation: Invitation,
    token: str,
    secret: str,
) -> Grant:
    """Return what the store grants by the consents of the moment. Raises Unavailable."""
    due = invitation.due
    visit_id = due.shown.visit_id or ""
    if due.rests_on_consent:
        agrees = consents.agrees_to_offers(redis, visit_id)
        agreed = due.by_consent(agrees=agrees)
        if agreed is None:
            return Grant("no-consent")
        if not consents.is_visit_of(redis, agreed):
            return Grant("other-visit")
        invitation = replace(invitation, due=agreed)
    if due.needs_own_phone and not phones.belongs(redis, visit_id, secret):
        # The invitation stays for the phone that it is for.
        return Grant("other-phone")
    return invitations.claim(redis, invitation, token, secret, web.key)


def _language(web: Web, found: Found | None, accepted: str) -> Language:
    """Return the phone's best language that we have, else the stand's, else English."""
    stand = None
    if found is not None:
        stand = web.mall.current().stand(found.invitation.due.shown.stand_id)
    languages = stand.languages if stand is not None else ("en",)
    return chosen("", accepted, languages)


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


def _forbidden(outcome: Outcome, token: str, code: Language) -> HTMLResponse:
    """Return why the phone gets nothing; with a button for who is not the customer meant."""
    if outcome == "no-consent":
        return message_page("offerConsent", "offerConsentWhy", code, 403)
    texts = texts_of(code)
    action = escape(NOT_ME_PATH.format(token=token))
    body = (
        f"<h1>{escape(texts['offerOther'])}</h1>"
        f'<p class="note">{escape(texts["offerOtherWhy"])}</p>'
        f'<form method="post" action="{action}">'
        f"<button>{escape(texts['notMe'])}</button></form>"
        f"<footer>{escape(texts['notMeWhy'])}</footer>"
    )
    return phone_page(body, texts["offerOther"], code, 403)


def _over(code: Language) -> HTMLResponse:
    return message_page("offerOver", "offerOverWhy", code, 410)


def _later(code: Language) -> HTMLResponse:
    return message_page("offerLater", "", code, 503)
