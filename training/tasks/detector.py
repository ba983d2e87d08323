"""Training of the face detector on composed tiles."""

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Final, Literal, TypeVar

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn
from torch.nn import functional

from training.config import RunConfig, Source
from training.datasets.faces import LabelledFace
from training.datasets.people import read_people
from training.datasets.splits import Part, part_of, select
from training.export import Product
from training.mined import read_mined
from training.networks.detector import DetectorNetwork, flat
from training.pictures import (
    Detect,
    Picture,
    aligned_pictures,
    faceless_pieces,
    labelled_picture,
    mall_pictures,
    overlaps,
    shelf_pictures,
    video_pictures,
)
from training.targets import FACE, UNKNOWN, targets
from training.tiles import SIDE, Composer, Tile
from training.trainer import Batch, Sample
from vitrine.vision.detectors import Detections, YuNet
from vitrine.vision.detectors.single_shot import decode, detector_input
from vitrine.vision.models import DETECTOR_FILE
from vitrine.vision.networks import load_network

T = TypeVar("T")

VALIDATION_EVERY: Final = 10
"""Each n-th shelf and mall chooses the best weights instead."""
VALIDATION_TILES: Final = 384
MATCHED: Final = 0.4
"""Share of the union from which a detection is the face."""


class Config(RunConfig):
    task: Literal["detector"]
    data: list[Source] = Field(min_length=1)
    """Faces with 68 points: true boxes."""
    aligned: Path
    """A folder a person; the teacher's boxes."""
    shelves: Path
    videos: tuple[Path, ...] = ()
    teacher: Path
    """YuNet: boxes where there are no labels, and faces that nobody labelled."""
    malls: int = Field(ge=0)
    mall_frames: int = Field(6, ge=1)
    mined: Path | None = None
    """False alarms of earlier weights, as `python -m training mine` writes them."""
    tiles: int = Field(ge=2)
    """In an epoch."""


class Sources:
    """The pictures of one part."""

    def __init__(self, config: Config, part: Part) -> None:
        self._config, self._part = config, part
        self._teacher: Detect = YuNet(load_network(config.teacher)).detect

    def composer(self) -> Composer:
        """Reads everything; a minute or two. Raises DatasetError."""
        config, teacher = self._config, self._teacher
        labelled = [
            [labelled_picture(face, teacher) for face in self._faces(source)] for source in config.data
        ]
        everybody = read_people(config.aligned)
        people = [face for face in everybody if part_of(face.person) == self._part]
        aligned = aligned_pictures(people, teacher)
        training = self._part == "train"
        videos = [p for v in config.videos for p in video_pictures(v, teacher)] if training else []
        shelves = self._mine(shelf_pictures(config.shelves))
        malls = list(mall_pictures(self._mine(list(range(config.malls))), config.mall_frames))
        photos = [picture for some in labelled for picture in some]
        pieces = [Picture(cut) for p in (*photos, *videos) for cut in faceless_pieces(p)]
        mined = read_mined(config.mined) if config.mined and training else []
        scenes = [
            (0.25, shelves),
            (0.25, malls),
            (0.2, pieces),
            (0.15, photos),
            (0.05, videos),
            (0.35, mined),
        ]
        return Composer([*labelled, aligned], scenes, [*pieces, *shelves])

    def _faces(self, source: Source) -> list[LabelledFace]:
        return select(source.read(), self._part)

    def _mine(self, things: Sequence[T]) -> list[T]:
        """Those of this part, of things that have no people."""
        training = self._part == "train"
        return [thing for n, thing in enumerate(things) if (n % VALIDATION_EVERY != 0) == training]


class DetectorTask:
    """Boxes and five points of all faces in a picture."""

    metric: Final = "precision"
    better: Final = "higher"
    product = Product(DETECTOR_FILE, (3, SIDE, SIDE), ("stride8", "stride16", "stride32"), any_side=True)

    def __init__(self, config: Config) -> None:
        self._config = config

    @cached_property
    def _composer(self) -> Composer:
        return Sources(self._config, "train").composer()

    @cached_property
    def _validation(self) -> list[Tile]:
        composer = Sources(self._config, "validation").composer()
        return [composer.tile(np.random.default_rng([1, n])) for n in range(VALIDATION_TILES)]

    def network(self) -> nn.Module:
        """See Task."""
        return DetectorNetwork()

    def order(self, rng: np.random.Generator) -> NDArray[np.integer]:  # noqa: ARG002 - see Task
        """See Task. Every tile is new; pictures are read here, before batches are prepared elsewhere."""
        _ = self._composer
        return np.arange(self._config.tiles)

    def sample(self, index: int, rng: np.random.Generator) -> Sample:  # noqa: ARG002 - see Task
        """See Task. A tile (3, 256, 256), state (cells,) and values (cells, 14) of its cells."""
        return sample_of(self._composer.tile(rng))

    def loss(self, network: nn.Module, batch: Batch) -> Tensor:
        """See Task."""
        pictures, states, values = batch
        return detection_loss(flat(network(pictures)), states, values)

    def validate(self, network: nn.Module, device: torch.device) -> dict[str, float]:
        """See Task. Average precision over all thresholds; recall with one false alarm in twenty tiles."""
        return measure(network, self._validation, device)


