"""The watch as a page, for machines without a display."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, FastAPI, Query, Request
from fastapi.responses import FileResponse, Response
from pydantic import SecretStr

from vitrine.lab.view.analysis import Seen
from vitrine.lab.view.reading import CAMERA
from vitrine.lab.view.watching import Watch
from vitrine.services.console import web as console
from vitrine.services.console.board import Board
from vitrine.services.ingest.frames import to_jpeg
from vitrine.web.application import application
from vitrine.web.files import PageFiles
from vitrine.web.guard import PageGuard
from vitrine.web.server import address_of, listen, web_server

PAGES: Final = Path(__file__).parent / "pages"
COOKIE: Final = "vitrine-view"
NAME: Final = "view"
HOST: Final = "127.0.0.1"
"""Pictures of people: nothing is opened to other machines."""
JPEG_QUALITY: Final = 85
TICK_S: Final = 0.1

Wish = Literal["pause", "detector", "net"]


def create_app(board: Board, watch: Watch, guard: PageGuard) -> FastAPI:
    """Return the application."""
    app = application("Vitrine view")
    app.state.board = board
    app.state.watch = watch
    router = APIRouter(dependencies=[Depends(guard)])
    router.add_api_route("/", page, response_class=FileResponse)
    router.add_api_route("/news", news, response_class=Response)
    router.add_api_route("/{wish}", do, methods=["POST"], status_code=204)
    app.include_router(router)
    app.mount("/static", PageFiles(directory=PAGES))
    # The console draws faces in the same way.
    app.mount("/console", PageFiles(directory=console.PAGES))
    return app


def page() -> FileResponse:
    """Return the page."""
    return FileResponse(PAGES / "view.html", headers=console.STRICT)


async def news(request: Request, after: Annotated[int, Query(ge=0)] = 0) -> Response:
    """Return the newest picture and what was found in it, once it is newer than `after`."""
    board: Board = request.app.state.board
    content = await board.news(after, console.WAIT_S)
    return Response(content, media_type="application/octet-stream")


def do(request: Request, wish: Wish) -> None:
    """Pause or go on, or change to the next detector or landmark net."""
    watch: Watch = request.app.state.watch
    wishes = {
        "pause": watch.toggle_pause,
        "detector": watch.next_detector,
        "net": watch.next_net,
    }
    wishes[wish]()


def serve(
    watch: Watch,
    port: int,
    token: str,
    stop: Event,
    ready: Callable[[str], None],
) -> None:
    """Show the watch on a page until `stop`; `ready` is told the page's address.

    Raises ConfigurationError for a port that is taken.
    """
    board = Board(time.monotonic, time.time_ns, pictures=True)
    board.enlist([_state(watch)])
    app = create_app(board, watch, PageGuard(COOKIE, SecretStr(token)))
    with ExitStack() as stack:
        listener = listen(HOST, port, name=NAME, variable="--port")
        stack.enter_context(listener)
        stack.enter_context(web_server(app, listener, stop, name=NAME))
        # Before the server, so that its open questions are answered and it can end.
        stack.callback(board.close)
        ready(f"{address_of(listener)}/?token={token}")
        while not stop.is_set():
            seen = watch.newest.take(TICK_S)
            board.enlist([_state(watch)])
            if seen is not None:
                _post(board, seen)


def _state(watch: Watch) -> Mapping[str, Any]:
    return {
        "id": CAMERA,
        "stand_id": CAMERA,
        "paused": watch.paused,
        "ended": watch.ended,
    }


def _post(board: Board, seen: Seen) -> None:
    jpeg = to_jpeg(seen.pixels, JPEG_QUALITY)
    view = {**seen.view, "jpeg_bytes": len(jpeg)}
    text = json.dumps(view, separators=(",", ":"))
    board.post(CAMERA, text.encode(), jpeg)
    board.wake()
