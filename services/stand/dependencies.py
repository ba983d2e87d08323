"""Dependencies of the routes of the stand's web server."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

from fastapi import Depends, HTTPException
from fastapi import Path as PathParameter
from pydantic import SecretStr
from redis import Redis
from starlette.requests import HTTPConnection

from vitrine.clock import Clock
from vitrine.mall.folder import MallSource
from vitrine.people.audit import AuditLog
from vitrine.programme.ledger import Ledgers
from vitrine.services.stand.passing_on import PassingOn
from vitrine.services.stand.stream_places import StreamPlaces
from vitrine.services.stand.switchboard import Switchboard
from vitrine.web.guard import PageGuard
from vitrine.web.oidc import Provider
from vitrine.web.rate import Rate
from vitrine.web.wrong_tokens import WrongTokens

# Chosen, not measured: above what one page sends that comes back with kept ones, as it waits for
# the bus after each.
INTERACTIONS_A_SECOND: Final = 20
"""Interactions that a stand takes in a second; pages send the others again."""
# Chosen, not measured: a page tells every ten seconds, and once more when its words change.
NOTICES_A_SECOND: Final = 2
"""Proofs of its notice that a stand takes in a second."""


@dataclass(frozen=True, slots=True)
class Web:
    """Hold what the routes need; `key` checks the commands that players bring back."""

    switchboard: Switchboard
    mall: MallSource
    clock: Clock
    key: bytes
    redis: Callable[[], Redis]
    creatives: Path
    creative_hosts: Sequence[str]
    """What creatives may reach, where their campaign names it."""
    frame_ancestors: str
    """Whose pages may frame a stand's page, as the directive takes it."""
    till_token: SecretStr | None
    audience_token: SecretStr | None
    """Of other signage systems that ask who is there."""
    operators: PageGuard
    """Of the operator's pages."""
    provider: Provider | None
    """By which people may sign in."""
    audit: AuditLog
    players: PageGuard
    """Of the pages of screens, by the token that they share."""
    console: PassingOn
    """Where `/cameras` comes from."""
    analytics: PassingOn
    """Where `/campaigns` comes from."""
    ledgers: Ledgers = field(default_factory=Ledgers)
    """Of the web server's thread."""
    interactions: Rate = field(default_factory=lambda: Rate(INTERACTIONS_A_SECOND))
    """By stand."""
    notices: Rate = field(default_factory=lambda: Rate(NOTICES_A_SECOND))
    """By stand."""
    public_url: str | None = None
    """By which phones reach the privacy pages."""
    customers_url: str | None = None
    """By which phones reach the pages of `customers`."""
    wrong_till_tokens: WrongTokens = field(default_factory=lambda: WrongTokens("tills"))
    wrong_audience_tokens: WrongTokens = field(
        default_factory=lambda: WrongTokens("audience")
    )
    places: StreamPlaces = field(default_factory=StreamPlaces)
    """Of the web server's thread."""


def _web(request: HTTPConnection) -> Web:
    web: Web = request.app.state.web
    return web


WebOf = Annotated[Web, Depends(_web)]

# Names in the configuration have at most 60 characters.
StandId = Annotated[str, PathParameter(max_length=60)]


def _known_stand(stand_id: StandId, web: WebOf) -> str:
    mall = web.mall.current()
    if mall.stand(stand_id) is None:
        raise HTTPException(404, f"no stand {stand_id!r}")
    return stand_id


KnownStand = Annotated[str, Depends(_known_stand)]
"""A stand of the configuration; 404 for others."""


def _served_stand(stand_id: KnownStand, web: WebOf) -> str:
    if not web.switchboard.serves(stand_id):
        raise HTTPException(
            503,
            f"stand {stand_id!r} is not served here now",
            {"Retry-After": "1"},
        )
    return stand_id


ServedStand = Annotated[str, Depends(_served_stand)]
"""A stand that this process decides for; 503 for others, until the bus has shared them out."""
