"""Audience and interest for other signage systems inside the site, such as Xibo's criteria.

It is for their players, and no advertiser's way round the release of figures: it has the moment and
nothing of before, no campaign, and it is answered to addresses of the site only.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Final, Literal

from fastapi import Header, HTTPException, Request
from pydantic import BaseModel

from vitrine.services.stand.dependencies import KnownStand, WebOf
from vitrine.services.stand.live import StandView
from vitrine.services.stand.till_guard import BEARER
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.addresses import client_address
from vitrine.web.tokens import TokenGuard, bearer_token

PATH: Final = "/audience/{stand_id}"
# Chosen, not measured: those of the examples' conditions, and half of it.
SOME_ENGAGEMENT: Final = 30.0
HIGH_ENGAGEMENT: Final = 60.0
Interest = Literal["none", "some", "high"]


class AudienceNow(BaseModel):
    """Tell who is before a screen now."""

    zone: str
    """The stand."""
    count: int | None
    """People there; None while no fresh figures come, and nobody knows."""
    attending: int | None
    """Of these, people who look at the screen."""
    interest: Interest | None
    """Of the most engaged person, in three steps."""


def audience_now(stand_id: KnownStand, web: WebOf) -> AudienceNow:
    """Return the audience of a stand now; 503 where this process does not decide for it."""
    live = web.switchboard.live()
    stands = live.stands if live is not None else ()
    for stand in stands:
        if stand.id == stand_id:
            return AudienceNow(
                zone=stand.id,
                count=stand.people,
                attending=stand.attending,
                interest=_interest(stand),
            )
    problem = f"stand {stand_id!r} is not served here now"
    raise HTTPException(503, problem, {"Retry-After": "1"})


def require_inside(
    request: Request,
    web: WebOf,
    authorization: Annotated[str, Header()] = "",
    forwarded: Annotated[str, Header(alias="X-Forwarded-For")] = "",
) -> None:
    """Refuse who does not bring the token, or asks from elsewhere."""
    guard = TokenGuard(web.audience_token)
    token = bearer_token(authorization)
    if token:
        web.wrong_audience_tokens.check(request)
    if not guard.admits(token):
        HTTP_REFUSED.labels("token").inc()
        if token:
            web.wrong_audience_tokens.note(request)
        problem = "wrong or missing token; VITRINE_STAND_AUDIENCE_TOKEN sets it"
        raise HTTPException(401, problem, BEARER)
    if forwarded or not _is_of_site(client_address(request)):
        HTTP_REFUSED.labels("outside").inc()
        raise HTTPException(403, "the audience is told inside the site only")


def _interest(stand: StandView) -> Interest | None:
    if stand.people is None:
        return None
    engagement = stand.engagement or 0.0
    if engagement >= HIGH_ENGAGEMENT:
        return "high"
    return "some" if engagement >= SOME_ENGAGEMENT else "none"


def _is_of_site(address: str) -> bool:
    """Return True for a private or local address."""
    try:
        return ipaddress.ip_address(address).is_private
    except ValueError:
        return False
