import numpy as np
import pytest

from vitrine.synthetic.layer import Layer
from vitrine.synthetic.motion import line, smeared


def make_square() -> Layer:
    return Layer(20, 10, np.full((6, 6, 4), 255, np.uint8))


def test_what_stands_still_stays_sharp() -> None:
    layer = make_square()
    assert smeared(layer, np.array([0.3, 0.2]), (60, 30)) is layer


@pytest.mark.parametrize("motion", [(8, 0), (0, -8), (6, 6)])
def test_what_moves_spreads_along_its_way_and_keeps_its_light(
    motion: tuple[int, int],
) -> None:
    blurred = smeared(make_square(), np.array(motion), (60, 30))
    alpha = np.zeros((30, 60))
    height, width = blurred.pixels.shape[:2]
    alpha[blurred.y : blurred.y + height, blurred.x : blurred.x + width] = (
        blurred.pixels[..., 3]
    )
    assert alpha.sum() == pytest.approx(36 * 255, rel=0.02)
    rows, columns = np.nonzero(alpha > 4)
    grown = np.array([np.ptp(columns), np.ptp(rows)]) - 5
    assert grown == pytest.approx(np.abs(motion), abs=1.01)
    centre = np.average(
        np.indices(alpha.shape).reshape(2, -1), axis=1, weights=alpha.ravel()
    )
    assert centre == pytest.approx((12.5, 22.5), abs=0.1)


def test_the_blur_is_cut_at_the_picture() -> None:
    blurred = smeared(
        Layer(0, 10, np.full((6, 6, 4), 255, np.uint8)), np.array([12, 0]), (60, 30)
    )
    assert blurred.x == 0
    assert 6 < blurred.pixels.shape[1] <= 14


def test_a_kernel_is_as_long_as_the_motion() -> None:
    kernel = line(np.array([10.0, 0.0]))
    assert kernel.sum() == pytest.approx(1)
    assert (kernel > 0.01).sum() == pytest.approx(11, abs=1)
    assert (kernel.sum(axis=1) > 1e-6).sum() <= 3
