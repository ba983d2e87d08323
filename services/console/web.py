"""The console's web application: the live view of the cameras."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    HTTPException,
    Query,
    Request,
)
from fastapi.responses import (
    FileResponse,
    HTMLResponse,
    RedirectResponse,
    Response,
)

from vitrine.asyncapi import asyncapi_json
from vitrine.people.accounts import Person
from vitrine.people.audit import AuditLog
from vitrine.services.console.access import Access
from vitrine.services.console.board import Board
from vitrine.services.console.interfaces import interfaces_page
from vitrine.services.console.viewers import TooMany, Viewers
from vitrine.web.application import application
from vitrine.web.files import PageFiles
from vitrine.web.sign_in import add_sign_in

PAGES: Final = Path(__file__).parent / "pages"
# How long a question waits for news. Chosen, not measured: soon enough to show that a
# camera gives no pictures any more.
WAIT_S: Final = 2.0
STRICT: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; "
        "img-src 'self' blob:; connect-src 'self'; frame-ancestors 'self'"
    ),
}


@dataclass(frozen=True, slots=True)
class Web:
    """Hold what the routes need."""

    board: Board
    viewers: Viewers
    audit: AuditLog


def _web(request: Request) -> Web:
    web: Web = request.app.state.web
    return web


WebOf = Annotated[Web, Depends(_web)]

ViewerId = Annotated[
    str,
    Query(
        min_length=8,
        max_length=40,
        pattern="^[0-9a-f-]+$",
    ),
]
"""A random name that a page gives itself, so that browsers can be counted."""


def create_app(web: Web, access: Access) -> FastAPI:
    """Return the application; all of it lies under `/cameras`, for proxies."""
    app = application("Vitrine console")
    app.state.web = web
    router = APIRouter(
        prefix="/cameras",
        dependencies=[Depends(access)],
    )
    router.add_api_route("", cameras_page, response_class=FileResponse)
    router.add_api_route("/news", news, response_class=Response)
    router.add_api_route("/interfaces", interfaces, response_class=HTMLResponse)
    router.add_api_route("/asyncapi.json", topics_described)
    app.include_router(router)
    add_sign_in(app, access)
    app.add_api_route("/", to_cameras, response_class=RedirectResponse)
    pages = PageFiles(directory=PAGES)
    app.mount("/cameras/static", pages)
    # The page that asks for a token takes its icon from here.
    app.mount("/static", pages)
    return app


def cameras_page() -> FileResponse:
    """Return the live view; the operator's console frames it."""
    return FileResponse(PAGES / "cameras.html", headers=STRICT)


def interfaces() -> HTMLResponse:
    """Return the page about what other programs may read and ask."""
    return HTMLResponse(interfaces_page())


def topics_described() -> Response:
    """Return the topics as AsyncAPI."""
    return Response(asyncapi_json(), media_type="application/json")


def to_cameras(request: Request) -> RedirectResponse:
    """Send a browser to the live view."""
    query = request.url.query
    address = "/cameras"
    if query:
        address += f"?{query}"
    return RedirectResponse(address, 303)


async def news(
    request: Request,
    web: WebOf,
    viewer: ViewerId,
    after: Annotated[int, Query(ge=0)] = 0,
    stand: Annotated[str, Query(max_length=60)] = "",
) -> Response:
    """Return what changed since the page asked last, as soon as something has; of one `stand`.

    The page asks again when it has drawn the answer: a slow one gets fewer pictures, and
    nothing waits for it. 503 when as many watch as may.
    """
    person: Person = request.state.person
    try:
        # The page makes the name of the viewer up: of two people it may be the same.
        is_new = web.viewers.asks(f"{person.name} {viewer}")
    except TooMany:
        problem = "as many browsers watch as may (VITRINE_CONSOLE_VIEWERS)"
        raise HTTPException(503, problem) from None
    if is_new:
        web.audit.note("watched the cameras", person, place="/cameras")
    content = await web.board.news(after, WAIT_S, stand)
    return Response(
        content,
        media_type="application/octet-stream",
    )
