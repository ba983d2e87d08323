"""Watch the camera: read its newest picture, find faces in it, judge it, post it to the page."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from threading import Condition, Event
from typing import Any, Final

from vitrine.calibrate.judging import (
    Judgement,
    face_size,
    focus,
    grey_of,
    light,
    rate,
    seen_of,
)
from vitrine.calibrate.session import Session, Sight
from vitrine.clock import SECOND_NS
from vitrine.faces.analysis import Analyser, Frame
from vitrine.faces.describing import DescribedFace
from vitrine.faces.tracks import CameraTracks
from vitrine.runtime.backoff import Backoff
from vitrine.services.console.board import Board
from vitrine.services.console.rate import Rate as MeasuredRate
from vitrine.services.ingest.camera import FIRST_DELAY_S, LONGEST_DELAY_S
from vitrine.services.ingest.frames import blacken, fit, to_jpeg, visible
from vitrine.services.ingest.shots import Pixels, Source, Unreadable
from vitrine.services.ingest.times import FILE_JITTER, LIVE_JITTER, Rate
from vitrine.services.ingest.upright import upright
from vitrine.vision.usability import LOOK_NS, UsabilityJudge

JPEG_QUALITY: Final = 85
# The analysis also looks whether it should stop. Chosen, not measured.
TICK_S: Final = 0.2
WORDS: Final = {
    "covered": (
        "Something covers the camera, or blinds it.",
        "Clear its view; look whether the mask leaves anything to see.",
    ),
    "slate": (
        "It shows a drawn picture, such as 'no signal'.",
        "Look at the camera and its recorder.",
    ),
    "frozen": (
        "The picture stands still.",
        "Restart the camera; a recording that is paused looks like this as well.",
    ),
}
"""What is wrong with the whole picture, and what to do."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Hold a picture on its way to the analysis: upright, masked, scaled."""

    at_ns: int
    pixels: Pixels
    own_width: int
    """Of the camera's own picture."""


