"""Measure a detector on composed tiles, to choose the best weights."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.detector.picture import middle_inside, overlaps
from training.detector.tile import Tile
from vitrine.vision.detectors import Detections
from vitrine.vision.detectors.single_shot import decode, detector_input

MATCHED: Final = 0.4
"""Share of the union from which a detection is the face."""
LEAST: Final = -4.0
"""Logit from which a cell is a detection: 0.018, far below every threshold in service."""
BATCH: Final = 32
TILES_PER_ALARM: Final = 20
"""Tiles in which one false alarm may pass at the threshold: five frames of 640×360."""


def measure(
    network: nn.Module,
    tiles: Sequence[Tile],
    device: torch.device,
) -> dict[str, float]:
    """Return average precision, and recall and threshold with one false alarm in twenty tiles."""
    scores: list[float] = []
    right: list[bool] = []
    for start in range(0, len(tiles), BATCH):
        stop = start + BATCH
        some = tiles[start:stop]
        detections = _detected(network, some, device)
        for found, tile in zip(
            detections,
            some,
            strict=True,
        ):
            tile_scores, tile_right = judge(found, tile)
            scores += tile_scores
            right += tile_right
    faces = sum(len(tile.boxes) for tile in tiles)
    return _figures(
        np.array(scores),
        np.array(right, bool),
        faces,
        len(tiles),
    )


def _detected(
    network: nn.Module,
    tiles: Sequence[Tile],
    device: torch.device,
) -> list[Detections]:
    images = [tile.image for tile in tiles]
    pictures = torch.from_numpy(detector_input(images))
    with torch.no_grad():
        outputs = network(pictures.to(device))
    maps: list[NDArray[np.float32]] = []
    for output in outputs:
        # numpy knows no bfloat16.
        on_cpu = output.float().cpu()
        maps.append(on_cpu.numpy())
    found: list[Detections] = []
    for place in range(len(tiles)):
        levels = [level[place] for level in maps]
        detections = decode(levels, least=LEAST)
        found.append(detections)
    return found


def _figures(
    scores: NDArray[np.float64],
    right: NDArray[np.bool_],
    faces: int,
    tiles: int,
) -> dict[str, float]:
    # Stable, so that equal scores keep the order of the tiles on every machine.
    order = np.argsort(-scores, kind="stable")
    hits = right[order]
    misses = ~hits
    found = hits.cumsum()
    alarms = misses.cumsum()
    taken = found + alarms
    # A set of tiles without a face is measured too: nothing can be found there.
    all_faces = max(faces, 1)
    recall = found / all_faces
    precision = found / taken
    at_hits = precision * hits
    average_precision = at_hits.sum() / all_faces
    allowed = tiles / TILES_PER_ALARM
    few_alarms = alarms <= allowed
    ordered = scores[order]
    passed = ordered[few_alarms]
    reached = recall[few_alarms]
    return {
        "precision": float(average_precision),
        "recall": float(reached.max(initial=0)),
        "threshold": float(passed.min(initial=1)),
    }


def judge(found: Detections, tile: Tile) -> tuple[list[float], list[bool]]:
    """Return the score of each detection, and whether it is a face that was not found before.

    Detections where nobody knows are left out.
    """
    scores: list[float] = []
    right: list[bool] = []
    free = np.ones(len(tile.boxes), bool)
    for box, score in zip(
        found.boxes,
        found.scores,
        strict=True,
    ):
        shares = overlaps(box, tile.boxes) * free
        best = shares.max(initial=0)
        is_face = bool(best >= MATCHED)
        if is_face:
            # A second detection of the same face is a false alarm.
            face = shares.argmax()
            free[face] = False
        elif middle_inside(box, tile.ignored).any():
            continue
        scores.append(float(score))
        right.append(is_face)
    return scores, right
