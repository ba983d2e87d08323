from functools import cache

import numpy as np
import pytest

from vitrine.synthetic.posters import LARGEST, SMALLEST, draw_poster, hang_posters
from vitrine.synthetic.shop import draw_shop
from vitrine.synthetic.truth import Box
from vitrine.vision.crop import Image

SIZE = 640, 360


@cache
def hung(seed: int) -> tuple[Image, Image, list[Box]]:
    wall = draw_shop(*SIZE, np.random.default_rng(seed))
    picture = wall.copy()
    return (
        wall,
        picture,
        hang_posters(picture, 2 + seed % 3, np.random.default_rng([seed, 1])),
    )


@pytest.mark.parametrize("seed", range(6))
def test_faces_are_printed_where_the_boxes_say(seed: int) -> None:
    wall, picture, boxes = hung(seed)
    assert 2 <= len(boxes) <= 2 + seed % 3
    for x, y, width, height in boxes:
        assert x >= 0
        assert y >= 0
        assert x + width <= SIZE[0]
        assert y + height <= SIZE[1]
        assert 0.85 * SMALLEST <= height <= 1.15 * LARGEST
        inside = slice(round(y), round(y + height)), slice(round(x), round(x + width))
        assert np.abs(picture[inside].astype(int) - wall[inside]).mean() > 8


def test_the_last_face_is_cut() -> None:
    for seed in range(4):
        *whole, cut = hung(seed)[2]
        assert whole
        shapes = [width / height for _, _, width, height in whole]
        assert cut[2] / cut[3] < 0.8 * min(shapes)


def test_posters_hang_beside_each_other() -> None:
    boxes = [hung(seed)[2] for seed in range(6)]
    for others in boxes:
        for i, (x, y, width, height) in enumerate(others):
            for a, b, c, d in others[:i]:
                assert x >= a + c or a >= x + width or y >= b + d or b >= y + height


def test_the_same_seed_prints_the_same_face() -> None:
    one, other = (draw_poster(60, np.random.default_rng(3)) for _ in range(2))
    assert np.array_equal(one[0], other[0])
    assert one[1] == other[1]
