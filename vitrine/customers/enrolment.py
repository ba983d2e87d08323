"""From a customer's pictures to templates: the same alignment and network as in front of the camera."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vitrine.customers.gallery import Vector
from vitrine.errors import Invalid
from vitrine.settings import Settings
from vitrine.vision.crop import Image, crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import Detector, load_detector
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.models import LANDMARKS_FILE, embedding_model, model_path
from vitrine.vision.networks import Network, load_network

LONGEST_SIDE = 1280


@dataclass(frozen=True, slots=True)
class FaceReader:
    """Finds the one face of a picture and makes its embedding."""

    detector: Detector
    landmarks: Network
    embedder: Embedder

    @classmethod
    def load(cls, settings: Settings) -> FaceReader:
        """The models of the settings. Raises ConfigurationError."""
        path = embedding_model(settings.models)
        landmarks = load_network(model_path(LANDMARKS_FILE))
        return cls(
            load_detector(settings.models),
            landmarks,
            Embedder(load_network(path), path.stem),
        )

    def read(self, image: Image) -> Vector:
        """(H, W, 3) BGR → unit vector (128,). Raises Invalid unless there is exactly one face."""
        scale = min(1.0, LONGEST_SIDE / max(image.shape[:2]))
        if scale < 1:
            image = np.asarray(
                cv2.resize(
                    image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
                )
            )
        found = self.detector.detect(image)
        found = found[found.scores >= self.detector.trust.sure]
        if len(found) != 1:
            raise Invalid(
                "no face in it"
                if not len(found)
                else f"{len(found)} faces in it, expected one"
            )
        crop = crop_of_box(found.boxes[0].tolist(), found.five[0])
        points = to_frame(
            self.landmarks.run(network_input([cut(image, crop)]))[0], [crop]
        )[0]
        return np.asarray(self.embedder.embed([align(image, points)])[0])


def read_picture(path: Path) -> Image:
    """A picture file as (H, W, 3) BGR. Raises Invalid."""
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise Invalid(error.strerror or str(error)) from None
    image = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if image is None:
        raise Invalid("not a picture that can be read")
    return np.asarray(image, np.uint8)
