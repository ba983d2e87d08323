"""Redemption of codes at the till."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

from fastapi import Header, HTTPException, Request

from vitrine.errors import Unavailable
from vitrine.offers.redemption import AlreadyRedeemed, UnknownCode
from vitrine.services.stand.dependencies import KnownStand, WebOf
from vitrine.services.stand.protocol import Redeemed, RedeemRequest
from vitrine.services.stand.switchboard import Submission
from vitrine.stores import offers
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.tokens import TokenGuard, bearer_token


def redeem(
    _stand_id: KnownStand,
    request: RedeemRequest,
    web: WebOf,
) -> Redeemed:
    """Use up a code; a second time is refused with 409."""
    try:
        with closing(web.redis()) as redis:
            now_ns = web.clock.now_ns()
            event = offers.redeem(redis, request.code, now_ns)
    except UnknownCode as error:
        raise HTTPException(404, "no offer with this code was granted") from error
    except AlreadyRedeemed as error:
        raise HTTPException(409, str(error)) from error
    except Unavailable as error:
        # The store is asked for two seconds at most.
        later = {"Retry-After": "2"}
        raise HTTPException(503, str(error), later) from error
    # Nobody waits for the bus: the event is pending in the store until the bus has it.
    submission = Submission(
        interactions=[event],
        settles=[event.interaction_id],
    )
    web.switchboard.submit(submission)
    return Redeemed(
        campaign_id=event.campaign_id or "",
        offer_id=event.offer_id or "",
        at_ns=event.at_ns,
    )


def require_till(
    request: Request,
    web: WebOf,
    authorization: Annotated[str, Header()] = "",
) -> None:
    """Refuse who does not bring the token of the tills. A dependency of `redeem`."""
    guard = TokenGuard(web.till_token)
    if not guard.has_token:
        raise HTTPException(403, "redemption is off; set VITRINE_STAND_TILL_TOKEN")
    token = bearer_token(authorization)
    if token:
        web.wrong_till_tokens.check(request)
    if not guard.admits(token):
        HTTP_REFUSED.labels("token").inc()
        if token:
            web.wrong_till_tokens.note(request)
        raise HTTPException(
            401,
            "wrong or missing token",
            {"WWW-Authenticate": "Bearer"},
        )
