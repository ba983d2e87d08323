"""From a customer's picture to a template's vector.

Alignment and network are those of the pictures in front of the camera.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from vitrine.customers.records import Vector
from vitrine.errors import Invalid
from vitrine.vision.crop import Image, crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import Detections, Detector
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.networks import Network
from vitrine.vision.shape import Points

# A portrait from a telephone has 4,000 pixels and more; a face that fills a third of
# it keeps some 400, four times what the embedding sees. Chosen, not measured.
LONGEST_SIDE: Final = 1280


@dataclass(frozen=True, slots=True)
class FaceReader:
    """Find the one face of a picture and embed it."""

    detector: Detector
    landmarks: Network
    embedder: Embedder

    def read(self, picture: Image) -> Vector:
        """Return the unit vector (d,) of the face in a picture (H, W, 3) BGR.

        Raises Invalid unless there is exactly one face.
        """
        image = shrunk(picture)
        face = self._one_face(image)
        points = self._points(image, face)
        aligned = align(image, points)
        vectors = self.embedder.embed([aligned])
        return np.asarray(vectors[0])

    def _one_face(self, image: Image) -> Detections:
        found = self.detector.detect(image)
        sure = found[found.scores >= self.detector.trust.sure]
        count = len(sure)
        if count == 0:
            raise Invalid("no face in it")
        if count > 1:
            raise Invalid(f"{count} faces in it, expected one")
        return sure

    def _points(self, image: Image, face: Detections) -> Points:
        """Return the 68 points (68, 2) of a face, in pixels."""
        box = face.boxes[0].tolist()
        crop = crop_of_box(box, face.five[0])
        inside = cut(image, crop)
        batch = network_input([inside])
        outputs = self.landmarks.run(batch)
        points = to_frame(outputs[0], [crop])
        return np.asarray(points[0])


def shrunk(picture: Image) -> Image:
    """Return a picture (H, W, 3) with at most LONGEST_SIDE pixels on its longer side."""
    longest = max(picture.shape[:2])
    if longest <= LONGEST_SIDE:
        return picture
    scale = LONGEST_SIDE / longest
    resized = cv2.resize(
        picture,
        None,
        fx=scale,
        fy=scale,
        interpolation=cv2.INTER_AREA,
    )
    return np.asarray(resized, np.uint8)
