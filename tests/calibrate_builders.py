"""Run the page to set a camera up in the test's process, before a drawn person."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from queue import Queue
from threading import Event

import numpy as np
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from vitrine.calibrate import running
from vitrine.calibrate.change import camera_of, stand_of
from vitrine.calibrate.session import Session
from vitrine.calibrate.web import COOKIE, Desk, create_app
from vitrine.mall.folder import load_mall
from vitrine.presence.cone_fit import Point, Pose
from vitrine.services.console.board import Board
from vitrine.services.ingest.shots import Pixels, Shot, Shots, Source
from vitrine.synthetic.figure import draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.mesh import head_mesh
from vitrine.synthetic.people import load_basis
from vitrine.vision.pose import HeadPose
from vitrine.web.guard import PageGuard
from vitrine.web.server import address_of, listen, web_server

TOKEN = "the token of the page"  # noqa: S105
# Somebody stays before the screen.
CAMERAS = """\
# Cameras of the north entrance.
cameras:
  - id: north-1        # above the screen
    uri: "{uri}"
    stand: north
    mount: above
"""
STANDS = """\
stands:
  - {id: north, zone: {min_face: 0.05, max_face: 0.6}}   # by eye
"""
ONE_PERSON = "synthetic:?people=1&seed=3"

# Of somebody 2 m before a screen of 1.2 x 0.7 m, whose camera sits above it.
SCREEN: dict[Point, Pose] = {
    "top-left": (17, 0),
    "top-right": (-17, 0),
    "centre": (0, -10),
    "bottom-left": (17, -19),
    "bottom-right": (-17, -19),
}
AWAY: tuple[Pose, ...] = ((45, -5), (-45, -5), (50, 0), (-50, 0), (40, 10), (-40, 10))
SIZE = (640, 360)
SHADES = 4
"""Pictures of one pose, with noise of their own."""
FPS = 10


@cache
def drawn(pose: Pose, seed: int = 1, shade: int = 0) -> Pixels:
    """Return a picture of a person with this head pose, who trembles by a degree."""
    generators = [np.random.default_rng([seed, part]) for part in range(3)]
    basis = load_basis()
    look = draw_look(basis, head_mesh(basis.mean_shape), *generators)
    rng = np.random.default_rng([seed, shade, 7])
    yaw, pitch = rng.normal(pose, 1.0).tolist()
    stance = Stance(HeadPose(yaw, pitch, 0.0), (320.0, 170.0), eye_distance=38)
    picture = np.full((SIZE[1], SIZE[0], 3), 140, np.uint8)
    # Something to focus on.
    picture[:, ::40] = 60
    layers, _ = draw_figure(look, stance, stance, SIZE, float(SIZE[0]))
    for layer in layers:
        layer.paste(picture)
    noise = rng.normal(0, 3, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


class DrawnPerson:
    """Stand before a camera, and look where the test says."""

    def __init__(self, pose: Pose = SCREEN["centre"]) -> None:
        self.pose = pose
        # To draw takes longer than a picture of a camera.
        for each in SCREEN.values():
            for shade in range(SHADES):
                drawn(each, shade=shade)

    def source(self, *_: object) -> Source:
        """Return a live camera that sees the person."""
        return Source(self._shots, live=True)

    def _shots(self) -> Shots:
        for number in range(1_000_000):
            picture = drawn(self.pose, shade=number % SHADES)
            yield Shot(time.monotonic_ns(), lambda p=picture: (p.copy(), None))  # type: ignore[misc]
            time.sleep(1 / FPS)


def write_site(folder: Path, uri: str = ONE_PERSON) -> Path:
    """Write the files of a site with one camera."""
    (folder / "cameras.yaml").write_text(CAMERAS.format(uri=uri))
    (folder / "stands.yaml").write_text(STANDS)
    (folder / "campaigns.yaml").write_text("campaigns: []\n")
    return folder


@contextmanager
def running_calibration(
    folder: Path,
    person: DrawnPerson | None = None,
    camera: str = "north-1",
) -> Iterator[str]:
    """Yield the address that opens the page, with its token.

    A person stands in for the camera of the configuration.
    """
    with pytest.MonkeyPatch.context() as patch:
        if person is not None:
            patch.setattr(running, "source_of", person.source)
        with _running(folder, camera) as address:
            yield address


@contextmanager
def _running(folder: Path, camera: str) -> Iterator[str]:
    stop = Event()
    addresses: Queue[str] = Queue()
    with ThreadPoolExecutor(1) as helper:
        served = helper.submit(
            running.run_calibration,
            folder,
            camera,
            port=0,
            token=TOKEN,
            stop=stop,
            ready=addresses.put,
        )
        served.add_done_callback(lambda _: addresses.put(""))
        try:
            address = addresses.get(timeout=60)
            if address:
                yield address
        finally:
            stop.set()
        served.result()


@contextmanager
def served_pages(folder: Path, token: str = TOKEN) -> Iterator[tuple[str, FastAPI]]:
    """Yield the address and the application of the page, without a camera behind it."""
    mall = load_mall(folder)
    camera = camera_of(mall, "north-1")
    session = Session(camera, stand_of(mall, camera))
    board = Board(time.monotonic, time.time_ns, pictures=True)
    board.enlist([session.in_force()])
    guard = PageGuard(COOKIE, SecretStr(token))
    app = create_app(Desk(folder, session, board), guard)
    with (
        listen("127.0.0.1", 0, name="calibrate", variable="--port") as listener,
        web_server(app, listener, Event(), name="calibrate"),
    ):
        try:
            yield address_of(listener), app
        finally:
            board.close()
