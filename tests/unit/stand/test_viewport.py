"""The shape in which the operator's console shows a screen."""

from __future__ import annotations

import pytest

from vitrine.mall.stands import Screen
from vitrine.services.stand.viewport import Viewport, asked_viewport, shape_of


@pytest.mark.parametrize(
    ("width_m", "height_m", "shape"),
    [
        (1.6, 0.9, (1920, 1080)),
        (0.9, 1.6, (1080, 1920)),
        (50, 0.05, (1920, 2)),
    ],
)
def test_a_configured_screen_has_a_long_side_of_1920_pixels(
    width_m: float, height_m: float, shape: tuple[int, int]
) -> None:
    screen = Screen(width_m=width_m, height_m=height_m)
    assert shape_of(screen) == Viewport(width=shape[0], height=shape[1])


def test_a_player_names_both_sides_or_none() -> None:
    assert asked_viewport(1080, 1920) == Viewport(width=1080, height=1920)
    assert asked_viewport(1080, None) is None
    assert asked_viewport(None, 1920) is None
