"""How well a detector does on composed tiles, to choose the best weights."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.pictures import overlaps
from training.tiles import Tile
from vitrine.vision.detectors import Detections
from vitrine.vision.detectors.single_shot import decode, detector_input

MATCHED: Final = 0.4
"""Share of the union from which a detection is the face."""


def measure(
    network: nn.Module, tiles: Sequence[Tile], device: torch.device
) -> dict[str, float]:
    """Average precision; recall at the threshold that lets one false alarm pass in twenty tiles; that one."""
    scores: list[float] = []
    right: list[bool] = []
    for start in range(0, len(tiles), 32):
        some = tiles[start : start + 32]
        with torch.no_grad():
            outputs = network(
                torch.from_numpy(detector_input([t.image for t in some])).to(device)
            )
        maps = [output.float().cpu().numpy() for output in outputs]
        for n, tile in enumerate(some):
            judged = judge(decode([level[n] for level in maps], least=-4.0), tile)
            scores += judged[0]
            right += judged[1]
    faces = sum(len(tile.boxes) for tile in tiles)
    order = np.argsort(-np.array(scores), kind="stable")
    hits = np.array(right, bool)[order]
    recall = hits.cumsum() / max(faces, 1)
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    few = (~hits).cumsum() <= len(tiles) / 20
    return {
        "precision": float((precision * hits).sum() / max(faces, 1)),
        "recall": float(recall[few].max(initial=0)),
        "threshold": float(np.array(scores)[order][few].min(initial=1)),
    }


def judge(found: Detections, tile: Tile) -> tuple[list[float], list[bool]]:
    """Score of each detection, and whether it is a face not found before; ignored ones are left out."""
    scores = []
    right = []
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
    return bool(
        ((middle >= ignored[:, :2]) & (middle <= ignored[:, :2] + ignored[:, 2:]))
        .all(axis=1)
        .any()
    )
