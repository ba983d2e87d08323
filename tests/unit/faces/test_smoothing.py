"""The filter holds still points and follows fast ones."""

import numpy as np
from numpy.typing import NDArray

from tests.builders import at
from vitrine.faces.smoothing import OneEuro

FPS = 10


def filtered(points: NDArray[np.float64], side: float = 100.0) -> NDArray[np.float64]:
    one_euro = OneEuro()
    return np.stack([one_euro(p, side, at(n / FPS)) for n, p in enumerate(points)])


def test_jitter_of_a_still_face_shrinks() -> None:
    still = 200 + np.random.default_rng(0).normal(0, 0.4, (200, 68, 2))
    assert filtered(still)[20:].std(axis=0).mean() < 0.7 * still[20:].std(axis=0).mean()


def test_a_fast_face_is_followed_within_a_twentieth_of_a_frame() -> None:
    a_side_a_second = np.linspace(0, 300, 31)[:, None, None] * np.ones((1, 68, 2))
    lag = a_side_a_second - filtered(a_side_a_second)
    assert np.abs(lag[10:]).max() < 10 / 20


def test_the_same_motion_is_filtered_alike_at_any_face_size() -> None:
    motion = np.random.default_rng(0).normal(0, 1, (30, 68, 2)).cumsum(axis=0)
    np.testing.assert_allclose(
        3 * filtered(motion, 50), filtered(3 * motion, 150), atol=1e-9
    )


def test_after_a_pause_the_filter_starts_anew() -> None:
    one_euro = OneEuro()
    one_euro(np.zeros((68, 2)), 100, at(0))
    np.testing.assert_array_equal(
        one_euro(np.full((68, 2), 30.0), 100, at(2)),
        30.0,
    )