def build(config: Config) -> DetectorTask:
    """The task of a configuration; pictures are read when they are first needed."""
    return DetectorTask(config)


def sample_of(tile: Tile) -> Sample:
    """What the network sees of a tile, and should answer."""
    return detector_input([tile.image])[0], *targets(tile)


def detection_loss(outputs: Tensor, states: Tensor, values: Tensor) -> Tensor:
    """Outputs (n, cells, 15), states (n, cells), values (n, cells, 14) → loss a face cell.

    Focal loss (Lin et al. 2017, arXiv:1708.02002) on the score, 1 − GIoU (Rezatofighi et al. 2019,
    arXiv:1902.09630) on the box, smooth L1 in face sizes on the points.
    """
    outputs = outputs.float()
    known, faces = states != UNKNOWN, states == FACE
    logits, wanted = outputs[..., 0][known], states[known]
    wrong = (wanted - logits.sigmoid()).abs()
    weight = torch.where(wanted == FACE, 0.25, 0.75) * wrong.square()
    plain = functional.binary_cross_entropy_with_logits(logits, wanted, reduction="none")
    count = faces.sum().clamp(min=1)
    guessed, true = outputs[faces][:, 1:], values[faces]
    size = (true[:, 2:4].mean(dim=1, keepdim=True)).exp()
    points = functional.smooth_l1_loss(guessed[:, 4:] / size, true[:, 4:] / size, beta=0.05, reduction="none")
    boxes = 1 - generalised_iou(guessed[:, :4], true[:, :4])
    return ((weight * plain).sum() + boxes.sum() + 5 * points.mean(dim=1).sum()) / count


def generalised_iou(guessed: Tensor, true: Tensor) -> Tensor:
    """Boxes as centre and logarithms of the sides, (n, 4) each → (n,), −1…1."""
    corners = []
    for boxes in (guessed, true):
        half = boxes[:, 2:].clamp(max=6).exp() / 2
        corners.append((boxes[:, :2] - half, boxes[:, :2] + half))
    (low, high), (true_low, true_high) = corners
    shared = (torch.minimum(high, true_high) - torch.maximum(low, true_low)).clamp(min=0).prod(dim=1)
    union = (high - low).prod(dim=1) + (true_high - true_low).prod(dim=1) - shared
    around = (torch.maximum(high, true_high) - torch.minimum(low, true_low)).prod(dim=1)
    return shared / union - (around - union) / around


def measure(network: nn.Module, tiles: Sequence[Tile], device: torch.device) -> dict[str, float]:
    """Average precision, and recall at the threshold that lets one false alarm pass in twenty tiles."""
    scores: list[float] = []
    right: list[bool] = []
    for start in range(0, len(tiles), 32):
        some = tiles[start : start + 32]
        with torch.no_grad():
            outputs = network(torch.from_numpy(detector_input([t.image for t in some])).to(device))
        maps = [output.float().cpu().numpy() for output in outputs]
        for n, tile in enumerate(some):
            judged = judge(decode([level[n] for level in maps], least=-4.0), tile)
            scores += judged[0]
            right += judged[1]
    faces = sum(len(tile.boxes) for tile in tiles)
    order = np.argsort(-np.array(scores), kind="stable")
    hits = np.array(right, bool)[order]
    recall, precision = hits.cumsum() / max(faces, 1), hits.cumsum() / np.arange(1, len(hits) + 1)
    few = (~hits).cumsum() <= len(tiles) / 20
    return {
        "precision": float((precision * hits).sum() / max(faces, 1)),
        "recall": float(recall[few].max(initial=0)),
    }


def judge(found: Detections, tile: Tile) -> tuple[list[float], list[bool]]:
    """Score of each detection, and whether it is a face not found before; ignored ones are left out."""
    scores, right = [], []
    free = np.ones(len(tile.boxes), bool)
    for box, score in zip(found.boxes, found.scores, strict=True):
        shares = overlaps(box, tile.boxes) * free if len(free) else np.zeros(1)
        if len(free) and shares.max() >= MATCHED:
            free[shares.argmax()] = False
            right.append(True)
        elif len(tile.ignored) and overlaps_ignored(box, tile.ignored):
            continue
        else:
            right.append(False)
        scores.append(float(score))
    return scores, right


def overlaps_ignored(box: NDArray[np.float32], ignored: NDArray[np.float32]) -> bool:
    """Whether the middle of a box lies where nobody knows."""
    middle = box[:2] + box[2:] / 2
    return bool(((middle >= ignored[:, :2]) & (middle <= ignored[:, :2] + ignored[:, 2:])).all(axis=1).any())
