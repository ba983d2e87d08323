"""The stand's web application: pages, creatives, the players' protocol, the till."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import FileResponse, HTMLResponse
from fastapi.sse import EventSourceResponse

from vitrine.services.stand.audience_out import PATH as AUDIENCE_PATH
from vitrine.services.stand.audience_out import audience_now, require_inside
from vitrine.services.stand.audit_page import READERS, audit_page
from vitrine.services.stand.creative_files import CreativeFiles
from vitrine.services.stand.dependencies import KnownStand, Web, WebOf
from vitrine.services.stand.manifest import stand_manifest
from vitrine.services.stand.notices import privacy_code, take_notice
from vitrine.services.stand.openrtb import PATH as OPENRTB_PATH
from vitrine.services.stand.openrtb import impression
from vitrine.services.stand.other_players import take_other_plays
from vitrine.services.stand.public_pages import add_public_pages
from vitrine.services.stand.refusals import see_refusals
from vitrine.services.stand.report_routes import (
    close_connection,
    take_failure,
    take_interaction,
    take_plays,
)
from vitrine.services.stand.screens import PlayerGuard, Screens
from vitrine.services.stand.streams import live_events, player_events, stream_place
from vitrine.services.stand.till import description, redeem_once, till_router
from vitrine.services.stand.till_guard import require_shared_token
from vitrine.web.application import application
from vitrine.web.files import PageFiles
from vitrine.web.guard import CAMPAIGN_READERS
from vitrine.web.headers import CACHE, CSP, page_policy
from vitrine.web.provider_sign_in import add_provider_sign_in
from vitrine.web.sign_in import add_sign_in

PAGES: Final = Path(__file__).parent / "pages"


def create_app(web: Web, screens: Screens) -> FastAPI:
    """Return the application; nothing in it has connected yet."""
    app = application("Vitrine stand")
    app.state.web = web
    app.include_router(
        _operator_routes(web),
        dependencies=[Depends(web.operators)],
    )
    app.add_api_route(
        "/audit",
        audit_page,
        response_class=HTMLResponse,
        dependencies=[Depends(web.operators.for_roles(*READERS))],
    )
    app.include_router(
        _campaign_routes(web),
        dependencies=[Depends(web.operators.for_roles(*CAMPAIGN_READERS))],
    )
    add_sign_in(app, web.operators)
    add_provider_sign_in(app, web.operators.people, web.provider)
    add_public_pages(app)
    players = PlayerGuard(web.players, screens)
    app.include_router(
        _player_routes(),
        dependencies=[Depends(players)],
    )
    app.add_api_route(
        "/stands/{stand_id}/redeem",
        redeem_once,
        methods=["POST"],
        dependencies=[Depends(require_shared_token)],
    )
    app.include_router(till_router())
    app.include_router(
        _audience_routes(),
        dependencies=[Depends(require_inside)],
    )
    app.add_api_route("/till/openapi.json", description)
    app.add_api_route("/worker.js", worker, response_class=FileResponse)
    creatives = CreativeFiles(web.creatives, web.mall, web.creative_hosts)
    app.mount("/creatives", creatives)
    pages = PageFiles(directory=PAGES)
    app.mount("/static", pages)
    return app


def _operator_routes(web: Web) -> APIRouter:
    router = APIRouter()
    router.add_api_route("/", console_page, response_class=FileResponse)
    router.add_api_route(
        "/live",
        console_page,
        response_class=FileResponse,
    )
    router.add_api_route(
        "/live/events",
        live_events,
        response_class=EventSourceResponse,
        dependencies=[Depends(stream_place)],
    )
    router.add_api_route(
        "/live/{stand_id}/refusals/seen",
        see_refusals,
        methods=["POST"],
        status_code=204,
    )
    router.add_api_route("/cameras", web.console.answer)
    router.add_api_route("/cameras/{path:path}", web.console.answer)
    router.add_api_route("/totals", web.analytics.answer)
    router.add_api_route("/totals/{path:path}", web.analytics.answer)
    return router


def _campaign_routes(web: Web) -> APIRouter:
    router = APIRouter(prefix="/campaigns")
    router.add_api_route("", web.analytics.answer)
    router.add_api_route("/{path:path}", web.analytics.answer)
    return router


def _audience_routes() -> APIRouter:
    router = APIRouter()
    router.add_api_route(AUDIENCE_PATH, audience_now)
    router.add_api_route(OPENRTB_PATH, impression)
    return router


def _player_routes() -> APIRouter:
    router = APIRouter(prefix="/stands/{stand_id}")
    router.add_api_route("", stand_page, response_class=FileResponse)
    router.add_api_route("/manifest.webmanifest", stand_manifest)
    router.add_api_route("/privacy.svg", privacy_code)
    router.add_api_websocket_route(
        "/events",
        player_events,
        dependencies=[Depends(stream_place)],
    )
    reports = APIRouter(dependencies=[Depends(close_connection)])
    reports.add_api_route("/plays", take_plays, methods=["POST"])
    reports.add_api_route("/other-plays", take_other_plays, methods=["POST"])
    reports.add_api_route(
        "/failures",
        take_failure,
        methods=["POST"],
        status_code=202,
    )
    reports.add_api_route(
        "/notices",
        take_notice,
        methods=["POST"],
        status_code=202,
    )
    reports.add_api_route(
        "/interactions",
        take_interaction,
        methods=["POST"],
    )
    router.include_router(reports)
    return router


def console_page() -> Path:
    """Return the operator's console: anonymous figures of all stands."""
    return PAGES / "console.html"


def worker() -> FileResponse:
    """Return the service worker of the stand's page; from here it may serve all addresses."""
    return FileResponse(PAGES / "worker.js", headers={CACHE: "no-cache"})


def stand_page(_stand_id: KnownStand, web: WebOf) -> FileResponse:
    """Return the page that a screen's browser shows."""
    policy = page_policy(web.frame_ancestors)
    return FileResponse(PAGES / "stand.html", headers={CSP: policy})
