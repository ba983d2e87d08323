"""Static faces are not people: who moves, and what becomes of who does not."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from tests.builders import T0_NS, at, face_points, make_face, make_frame_faces
from vitrine.mall import Stand
from vitrine.presence.liveness import Motion
from vitrine.presence.people import CameraPeople
from vitrine.schemas import Exposure, Face, FrameFaces
from vitrine.services.engagement.settings import EngagementSettings

RULES = EngagementSettings().rules(Stand(id="north"), "v1")
Seconds = tuple[float, float]


def face(
    track: str = "a", x: float = 320.0, y: float = 180.0, size: float = 90.0
) -> Face:
    """A face whose 68 points are as large as its box; it does not move by itself."""
    points = face_points(x=x, y=y, eyes=0.5 * size)
    return make_face(
        track, x=x, y=y, size=size, points=tuple(map(tuple, points.round(2).tolist()))
    )


def moves(xs: Sequence[float], size: float = 90.0, fps: float = 10) -> list[float]:
    """When a face that is at these places has moved, seconds."""
    motion = Motion()
    return [
        n / fps
        for n, x in enumerate(xs)
        if motion.observe(at(n / fps), face(x=x, size=size))
    ]


def test_a_face_that_sways_by_four_hundredths_of_its_height_moves_again_and_again() -> (
    None
):
    found = moves(
        [320 + 0.02 * 90 * np.sin(0.8 * 2 * np.pi * n / 10) for n in range(100)]
    )
    assert found[0] <= 0.8
    assert np.diff(found).max() <= 1.0


@pytest.mark.parametrize("size", [24, 90, 250])
def test_the_jitter_of_a_static_face_is_no_motion(size: float) -> None:
    noise = random.Random(1)
    assert (
        moves([320 + noise.gauss(0, 0.05 + 0.001 * size) for _ in range(3000)], size)
        == []
    )


def test_where_a_track_settles_in_its_first_views_is_no_motion() -> None:
    assert moves([326.0, 320.0, *[320.2] * 50]) == []


def test_a_face_that_comes_nearer_moves() -> None:
    motion = Motion()
    assert any(motion.observe(at(n / 10), face(size=90 + 0.5 * n)) for n in range(10))


def test_the_same_view_again_changes_nothing() -> None:
    motion = Motion()
    other = Motion()
    for n in range(5):
        for one, times in ((motion, 1), (other, 2)):
            for _ in range(times):
                one.observe(at(n / 10), face(x=320 + 0.1 * n))
    assert motion == other


def frames(until: float, faces: Callable[[float], list[Face]]) -> list[FrameFaces]:
    """Ten frames a second, of faces that move only where `faces` says so."""
    return [
        make_frame_faces(n / 10, faces(n / 10), swaying=False)
        for n in range(round(until * 10) + 1)
    ]


def sway(second: float) -> float:
    return float(3 * np.sin(2.7 * second))


def observed(
    made: Sequence[FrameFaces], camera: CameraPeople | None = None
) -> list[Exposure]:
    """What is published of these frames and the end after them."""
    camera = camera or CameraPeople("north", "north-1", 0, 0)
    parts = []
    for frame in made:
        parts += camera.observe(frame, RULES).exposures
    return parts + camera.end(RULES).exposures


def spans(parts: Sequence[Exposure]) -> list[Seconds]:
    return [
        ((part.start_ns - T0_NS) / 1e9, (part.end_ns - T0_NS) / 1e9) for part in parts
    ]


def test_a_static_face_is_no_presence_however_often_its_track_breaks() -> None:
    made = frames(300, lambda s: [] if s % 7 < 0.5 else [face(f"t{s // 7:.0f}")])
    camera = CameraPeople("north", "north-1", 0, 0)
    assert observed(made, camera) == []
    assert len(camera.static_faces.known) == 1


def test_who_moves_late_was_there_from_the_beginning() -> None:
    assert spans(
        observed(frames(8, lambda s: [face(x=320 + (sway(s) if s > 2.5 else 0))]))
    ) == [(0.0, 8.0)]


def test_a_part_is_held_over_a_whole_minute_until_the_face_has_moved() -> None:
    camera = CameraPeople("north", "north-1", 0, 0)
    made = [
        make_frame_faces(
            58 + n / 10, [face(x=320 + (sway(n / 10) if n > 26 else 0))], swaying=False
        )
        for n in range(60)
    ]
    published = [
        (n, part)
        for n, frame in enumerate(made)
        for part in camera.observe(frame, RULES).exposures
    ]
    assert [(n, part.part, part.final) for n, part in published] == [(28, 0, False)]
    assert spans([part for _, part in published]) == [(58.0, 60.0)]


def test_who_keeps_still_for_the_whole_of_a_short_pass_is_taken_for_a_static_face() -> (
    None
):
    assert observed(frames(6, lambda s: [face()] if s < 2 else [])) == []


def test_who_stops_to_move_for_five_seconds_ends_there_and_is_a_static_face_from_then_on() -> (
    None
):
    camera = CameraPeople("north", "north-1", 0, 0)
    parts = observed(
        frames(60, lambda s: [face(x=320 + (sway(s) if s <= 10 else sway(10)))]), camera
    )
    ((start, end),) = spans(parts)
    assert start == 0.0
    assert 14.5 <= end <= 15.5
    assert len(camera.static_faces.known) == 1


def test_a_walker_who_takes_over_the_track_of_a_static_face_is_a_presence_of_its_own() -> (
    None
):
    made = frames(
        12, lambda s: [face(x=320 if s < 8 else 320 + 200 * (s - 8))] if s < 9.5 else []
    )
    ((start, end),) = spans(observed(made))
    assert 8.0 < start <= 8.6
    assert end == 9.4


def test_a_walkers_track_that_stays_at_a_static_face_ends_there() -> None:
    def seen(second: float) -> list[Face]:
        if second < 8:
            return [face("print")]
        return [face("walker", x=max(320.0, 600 - 150 * (second - 8)))]

    ((start, end),) = spans(observed(frames(40, seen)))
    assert start == 8.0
    assert 10.0 < end <= 11.5


def test_a_new_track_at_the_place_of_a_static_face_does_not_go_on_with_somebody_lost_nearby() -> (
    None
):
    def seen(second: float) -> list[Face]:
        if second < 5:
            return [face("print")]
        if second < 8:
            return [face("walker", x=700 - 100 * (second - 5))]
        return [face("again", x=325)]

    parts = observed(frames(20, seen))
    assert {part.track_ids for part in parts} == {("walker",)}


def test_a_static_face_is_forgotten_two_minutes_after_it_was_last_seen() -> None:
    camera = CameraPeople("north", "north-1", 0, 0)
    observed([*frames(5, lambda s: [face()]), make_frame_faces(124.9)], camera)
    assert len(camera.static_faces.known) == 1
    observed([make_frame_faces(125.1)], camera)
    assert camera.static_faces.known == []


def test_motion_while_somebody_stands_before_a_face_is_no_liveness_at_first() -> None:
    def seen(second: float) -> list[Face]:
        passer = face("passer", x=100 + 150 * second, y=120, size=120)
        aside = 15 * max(0.0, 1 - abs(second - 1.5) / 0.4)
        return (
            [passer, face("print", x=330 + aside, y=220, size=60)]
            if second < 3
            else [face("print", x=330, y=220, size=60)]
        )

    assert {part.track_ids for part in observed(frames(20, seen))} == {("passer",)}


def test_who_stands_behind_another_lives_when_the_motion_goes_on() -> None:
    made = frames(
        6,
        lambda s: [
            face("a", y=120, x=320 + sway(s)),
            face("b", x=350 + sway(s + 1), y=200, size=60),
        ],
    )
    assert {part.track_ids for part in observed(made)} == {("a",), ("b",)}


def test_a_walker_whose_track_breaks_in_every_frame_lives() -> None:
    made = frames(3, lambda s: [face(f"t{s * 10:.0f}", x=100 + 90 * s)])
    assert spans(observed(made)) == [(0.0, 3.0)]


def test_a_static_face_counts_where_the_setting_says_so() -> None:
    rules = EngagementSettings(count_static_faces=True).rules(Stand(id="north"), "v1")
    camera = CameraPeople("north", "north-1", 0, 0)
    parts = [
        part
        for frame in frames(9, lambda s: [face()])
        for part in camera.observe(frame, rules).exposures
    ]
    assert spans([*parts, *camera.end(rules).exposures]) == [(0.0, 9.0)]
