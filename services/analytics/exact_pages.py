"""The pages of exact totals: for operators only, and each opening is in the audit log."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import HTMLResponse

from vitrine.campaigns.periods import untimed_plays
from vitrine.campaigns.stand import Rules
from vitrine.services.analytics.dependencies import (
    CampaignId,
    PersonOf,
    WebOf,
    store_of,
)
from vitrine.services.analytics.exact import FIGURES, NOTE, Line, lines, whole
from vitrine.services.analytics.templates import template
from vitrine.stores.campaign_exact import ExactFigures, load_exact
from vitrine.web.guard import OPERATORS, PageGuard

HOME: Final = "/totals"


def exact_router(guard: PageGuard) -> APIRouter:
    """Return the routes, which open for operators."""
    operators = guard.for_roles(*OPERATORS)
    router = APIRouter(prefix=HOME, dependencies=[Depends(operators)])
    router.add_api_route("", exact_list, response_class=HTMLResponse)
    router.add_api_route(
        "/{campaign_id}",
        exact_page,
        response_class=HTMLResponse,
    )
    return router


def exact_list(web: WebOf, person: PersonOf) -> HTMLResponse:
    """List all campaigns with what is counted and what of it is released."""
    with store_of(web) as redis:
        figures = load_exact(redis, steps=False)
    web.audit.note("read exact totals", person, place=HOME)
    return HTMLResponse(render_exact_list(figures, web.rules))


def exact_page(
    web: WebOf,
    person: PersonOf,
    campaign_id: CampaignId,
    day: Annotated[date | None, Query()] = None,
) -> HTMLResponse:
    """Return the exact totals of one campaign; hours are those of `day`, else of the last one."""
    with store_of(web) as redis:
        figures = load_exact(redis, campaign_id)
    if not figures.campaigns:
        raise HTTPException(404, "Nothing was counted of this campaign yet.")
    web.audit.note("read exact totals", person, place=f"{HOME}/{campaign_id}")
    return HTMLResponse(render_exact(figures, web.rules, day))


def render_exact_list(figures: ExactFigures, rules: Rules) -> str:
    """Return the list of campaigns."""
    found = []
    for campaign in figures.campaigns:
        line = whole(campaign, figures.names)
        found.append((campaign.exact, line))
    return template("exact.html").render(
        note=NOTE,
        names=figures.names,
        rules=rules,
        columns=FIGURES,
        found=found,
        home=HOME,
    )


def render_exact(
    figures: ExactFigures,
    rules: Rules,
    day: date | None = None,
) -> str:
    """Return the page of a campaign; of several origins each has a section."""
    names = figures.names
    sections = []
    for campaign in figures.campaigns:
        days = lines(campaign, names, "day")
        chosen = str(day) if day is not None else last_of(days)
        hours = lines(campaign, names, "hour")
        sections.append(
            {
                "exact": campaign.exact,
                "line": whole(campaign, names),
                "creatives": lines(campaign, names, "creative"),
                "stands": lines(campaign, names, "stand"),
                "days": days,
                "hours": [line for line in hours if line.id.startswith(chosen)],
                "day": chosen,
                "untimed": untimed_plays(campaign.exact),
            }
        )
    return template("exact_campaign.html").render(
        note=NOTE,
        names=names,
        rules=rules,
        columns=FIGURES,
        sections=sections,
        home=HOME,
    )


def last_of(days: list[Line]) -> str:
    """Return the id of the last line; of none, what no line begins with."""
    return days[-1].id if days else "–"
