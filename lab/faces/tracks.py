"""Videos of faces from any recording: each track is somebody, cut into parts."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np

from vitrine.clock import SECOND_NS
from vitrine.lab.faces.face_videos import FaceVideo, Floats
from vitrine.lab.faces.generate import box_corners
from vitrine.lab.view.analysis import Analysis
from vitrine.lab.view.kit import OWN, Kit
from vitrine.lab.view.reading import Reading, camera_of
from vitrine.vision.crop import Image
from vitrine.vision.pose import mean_shape, rotation

SIDE: Final = 160
"""Pixels of a cut's sides."""
# Of the face's height: room for hair and movement.
MARGIN: Final = 1.8
# Shorter tracks and parts say nothing. Chosen, not measured.
LEAST_FRAMES: Final = 10
NOT_IN_NAMES: Final = re.compile(r"[^A-Za-z0-9]+")


@dataclass(slots=True)
class _Part:
    images: list[Image] = field(default_factory=list)
    points: list[Floats] = field(default_factory=list)
    spatial: list[Floats] = field(default_factory=list)


def videos_of(path: Path, part_s: float, fps: float = 10) -> Iterator[FaceVideo]:
    """Yield the parts of the tracks of a recording, `part_s` seconds each.

    A track is taken for one person: whoever is lost and found again counts twice. The depth of the
    3D points is that of the mean shape. Raises ConfigurationError.
    """
    analysis = Analysis(Kit(None), "own", OWN, synthetic=False)
    parts: dict[str, dict[int, _Part]] = defaultdict(lambda: defaultdict(_Part))
    for picture in Reading(camera_of(str(path), fps, 640)).pictures():
        seen = analysis.see(picture)
        number = int(picture.at_ns / SECOND_NS / part_s)
        for face in seen.view["faces"]:
            _add(parts[face["track"]][number], seen.pixels, face)
    stem = NOT_IN_NAMES.sub("-", path.stem)
    for track, pieces in enumerate(parts.values(), 1):
        person = f"{stem}-{track:03d}"
        whole = [part for part in pieces.values() if len(part.points) >= LEAST_FRAMES]
        for number, part in enumerate(whole):
            yield _video(person, number, part)


def _add(part: _Part, pixels: Image, face: dict[str, Any]) -> None:
    """Append a face: a square cut about its box, and its points in pixels of the cut."""
    points = np.array(face["points"], np.float64).reshape(-1, 2)
    x, y, width, height = face["box"]
    side = MARGIN * max(width, height)
    scale = SIDE / side
    corner = np.array([x + width / 2 - side / 2, y + height / 2 - side / 2])
    crop = np.array([[scale, 0, -scale * corner[0]], [0, scale, -scale * corner[1]]])
    cut = cv2.warpAffine(pixels, crop, (SIDE, SIDE), borderMode=cv2.BORDER_REPLICATE)
    placed = (points - corner) * scale
    part.images.append(np.asarray(cut, np.uint8))
    part.points.append(placed)
    part.spatial.append(lifted(placed, face))


def lifted(points: Floats, face: dict[str, Any]) -> Floats:
    """Return points (68, 2) with the depth that the turned mean shape has at their size."""
    turn = rotation(face["yaw"], face["pitch"], face["roll"])
    turned = mean_shape() @ turn.T
    flat = turned[:, :2] - turned[:, :2].mean(axis=0)
    seen = points - points.mean(axis=0)
    scale = float((seen * flat).sum() / (flat**2).sum())
    return np.column_stack([points, turned[:, 2] * scale])


def _video(person: str, number: int, part: _Part) -> FaceVideo:
    return FaceVideo(
        video=f"{person}_{number}",
        person=person,
        images=np.array(part.images)[..., ::-1],
        boxes=np.array([box_corners(points) for points in part.points]),
        points=np.array(part.points),
        points_3d=np.array(part.spatial),
    )
