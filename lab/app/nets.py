"""Detectors and nets by the names under which the app offers them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, Protocol

import cv2
import numpy as np
import onnx

from vitrine.errors import ConfigurationError
from vitrine.lab.view.detectors import LOADERS
from vitrine.vision.crop import Crop, Image, crop_of_box, cut, network_input, to_frame
from vitrine.vision.detectors import Detections, Detector
from vitrine.vision.embedding import alignment
from vitrine.vision.models import LANDMARKS_FILE, model_path
from vitrine.vision.networks import Network, load_network
from vitrine.vision.pose import mean_shape
from vitrine.vision.shape import Points, five_points
from vitrine.vision.upright import UprightSquare, square_of

LoadDetector = Callable[[], Detector]
DETECTORS: Final = {
    "own": "Vitrine",
    "mtcnn": "MTCNN",
    "yunet": "YuNet",
    "ssd": "OpenCV SSD res10",
    "haar": "Haar cascade",
}
"""How the app calls the detectors of `vitrine view`."""
CHANNELS: Final = (1, 3)
"""Of the picture that a net takes."""
POINTS: Final = {136: 68, 30: 15, 38: 15}
"""Points that are shown, by the coordinates that a net gives. 38: of two heads the first."""


class Net(Protocol):
    """Represent anything that finds points of detected faces."""

    def points(self, image: Image, faces: Detections) -> list[Points]:
        """Return the points (k, 2) of each face, in pixels of the (H, W, 3) BGR picture."""


@dataclass(frozen=True, slots=True)
class NetForm:
    """Describe the network of a file (training/export.py)."""

    side: int
    """Of its square input, pixels."""
    grey: bool
    points: int
    """68, or 15 as in the competition of keypoints."""
    square: UprightSquare | None
    """What it looks at; None for the product's own crop."""


class CropNet:
    """Find 68 or 15 points by a network."""

    def __init__(self, network: Network, form: NetForm) -> None:
        self._network = network
        self._form = form

    def points(self, image: Image, faces: Detections) -> list[Points]:
        """See Net."""
        if not len(faces):
            return []
        form = self._form
        crops = []
        for box, five in zip(faces.boxes, faces.five, strict=True):
            if form.square is None:
                crop = crop_of_box(box.tolist(), five, form.side)
            else:
                crop = form.square.crop(five, form.side)
            crops.append(crop)
        cuts = [self._cut(image, crop) for crop in crops]
        pictures = network_input(cuts)
        if form.grey:
            pictures = pictures[:, :1]
        outputs = self._network.run(pictures)[0]
        found = to_frame(outputs, crops, form.side)
        # What follows are the points of a second head.
        return list(found[:, : form.points])

    def _cut(self, image: Image, crop: Crop) -> Image:
        coloured = cut(image, crop, self._form.side)
        if not self._form.grey:
            return coloured
        grey = cv2.cvtColor(coloured, cv2.COLOR_BGR2GRAY)
        # `network_input` takes three channels.
        return np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)


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
            form = form_of(path)
            if form is not None:
                name = path.relative_to(folder).with_suffix("")
                found[f"{name}, {form.points} points"] = partial(load_net, path)
    return found


def load_net(path: Path) -> Net:
    """Return the net of an ONNX file. Raises ConfigurationError for one of another form."""
    form = form_of(path)
    if form is None:
        raise ConfigurationError(
            f"{path}: expected a net from pictures (n, 3 or 1, side, side) to 68 or 15 points"
            " (n, 136 or 30), as `python -m training export` and `studies measure` write it"
        )
    return CropNet(load_network(path), form)


def form_of(path: Path) -> NetForm | None:
    """Return the form of a net of points; None for any other file."""
    try:
        model = onnx.load(path, load_external_data=False)
        square = square_of(model)
    except Exception:  # noqa: BLE001 - protobuf has its own errors for what is no net
        return None
    graph = model.graph
    if len(graph.input) != 1 or len(graph.output) != 1:
        return None
    taken = _shape(graph.input[0])
    given = _shape(graph.output[0])
    if len(taken) != 4 or taken[1] not in CHANNELS or taken[2] != taken[3]:
        return None
    if len(given) != 2 or given[1] not in POINTS or not taken[2]:
        return None
    return NetForm(taken[2], taken[1] == 1, POINTS[given[1]], square)


def _shape(value: onnx.ValueInfoProto) -> list[int]:
    """Return the sizes of a tensor, 0 for open ones."""
    return [size.dim_value for size in value.type.tensor_type.shape.dim]
