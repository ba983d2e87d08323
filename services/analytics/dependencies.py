"""What the routes of analytics need, and how they get it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Annotated

from fastapi import Depends, HTTPException, Request
from fastapi import Path as PathParameter
from redis import Redis

from vitrine.campaigns.stand import Rules
from vitrine.errors import Unavailable
from vitrine.mall.folder import MallSource
from vitrine.people.accounts import Person
from vitrine.people.audit import AuditLog


@dataclass(frozen=True, slots=True)
class Web:
    """Hold what the routes need."""

    redis: Callable[[], Redis]
    mall: MallSource
    audit: AuditLog
    rules: Rules
    creatives: Path | None = None
    """The folder of the creatives' files, for their pictures."""
    drawing: Lock = field(default_factory=Lock)
    """Held while a report is drawn: each takes a core and a second."""


def _web(request: Request) -> Web:
    web: Web = request.app.state.web
    return web


def _person(request: Request) -> Person:
    person: Person = request.state.person
    return person


@contextmanager
def store_of(web: Web) -> Iterator[Redis]:
    """Open the store of figures for the block; 503 while it is away."""
    try:
        with web.redis() as redis:
            yield redis
    except Unavailable as error:
        later = {"Retry-After": "2"}
        raise HTTPException(503, str(error), later) from error


WebOf = Annotated[Web, Depends(_web)]
PersonOf = Annotated[Person, Depends(_person)]
# Names in the configuration have at most 60 characters.
CampaignId = Annotated[str, PathParameter(max_length=60)]
