"""The loss that the detector's training makes smaller.

Focal loss (Lin et al. 2017, arXiv:1708.02002) on the score, 1 − GIoU (Rezatofighi et al. 2019,
arXiv:1902.09630) on the box, smooth L1 in face sizes on the points.
"""

from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from training.detector.targets import FACE, UNKNOWN

FACE_WEIGHT: Final = 0.25
"""Weight of cells with a face in the focal loss, others have the rest: α of Lin et al."""
POINTS_WEIGHT: Final = 5.0
"""Of the points beside score and box; chosen, not measured."""
POINTS_BETA: Final = 0.05
"""Distance in face sizes below which the loss of a point is square: about a label's error."""
LARGEST_LOG: Final = 6.0
"""Logarithm of a side, in strides, above which a box counts no larger: e⁶ overflows no sum."""


def detection_loss(
    outputs: Tensor,
    states: Tensor,
    values: Tensor,
) -> Tensor:
    """Return the loss a face cell.

    Outputs (n, cells, 15), states (n, cells), values (n, cells, 14).
    """
    # Half precision is too coarse for boxes.
    outputs = outputs.float()
    known = states != UNKNOWN
    faces = states == FACE
    logits = outputs[..., 0]
    score = _score_loss(logits[known], states[known])
    guessed = outputs[..., 1:][faces]
    true = values[faces]
    guessed_boxes = guessed[:, :4]
    true_boxes = true[:, :4]
    likeness = generalised_iou(guessed_boxes, true_boxes)
    unlikeness = 1 - likeness
    boxes = unlikeness.sum()
    points = _points_loss(guessed, true)
    total = score + boxes + POINTS_WEIGHT * points
    # A batch without a face has a score to learn from all the same.
    count = faces.sum().clamp(min=1)
    return total / count


def _score_loss(logits: Tensor, wanted: Tensor) -> Tensor:
    """Return the sum of the focal loss over all known cells."""
    off = wanted - logits.sigmoid()
    is_face = wanted == FACE
    share = torch.where(is_face, FACE_WEIGHT, 1 - FACE_WEIGHT)
    # The square is γ = 2 of Lin et al.
    weight = share * off.square()
    plain = functional.binary_cross_entropy_with_logits(
        logits,
        wanted,
        reduction="none",
    )
    focal = weight * plain
    return focal.sum()


def _points_loss(guessed: Tensor, true: Tensor) -> Tensor:
    """Return the sum over faces of the mean loss of their points, (n, 14) each."""
    log_sides = true[:, 2:4]
    log_size = log_sides.mean(dim=1, keepdim=True)
    size = log_size.exp()
    guessed_points = guessed[:, 4:] / size
    true_points = true[:, 4:] / size
    losses = functional.smooth_l1_loss(
        guessed_points,
        true_points,
        beta=POINTS_BETA,
        reduction="none",
    )
    of_faces = losses.mean(dim=1)
    return of_faces.sum()


def generalised_iou(guessed: Tensor, true: Tensor) -> Tensor:
    """Return −1…1 for each pair of boxes, (n,).

    Boxes are given as centre and logarithms of the sides, (n, 4).
    """
    low, high = _corners(guessed)
    true_low, true_high = _corners(true)
    shared_low = torch.maximum(low, true_low)
    shared_high = torch.minimum(high, true_high)
    # Negative where the boxes are apart: they share no area.
    shared_sides = (shared_high - shared_low).clamp(min=0)
    sides = high - low
    true_sides = true_high - true_low
    shared = shared_sides.prod(dim=1)
    area = sides.prod(dim=1)
    true_area = true_sides.prod(dim=1)
    union = area + true_area - shared
    around_low = torch.minimum(low, true_low)
    around_high = torch.maximum(high, true_high)
    around_sides = around_high - around_low
    around = around_sides.prod(dim=1)
    iou = shared / union
    empty = around - union
    return iou - empty / around


def _corners(boxes: Tensor) -> tuple[Tensor, Tensor]:
    middle = boxes[:, :2]
    log_sides = boxes[:, 2:].clamp(max=LARGEST_LOG)
    half = log_sides.exp() / 2
    return middle - half, middle + half
