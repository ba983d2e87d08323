"""Build films of faces for the tests of presence, and read what came of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.builders import T0_NS, make_frame_faces
from vitrine.clock import SECOND_NS
from vitrine.presence.people import CameraPeople
from vitrine.presence.rules import PresenceRules
from vitrine.schemas import Exposure, Face, FrameFaces

Seconds = tuple[float, float]
"""From when to when, after T0_NS."""

Scene = Callable[[float], list[Face]]
"""The faces at each second."""

# Times of frames are sums of fractions.
ROUNDING_S = 1e-6


def film(
    until: float,
    scene: Scene,
    *,
    start: float = 0.0,
    fps: float = 10,
    **fields: Any,
) -> list[FrameFaces]:
    """Return frames from `start` to `until`, both included, with the faces of a scene."""
    frames = []
    count = round((until - start) * fps) + 1
    for step in range(count):
        second = start + step / fps
        faces = scene(second)
        frame = make_frame_faces(second, faces, **fields)
        frames.append(frame)
    return frames


def there(*visits: tuple[float, float, Face]) -> Scene:
    """Return the scene of faces that are there from a second to another, both included."""

    def scene(second: float) -> list[Face]:
        faces = []
        for since, until, face in visits:
            if since - ROUNDING_S < second < until + ROUNDING_S:
                faces.append(face)
        return faces

    return scene


def always(*faces: Face) -> Scene:
    """Return the scene of faces that are always there."""
    return lambda second: list(faces)


def make_camera() -> CameraPeople:
    """Return a camera that has seen nobody yet."""
    return CameraPeople(
        stand_id="north",
        camera_id="north-1",
        seen_ns=T0_NS,
        appended_at_ns=T0_NS,
    )


def watch(
    frames: Iterable[FrameFaces],
    rules: PresenceRules,
    camera: CameraPeople | None = None,
) -> list[Exposure]:
    """Return all parts that the frames of one camera lead to, its end included."""
    if camera is None:
        camera = make_camera()
    parts = []
    for frame in frames:
        finished = camera.observe(frame, rules)
        parts += finished.exposures
    rest = camera.end(rules)
    return parts + rest.exposures


def second_of(at_ns: int) -> float:
    """Return the seconds since T0_NS."""
    return (at_ns - T0_NS) / SECOND_NS


def spans(parts: Iterable[Exposure]) -> list[Seconds]:
    """Return from when to when each part lasts."""
    found = []
    for part in parts:
        start = second_of(part.start_ns)
        end = second_of(part.end_ns)
        found.append((start, end))
    return found


def glances(parts: Iterable[Exposure]) -> list[Seconds]:
    """Return the glances of all parts."""
    found = []
    for part in parts:
        for first_ns, last_ns in part.attention:
            first = second_of(first_ns)
            last = second_of(last_ns)
            found.append((first, last))
    return found


def tracks(parts: Iterable[Exposure]) -> list[tuple[str, ...]]:
    """Return the tracks of each part."""
    return [part.track_ids for part in parts]
