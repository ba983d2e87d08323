"""Detectors and nets by the names under which the app offers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import numpy as np
import onnx

from vitrine.errors import ConfigurationError
from vitrine.lab.view.detectors import LOADERS
from vitrine.vision.crop import Image, crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import Detections, Detector
from vitrine.vision.embedding import alignment
from vitrine.vision.models import LANDMARKS_FILE, model_path
from vitrine.vision.networks import Network, load_network
from vitrine.vision.pose import mean_shape
from vitrine.vision.shape import POINT_COUNT, Points, five_points

LoadDetector = Callable[[], Detector]
DETECTORS: Final = {
    "own": "Vitrine",
    "mtcnn": "MTCNN",
    "yunet": "YuNet",
    "ssd": "OpenCV SSD res10",
    "haar": "Haar cascade",
}
"""How the app calls the detectors of `vitrine view`."""
COLOURS: Final = 3
"""Channels of the picture that a net takes."""


class Net(Protocol):
    """Represent anything that finds points of detected faces."""

    def points(self, image: Image, faces: Detections) -> list[Points]:
        """Return the points (k, 2) of each face, in pixels of the (H, W, 3) BGR picture."""


class CropNet:
    """Find 68 points by a network of the product's form (training/export.py)."""

    def __init__(self, network: Network, side: int) -> None:
        """`side`: of the network's square input, pixels."""
        self._network = network
        self._side = side

    def points(self, image: Image, faces: Detections) -> list[Points]:
        """See Net."""
        if not len(faces):
            return []
        crops = []
        for box, five in zip(faces.boxes, faces.five, strict=True):
            crops.append(crop_of_box(box.tolist(), five, self._side))
        cuts = [cut(image, crop, self._side) for crop in crops]
        outputs = self._network.run(network_input(cuts))[0]
        return list(to_frame(outputs, crops, self._side))


class DetectorsPoints:
    """Take the five points that the detector found."""

    def points(self, image: Image, faces: Detections) -> list[Points]:  # noqa: ARG002
        """See Net."""
        return list(faces.five)


class MeanFace:
    """Lay the mean face on the detector's five points: what a net has to beat."""

    def points(self, image: Image, faces: Detections) -> list[Points]:  # noqa: ARG002
        """See Net."""
        flat = mean_shape()[:, :2]
        template = five_points(flat)
        laid = []
        for five in faces.five:
            to_picture = alignment(template, five.astype(np.float64))
            points = flat @ to_picture[:, :2].T + to_picture[:, 2]
            laid.append(points.astype(np.float32))
        return laid


OUR_NET: Final = "Vitrine, 68 points"
MEAN_FACE: Final = "Mean face, 68 points"
FIVE_POINTS: Final = "The detector's own five points"


def detectors(models: Path | None) -> Mapping[str, LoadDetector]:
    """Return how to load each detector whose weights are there, by name."""
    found = {}
    for key, name in DETECTORS.items():
        load = partial(LOADERS[key], models)
        try:
            load()
        except ConfigurationError:
            continue
        found[name] = load
    return found


def nets(*folders: Path | None) -> Mapping[str, Callable[[], Net]]:
    """Return how to load each net, by name: ours, two simple ones, and each file that fits."""
    found: dict[str, Callable[[], Net]] = {
        OUR_NET: partial(load_net, model_path(LANDMARKS_FILE)),
        MEAN_FACE: MeanFace,
        FIVE_POINTS: DetectorsPoints,
    }
    for folder in folders:
        if folder is None or not folder.is_dir():
            continue
        for path in sorted(folder.rglob("*.onnx")):
            if _side_of(path) is not None:
                name = path.relative_to(folder).with_suffix("")
                found[f"{name}, 68 points"] = partial(load_net, path)
    return found


def load_net(path: Path) -> Net:
    """Return the net of an ONNX file. Raises ConfigurationError for one of another form."""
    side = _side_of(path)
    if side is None:
        raise ConfigurationError(
            f"{path}: expected a net from pictures (n, 3, side, side)"
            f" to points (n, {2 * POINT_COUNT}), as `python -m training export` writes it"
        )
    return CropNet(load_network(path), side)


def _side_of(path: Path) -> int | None:
    """Return the side of the pictures that a net of 68 points takes; None for any other file."""
    try:
        graph = onnx.load(path, load_external_data=False).graph
    except Exception:  # noqa: BLE001 - protobuf has its own errors for what is no net
        return None
    if len(graph.input) != 1 or len(graph.output) != 1:
        return None
    taken = _shape(graph.input[0])
    given = _shape(graph.output[0])
    if len(taken) != 4 or taken[1] != COLOURS or taken[2] != taken[3]:
        return None
    if given[1:] != [2 * POINT_COUNT]:
        return None
    return taken[2] or None


def _shape(value: onnx.ValueInfoProto) -> list[int]:
    """Return the sizes of a tensor, 0 for open ones."""
    return [size.dim_value for size in value.type.tensor_type.shape.dim]
