"""Match the faces of a frame with its picture, for one camera."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.schemas import Face, FrameFaces, FrameMeta

# Four times what ingest has in flight by default (VITRINE_INGEST_IN_FLIGHT): an older
# picture gets no faces any more.
WAITING_FRAMES: Final = 64
# One of the largest pictures that the topic takes; some 80 of those of 640 pixels.
WAITING_BYTES: Final = 4_000_000
# Where one half has stayed away for so long, frames are shown with the other. Chosen, not
# measured: a worker that is behind still brings some faces in that time.
SILENCE_S: Final = 2.0
# A frame so much older than the one before is a new beginning of the camera, as in
# `landmarks`; a little older, it is late.
NEW_BEGINNING_NS: Final = 2 * SECOND_NS


@dataclass(frozen=True, slots=True)
class Sight:
    """Hold a frame and what was found in it."""

    camera_id: str
    stand_id: str
    at_ns: int
    """The capture time."""
    width: int
    height: int
    synthetic: bool
    jpeg: bytes = b""
    """As it came from ingest; empty where there is none."""
    faces: tuple[Face, ...] = ()
    analysed: bool = False
    """False while nobody looked for faces in it."""


@dataclass(slots=True)
class _Waiting:
    meta: FrameMeta | FrameFaces
    jpeg: bytes = b""
    found: FrameFaces | None = None


@dataclass(slots=True)
class Sights:
    """Keep the frames of one camera of which a half, the picture or the faces, is missing."""

    pictures: bool = True
    """False where none will come: faces are not kept waiting then."""
    _picture_s: float | None = None
    """When a picture came last; at first, when anything came."""
    _found_s: float | None = None
    """When faces came last; at first, when anything came."""
    _waiting: dict[int, _Waiting] = field(default_factory=dict)
    """By capture time, in the order of arrival."""
    _bytes: int = 0
    _shown_ns: int = -1
    """Capture time of the latest sight that was given out."""

    @property
    def waiting_bytes(self) -> int:
        """Return the size of the pictures that wait."""
        return self._bytes

    def add_picture(
        self,
        meta: FrameMeta,
        jpeg: bytes,
        now_s: float,
    ) -> Sight | None:
        """Return the sight that this picture completes; else it waits for its faces."""
        self._picture_s = now_s
        if self._found_s is None:
            self._found_s = now_s
        if self._is_late(meta.captured_at_ns):
            return None
        waiting = self._of(meta)
        self._bytes += len(jpeg) - len(waiting.jpeg)
        waiting.jpeg = jpeg
        if waiting.found is not None:
            return self._give_out(meta.captured_at_ns)
        self._keep_bounds()
        return None

    def add_faces(self, found: FrameFaces, now_s: float) -> Sight | None:
        """Return the sight that these faces complete; else they wait for their picture."""
        self._found_s = now_s
        if self._picture_s is None:
            self._picture_s = now_s
        if self._is_late(found.captured_at_ns):
            return None
        waiting = self._of(found)
        waiting.found = found
        if waiting.jpeg or not self.pictures:
            return self._give_out(found.captured_at_ns)
        self._keep_bounds()
        return None

    def overdue(self, now_s: float) -> Sight | None:
        """Return the newest frame that waits in vain: no half like the missing one comes."""
        no_faces = _is_silent(self._found_s, now_s)
        # While a picture waits, the older faces that found none are not worth showing.
        no_pictures = self._bytes == 0 and _is_silent(self._picture_s, now_s)
        newest_ns = -1
        for at_ns, waiting in self._waiting.items():
            in_vain = no_pictures
            if waiting.found is None:
                in_vain = no_faces
            if in_vain:
                newest_ns = max(newest_ns, at_ns)
        if newest_ns < 0:
            return None
        return self._give_out(newest_ns)

    def begin_anew(self) -> None:
        """Forget everything, as after the end of the source."""
        self._waiting.clear()
        self._bytes = 0
        self._shown_ns = -1

    def _is_late(self, at_ns: int) -> bool:
        """Return True for a frame that is not newer than the one shown."""
        if at_ns < self._shown_ns - NEW_BEGINNING_NS:
            self.begin_anew()
        return at_ns <= self._shown_ns

    def _of(self, meta: FrameMeta | FrameFaces) -> _Waiting:
        at_ns = meta.captured_at_ns
        if at_ns not in self._waiting:
            self._waiting[at_ns] = _Waiting(meta)
        return self._waiting[at_ns]

    def _keep_bounds(self) -> None:
        """Drop the frames that wait longest, beyond the bounds."""
        while len(self._waiting) > WAITING_FRAMES or (
            self._bytes > WAITING_BYTES and len(self._waiting) > 1
        ):
            first_ns = next(iter(self._waiting))
            self._drop(first_ns)

    def _drop(self, at_ns: int) -> _Waiting:
        waiting = self._waiting.pop(at_ns)
        self._bytes -= len(waiting.jpeg)
        return waiting

    def _give_out(self, at_ns: int) -> Sight:
        """Return a frame that waits, as it is; drop those before it."""
        for other_ns in list(self._waiting):
            if other_ns < at_ns:
                self._drop(other_ns)
        waiting = self._drop(at_ns)
        self._shown_ns = at_ns
        faces: tuple[Face, ...] = ()
        if waiting.found is not None:
            faces = waiting.found.faces
        meta = waiting.meta
        return Sight(
            camera_id=meta.camera_id,
            stand_id=meta.stand_id,
            at_ns=at_ns,
            width=meta.width,
            height=meta.height,
            synthetic=meta.synthetic,
            jpeg=waiting.jpeg,
            faces=faces,
            analysed=waiting.found is not None,
        )


def _is_silent(last_s: float | None, now_s: float) -> bool:
    return last_s is not None and now_s - last_s >= SILENCE_S
