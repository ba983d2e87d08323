"""Detectors by name: those of the product, and two of OpenCV's that studies used."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.errors import ConfigurationError
from vitrine.lab.view.haar import Cascade
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, Detector, Trust, load_detector
from vitrine.vision.detectors.detections import Floats, to_boxes

# Where the eyes, the nose tip and the mouth corners of an upright face lie in a box, as shares of
# its sides. Medians of our own detector over 376 faces of the synthetic mall (rush, seed 1), the
# mean of both sides of the face.
FIVE_IN_BOX: Final = np.array(
    [[0.28, 0.38], [0.72, 0.38], [0.50, 0.58], [0.31, 0.74], [0.69, 0.74]],
    np.float32,
)
SSD_FILES: Final = (
    ("opencv_face_detector_uint8.pb", "opencv_face_detector.pbtxt"),
    ("res10_300x300_ssd_iter_140000.caffemodel", "deploy.prototxt"),
    ("res10_300x300_ssd_iter_140000_fp16.caffemodel", "deploy.prototxt"),
)
HAAR_FILE: Final = "haarcascade_frontalface_default.xml"
# The size that the network was trained at, and the mean of its pictures (blue, green, red).
SSD_SIDE: Final = 300
SSD_MEAN: Final = (104.0, 177.0, 123.0)
SSD_LEAST: Final = 0.3


def with_points(boxes: Floats, scores: Floats) -> Detections:
    """Return boxes (n, 4) with the five points that an upright face would have in them."""
    corners = boxes[:, None, :2]
    sides = boxes[:, None, 2:]
    return Detections(boxes, scores, corners + FIVE_IN_BOX * sides)


class OpenCvSsd:
    """Run OpenCV's `res10` single-shot detector: it gives boxes without points."""

    # Chosen, not measured: 0.5 is what OpenCV's own samples ask for.
    trust = Trust(start=0.5, sure=0.9)
    # A longer side is brought to the network's in one step: no other scaling before.
    side = 640

    def __init__(self, network: Any) -> None:
        """Take a network as `cv2.dnn` reads it."""
        self._network = network

    @classmethod
    def load(cls, folder: Path | None) -> OpenCvSsd:
        """Return it with the files in `folder`. Raises ConfigurationError."""
        model, config = _ssd_files(folder)
        if model.suffix == ".caffemodel" and not hasattr(cv2.dnn, "readNetFromCaffe"):
            raise ConfigurationError(
                f"OpenCV {cv2.__version__} cannot read {model.name}; put "
                f"{' and '.join(SSD_FILES[0])}, the same network, beside it"
            )
        try:
            return cls(cv2.dnn.readNet(str(model), str(config)))
        except cv2.error as error:
            raise ConfigurationError(
                f"{model} cannot be read: {error.err}; fetch it again"
            ) from None

    def detect(self, image: Image) -> Detections:
        """See Detector."""
        blob = cv2.dnn.blobFromImage(image, 1.0, (SSD_SIDE, SSD_SIDE), SSD_MEAN)
        self._network.setInput(blob)
        height, width = image.shape[:2]
        return faces_of_ssd(self._network.forward(), width, height)


def _ssd_files(folder: Path | None) -> tuple[Path, Path]:
    """Return the files of the network, the first pair that is whole."""
    if folder is not None:
        for model, config in SSD_FILES:
            if (folder / model).is_file() and (folder / config).is_file():
                return folder / model, folder / config
    wanted = " and ".join(SSD_FILES[0])
    raise ConfigurationError(
        f"the detector ssd needs {wanted} in --models (or VITRINE_MODELS)"
    )


def faces_of_ssd(output: NDArray[np.float32], width: int, height: int) -> Detections:
    """Return the faces in an output (1, 1, n, 7) for a picture of width × height pixels.

    A row is picture, class, score, then two corners as shares of the picture.
    """
    rows = output.reshape(-1, 7)
    rows = rows[rows[:, 2] >= SSD_LEAST]
    rows = rows[np.argsort(-rows[:, 2], kind="stable")]
    size = np.array([width, height, width, height], np.float32)
    boxes = to_boxes(rows[:, 3:] * size)
    whole = (boxes[:, 2:] > 0).all(axis=1)
    return with_points(boxes[whole], np.clip(rows[whole, 2], 0, 1))


def _load_haar(folder: Path | None) -> Detector:
    path = None if folder is None else folder / HAAR_FILE
    if path is None or not path.is_file():
        raise ConfigurationError(
            f"the detector haar needs {HAAR_FILE} in --models (or VITRINE_MODELS)"
        )
    return HaarFaces(Cascade.load(path))


class HaarFaces:
    """Find upright frontal faces with a cascade of Haar features (Viola and Jones 2001)."""

    # It has no probabilities: neighbours are counted, see `detect`. Three are OpenCV's own default.
    trust = Trust(start=0.5, sure=0.7)
    # Every scale costs as much as its picture is large; faces below 48 of 640 pixels are lost.
    side = 320

    def __init__(self, cascade: Cascade) -> None:
        self._cascade = cascade

    def detect(self, image: Image) -> Detections:
        """See Detector. A score is n / (n + 3) for a box that n windows agree on."""
        grey = cv2.equalizeHist(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
        boxes, neighbours = self._cascade.find(np.asarray(grey, np.uint8))
        scores = neighbours / (neighbours + np.float32(3))
        best = np.argsort(-scores, kind="stable")
        return with_points(boxes[best], scores[best].astype(np.float32))


LOADERS: Final[dict[str, Callable[[Path | None], Detector]]] = {
    "own": lambda models: load_detector(models, kind="own"),
    "mtcnn": lambda models: load_detector(models, kind="mtcnn"),
    "yunet": lambda models: load_detector(models, kind="yunet"),
    "ssd": OpenCvSsd.load,
    "haar": _load_haar,
}
"""Detectors by name. A loader takes the folder of public weights; it raises ConfigurationError."""
