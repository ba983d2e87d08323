"""The page to set a camera up, as a web application."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from pydantic import Field

from vitrine.calibrate.change import (
    Conflict,
    Draft,
    camera_of,
    propose,
    stand_of,
    write,
)
from vitrine.calibrate.session import Session
from vitrine.errors import ConfigurationError
from vitrine.mall.folder import load_mall
from vitrine.presence.cone_fit import Point
from vitrine.services.console import web as console
from vitrine.services.console.board import Board
from vitrine.web.application import application
from vitrine.web.files import PageFiles
from vitrine.web.guard import PageGuard

PAGES: Final = Path(__file__).parent / "pages"
COOKIE: Final = "vitrine-calibrate"


@dataclass(frozen=True, slots=True)
class Desk:
    """Hold what the routes need."""

    folder: Path
    session: Session
    board: Board


class Confirmed(Draft):
    """Hold a draft whose difference was shown."""

    stamp: str = Field(min_length=1, max_length=64)


def _desk(request: Request) -> Desk:
    desk: Desk = request.app.state.desk
    return desk


DeskOf = Annotated[Desk, Depends(_desk)]


def create_app(desk: Desk, guard: PageGuard) -> FastAPI:
    """Return the application."""
    app = application("Vitrine calibrate")
    app.state.desk = desk
    router = APIRouter(dependencies=[Depends(guard)])
    router.add_api_route("/", page, response_class=FileResponse)
    router.add_api_route("/news", news, response_class=Response)
    router.add_api_route("/looks/{point}", look_at, methods=["POST"], status_code=204)
    router.add_api_route("/looks", forget_looks, methods=["DELETE"], status_code=204)
    router.add_api_route("/difference", difference, methods=["POST"])
    router.add_api_route("/save", save, methods=["POST"])
    app.include_router(router)
    app.mount("/static", PageFiles(directory=PAGES))
    # The console draws faces in the same way.
    app.mount("/console", PageFiles(directory=console.PAGES))
    return app


def page() -> FileResponse:
    """Return the page."""
    return FileResponse(PAGES / "calibrate.html", headers=console.STRICT)


async def news(desk: DeskOf, after: Annotated[int, Query(ge=0)] = 0) -> Response:
    """Return the newest picture and what was found in it, once it is newer than `after`."""
    content = await desk.board.news(after, console.WAIT_S)
    return Response(content, media_type="application/octet-stream")


def look_at(desk: DeskOf, point: Point) -> None:
    """Begin to take the poses of somebody who looks at a point of the screen."""
    desk.session.look_at(point)


def forget_looks(desk: DeskOf) -> None:
    """Forget the poses of all points."""
    desk.session.forget_looks()


def difference(desk: DeskOf, draft: Draft) -> JSONResponse:
    """Return what a draft changes in the files; 422 when they cannot be changed so."""
    try:
        proposal = propose(desk.folder, desk.session.camera.id, draft)
    except ConfigurationError as error:
        raise HTTPException(422, str(error)) from None
    return JSONResponse(
        {"difference": proposal.difference(), "stamp": proposal.stamp},
    )


def save(desk: DeskOf, confirmed: Confirmed) -> JSONResponse:
    """Write a draft whose difference was shown.

    409 when the files have changed since, 422 when they cannot be changed so or written.
    """
    name = desk.session.camera.id
    try:
        proposal = propose(desk.folder, name, confirmed)
        write(proposal, confirmed.stamp)
        mall = load_mall(desk.folder)
        camera = camera_of(mall, name)
    except Conflict as error:
        raise HTTPException(409, str(error)) from None
    except ConfigurationError as error:
        raise HTTPException(422, str(error)) from None
    desk.session.configure(camera, stand_of(mall, camera))
    files = [f"{changed}.yaml" for changed in proposal.changed]
    return JSONResponse({"files": files})
