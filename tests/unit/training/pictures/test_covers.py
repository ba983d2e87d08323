"""Masks, glasses, scarves and hands over aligned faces."""

import numpy as np
import pytest
from numpy.random import default_rng
from numpy.testing import assert_array_equal

from training.pictures.covers import cover_eyes, cover_mouth, covered
from vitrine.vision.crop import Image

GREY = 128


def face(side: int) -> Image:
    return np.full((side, side, 3), GREY, np.uint8)


def changed(view: Image) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Return which pixels (s, s) of the network's own 112 differ from the bare face."""
    room = (view.shape[0] - 112) // 2
    inside = view[room : room + 112, room : room + 112]
    different: np.ndarray[tuple[int, ...], np.dtype[np.bool_]] = (inside != GREY).any(
        axis=2
    )
    return different


@pytest.mark.parametrize("side", [112, 144])
def test_the_mouth_is_hidden_and_the_eyes_are_not(side: int) -> None:
    mouths: list[float] = []
    eyes: list[float] = []
    for seed in range(40):
        view = face(side)
        cover_mouth(view, default_rng(seed))
        hidden = changed(view)
        mouths.append(hidden[88:96, 45:68].mean())
        eyes.append(hidden[48:53, 30:46].mean())
    assert np.median(mouths) > 0.95
    assert np.mean(eyes) < 0.05


@pytest.mark.parametrize("side", [112, 144])
def test_glasses_hide_the_eyes_and_not_the_mouth(side: int) -> None:
    for seed in range(40):
        view = face(side)
        cover_eyes(view, default_rng(seed))
        hidden = changed(view)
        assert hidden[50:56, 34:42].mean() > 0.5
        assert not hidden[88:].any()


def test_every_face_wears_something_and_no_two_the_same() -> None:
    bare = face(144)
    views = [covered(bare, default_rng(seed)) for seed in range(40)]
    assert_array_equal(bare, face(144))
    assert all(changed(view).mean() > 0.02 for view in views)
    assert len({view.tobytes() for view in views}) == len(views)
    assert {(view.shape, view.dtype.name) for view in views} == {
        ((144, 144, 3), "uint8")
    }


def test_the_same_seed_draws_the_same() -> None:
    once = covered(face(144), default_rng(7))
    again = covered(face(144), default_rng(7))
    assert_array_equal(once, again)