class Newest:
    """Hand the newest picture from the reader to the analysis; older ones are dropped."""

    def __init__(self) -> None:
        self._changed = Condition()
        self._picture: Picture | None = None

    def put(self, picture: Picture) -> None:
        """Replace what was not taken yet."""
        with self._changed:
            self._picture = picture
            self._changed.notify()

    def take(self, timeout_s: float) -> Picture | None:
        """Return the newest picture, once; None when there is none in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._picture is not None, timeout_s)
            picture = self._picture
            self._picture = None
            return picture


class Reader:
    """Read the camera, again and again; a recording begins anew at its end."""

    def __init__(
        self,
        source: Source,
        session: Session,
        newest: Newest,
        say: Callable[[str | None], None],
    ) -> None:
        """Tell `say` why there is no picture, and None when there is one again."""
        self._source = source
        self._session = session
        self._newest = newest
        self._say = say
        self._base_ns = time.monotonic_ns()
        self._last_ns = 0

    def run(self, stop: Event) -> None:
        """Work until `stop`."""
        backoff = Backoff(FIRST_DELAY_S, LONGEST_DELAY_S)
        while not stop.is_set():
            before_ns = self._last_ns
            try:
                self._play(stop)
                self._say("the recording has ended, and begins anew")
            except Unreadable as error:
                self._say(f"{error} (tried again by itself)")
            if self._last_ns > before_ns:
                backoff.reset()
            backoff.wait(stop)

    def _play(self, stop: Event) -> None:
        """Read from one opening of the source to its end. Raises Unreadable."""
        live = self._source.live
        jitter = LIVE_JITTER if live else FILE_JITTER
        wanted = Rate(self._session.camera.fps, jitter)
        self._base_ns = time.monotonic_ns()
        with closing(self._source.shots()) as shots:
            for shot in shots:
                if stop.is_set():
                    return
                if not wanted.accepts(shot.at_ns):
                    continue
                at_ns = shot.at_ns
                if not live:
                    at_ns += self._base_ns
                    ahead_ns = at_ns - time.monotonic_ns()
                    stop.wait(max(0, ahead_ns) / SECOND_NS)
                try:
                    pixels, _ = shot.read()
                except Unreadable as error:
                    self._say(f"a picture cannot be decoded: {error}")
                    continue
                self._give(pixels, at_ns)

    def _give(self, pixels: Pixels, at_ns: int) -> None:
        camera = self._session.camera
        pixels = upright(pixels, camera)
        own_width = pixels.shape[1]
        # As in ingest: nothing behind the mask in force reaches anything else.
        blacken(pixels, camera.mask)
        pixels = fit(pixels, camera.width)
        self._last_ns = max(at_ns, self._last_ns + 1)
        self._newest.put(Picture(self._last_ns, pixels, own_width))
        self._say(None)


class Watcher:
    """Analyse the newest picture, judge it once a second, and post it."""

    def __init__(
        self,
        analyser: Analyser,
        session: Session,
        newest: Newest,
        board: Board,
        detect_every: int,
    ) -> None:
        self._analyser = analyser
        self._session = session
        self._newest = newest
        self._board = board
        self._tracks = CameraTracks(session.camera.id, detect_every, analyser.trust)
        self._rate = MeasuredRate()
        self._mask = session.camera.mask
        self._usability = UsabilityJudge(visible(self._mask), fixed=False)
        self._judgements: list[Judgement] = []
        self._judged_ns = -LOOK_NS

    def run(self, stop: Event) -> None:
        """Work until `stop`."""
        while not stop.is_set():
            picture = self._newest.take(TICK_S)
            if picture is not None:
                self._analyse(picture)
            self._board.drop_old()

    def _analyse(self, picture: Picture) -> None:
        frame = Frame(
            picture.pixels,
            picture.at_ns,
            self._tracks,
            recognise=False,
        )
        (faces,) = self._analyser.step([frame])
        found_hz = self._rate.count(picture.at_ns / SECOND_NS)
        if picture.at_ns - self._judged_ns >= LOOK_NS:
            self._judged_ns = picture.at_ns
            self._judgements = self._judge(picture, faces, found_hz)
        height, width = picture.pixels.shape[:2]
        jpeg = to_jpeg(picture.pixels, JPEG_QUALITY)
        sight = Sight(
            at_ns=picture.at_ns,
            width=width,
            height=height,
            jpeg=jpeg,
            faces=faces,
            judgements=self._judgements,
        )
        view = self._session.see(sight)
        self._post(view, jpeg)

    def _post(self, view: dict[str, Any], jpeg: bytes) -> None:
        text = json.dumps(view, separators=(",", ":"))
        self._board.enlist([self._session.in_force()])
        self._board.post(view["id"], text.encode(), jpeg)
        self._board.wake()

    def _judge(
        self,
        picture: Picture,
        faces: list[DescribedFace],
        found_hz: float,
    ) -> list[Judgement]:
        """Return what is good and bad about a picture and its faces."""
        camera = self._session.camera
        height, width = picture.pixels.shape[:2]
        grey = grey_of(picture.pixels)
        seen = seen_of(grey, visible(camera.mask))
        if camera.mask != self._mask:
            self._mask = camera.mask
            self._usability = UsabilityJudge(visible(camera.mask), fixed=False)
        boxes = []
        for face in faces:
            x, y, wide, high = face.box.tolist()
            boxes.append((x / width, y / height, wide / width, high / height))
        heights = [float(face.box[3]) for face in faces]
        judgements = [
            light(grey, seen, boxes),
            focus(grey, seen),
            face_size(heights, camera, picture.own_width),
            rate(found_hz, camera),
        ]
        problem = self._usability.observe(picture.at_ns, picture.pixels)
        if problem in WORDS:
            words, advice = WORDS[problem]
            judgements.insert(0, Judgement("picture", "bad", words, advice))
        return judgements
