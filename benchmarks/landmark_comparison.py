"""Compare drawn with real faces: how exact landmarks are, and what pictures are like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cv2
import numpy as np

from benchmarks.face_comparison import Finder, Judged, Row, binned_row, match, within
from benchmarks.face_samples import Face
from benchmarks.intervals import Figure, mean_figure
from vitrine.vision.crop import (
    Image,
    crop_of_box,
    crop_of_points,
    cut,
    network_input,
    to_frame,
)
from vitrine.vision.networks import Network
from vitrine.vision.shape import outer_eye_distance

LANDMARK_TURNS = ((0, 20), (20, 65))
JAW_POINTS = 17
PARTS = ("all 68", "without jaw")
Errors = tuple[float, float]
"""Of each of PARTS."""
# Noise estimate of Immerkær (1996): the mask has a gain of 6 on independent noise, and the
# median of absolute values is 0.6745 standard deviations.
NOISE_MASK = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
NOISE_GAIN = 6
MEDIAN_SHARE = 0.6745


def landmark_rows(
    name: str,
    find: Finder,
    network: Network,
    mall: Sequence[Face],
    real: Sequence[Face],
) -> Iterator[Row]:
    """Yield mean errors of the 68 points on found faces, by yaw."""
    synthetic_errors = found_errors(find, network, mall)
    real_errors = found_errors(find, network, real)
    for column, part in enumerate(PARTS):
        synthetic = judged(synthetic_errors, column)
        photos = judged(real_errors, column)
        for turns in LANDMARK_TURNS:

            def is_in_bin(face: Face, turns: tuple[int, int] = turns) -> bool:
                return within(abs(face.yaw), turns)

            least, most = turns
            row_name = f"landmark NME, %, {part}, yaw {least}° to {most}°, {name}"
            yield from binned_row(
                row_name,
                synthetic,
                photos,
                is_in_bin,
                lower_is_easier=True,
            )


def judged(measured: Sequence[tuple[Face, Errors]], column: int) -> list[Judged]:
    """Return faces with one of their two errors."""
    return [Judged(face, errors[column]) for face, errors in measured]


def found_errors(
    find: Finder,
    network: Network,
    faces: Sequence[Face],
) -> list[tuple[Face, Errors]]:
    """Return the faces that are found, each with its landmark errors."""
    found = []
    for face in faces:
        errors = landmark_error(find, network, face)
        if errors is not None:
            found.append((face, errors))
    return found


def landmark_error(
    find: Finder,
    network: Network,
    face: Face,
) -> Errors | None:
    """Return the error of all points, and of all but the jaw; None if the face was not found.

    In percent of the eye corners' distance. A frontal face's eye corners are 0.7 of its
    landmarks' height apart: that is the least divisor, since the corners come closer with yaw
    and the height does not.
    """
    found = find(face.picture)
    index = match(face, found)
    if index is None:
        return None
    box = found.boxes[index].tolist()
    crop = crop_of_box(box, found.five[index])
    cut_face = cut(face.picture, crop)
    outputs = network.run(network_input([cut_face]))
    points = to_frame(outputs[0], [crop])
    off = points[0] - face.points
    eyes = float(outer_eye_distance(face.points))
    across = max(eyes, 0.7 * face.height)
    errors = 100 * np.linalg.norm(off, axis=1) / across
    # The points of the jaw slide along the cheek as a head turns.
    without_jaw = errors[JAW_POINTS:]
    return float(errors.mean()), float(without_jaw.mean())


def picture_rows(
    name: str,
    mall: Sequence[Face],
    real: Sequence[Face],
) -> Iterator[Row]:
    """Yield statistics of the landmark network's crops.

    What is sharper, cleaner, or richer in contrast is easier.
    """
    synthetic_values = [statistics(face) for face in mall]
    real_values = [statistics(face) for face in real]
    rows = (
        ("sharpness (variance of the Laplacian)", False),
        ("noise, grey levels", True),
        ("contrast, grey levels", False),
    )
    for column, (kind, lower_is_easier) in enumerate(rows):
        synthetic = column_figure(mall, synthetic_values, column)
        photos = column_figure(real, real_values, column)
        yield Row(
            name=f"{kind}, {name}",
            synthetic=synthetic,
            real=photos,
            lower_is_easier=lower_is_easier,
        )


def column_figure(
    faces: Sequence[Face],
    values: Sequence[tuple[float, ...]],
    column: int,
) -> Figure:
    """Return the mean of one of the values of faces."""
    chosen = [row[column] for row in values]
    groups = [face.group for face in faces]
    return mean_figure(chosen, groups)


def statistics(face: Face) -> tuple[float, float, float]:
    """Return sharpness, noise and contrast of a face's crop at its own resolution."""
    crop = crop_of_points(face.points)
    coloured = cut(face.picture, crop)
    grey_face = grey(coloured)
    edges = cv2.Laplacian(grey_face, cv2.CV_32F)
    sharpness = float(edges.var())
    # The middle of 128 pixels: skin, without hair and shop.
    middle = slice(32, 96)
    contrast = float(grey_face[middle, middle].std())
    return sharpness, noise_of(face), contrast


def noise_of(face: Face) -> float:
    """Return the noise of a face, grey levels, in the pixels that the camera gave."""
    # A negative start of a slice would count from the other end.
    low = face.points.min(axis=0).clip(min=0)
    high = face.points.max(axis=0)
    left, top = low.astype(int)
    right, bottom = high.astype(int)
    whole = grey(face.picture)
    patch = whole[top : bottom + 1, left : right + 1]
    response = cv2.filter2D(patch, cv2.CV_32F, NOISE_MASK)
    deviation = np.median(np.abs(response)) / MEDIAN_SHARE
    return float(deviation / NOISE_GAIN)


def grey(picture: Image) -> np.ndarray[Any, np.dtype[Any]]:
    """Return a picture without colours."""
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
