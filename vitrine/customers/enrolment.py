"""From a customer's pictures to vectors of templates, and what speaks against a picture.

Alignment, networks and measure of quality are those of the pictures in front of the camera.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from scipy.sparse.csgraph import connected_components

from vitrine.customers.records import Vector
from vitrine.errors import Invalid
from vitrine.vision.crop import (
    INPUT_SIZE,
    Crop,
    Image,
    crop_of_box,
    cut,
    network_input,
    to_frame,
)
from vitrine.vision.detectors import Detections, Detector
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.expression import measure
from vitrine.vision.networks import Network
from vitrine.vision.pose import HeadPose, head_pose
from vitrine.vision.quality import GOOD_VIEW, QualityScore, quality_cut, visible
from vitrine.vision.shape import Points

# A face of 20 pixels in it is found; in the largest photograph, of 64 megapixels, that face has
# some 130 pixels. Chosen, not measured.
LONGEST_SIDE: Final = 1280
"""Of the picture in which the face is looked for."""

# Who walks by three metres behind somebody with a phone in the hand has a fifth of the height.
# Chosen, not measured.
NEAR: Final = 1 / 3
"""Of the largest face's height: smaller ones are in the background, and nobody looks at them."""

# What advice is given; whether a view is good is not decided by them. Chosen, not measured.
SMALL_PIXELS: Final = 80
DARK: Final = 50
BRIGHT: Final = 205
TURNED_DEGREES: Final = 30

Flaw = Literal["far", "dark", "bright", "turned", "unclear"]
"""What is worst about a view; of a good one, what would make it better."""
ADVICE: Final[dict[Flaw, str]] = {
    "far": "come closer: the face has {side:.0f} pixels only",
    "dark": "more light: the face is dark",
    "bright": "less light: the face is pale",
    "turned": "look into the camera: the face is turned away",
    "unclear": "hold still, with nothing before the face: it is blurred or covered",
}


class NotOneFace(Invalid):
    """A picture with no face in it, or with several near ones."""

    def __init__(self, count: int) -> None:
        self.count = count
        said = "no face in it"
        if count > 1:
            said = f"{count} faces in it, expected one"
        super().__init__(said)


@dataclass(frozen=True, slots=True)
class View:
    """Hold what a picture gives: the unit vector (d,) of its face, and its quality, 0…1."""

    vector: Vector
    quality: float
    flaw: Flaw
    advice: str
    """What to do better, for who takes the picture."""
    pose: HeadPose
    eye_open: float
    """Mean gap of the lids, in distances of the outer eye corners."""
    points: Points
    """(68, 2), pixels of the picture, perhaps made smaller."""

    @property
    def is_good(self) -> bool:
        """Return True for a view that recognition would use before the camera."""
        return self.quality >= GOOD_VIEW


@dataclass(frozen=True, slots=True)
class FaceReader:
    """Find the one face of a picture, judge it and embed it."""

    detector: Detector
    landmarks: Network
    quality: QualityScore
    embedder: Embedder

    def read(self, picture: Image) -> View:
        """Return the face in a picture (H, W, 3) BGR. Raises NotOneFace unless one is near.

        It is looked for in a smaller picture, and cut from the whole one.
        """
        scale = min(1.0, LONGEST_SIDE / max(picture.shape[:2]))
        found = self._one_face(_scaled(picture, scale))
        whole = found.before_scaling(scale)
        side = _side(_crop(whole))
        # Cutting takes one pixel of several where a face is larger than the networks' input.
        nearer = min(1.0, 2 * INPUT_SIZE / side)
        image = _scaled(picture, nearer)
        crop = _crop(whole.before_scaling(1 / nearer))
        inside = cut(image, crop)
        points = self._points(inside, crop)
        height, width = image.shape[:2]
        score = float(self.quality.score([quality_cut(inside)])[0])
        vectors = self.embedder.embed([align(image, points)])
        pose = head_pose(points, width, height)
        flaw = _flaw(inside, side, pose)
        return View(
            vector=np.asarray(vectors[0]),
            quality=score * visible(points, width, height),
            flaw=flaw,
            advice=ADVICE[flaw].format(side=side),
            pose=pose,
            eye_open=measure(points, pose).eye_open,
            points=points,
        )

    def _one_face(self, image: Image) -> Detections:
        found = self.detector.detect(image)
        sure = found[found.scores >= self.detector.trust.sure]
        heights = sure.boxes[:, 3]
        near = sure[heights >= NEAR * heights.max(initial=0)]
        if len(near) != 1:
            raise NotOneFace(len(near))
        return near

    def _points(self, inside: Image, crop: Crop) -> Points:
        """Return the 68 points (68, 2) of a face, in pixels of the picture it was cut from."""
        outputs = self.landmarks.run(network_input([inside]))
        points = to_frame(outputs[0], [crop])
        return np.asarray(points[0])


def people_in(vectors: Sequence[Vector], least: float) -> list[int]:
    """Return a number for each of some unit vectors (d,), the same one for one person.

    Two are of one person when their cosine similarity is `least` or more, or when others lead from
    one to the other: two profiles resemble the front, and each other less.
    """
    stacked = np.stack(vectors)
    similar = stacked @ stacked.T >= least
    _, numbers = connected_components(similar, directed=False)
    return [int(number) for number in numbers]


def _crop(face: Detections) -> Crop:
    return crop_of_box(face.boxes[0].tolist(), face.five[0])


def _side(crop: Crop) -> float:
    """Return the side of a crop, in pixels of the picture."""
    per_pixel = float(np.hypot(crop[0, 0], crop[0, 1]))
    return INPUT_SIZE / per_pixel


def _scaled(picture: Image, scale: float) -> Image:
    """Return a picture (H, W, 3) made smaller; one that is not, as it is."""
    if scale >= 1:
        return picture
    height, width = picture.shape[:2]
    # A strip of one row keeps it.
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    resized = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.asarray(resized, np.uint8)


def _flaw(inside: Image, side: float, pose: HeadPose) -> Flaw:
    """Return what is worst about a face: what can be measured first, then what is left."""
    light = float(cv2.cvtColor(inside, cv2.COLOR_BGR2GRAY).mean())
    if side < SMALL_PIXELS:
        return "far"
    if light < DARK:
        return "dark"
    if light > BRIGHT:
        return "bright"
    if abs(pose.yaw) > TURNED_DEGREES or abs(pose.pitch) > TURNED_DEGREES:
        return "turned"
    return "unclear"
