"""Each step of the normalisation takes something away from all shapes alike."""

from __future__ import annotations

import numpy as np
import pytest

from vitrine.lab.app.shapes_shown import STEPS, chart_of
from vitrine.vision.pose import mean_shape

FLAT = mean_shape()[:, :2]
FACES = np.array([60 * FLAT + [100, 80], 120 * FLAT + [400, 90]])
"""The mean face, once small and left, once large and right."""


def drawn(step: str) -> np.ndarray:
    """Return the points (2, 68, 2) of the chart."""
    chart = chart_of(STEPS[step](FACES), [0, 1]).to_dict()
    (values,) = chart["datasets"].values()
    points = [(value["x"], value["y"]) for value in values]
    return np.array(points).reshape(2, 68, 2)


def test_original_shapes_keep_place_and_size() -> None:
    assert drawn("original") == pytest.approx(FACES)


def test_centred_shapes_lie_on_each_other_in_two_sizes() -> None:
    small, large = drawn("centred")
    assert small.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert large == pytest.approx(2 * small, abs=1e-9)


def test_normalised_shapes_are_one() -> None:
    one, other = drawn("normalised")
    assert one == pytest.approx(other, abs=1e-9)
    assert (one**2).sum(axis=1).mean() == pytest.approx(1)


def test_axes_have_one_scale_and_y_goes_down() -> None:
    chart = chart_of(FACES, [0, 1]).to_dict()
    left, right = chart["encoding"]["x"]["scale"]["domain"]
    bottom, top = chart["encoding"]["y"]["scale"]["domain"]
    assert right - left == pytest.approx(bottom - top)
    assert bottom > top
    # Else axes and legend would take of the square, and one scale would not be one.
    assert chart["autosize"] == "pad"
