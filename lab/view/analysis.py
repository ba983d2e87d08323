"""Turn pictures into views: the analysis and the engagement of the services, in this process."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from vitrine.faces.analysis import Analyser, Frame
from vitrine.faces.describing import DescribedFace
from vitrine.faces.tracks import CameraTracks
from vitrine.lab.view.kit import Kit
from vitrine.lab.view.reading import CAMERA, Picture
from vitrine.mall import Stand
from vitrine.presence.people import CameraPeople
from vitrine.presence.snapshot import is_due, snapshot
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.services.console.people import People
from vitrine.services.console.rate import Rate
from vitrine.services.console.sights import Sight
from vitrine.services.console.views import described
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.services.ingest.shots import Pixels
from vitrine.services.landmarks.events import frame_faces
from vitrine.services.landmarks.settings import LandmarksSettings

MILLISECONDS: Final = 1000
# A new track is shown once it was found again; the third look has a steady pose.
LOOKS_AGAIN: Final = 3


@dataclass(frozen=True, slots=True)
class Seen:
    """Hold a picture and what was found in it."""

    pixels: Pixels
    view: dict[str, Any]
    """In the form of the console's pages, with `detector`, `net` and `ms` of the analysis."""


class Analysis:
    """Analyse the pictures of one source, in order. It touches no other thread's state."""

    def __init__(self, kit: Kit, detector: str, net: str, *, synthetic: bool) -> None:
        """Load the networks. Raises ConfigurationError."""
        self._kit = kit
        self._synthetic = synthetic
        self._detector = detector
        self._net = net
        stand = Stand(id=CAMERA)
        self._rules = EngagementSettings.load().rules(stand, config_version="view")
        self._people = People()
        self._present = CameraPeople(
            stand_id=CAMERA,
            camera_id=CAMERA,
            seen_ns=0,
            appended_at_ns=0,
        )
        self._told_ns: int | None = None
        self._rate = Rate()
        self._rate_hz = 0.0
        self._load()

    @property
    def names(self) -> tuple[str, str]:
        """The detector and the landmark net in use."""
        return self._detector, self._net

    def change(self, detector: str, net: str) -> None:
        """Go on with other networks; tracks begin anew. Raises ConfigurationError."""
        self._detector = detector
        self._net = net
        self._load()

    def _load(self) -> None:
        self._analyser = Analyser(self._kit.models(self._detector, self._net))
        every = LandmarksSettings.load().detect_every
        self._tracks = CameraTracks(CAMERA, every, self._analyser.trust)

    def see(self, picture: Picture) -> Seen:
        """Return what is found in a picture that is later than the one before."""
        started = time.perf_counter()
        faces = self._step(picture)
        taken_s = time.perf_counter() - started
        self._rate_hz = self._rate.count(started)
        return self._seen(picture, faces, taken_s)

    def see_again(self, picture: Picture) -> Seen:
        """Return what other networks find in a picture that stands still."""
        started = time.perf_counter()
        for number in range(1, LOOKS_AGAIN + 1):
            # A microsecond apart: a track's time goes on, and stays before the next picture's.
            later = Picture(picture.at_ns + 1000 * number, picture.pixels)
            faces = self._step(later)
        taken_s = (time.perf_counter() - started) / LOOKS_AGAIN
        return self._seen(later, faces, taken_s)

    def _step(self, picture: Picture) -> list[DescribedFace]:
        frame = Frame(
            picture.pixels,
            picture.at_ns,
            self._tracks,
            recognise=False,
        )
        (faces,) = self._analyser.step([frame])
        return faces

    def _seen(
        self,
        picture: Picture,
        faces: Sequence[DescribedFace],
        taken_s: float,
    ) -> Seen:
        height, width = picture.pixels.shape[:2]
        meta = FrameMeta(
            camera_id=CAMERA,
            stand_id=CAMERA,
            captured_at_ns=picture.at_ns,
            width=width,
            height=height,
            synthetic=self._synthetic,
        )
        found = frame_faces(meta, faces, sealer=None)
        self._engage(found)
        sight = Sight(
            camera_id=CAMERA,
            stand_id=CAMERA,
            at_ns=picture.at_ns,
            width=width,
            height=height,
            synthetic=self._synthetic,
            faces=found.faces,
            analysed=True,
        )
        view = described(sight, self._people, self._rate_hz)
        view["detector"] = self._detector
        view["net"] = self._net
        view["ms"] = round(taken_s * MILLISECONDS, 1)
        return Seen(picture.pixels, view)

    def _engage(self, found: FrameFaces) -> None:
        """Bring who is present, and how engaged they are, up to date."""
        self._present.observe(found, self._rules)
        at_ns = found.captured_at_ns
        if is_due(at_ns, self._told_ns):
            self._told_ns = at_ns
            told = snapshot([self._present], at_ns, self._rules)
            self._people.observe_engagement(told)
