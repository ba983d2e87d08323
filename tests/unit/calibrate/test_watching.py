"""The newest picture goes to the analysis, behind the mask in force."""

from __future__ import annotations

import time
from threading import Event
from typing import Any

import numpy as np

from vitrine.calibrate.session import Session
from vitrine.calibrate.watching import Newest, Picture, Reader
from vitrine.mall import Camera, Stand
from vitrine.services.ingest.shots import Reader as ShotReader
from vitrine.services.ingest.shots import Shot, Shots, Source, Unreadable
from vitrine.vision.crop import Image

STAND = Stand(id="north")
WHITE = 255


def make_session(**fields: Any) -> Session:
    camera = Camera.model_validate(
        {"id": "north-1", "uri": "0", "stand": "north", "width": 64, **fields}
    )
    return Session(camera, STAND)


def white() -> tuple[Image, None]:
    return np.full((72, 128, 3), WHITE, np.uint8), None


def damaged() -> tuple[Image, None]:
    raise Unreadable("damaged", "damaged")


class ShortCamera:
    """Give some pictures, then stop the reading, or fail."""

    def __init__(self, stop: Event, *reads: ShotReader, fault: str = "") -> None:
        self._stop = stop
        self._reads = reads
        self._fault = fault

    def source(self) -> Source:
        return Source(self._shots, live=True)

    def _shots(self) -> Shots:
        for number, read in enumerate(self._reads):
            yield Shot(time.monotonic_ns() + number * 200_000_000, read)
        self._stop.set()
        if self._fault:
            raise Unreadable(self._fault)


def read_all(
    session: Session, *reads: ShotReader, fault: str = ""
) -> tuple[Newest, list[Any]]:
    stop = Event()
    newest = Newest()
    said: list[Any] = []
    camera = ShortCamera(stop, *reads, fault=fault)
    Reader(camera.source(), session, newest, said.append).run(stop)
    return newest, said


def test_nothing_behind_the_mask_in_force_is_shown() -> None:
    session = make_session(mask=[[0, 0], [0.5, 0], [0.5, 1], [0, 1]])
    newest, _ = read_all(session, white)
    picture = newest.take(0)
    assert picture is not None
    assert picture.pixels.shape == (36, 64, 3)
    assert picture.own_width == 128
    assert picture.pixels[:, :30].max() == 0
    assert picture.pixels[:, 34:].min() == WHITE


def test_a_mask_that_was_written_holds_from_the_next_picture_on() -> None:
    session = make_session()
    whole = [[0, 0], [1, 0], [1, 1], [0, 1]]
    session.configure(
        session.camera.model_copy(update={"mask": tuple(map(tuple, whole))}), STAND
    )
    newest, _ = read_all(session, white)
    picture = newest.take(0)
    assert picture is not None
    assert picture.pixels.max() == 0


def test_one_damaged_picture_does_not_end_the_reading() -> None:
    newest, said = read_all(make_session(), damaged, white)
    assert newest.take(0) is not None
    assert said[0] == "a picture cannot be decoded: damaged"
    assert said[1] is None


def test_why_there_is_no_picture_is_said() -> None:
    newest, said = read_all(make_session(), fault="there is no such file")
    assert newest.take(0) is None
    assert said == ["there is no such file (tried again by itself)"]


def test_only_the_newest_picture_waits() -> None:
    newest = Newest()
    pixels, _ = white()
    for at_ns in (1, 2, 3):
        newest.put(Picture(at_ns, pixels, 128))
    taken = newest.take(0)
    assert taken is not None
    assert taken.at_ns == 3
    assert newest.take(0) is None
