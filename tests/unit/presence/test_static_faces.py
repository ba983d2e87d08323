"""Static faces are not people: who moves, and what becomes of who does not."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence

import numpy as np
import pytest

from tests.builders import at, face_points, make_face, make_frame_faces
from tests.presence_builders import (
    Scene,
    always,
    film,
    make_camera,
    spans,
    there,
    tracks,
    watch,
)
from vitrine.mall import Stand
from vitrine.presence.liveness import Motion
from vitrine.presence.people import CameraPeople
from vitrine.schemas import Exposure, Face
from vitrine.services.engagement.settings import EngagementSettings

RULES = EngagementSettings().rules(Stand(id="north"), "v1")
POINTS = face_points(x=0.0, y=0.0, eyes=0.5)


def face(
    track: str = "a",
    x: float = 320.0,
    y: float = 180.0,
    size: float = 90.0,
) -> Face:
    """A face whose 68 points are as large as its box; it does not move by itself."""
    points = POINTS * size + (x, y)
    rounded = points.round(2).tolist()
    return make_face(
        track,
        x=x,
        y=y,
        size=size,
        points=tuple(map(tuple, rounded)),
    )


def moves(xs: Sequence[float], size: float = 90.0) -> list[float]:
    """Return the seconds at which a face has moved that is at these places, ten a second."""
    motion = Motion()
    seconds = []
    for step, x in enumerate(xs):
        second = step / 10
        if motion.observe(at(second), face(x=x, size=size)):
            seconds.append(second)
    return seconds


def test_a_face_that_sways_by_four_hundredths_of_its_height_moves_again_and_again() -> (
    None
):
    xs = []
    for step in range(60):
        phase = 0.8 * 2 * math.pi * step / 10
        xs.append(320 + 0.02 * 90 * math.sin(phase))
    found = moves(xs)
    assert found[0] <= 0.8
    assert np.diff(found).max() <= 1.0


@pytest.mark.parametrize("size", [24, 90, 250])
def test_the_jitter_of_a_static_face_is_no_motion(size: float) -> None:
    noise = random.Random(1)
    deviation = 0.05 + 0.001 * size
    xs = [320 + noise.gauss(0, deviation) for _ in range(300)]
    assert moves(xs, size) == []


def test_where_a_track_settles_in_its_first_views_is_no_motion() -> None:
    assert moves([326.0, 320.0, *[320.2] * 50]) == []


def test_a_face_that_comes_nearer_moves() -> None:
    motion = Motion()
    found = []
    for step in range(10):
        nearer = face(size=90 + 0.5 * step)
        found.append(motion.observe(at(step / 10), nearer))
    assert any(found)


def test_the_same_view_again_changes_nothing() -> None:
    once = Motion()
    twice = Motion()
    for step in range(5):
        view = face(x=320 + 0.1 * step)
        once.observe(at(step / 10), view)
        twice.observe(at(step / 10), view)
        twice.observe(at(step / 10), view)
    assert once == twice


def observed(
    until: float,
    scene: Scene,
    camera: CameraPeople | None = None,
) -> list[Exposure]:
    """Return what is published of faces that move only where the scene says so."""
    frames = film(until, scene, swaying=False)
    return watch(frames, RULES, camera)


def sway(second: float) -> float:
    return 3 * math.sin(2.7 * second)


def swaying_since(start: float) -> Scene:
    """A face that begins to move at a second."""

    def scene(second: float) -> list[Face]:
        if second <= start:
            return [face()]
        return [face(x=320 + sway(second))]

    return scene


def test_a_static_face_is_no_presence_however_often_its_track_breaks() -> None:
    def scene(second: float) -> list[Face]:
        if second % 7 < 0.5:
            return []
        return [face(f"t{second // 7:.0f}")]

    camera = make_camera()
    assert observed(30, scene, camera) == []
    assert len(camera.static_faces.known) == 1


def test_who_moves_late_was_there_from_the_beginning() -> None:
    parts = observed(5, swaying_since(2.5))
    assert spans(parts) == [(0.0, 5.0)]


def test_a_part_is_held_over_a_whole_minute_until_the_face_has_moved() -> None:
    camera = make_camera()
    published: list[Exposure] = []
    for step in range(60):
        second = step / 10
        faces = swaying_since(2.6)(second)
        frame = make_frame_faces(58 + second, faces, swaying=False)
        finished = camera.observe(frame, RULES)
        if finished.exposures:
            assert step == 28
            published += finished.exposures
    (part,) = published
    assert part.part == 0
    assert not part.final
    assert spans([part]) == [(58.0, 60.0)]


def test_who_keeps_still_for_the_whole_of_a_short_pass_is_taken_for_a_static_face() -> (
    None
):
    assert observed(5, there((0, 1.9, face()))) == []


def test_who_stops_to_move_for_five_seconds_ends_there_and_is_a_static_face_from_then_on() -> (
    None
):
    def scene(second: float) -> list[Face]:
        return [face(x=320 + sway(min(second, 5)))]

    camera = make_camera()
    ((start, end),) = spans(observed(20, scene, camera))
    assert start == 0.0
    assert 9.5 <= end <= 10.5
    assert len(camera.static_faces.known) == 1


def test_a_walker_who_takes_over_the_track_of_a_static_face_is_a_presence_of_its_own() -> (
    None
):
    def scene(second: float) -> list[Face]:
        walked_s = max(0.0, second - 5)
        if walked_s > 1.5 - 1e-6:
            return []
        return [face(x=320 + 200 * walked_s)]

    ((start, end),) = spans(observed(9, scene))
    assert 5.0 < start <= 5.6
    assert end == 6.4


def test_a_walkers_track_that_stays_at_a_static_face_ends_there() -> None:
    def scene(second: float) -> list[Face]:
        if second < 5:
            return [face("print")]
        x = 600 - 150 * (second - 5)
        return [face("walker", x=max(320.0, x))]

    ((start, end),) = spans(observed(16, scene))
    assert start == 5.0
    assert 7.0 < end <= 8.5


def test_a_new_track_at_the_place_of_a_static_face_does_not_go_on_with_somebody_lost_nearby() -> (
    None
):
    def scene(second: float) -> list[Face]:
        if second < 5:
            return [face("print")]
        if second < 8:
            return [face("walker", x=700 - 100 * (second - 5))]
        return [face("again", x=325)]

    assert tracks(observed(13, scene)) == [("walker",)]


def test_a_static_face_is_forgotten_two_minutes_after_it_was_last_seen() -> None:
    camera = make_camera()
    observed(5, always(face()), camera)
    watch([make_frame_faces(124.9)], RULES, camera)
    assert len(camera.static_faces.known) == 1
    watch([make_frame_faces(125.1)], RULES, camera)
    assert camera.static_faces.known == []


def test_motion_while_somebody_stands_before_a_face_is_no_liveness_at_first() -> None:
    def scene(second: float) -> list[Face]:
        if second >= 3:
            return [face("print", x=330, y=220, size=60)]
        passer = face("passer", x=100 + 150 * second, y=120, size=120)
        nearness = 1 - abs(second - 1.5) / 0.4
        aside = 15 * max(0.0, nearness)
        drawn = face("print", x=330 + aside, y=220, size=60)
        return [passer, drawn]

    assert tracks(observed(9, scene)) == [("passer",)]


def test_who_stands_behind_another_lives_when_the_motion_goes_on() -> None:
    def scene(second: float) -> list[Face]:
        before = face("a", x=320 + sway(second), y=120)
        behind = face("b", x=350 + sway(second + 1), y=200, size=60)
        return [before, behind]

    assert tracks(observed(4, scene)) == [("a",), ("b",)]


def test_a_walker_whose_track_breaks_in_every_frame_lives() -> None:
    def scene(second: float) -> list[Face]:
        track = f"t{second * 10:.0f}"
        return [face(track, x=100 + 90 * second)]

    assert spans(observed(3, scene)) == [(0.0, 3.0)]


def test_a_static_face_ends_beside_people_who_came_before_it() -> None:
    camera = make_camera()
    for step in range(50):
        walker = face("walker", x=100.0 + 3 * step)
        present = [walker]
        if step >= 5:
            present.append(face("print", x=500.0))
        frame = make_frame_faces(step / 10, present, swaying=False)
        camera.observe(frame, RULES)
    assert [presence.track_id for presence in camera.presences] == ["walker"]


def test_a_static_face_ends_beside_somebody_who_has_just_been_lost() -> None:
    camera = make_camera()
    for step in range(40):
        present = [face("print", x=500.0)]
        if step < 25:
            present.insert(0, face("walker", x=100.0 + 3 * step))
        frame = make_frame_faces(step / 10, present, swaying=False)
        camera.observe(frame, RULES)
    assert "print" not in [presence.track_id for presence in camera.presences]


def test_a_static_face_counts_where_the_setting_says_so() -> None:
    settings = EngagementSettings(count_static_faces=True)
    rules = settings.rules(Stand(id="north"), "v1")
    frames = film(7, always(face()), swaying=False)
    assert spans(watch(frames, rules)) == [(0.0, 7.0)]
