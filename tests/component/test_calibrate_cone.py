"""A cone that drawn people gave, with the real networks: whom it holds, and whom not."""

from __future__ import annotations

import pytest

from tests.calibrate_builders import AWAY, SCREEN, SHADES, drawn
from vitrine.faces.analysis import Analyser, Frame
from vitrine.faces.tracks import CameraTracks
from vitrine.presence.cone_fit import (
    FEWEST,
    FittedCone,
    Pose,
    fit_cone,
    held_by,
    look_of,
)
from vitrine.services.landmarks.app import load_models
from vitrine.services.landmarks.settings import LandmarksSettings
from vitrine.settings import Settings

STEP_NS = 100_000_000


@pytest.fixture(scope="module")
def analyser() -> Analyser:
    return Analyser(load_models(Settings.load(), LandmarksSettings.load()))


def measured(analyser: Analyser, pose: Pose, seed: int, count: int) -> list[Pose]:
    """Return the poses that the networks find in so many pictures of a person."""
    tracks = CameraTracks("north-1", 3, analyser.trust)
    poses = []
    for number in range(count):
        picture = drawn(pose, seed, number % SHADES)
        frame = Frame(picture, (number + 1) * STEP_NS, tracks, recognise=False)
        (faces,) = analyser.step([frame])
        poses += [(face.pose.yaw, face.pose.pitch) for face in faces]
    return poses


@pytest.fixture(scope="module")
def fitted(analyser: Analyser) -> FittedCone:
    looks = {}
    for point, pose in SCREEN.items():
        poses = measured(analyser, pose, seed=1, count=FEWEST + 2)
        looks[point] = look_of(poses)
    cone = fit_cone(looks)
    assert cone is not None
    return cone


def test_it_holds_the_true_directions_of_the_screen(fitted: FittedCone) -> None:
    assert held_by(fitted.cone, list(SCREEN.values())) == len(SCREEN)
    assert fitted.held == fitted.samples


def test_it_holds_another_person_who_looks_at_the_screen(
    analyser: Analyser, fitted: FittedCone
) -> None:
    poses = []
    for pose in SCREEN.values():
        poses += measured(analyser, pose, seed=2, count=SHADES)
    assert len(poses) >= 10
    assert held_by(fitted.cone, poses) / len(poses) >= 0.9


def test_it_does_not_hold_people_who_look_elsewhere(
    analyser: Analyser, fitted: FittedCone
) -> None:
    poses = []
    for pose in AWAY:
        poses += measured(analyser, pose, seed=2, count=SHADES)
    assert len(poses) >= 10
    assert held_by(fitted.cone, poses) / len(poses) <= 0.1
