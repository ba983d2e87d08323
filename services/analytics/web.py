"""The pages on which advertisers see the figures of their own campaigns."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Annotated, Final
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query
from fastapi import Path as PathParameter
from fastapi.responses import HTMLResponse, Response

from vitrine.campaigns.periods import Days
from vitrine.campaigns.summary import Figures
from vitrine.people.accounts import Person
from vitrine.services.analytics.campaign_list import render_list
from vitrine.services.analytics.dependencies import (
    CampaignId,
    PersonOf,
    Web,
    WebOf,
    store_of,
)
from vitrine.services.analytics.exact_pages import exact_router
from vitrine.services.analytics.forms import FORMS, MEDIA_TYPES, Form, rendered
from vitrine.services.analytics.paper import can_print
from vitrine.services.analytics.report_page import File, Layout, render_html
from vitrine.services.analytics.thumbnails import Thumbnails, thumbnails
from vitrine.stores.campaign_figures import load_figures
from vitrine.web.application import application
from vitrine.web.guard import CAMPAIGN_READERS, PageGuard
from vitrine.web.sign_in import add_sign_in

HOME: Final = "/campaigns"
FILES: Final = {"pdf": "PDF", "xlsx": "Workbook (XLSX)", "csv": "CSV", "json": "JSON"}
"""Forms that the page leads to, and what people call them."""


def _days(
    first: Annotated[str, Query(alias="from", max_length=10)] = "",
    last: Annotated[str, Query(alias="to", max_length=10)] = "",
) -> Days:
    """Return the days that somebody chose; an empty field is open. 400 for what is no day."""
    try:
        return Days(
            date.fromisoformat(first) if first else None,
            date.fromisoformat(last) if last else None,
        )
    except ValueError as error:
        raise HTTPException(400, f"These are no days: {error}.") from error


DaysOf = Annotated[Days, Depends(_days)]


def create_app(web: Web, guard: PageGuard) -> FastAPI:
    """Return the application; it lies under `/campaigns` and `/totals`, for proxies."""
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
    router.add_api_route(
        "/{campaign_id}/report.{form}",
        campaign_file,
        response_class=Response,
    )
    app.include_router(router)
    app.include_router(exact_router(guard))
    add_sign_in(app, readers)
    return app


def campaigns_page(web: WebOf, person: PersonOf) -> HTMLResponse:
    """List the campaigns of somebody with their released figures; operators see all."""
    with store_of(web) as redis:
        figures = load_figures(redis, details=False)
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
    days: DaysOf,
) -> HTMLResponse:
    """Return the report of one campaign: 403 for another advertiser's.

    To an advertiser, one that does not exist is another's.
    """
    place = f"{HOME}/{campaign_id}"
    figures = _own_figures(web, person, campaign_id, place)
    layout = Layout(
        days=days,
        back=HOME,
        action=f"{HOME}/{quote(campaign_id)}",
        files=_files(campaign_id, days),
        pictures=_pictures(web, campaign_id),
    )
    with web.drawing:
        return HTMLResponse(render_html(figures, layout))


def campaign_file(
    web: WebOf,
    person: PersonOf,
    campaign_id: CampaignId,
    days: DaysOf,
    form: Annotated[str, PathParameter(max_length=4)],
) -> Response:
    """Return the report of one campaign as a file; 404 for a form that is not made here."""
    place = f"{HOME}/{campaign_id}"
    figures = _own_figures(web, person, campaign_id, place)
    known = dict(_forms())
    if form not in known:
        raise HTTPException(404, f"The report comes as {', '.join(known)}.")
    layout = Layout(days=days, pictures=_pictures(web, campaign_id))
    with web.drawing:
        content = rendered(figures, known[form], layout)
    # Ids hold only letters, digits and a few marks that need no quoting.
    named = {"Content-Disposition": f'attachment; filename="{campaign_id}.{form}"'}
    return Response(content, media_type=MEDIA_TYPES[form], headers=named)


def _forms() -> Iterator[tuple[str, Form]]:
    """Yield the forms that the page leads to, by the end of their files' names."""
    for form in FORMS:
        if form == "pdf" and not can_print():
            continue
        if form in FILES:
            yield form, form


def _files(campaign_id: str, days: Days) -> list[File]:
    """Return the addresses of the files of a report."""
    chosen = {"from": days.first, "to": days.last}
    query = urlencode({key: day for key, day in chosen.items() if day is not None})
    files = []
    for end, form in _forms():
        address = f"{HOME}/{quote(campaign_id)}/report.{end}"
        if query:
            address = f"{address}?{query}"
        files.append(File(FILES[form], address))
    return files


def _pictures(web: Web, campaign_id: str) -> Thumbnails:
    """Return the pictures of a campaign's creatives; none without a folder of them."""
    if web.creatives is None:
        return {}
    return thumbnails(web.mall.current(), web.creatives, {campaign_id})


def _own_figures(
    web: Web,
    person: Person,
    campaign_id: str,
    place: str,
) -> Figures:
    """Return the figures of a campaign, and note who asked; 403 for another advertiser's."""
    with store_of(web) as redis:
        figures = load_figures(redis, campaign=campaign_id)
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
    return figures


def _configured_advertisers(web: Web, campaign_id: str) -> set[str]:
    """Return the advertiser of a configured campaign; none of one that is not there."""
    found = set()
    for campaign in web.mall.current().campaigns:
        if campaign.id == campaign_id:
            found.add(campaign.advertiser)
    return found
