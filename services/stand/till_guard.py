"""Who may ask as a till: each with a token of its own, or all with the shared one."""

from __future__ import annotations

import logging
from contextlib import closing
from typing import Annotated, Final

from fastapi import Depends, Header, HTTPException, Request, Security
from fastapi.security import HTTPBearer

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.services.stand.dependencies import Web, WebOf
from vitrine.stores import tills
from vitrine.stores.tills import Till
from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.tokens import TokenGuard, bearer_token

logger = logging.getLogger(__name__)

BEARER: Final = {"WWW-Authenticate": "Bearer"}
# The store is asked for two seconds at most.
LATER: Final = {"Retry-After": "2"}
# For the description of the API; the guard reads the header itself.
_scheme: Final = HTTPBearer(
    auto_error=False,
    description="The token that `vitrine tills add` printed.",
)


def require_own_token(
    request: Request,
    web: WebOf,
    authorization: Annotated[str, Header(include_in_schema=False)] = "",
) -> Till:
    """Return the till whose token the request brings; 401 for others."""
    token = bearer_token(authorization)
    if token:
        web.wrong_till_tokens.check(request)
    try:
        with closing(web.redis()) as redis:
            till = tills.by_token(redis, token) if token else None
    except Unavailable as error:
        raise HTTPException(503, str(error), LATER) from error
    except ConfigurationError as error:
        logger.error("%s", error)  # noqa: TRY400 - the message says it all
        till = None
    if till is None:
        raise _refused(request, web, token)
    if till.is_revoked:
        HTTP_REFUSED.labels("token").inc()
        raise HTTPException(401, "the token of this till was revoked", BEARER)
    return till


def require_shared_token(
    request: Request,
    web: WebOf,
    authorization: Annotated[str, Header()] = "",
) -> None:
    """Refuse who does not bring the token that all tills share."""
    guard = TokenGuard(web.till_token)
    if not guard.has_token:
        raise HTTPException(403, "redemption is off; set VITRINE_STAND_TILL_TOKEN")
    token = bearer_token(authorization)
    if token:
        web.wrong_till_tokens.check(request)
    if not guard.admits(token):
        raise _refused(request, web, token)


def _refused(request: Request, web: Web, token: str) -> HTTPException:
    """Return the answer to a token that is no till's, and count it."""
    HTTP_REFUSED.labels("token").inc()
    if token:
        web.wrong_till_tokens.note(request)
    return HTTPException(401, "wrong or missing token", BEARER)


TillOf = Annotated[Till, Depends(require_own_token)]
"""The till that asks."""
DESCRIBED: Final = Security(_scheme)
"""A dependency that only describes the token."""
