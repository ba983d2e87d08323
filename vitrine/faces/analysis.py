"""From pictures to faces: a step takes the next frame of each camera, for all networks at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, Future
from dataclasses import dataclass

from vitrine.faces.batches import together
from vitrine.faces.describing import (
    DescribedFace,
    FaceInFrame,
    describe,
)
from vitrine.faces.looking import Look, observe
from vitrine.faces.models import FaceModels
from vitrine.faces.track import Observation
from vitrine.faces.tracks import CameraTracks
from vitrine.vision.crop import Image
from vitrine.vision.detectors import (
    Detections,
    Trust,
    detect_scaled,
)


@dataclass(slots=True)
class Frame:
    """Hold a decoded frame and the tracks of its camera."""

    image: Image
    captured_at_ns: int
    tracks: CameraTracks
    recognise: bool
    """Embeddings may be made of its faces."""
    reactions: bool = False
    """Groups of its faces' expressions may be told."""
    clothes: bool = True
    """Colours around faces may tell its people apart."""
    ahead: Future[Detections] | None = None
    """The detector is at work on it already."""

    @property
    def clothed_image(self) -> Image | None:
        """Return the picture for colours around faces; None where they are not to be used."""
        return self.image if self.clothes else None


class Analyser:
    """Run the networks.

    All state is in the tracks: the faces of a frame do not depend on the others of its step.
    """

    def __init__(self, models: FaceModels, helper: Executor | None = None) -> None:
        """With `helper`, the detector starts on frames that wait behind others of their camera."""
        self._models = models
        self._helper = helper

    @property
    def trust(self) -> Trust:
        """The detector's own thresholds."""
        return self._models.detector.trust

    def look_ahead(self, frame: Frame) -> None:
        """Start the detector on a frame that waits, if it may see it; in the order of frames."""
        if self._helper is None:
            return
        if frame.tracks.may_want(frame.image, frame.captured_at_ns):
            frame.ahead = self._helper.submit(
                detect_scaled, self._models.detector, frame.image
            )

    def step(self, frames: Sequence[Frame]) -> list[list[DescribedFace]]:
        """Return the faces of each frame; no two frames are of one camera."""
        looks = [self._looks(frame) for frame in frames]
        observed = together(looks, self._observe)
        followed = []
        for frame, observations in zip(frames, observed, strict=True):
            followed.append(_followed(frame, observations))
        return together(followed, self._describe)

    def _looks(self, frame: Frame) -> list[Look]:
        detections = None
        if frame.tracks.wants(frame.image, frame.captured_at_ns):
            detections = self._detections(frame)
        elif frame.ahead is not None:
            # What only the guess wanted is not used: a result does not depend on who waits.
            frame.ahead.cancel()
        candidates = frame.tracks.begin(
            frame.captured_at_ns,
            detections,
            frame.clothed_image,
        )
        return [Look(frame.image, candidate) for candidate in candidates]

    def _detections(self, frame: Frame) -> Detections:
        if frame.ahead is not None:
            return frame.ahead.result()
        return detect_scaled(self._models.detector, frame.image)

    def _observe(self, looks: Sequence[Look]) -> list[Observation]:
        return observe(looks, self._models)

    def _describe(self, faces: Sequence[FaceInFrame]) -> list[DescribedFace]:
        return describe(faces, self._models)


def _followed(frame: Frame, observations: Sequence[Observation]) -> list[FaceInFrame]:
    faces = frame.tracks.finish(observations, frame.clothed_image)
    found = []
    for face in faces:
        in_frame = FaceInFrame(
            image=frame.image,
            recognise=frame.recognise,
            reactions=frame.reactions,
            face=face,
        )
        found.append(in_frame)
    return found
