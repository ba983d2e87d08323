"""The cone of somebody who looked at the corners of the screen."""

from __future__ import annotations

import numpy as np
import pytest

from vitrine.presence.attention import Cone
from vitrine.presence.cone_fit import (
    FEWEST,
    POINTS,
    Look,
    Point,
    Pose,
    doubts,
    fit_cone,
    held_by,
    look_of,
)

# A screen of 1.2 x 0.7 m below its camera, seen from 2 m.
TRUE: dict[Point, Pose] = {
    "top-left": (17, 0),
    "top-right": (-17, 0),
    "centre": (0, -10),
    "bottom-left": (17, -19),
    "bottom-right": (-17, -19),
}


def noisy(
    pose: Pose, deviation: float = 2.0, count: int = 30, seed: int = 1
) -> list[Pose]:
    rng = np.random.default_rng(seed)
    drawn = rng.normal(pose, deviation, (count, 2))
    return [(yaw, pitch) for yaw, pitch in drawn.tolist()]


def looks_at(true: dict[Point, Pose], deviation: float = 2.0) -> dict[Point, Look]:
    return {point: look_of(noisy(pose, deviation)) for point, pose in true.items()}


def test_the_cone_holds_the_corners_and_a_margin() -> None:
    fitted = fit_cone(looks_at(TRUE, 0.0))
    assert fitted is not None
    # Halves are rounded to the even number.
    assert fitted.cone == Cone(0, -10, 25, 18)
    assert fitted.held == fitted.samples == 150


def test_noise_moves_the_cone_by_little() -> None:
    fitted = fit_cone(looks_at(TRUE, 4.0))
    assert fitted is not None
    cone = fitted.cone
    assert cone.yaw == pytest.approx(0, abs=2)
    assert cone.pitch == pytest.approx(-10, abs=2)
    assert cone.half_yaw == pytest.approx(25, abs=2)
    assert cone.half_pitch == pytest.approx(18, abs=2)


def test_single_wrong_frames_do_not_count() -> None:
    looks = looks_at(TRUE)
    wrong = [*looks["centre"].poses, *[(80.0, 40.0)] * 5]
    looks["centre"] = look_of(wrong)
    fitted = fit_cone(looks)
    assert fitted is not None
    assert fitted.cone.half_yaw < 28
    assert fitted.samples - fitted.held >= 5


def test_a_point_that_lacks_or_was_unsteady_gives_no_cone() -> None:
    looks = looks_at(TRUE)
    assert fit_cone({**looks, "centre": look_of([])}) is None
    assert fit_cone({**looks, "centre": look_of(noisy((0, 0), 12))}) is None
    few = looks["centre"].poses[: FEWEST - 1]
    assert fit_cone({**looks, "centre": look_of(few)}) is None
    del looks["centre"]
    assert fit_cone(looks) is None


def test_a_tiny_screen_still_gets_a_cone_that_the_configuration_takes() -> None:
    fitted = fit_cone({point: look_of([(30.0, 5.0)] * FEWEST) for point in POINTS})
    assert fitted is not None
    assert fitted.cone == Cone(30, 5, 8, 8)


def test_a_mirrored_picture_and_still_heads_are_told() -> None:
    assert doubts(looks_at(TRUE)) == []
    mirrored = {point: (-yaw, pitch) for point, (yaw, pitch) in TRUE.items()}
    assert "mirrored" in doubts(looks_at(mirrored))[0]
    still = dict.fromkeys(POINTS, (5.0, -5.0))
    assert "not the eyes alone" in doubts(looks_at(still, 0.0))[0]
    upside_down = {point: (yaw, -pitch) for point, (yaw, pitch) in TRUE.items()}
    assert "upside down" in doubts(looks_at(upside_down))[0]


def test_poses_elsewhere_are_outside() -> None:
    fitted = fit_cone(looks_at(TRUE))
    assert fitted is not None
    assert held_by(fitted.cone, [(45, -10), (-45, -10), (0, 25), (0, -45)]) == 0
