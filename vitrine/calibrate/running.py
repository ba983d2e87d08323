"""Run the page to set a camera up: the camera, the analysis and the web server of one process."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from threading import Event

from pydantic import SecretStr

from vitrine.beside import beside
from vitrine.calibrate.change import camera_of, stand_of
from vitrine.calibrate.session import Session
from vitrine.calibrate.watching import Newest, Reader, Watcher
from vitrine.calibrate.web import COOKIE, Desk, create_app
from vitrine.faces.analysis import Analyser
from vitrine.faces.models import FaceModels
from vitrine.mall.folder import load_mall
from vitrine.services.console.board import Board
from vitrine.services.ingest.app import silence_ffmpeg
from vitrine.services.ingest.sources import source_of
from vitrine.services.landmarks.app import load_models
from vitrine.services.landmarks.settings import LandmarksSettings
from vitrine.settings import Settings
from vitrine.web.guard import PageGuard
from vitrine.web.server import address_of, listen, web_server

logger = logging.getLogger(__name__)

NAME = "calibrate"
HOST = "127.0.0.1"
"""Pictures of people: nothing is opened to other machines."""


def run_calibration(
    folder: Path | None,
    camera_id: str,
    *,
    port: int,
    token: str,
    stop: Event,
    ready: Callable[[str], None],
) -> None:
    """Serve the page until `stop`; `ready` is told its address.

    Raises ConfigurationError for files with mistakes, an unknown camera and a port that is taken.
    """
    settings = Settings.load()
    place = folder or settings.config
    mall = load_mall(place)
    camera = camera_of(mall, camera_id)
    session = Session(camera, stand_of(mall, camera))
    board = Board(time.monotonic, time.time_ns, pictures=True)
    board.enlist([session.in_force()])
    guard = PageGuard(COOKIE, SecretStr(token))
    app = create_app(Desk(place, session, board), guard)
    with ExitStack() as stack:
        listener = listen(HOST, port, name=NAME, variable="--port")
        stack.enter_context(listener)
        models = _load_models(settings)
        stack.enter_context(web_server(app, listener, stop, name=NAME))
        # Before the server, so that its open questions are answered and it can end.
        stack.callback(board.close)
        ready(f"{address_of(listener)}/?token={token}")
        _watch(session, board, models, stop)


def _load_models(settings: Settings) -> FaceModels:
    """Return what finds faces and their poses; nothing that tells people apart."""
    nobody = settings.model_copy(update={"key_file": None, "reactions_key_file": None})
    models = load_models(nobody, LandmarksSettings.load())
    return replace(models, expressions=None)


def _watch(
    session: Session,
    board: Board,
    models: FaceModels,
    stop: Event,
) -> None:
    """Read and analyse the camera until `stop`. Raises what stops the reading."""
    silence_ffmpeg()

    def say(problem: str | None) -> None:
        sentences = []
        if problem is not None:
            sentences.append(f"Camera {session.camera.id}: {problem}")
        board.complain(sentences)
        board.wake()

    newest = Newest()
    source = source_of(session.camera)
    reader = Reader(source, session, newest, say)
    every = LandmarksSettings.load().detect_every
    watcher = Watcher(Analyser(models), session, newest, board, every)
    # A fault of the reading ends the analysis, and is raised at the end.
    with beside(reader.run, "camera", stop):
        watcher.run(stop)
