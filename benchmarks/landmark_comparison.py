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
    for part, column in (("all 68", 0), ("without jaw", 1)):
        synthetic = [Judged(face, errors[column]) for face, errors in synthetic_errors]
        photos = [Judged(face, errors[column]) for face, errors in real_errors]
        for turns in LANDMARK_TURNS:

            def is_in_bin(face: Face, turns: tuple[int, int] = turns) -> bool:
                return within(abs(face.yaw), turns)

            least, most = turns
            yield from binned_row(
                f"landmark NME, %, {part}, yaw {least}° to {most}°, {name}",
                synthetic,
                photos,
                is_in_bin,
                lower_is_easier=True,
            )


def found_errors(
    find: Finder,
    network: Network,
    faces: Sequence[Face],
) -> list[tuple[Face, tuple[float, float]]]:
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
) -> tuple[float, float] | None:
    """Return the error of all points, and of all but the jaw; None if the face was not found.

    In percent of the eye corners' distance. A frontal face's eye corners are 0.7 of its
    landmarks' height apart: that is the least divisor, since the corners come closer with yaw
    and the height does not.
    """
    found = find(face.picture)
    index = match(face, found)
    if index is None:
        return None
    crop = crop_of_box(found.boxes[index].tolist(), found.five[index])
    outputs = network.run(network_input([cut(face.picture, crop)]))
    points = to_frame(outputs[0], [crop])[0]
    errors = np.linalg.norm(points - face.points, axis=1)
    eyes = float(outer_eye_distance(face.points))
    across = max(eyes, 0.7 * face.height)
    all_points = 100 * errors.mean() / across
    without_jaw = 100 * errors[JAW_POINTS:].mean() / across
    return float(all_points), float(without_jaw)


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
        yield Row(
            name=f"{kind}, {name}",
            synthetic=column_figure(
                mall,
                synthetic_values,
                column,
            ),
            real=column_figure(real, real_values, column),
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
    crop = grey(cut(face.picture, crop_of_points(face.points)))
    sharpness = cv2.Laplacian(crop, cv2.CV_32F).var()
    contrast = crop[32:96, 32:96].std()
    left, top = face.points.min(axis=0).astype(int)
    right, bottom = face.points.max(axis=0).astype(int)
    whole = grey(face.picture)
    patch = whole[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    response = np.abs(cv2.filter2D(patch, cv2.CV_32F, NOISE_MASK))
    noise = np.median(response) / MEDIAN_SHARE / NOISE_GAIN
    return float(sharpness), float(noise), float(contrast)


def grey(picture: Image) -> np.ndarray[Any, np.dtype[Any]]:
    """Return a picture without colours."""
    return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
