"""A square that is not turned lies where a network's file says."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from vitrine.vision.upright import LOWER_KEY, SIDE_KEY, UprightSquare, square_of

FIVE = np.array([[40.0, 50], [60, 50], [50, 60], [42, 65], [58, 65]])
"""Eyes 20 apart, the mouth 15 below: a hypotenuse of 25, its middle at (50, 57.5)."""


def middle(square: UprightSquare, five: np.ndarray) -> tuple[float, float, float]:
    """Return the centre and the side, in pixels of the frame."""
    crop = square.crop(five, 100)
    scale = float(np.hypot(*crop[:, 0]))
    assert crop[0, 1] == 0
    x, y = (49.5 - crop[:, 2]) / scale
    return float(x), float(y), 100 / scale


def test_square_follows_eyes_and_mouth() -> None:
    square = UprightSquare(side_per_five=2, lower=0.1)
    assert middle(square, FIVE) == pytest.approx((50, 62.5, 50))
    moved = middle(square, 2 * FIVE + [7, 0])
    assert moved == pytest.approx((107, 125, 100))


def test_square_is_larger_and_shifted_where_asked() -> None:
    crop = UprightSquare(2, 0).crop(FIVE, 100, scale=2, shift=(0.5, -0.5))
    assert crop @ [100, 7.5, 1] == pytest.approx([49.5, 49.5])
    assert crop[0, 0] == 1


def told(**metadata: str) -> onnx.ModelProto:
    model = onnx.ModelProto()
    names = {"side": SIDE_KEY, "lower": LOWER_KEY}
    onnx.helper.set_model_props(model, {names[k]: v for k, v in metadata.items()})
    return model


def test_a_file_says_which_square() -> None:
    square = UprightSquare(1.88, -0.07)
    model = onnx.ModelProto()
    onnx.helper.set_model_props(model, square.metadata())
    assert square_of(model) == square
    assert square_of(onnx.ModelProto()) is None
    assert square_of(told(side="2")) is None


@pytest.mark.parametrize("side", ["nan", "inf", "-1", "0", "wide"])
def test_numbers_that_are_none_are_refused(side: str) -> None:
    with pytest.raises(ValueError, match=side):
        square_of(told(side=side, lower="0"))
