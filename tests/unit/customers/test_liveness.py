"""Who lives shows depth or moves the lips; a photo does neither, whatever a hand does with it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.moving_faces import face_with, head, photo, speaking
from vitrine.clock import SECOND_NS
from vitrine.customers.liveness import MEAN_DEPTH, Liveness
from vitrine.schemas import Face
from vitrine.vision.pose import mean_shape

SIZE = (640, 360)
STEP_NS = SECOND_NS // 10
SWAY = 12 * np.sin(np.linspace(0, 4 * np.pi, 80))
"""Degrees, in 8 s at 10 pictures a second."""
Numbers = NDArray[np.float64]


def proven_after(faces: Sequence[Face]) -> int | None:
    """After how many views a track is proven to live; None for never."""
    liveness = Liveness()
    for number, face in enumerate(faces):
        if liveness.observe(number * STEP_NS + 1, face, SIZE):
            return number + 1
    return None


def held_up(tilts: Numbers, bends: Numbers, looks: float = 0.0) -> Iterator[Face]:
    for tilt, bend in zip(tilts, bends, strict=True):
        yield face_with(photo(2.5 * tilt, tilt, looks=looks, bent=bend))


class TestLife:
    """Motion that no photo has."""

    @pytest.mark.parametrize(("yaw", "pitch"), [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0)])
    def test_a_head_that_turns_or_nods_lives(self, yaw: float, pitch: float) -> None:
        faces = [face_with(head(yaw * sway, pitch * sway)) for sway in SWAY]
        after = proven_after(faces)
        assert after is not None
        assert after < 30

    def test_so_does_who_speaks(self) -> None:
        faces = [face_with(speaking(0.02 * abs(sway))) for sway in SWAY]
        assert proven_after(faces) is not None

    def test_who_keeps_still_proves_nothing(self) -> None:
        assert proven_after([face_with(head())] * 80) is None


class TestPhotos:
    """Prints and screens with a still picture."""

    @pytest.mark.parametrize("looks", [0.0, 25.0])
    def test_a_photo_that_is_tilted_does_not_live(self, looks: float) -> None:
        faces = list(held_up(SWAY, np.zeros(80), looks))
        assert proven_after(faces) is None

    def test_nor_one_that_is_bent(self) -> None:
        faces = list(held_up(SWAY / 3, 0.2 + SWAY / 100))
        assert proven_after(faces) is None

    def test_nor_one_that_is_moved_and_brought_closer(self) -> None:
        faces = []
        for number in range(80):
            points = photo() * (1 + number / 200) - number
            faces.append(face_with(points))
        assert proven_after(faces) is None


class TestUselessViews:
    """Points that say nothing, or jump."""

    @pytest.mark.parametrize(
        "fields",
        [
            {"score": 0.5},
            {"box": (300.0, 160.0, 30.0, 39.0)},
            {"box": (-1.0, 100.0, 60.0, 90.0)},
            {"box": (600.0, 100.0, 60.0, 90.0)},
            {"box": (300.0, 300.0, 60.0, 90.0)},
            {"box": (300.0, -1.0, 60.0, 90.0)},
        ],
        ids=["unsure", "small", "left", "right", "below", "above"],
    )
    def test_they_prove_nothing(self, fields: dict[str, Any]) -> None:
        faces = [face_with(head(sway), **fields) for sway in SWAY]
        assert proven_after(faces) is None

    def test_nor_do_points_that_are_all_one(self) -> None:
        spot = np.full((68, 2), 180.0)
        box = (100.0, 100.0, 60.0, 90.0)
        assert proven_after([face_with(spot, box=box)] * 80) is None

    def test_a_single_wrong_view_proves_nothing(self) -> None:
        faces = [face_with(head())] * 80
        faces[40] = face_with(head(8))
        assert proven_after(faces) is None

    def test_the_same_views_again_prove_nothing(self) -> None:
        liveness = Liveness()
        for _ in range(80):
            for number, sway in enumerate([0, 0, 0, 12, -12]):
                liveness.observe(number * STEP_NS + 1, face_with(head(sway)), SIZE)
        assert not liveness.proven

    def test_what_takes_longer_than_ten_seconds_does_not_add_up(self) -> None:
        slow = np.linspace(0, 30, 1_000)
        faces = [face_with(speaking(0.01 * drift)) for drift in slow]
        assert proven_after(faces) is None
        assert proven_after(faces[::10]) is not None


def test_the_depth_is_that_of_the_mean_face() -> None:
    np.testing.assert_allclose(MEAN_DEPTH, mean_shape()[:, 2], atol=0.0006)
