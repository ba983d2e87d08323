"""The pages on which advertisers see the figures of their own campaigns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse
from redis import Redis

from vitrine.campaigns.summary import Figures
from vitrine.errors import Unavailable
from vitrine.mall.folder import MallSource
from vitrine.people.accounts import Person
from vitrine.people.audit import AuditLog
from vitrine.services.analytics.campaign_list import render_list
from vitrine.services.analytics.report import render_html
from vitrine.stores.campaign_figures import load_figures
from vitrine.web.application import application
from vitrine.web.guard import CAMPAIGN_READERS, PageGuard
from vitrine.web.sign_in import add_sign_in

HOME: Final = "/campaigns"


@dataclass(frozen=True, slots=True)
class Web:
    """Hold what the routes need."""

    redis: Callable[[], Redis]
    mall: MallSource
    audit: AuditLog
    drawing: Lock = field(default_factory=Lock)
    """Held while a report is drawn: each takes a core and a second."""


def _web(request: Request) -> Web:
    web: Web = request.app.state.web
    return web


def _person(request: Request) -> Person:
    person: Person = request.state.person
    return person


WebOf = Annotated[Web, Depends(_web)]
PersonOf = Annotated[Person, Depends(_person)]
# Names in the configuration have at most 60 characters.
CampaignId = Annotated[str, PathParameter(max_length=60)]


def create_app(web: Web, guard: PageGuard) -> FastAPI:
    """Return the application; all of it lies under `/campaigns`, for proxies."""
    app = application("Vitrine analytics")
    app.state.web = web
    readers = guard.for_roles(*CAMPAIGN_READERS)
    router = APIRouter(
        prefix=HOME,
        dependencies=[Depends(readers)],
    )
    router.add_api_route("", campaigns_page, response_class=HTMLResponse)
    router.add_api_route(
        "/{campaign_id}",
        campaign_page,
        response_class=HTMLResponse,
    )
    app.include_router(router)
    add_sign_in(app, readers)
    return app


def campaigns_page(web: WebOf, person: PersonOf) -> HTMLResponse:
    """List the campaigns of somebody with their released figures; operators see all."""
    figures = _loaded(web, steps=False)
    own = [
        campaign
        for campaign in figures.campaigns
        if person.may_read(*campaign.advertisers)
    ]
    released = {campaign.campaign_id for campaign in figures.campaigns}
    waiting = [
        campaign.id
        for campaign in web.mall.current().campaigns
        if campaign.id not in released and person.may_read(campaign.advertiser)
    ]
    web.audit.note("opened the list of campaigns", person, place=HOME)
    shown = replace(figures, campaigns=tuple(own))
    return HTMLResponse(render_list(shown, waiting))


def campaign_page(
    web: WebOf,
    person: PersonOf,
    campaign_id: CampaignId,
) -> HTMLResponse:
    """Return the report of one campaign: 403 for another advertiser's.

    To an advertiser, one that does not exist is another's.
    """
    place = f"{HOME}/{campaign_id}"
    figures = _loaded(web, campaign_id)
    advertisers: set[str] = set()
    for released in figures.campaigns:
        advertisers |= released.advertisers
    if not figures.campaigns:
        advertisers = _configured_advertisers(web, campaign_id)
    if not person.may_read(*advertisers):
        web.audit.note("was refused a report", person, place=place)
        raise HTTPException(403, "This is no campaign of yours.")
    if not figures.campaigns:
        raise HTTPException(404, "Nothing has been released of this campaign yet.")
    web.audit.note("opened a report", person, place=place)
    with web.drawing:
        return HTMLResponse(render_html(figures, HOME))


def _configured_advertisers(web: Web, campaign_id: str) -> set[str]:
    """Return the advertiser of a configured campaign; none of one that is not there."""
    found = set()
    for campaign in web.mall.current().campaigns:
        if campaign.id == campaign_id:
            found.add(campaign.advertiser)
    return found


def _loaded(
    web: Web,
    campaign: str | None = None,
    *,
    steps: bool = True,
) -> Figures:
    """Return released figures; 503 while the store is away."""
    try:
        with web.redis() as redis:
            return load_figures(redis, campaign=campaign, steps=steps)
    except Unavailable as error:
        later = {"Retry-After": "2"}
        raise HTTPException(503, str(error), later) from error
