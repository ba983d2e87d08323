"""The stand's web application: pages, creatives, the players' protocol, the till."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from fastapi import APIRouter, Depends, FastAPI
from fastapi.responses import FileResponse
from fastapi.sse import EventSourceResponse

from vitrine.services.stand.console_route import ConsoleRoute
from vitrine.services.stand.creative_files import CreativeFiles
from vitrine.services.stand.dependencies import KnownStand, Web, WebOf
from vitrine.services.stand.report_routes import (
    close_connection,
    take_failure,
    take_interaction,
    take_plays,
)
from vitrine.services.stand.screens import PlayerGuard, Screens
from vitrine.services.stand.streams import live_events, player_events, stream_place
from vitrine.services.stand.till import redeem, require_till
from vitrine.web.answers import answer_problems
from vitrine.web.files import PageFiles
from vitrine.web.guard import OPERATOR_COOKIE, PageGuard, answer_guarded
from vitrine.web.headers import CSP, page_policy

PAGES: Final = Path(__file__).parent / "pages"


def create_app(web: Web, screens: Screens) -> FastAPI:
    """Return the application; nothing in it has connected yet."""
    app = FastAPI(
        title="Vitrine stand",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
    )
    app.state.web = web
    answer_guarded(app)
    answer_problems(app)
    operators = PageGuard(OPERATOR_COOKIE, web.operator_token)
    app.include_router(
        _operator_routes(web),
        dependencies=[Depends(operators)],
    )
    shared = PageGuard("vitrine-player", web.player_token)
    players = PlayerGuard(shared, screens)
    app.include_router(
        _player_routes(),
        dependencies=[Depends(players)],
    )
    app.add_api_route(
        "/stands/{stand_id}/redeem",
        redeem,
        methods=["POST"],
        dependencies=[Depends(require_till)],
    )
    creatives = CreativeFiles(web.creatives, web.mall, web.creative_hosts)
    app.mount("/creatives", creatives)
    pages = PageFiles(directory=PAGES)
    app.mount("/static", pages)
    return app


def _operator_routes(web: Web) -> APIRouter:
    router = APIRouter()
    router.add_api_route("/", live_page, response_class=FileResponse)
    router.add_api_route(
        "/live",
        live_page,
        response_class=FileResponse,
    )
    router.add_api_route(
        "/live/events",
        live_events,
        response_class=EventSourceResponse,
        dependencies=[Depends(stream_place)],
    )
    console = ConsoleRoute(web.console_url, web.operator_token)
    router.add_api_route("/cameras", console.answer)
    router.add_api_route("/cameras/{path:path}", console.answer)
    return router


def _player_routes() -> APIRouter:
    router = APIRouter(prefix="/stands/{stand_id}")
    router.add_api_route("", stand_page, response_class=FileResponse)
    router.add_api_route(
        "/events",
        player_events,
        response_class=EventSourceResponse,
        dependencies=[Depends(stream_place)],
    )
    reports = APIRouter(dependencies=[Depends(close_connection)])
    reports.add_api_route("/plays", take_plays, methods=["POST"])
    reports.add_api_route(
        "/failures",
        take_failure,
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


def live_page() -> Path:
    """Return the operator's page: anonymous live figures of all stands."""
    return PAGES / "live.html"


def stand_page(_stand_id: KnownStand, web: WebOf) -> FileResponse:
    """Return the page that a screen's browser shows."""
    policy = page_policy(web.frame_ancestors)
    return FileResponse(PAGES / "stand.html", headers={CSP: policy})
