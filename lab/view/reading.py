"""Read a source: upright pictures of a bounded width and rate, each with its time."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from threading import Event
from typing import Final

from pydantic import ValidationError

from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.lab.view.latest import Latest
from vitrine.mall import Camera
from vitrine.mall.address import Address
from vitrine.services.ingest.frames import fit
from vitrine.services.ingest.shots import Pixels, Shot, Source, Unreadable
from vitrine.services.ingest.sources import source_of
from vitrine.services.ingest.times import FILE_JITTER, LIVE_JITTER, Rate
from vitrine.services.ingest.upright import upright

CAMERA: Final = "view"
# A recording's picture that is later than this is left out, so that time goes on as recorded.
LATEST_NS: Final = SECOND_NS // 10
# How soon a pause or an end is noticed. Chosen, not measured.
TICK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Picture:
    """Hold a picture on its way to the analysis."""

    at_ns: int
    """By the source's own time, strictly increasing."""
    pixels: Pixels


def camera_of(source: str, fps: float, width: int) -> Camera:
    """Return a camera for an address. Raises ConfigurationError that says what it may be."""
    try:
        uri = Address.parse(source)
    except ValueError as error:
        raise ConfigurationError(f"the source {error}") from None
    try:
        return Camera(id=CAMERA, stand=CAMERA, uri=uri, fps=fps, width=width)
    except ValidationError as error:
        reason = error.errors()[0]["msg"]
        raise ConfigurationError(f"the source cannot be used: {reason}") from None


Pictures = Generator[Picture, None, None]


class Reading:
    """Read a camera's source from its beginning to its end, once."""

    def __init__(self, camera: Camera, source: Source | None = None) -> None:
        self._camera = camera
        self.source = source or source_of(camera)
        self._last_ns = -1

    def pictures(self, seconds: float | None = None) -> Pictures:
        """Yield all pictures, or those of the first `seconds`.

        Raises ConfigurationError when the source cannot be read, or holds no picture.
        """
        try:
            yield from self._pictures(seconds)
        except Unreadable as error:
            raise ConfigurationError(str(error)) from None

    def _pictures(self, seconds: float | None) -> Pictures:
        rate = Rate(self._camera.fps, LIVE_JITTER if self.source.live else FILE_JITTER)
        first_ns: int | None = None
        problem: Unreadable | None = None
        with closing(self.source.shots()) as shots:
            for shot in shots:
                if first_ns is None:
                    first_ns = shot.at_ns
                passed_ns = shot.at_ns - first_ns
                if seconds is not None and passed_ns >= seconds * SECOND_NS:
                    break
                if not rate.accepts(shot.at_ns):
                    continue
                try:
                    yield self._picture(shot)
                except Unreadable as error:
                    problem = error
        if self._last_ns < 0:
            raise problem or Unreadable(f"{self._camera.uri} holds no picture")

    def _picture(self, shot: Shot) -> Picture:
        pixels, _ = shot.read()
        pixels = fit(upright(pixels, self._camera), self._camera.width)
        self._last_ns = max(shot.at_ns, self._last_ns + 1)
        return Picture(self._last_ns, pixels)


class Player:
    """Read a source in a thread at the pace of its own time; a pause stops that time."""

    def __init__(self, reading: Reading, seconds: float | None = None) -> None:
        self.newest: Latest[Picture] = Latest()
        self.paused = Event()
        self.ended = Event()
        self._reading = reading
        self._seconds = seconds
        self._begun_ns: int | None = None

    def run(self, stop: Event) -> None:
        """Work until the source's end or `stop`. Raises ConfigurationError."""
        live = self._reading.source.live
        try:
            with closing(self._reading.pictures(self._seconds)) as pictures:
                for picture in pictures:
                    if stop.is_set():
                        return
                    if live:
                        self._give_live(picture)
                    else:
                        self._give_in_time(picture, stop)
        finally:
            self.ended.set()

    def _give_live(self, picture: Picture) -> None:
        if not self.paused.is_set():
            self.newest.put(picture)

    def _give_in_time(self, picture: Picture, stop: Event) -> None:
        """Give a recording's picture when it is due; one that is late is left out."""
        while self.paused.is_set() and not stop.wait(TICK_S):
            # Time begins anew with this picture.
            self._begun_ns = None
        now_ns = time.monotonic_ns()
        if self._begun_ns is None:
            self._begun_ns = now_ns - picture.at_ns
        ahead_ns = self._begun_ns + picture.at_ns - now_ns
        if ahead_ns > 0:
            stop.wait(ahead_ns / SECOND_NS)
        if ahead_ns > -LATEST_NS:
            self.newest.put(picture)
