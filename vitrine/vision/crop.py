"""From a face in a frame to the landmark network's input and back, the same in training and serving.

A crop is a (2, 3) float64 affine from frame pixels to input pixels, upright along the face and square. Its
side is MARGIN times the longer side of the upright bounding box of the 68 points, its centre the box's.
The constants for a detector's box and five points are medians of YuNet's detections on both training sets;
detections of YuNet and of MTCNN land on the same crop within 4 % of the side on average (spread: 5 to 9 % of
the side, centre 3 % of the side).
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.vision.shape import POINT_COUNT, Points, five_points

Image = NDArray[np.uint8]
Crop = NDArray[np.float64]

INPUT_SIZE: Final = 112
MARGIN: Final = 1.25
SIDE_PER_BOX: Final = 0.925 * MARGIN
"""Crop side over the geometric mean of a detector's box sides."""
SIDE_PER_FIVE: Final = 1.64 * MARGIN
"""Crop side over the hypotenuse of eye distance and eye-to-mouth distance."""
BOX_TO_CENTRE: Final = 0.17 / MARGIN
FIVE_TO_CENTRE: Final = 0.09 / MARGIN
"""How far the crop's centre lies below that of the box, or below the middle of eyes and mouth, in sides."""


def crop_of_points(points: Points, size: int = INPUT_SIZE) -> Crop:
    """The crop around 68 known or predicted points (68, 2), in pixels."""
    right, _, _ = _face_axes(five_points(points))
    turn = np.array([[right[0], right[1]], [-right[1], right[0]]])
    upright = points @ turn.T
    low = upright.min(axis=0)
    high = upright.max(axis=0)
    return crop_at(
        (low + high) / 2 @ turn, MARGIN * float((high - low).max()), right, size
    )


def crop_of_box(
    box: Sequence[float], five: Points | None = None, size: int = INPUT_SIZE
) -> Crop:
    """The crop for a detector's box (x, y, width, height), in pixels.

    The detector's five points (5, 2) give tilt, scale and height, whatever margin it gives its boxes; without
    them the crop is not turned.
    """
    x, y, width, height = box
    centre = np.array([x + width / 2, y + height / 2])
    if five is None:
        side = SIDE_PER_BOX * float(np.sqrt(width * height))
        return crop_at(
            centre + np.array([0.0, BOX_TO_CENTRE * side]),
            side,
            np.array([1.0, 0.0]),
            size,
        )
    right, extent, middle = _face_axes(five)
    side = SIDE_PER_FIVE * extent
    down = np.array([-right[1], right[0]])
    centre = middle + right * ((centre - middle) @ right) + down * FIVE_TO_CENTRE * side
    return crop_at(centre, side, right, size)


def _face_axes(five: Points) -> tuple[NDArray[np.float64], float, NDArray[np.float64]]:
    """Unit vector to the face's right in the image, size, and middle between eyes and mouth.

    Eye line and eye-to-mouth line vote together: a profile, whose eyes nearly coincide, keeps its tilt.
    """
    eyes = (five[0] + five[1]) / 2
    mouth = (five[3] + five[4]) / 2
    across = five[1] - five[0]
    down = mouth - eyes
    right = np.array([across[0] + down[1], across[1] - down[0]], dtype=np.float64)
    length = float(np.hypot(*right))
    size = float(np.hypot(np.hypot(*across), np.hypot(*down)))
    return (
        (right / length if length > 0 else np.array([1.0, 0.0])),
        size,
        (eyes + mouth) / 2,
    )


def crop_at(
    centre: NDArray[np.floating],
    side: float,
    right: NDArray[np.floating],
    size: int = INPUT_SIZE,
) -> Crop:
    """The crop with this centre and side in pixels, whose x axis points along the unit vector `right`."""
    scale = size / max(side, 1e-6)
    linear = scale * np.array(
        [[right[0], right[1]], [-right[1], right[0]]], dtype=np.float64
    )
    return np.column_stack([linear, (size - 1) / 2 - linear @ centre])


def cut(frame: Image, crop: Crop, size: int = INPUT_SIZE) -> Image:
    """(H, W, 3) BGR frame → (size, size, 3) BGR; black where the crop leaves the frame."""
    return cv2.warpAffine(frame, crop, (size, size), flags=cv2.INTER_LINEAR)  # type: ignore[return-value]


def network_input(cuts: Sequence[Image]) -> NDArray[np.float32]:
    """n BGR cuts (size, size, 3) uint8 → (n, 3, size, size) float32 RGB in −1…1."""
    batch = np.array([cv2.split(image)[::-1] for image in cuts], np.float32)
    batch *= np.float32(1 / 127.5)
    batch -= np.float32(1)
    return batch


def to_network(
    points: Points, crop: Crop, size: int = INPUT_SIZE
) -> NDArray[np.float64]:
    """Points (68, 2) in frame pixels → the network's coordinates: 0 the crop's centre, ±1 its edges."""
    inside = points @ crop[:, :2].T + crop[:, 2]
    return (inside - (size - 1) / 2) / (size / 2)


def to_frame(
    outputs: NDArray[np.floating], crops: Sequence[Crop], size: int = INPUT_SIZE
) -> NDArray[np.float32]:
    """Network outputs (n, 136) for n crops → (n, 68, 2) frame pixels; the inverse of `to_network`."""
    inside = (
        outputs.reshape(-1, POINT_COUNT, 2).astype(np.float64) * (size / 2)
        + (size - 1) / 2
    )
    stacked = np.asarray(crops).reshape(-1, 2, 3)
    back = np.linalg.inv(stacked[:, :, :2])
    shifted = inside - stacked[:, None, :, 2]
    return (shifted @ back.transpose(0, 2, 1)).astype(np.float32)
