"""Presence, dwell and exposure: who is at a stand, from when to when, in which parts."""

from __future__ import annotations

import random

import pytest

from tests.builders import make_face, make_frame_faces
from tests.presence_builders import (
    Scene,
    Seconds,
    always,
    film,
    glances,
    make_camera,
    second_of,
    spans,
    there,
    tracks,
    watch,
)
from vitrine.ids import presence_id
from vitrine.mall import Screen, Stand
from vitrine.presence.attention import Attention
from vitrine.schemas import Exposure, Face, FrameFaces, Interval
from vitrine.services.engagement.settings import EngagementSettings

STAND = Stand(
    id="north",
    screen=Screen(camera="centre"),
)
RULES = EngagementSettings().rules(STAND, "v1")
A = make_face("a")
AWAY = make_face("a", yaw=60)


def exposures(frames: list[FrameFaces]) -> list[Exposure]:
    return watch(frames, RULES)


def test_dwell_is_first_seen_to_last_seen() -> None:
    scene = there((1, 4, A))
    frames = film(7.0, scene)
    (part,) = exposures(frames)
    assert spans([part]) == [(1.0, 4.0)]
    assert part.part == 0
    assert part.final
    assert part.track_ids == ("a",)
    assert part.presence_id == presence_id("north", "a")
    assert part.exposure_id == f"{part.presence_id}/0"
    assert part.config_version == "v1"


def test_the_presence_ends_two_seconds_after_the_person_was_last_seen() -> None:
    camera = make_camera()
    ended = []
    for frame in film(5.0, there((0, 2, A))):
        finished = camera.observe(frame, RULES)
        if finished.exposures:
            ended.append(second_of(frame.captured_at_ns))
    assert ended == [4.0]


@pytest.mark.parametrize(
    ("gap", "expected"),
    [
        (1.9, [(0.0, 5.0)]),
        (2.0, [(0.0, 1.0), (3.0, 5.0)]),
    ],
)
def test_gaps_under_two_seconds_are_bridged(
    gap: float, expected: list[Seconds]
) -> None:
    scene = there((0, 1, A), (1 + gap, 5, A))
    frames = film(5.0, scene)
    found = exposures(frames)
    names = {part.presence_id for part in found}
    assert spans(found) == expected
    assert len(names) == len(expected)


def test_a_face_of_a_single_frame_is_noise() -> None:
    scene = there((1, 1, A))
    assert exposures(film(4.0, scene)) == []


# Of 360 pixels the zone reaches from 5 % to 60 %.
@pytest.mark.parametrize(
    ("size", "present"),
    [
        (17, False),
        (18, True),
        (216, True),
        (217, False),
    ],
)
def test_only_faces_in_the_zone_are_present(size: float, present: bool) -> None:
    face = make_face(size=size)
    found = exposures(film(1.0, always(face)))
    assert bool(found) == present


def test_a_track_that_comes_back_into_the_zone_after_a_gap_is_another_presence() -> (
    None
):
    far = make_face("a", size=10)
    scene = there(
        (0, 1, A),
        (1.1, 3.9, far),
        (4, 5, A),
    )
    frames = film(5.0, scene)
    found = exposures(frames)
    names = [part.presence_id for part in found]
    assert spans(found) == [
        (0.0, 1.0),
        (4.0, 5.0),
    ]
    assert tracks(found) == [("a",), ("a",)]
    assert names == ["north:a", "north:a.2"]


@pytest.mark.parametrize(
    ("then", "joined"),
    [
        (make_face("b"), True),
        (make_face("b", x=320 + 130), True),  # 1.4 faces aside
        (make_face("b", x=320 + 140), False),  # 1.6 faces aside
        (make_face("b", y=180 + 60), True),  # 0.7 faces below
        (make_face("b", y=180 + 75), False),  # 0.8 faces below
        (make_face("b", size=130), True),
        (make_face("b", size=140), False),  # 1.6 times as large
    ],
)
def test_a_new_track_near_where_one_ended_is_the_same_person(
    then: Face, joined: bool
) -> None:
    scene = there((0, 1, A), (2, 3, then))
    frames = film(3.0, scene)
    found = exposures(frames)
    expected: list[tuple[str, ...]] = [("a",), ("b",)]
    if joined:
        expected = [("a", "b")]
    assert tracks(found) == expected


def test_a_new_track_beside_one_that_is_still_there_is_another_person() -> None:
    b = make_face("b", x=400)
    scene = there((0, 4, A), (1, 4, b))
    frames = film(4.0, scene)
    found = exposures(frames)
    assert tracks(found) == [("a",), ("b",)]


def test_of_several_lost_people_the_nearest_is_found_again() -> None:
    scene = there(
        (0, 1, make_face("a", x=300)),
        (0, 1, make_face("b", x=400)),
        (1.5, 3, make_face("c", x=390)),
        (1.5, 3, make_face("d", x=310)),
    )
    frames = film(3.0, scene)
    found = exposures(frames)
    assert tracks(found) == [("a", "d"), ("b", "c")]


def test_two_people_who_cross_are_found_again_where_they_went() -> None:
    def scene(second: float) -> list[Face]:
        suffix = ""
        if second > 2:
            suffix = "2"
        if 1.8 < second < 2.3:
            return []
        right = make_face(f"r{suffix}", x=120 + 100 * second)
        left = make_face(f"l{suffix}", x=520 - 100 * second)
        return [right, left]

    frames = film(4.0, scene)
    found = exposures(frames)
    assert sorted(tracks(found)) == [("l", "l2"), ("r", "r2")]


def test_nobody_is_suddenly_elsewhere() -> None:
    b = make_face("b", x=320 + 110)
    scene = there((0, 1, A), (1.1, 3, b))
    frames = film(3.0, scene)
    found = exposures(frames)
    assert tracks(found) == [("a",), ("b",)]


def test_a_long_presence_is_cut_at_whole_minutes() -> None:
    frames = film(130.0, always(A), start=50.0, fps=2)
    found = exposures(frames)
    parts = [(part.part, part.final) for part in found]
    names = {part.presence_id for part in found}
    assert spans(found) == [
        (50.0, 60.0),
        (60.0, 120.0),
        (120.0, 130.0),
    ]
    assert parts == [(0, False), (1, False), (2, True)]
    assert names == {"north:a"}


def test_a_person_last_seen_before_the_cut_leaves_no_part_after_it() -> None:
    scene = there((58, 59.5, A))
    frames = film(63.0, scene, start=58.0)
    (part,) = exposures(frames)
    assert spans([part]) == [(58.0, 59.5)]
    assert part.final


def test_a_gap_over_the_cut_belongs_to_both_parts() -> None:
    scene = there((58, 59, A), (60.9, 62, A))
    frames = film(62.0, scene, start=58.0)
    found = exposures(frames)
    assert spans(found) == [
        (58.0, 60.0),
        (60.0, 62.0),
    ]


def test_a_glance_that_is_cut_goes_on_in_the_next_part() -> None:
    scene = there((57, 57.9, AWAY), (58, 62, A))
    frames = film(62.0, scene, start=57.0)
    found = exposures(frames)
    assert glances(found) == [
        (58.0, 60.0),
        (60.0, 62.0),
    ]


@pytest.mark.parametrize(
    ("scene", "expected"),
    [
        (
            there((58, 59.9, A), (60, 62, AWAY)),
            [(58.0, 59.9)],
        ),
        (
            there(
                (58, 59.9, A),
                (60, 60, AWAY),
                (60.1, 62, A),
            ),
            [(58.0, 60.0), (60.0, 62.0)],
        ),
        (
            there((58, 60, A), (60.1, 62, AWAY)),
            [(58.0, 60.0)],
        ),
        (
            there((58, 59.8, AWAY), (59.9, 62, A)),
            [(59.9, 60.0), (60.0, 62.0)],
        ),
        (
            there(
                (58, 59.8, AWAY),
                (59.9, 60.1, A),
                (60.2, 62, AWAY),
            ),
            [],
        ),
    ],
)
def test_what_is_seen_after_the_cut_decides_about_a_glance_before_it(
    scene: Scene, expected: list[Seconds]
) -> None:
    frames = film(62.0, scene, start=58.0)
    found = exposures(frames)
    assert glances(found) == expected
    assert spans(found) == [
        (58.0, 60.0),
        (60.0, 62.0),
    ]


def joined(parts: list[Exposure]) -> list[Interval]:
    """The glances of all parts; those that meet at a cut are one."""
    whole: list[Interval] = []
    for part in parts:
        for piece in part.attention:
            glance = piece
            if whole and whole[-1][1] == piece[0]:
                before = whole.pop()
                glance = (before[0], piece[1])
            whole.append(glance)
    return whole


@pytest.mark.parametrize("seed", range(20))
def test_the_glances_of_all_parts_together_are_those_of_an_uncut_presence(
    seed: int,
) -> None:
    noise = random.Random(seed)
    uncut = Attention()
    found = []
    frames = []
    yaw = 0.0
    for step in range(45):
        if noise.random() < 0.15:
            yaw = 60 - yaw
        face = make_face(yaw=yaw)
        frame = make_frame_faces(58 + step / 10, [face])
        frames.append(frame)
        glance = uncut.observe(
            frame.captured_at_ns,
            yaw=yaw,
            pitch=0.0,
            cone=RULES.cone,
        )
        found.append(glance)
    found.append(uncut.close())
    expected = [glance for glance in found if glance is not None]
    parts = exposures(frames)
    assert len(parts) == 2
    assert joined(parts) == expected


def test_the_score_of_a_part_is_the_formula_over_the_whole_part() -> None:
    # Half of the time attentive (25), in the middle of the zone (10), no response (0),
    # still (10).
    looking = make_face("a", size=117)
    away = make_face("a", size=117, yaw=60)
    scene = there((0, 2, looking), (2.1, 4, away))
    frames = film(4.0, scene)
    (part,) = exposures(frames)
    assert part.score_mean == pytest.approx(45, abs=0.1)
    assert part.response_mean == 0
    assert part.response_max == 0


@pytest.mark.parametrize("yaw", [0, 60])
def test_a_smile_raises_the_response_only_at_the_screen(yaw: float) -> None:
    calm = make_face("a", yaw=yaw)
    smiling = make_face("a", yaw=yaw, smile=0.25)
    scene = there((0, 3, calm), (3.1, 5, smiling))
    frames = film(5.0, scene)
    (part,) = exposures(frames)
    if yaw:
        assert part.response_max == 0
    else:
        assert part.response_max > 0.8
        assert 0.1 < part.response_mean < 2 / 5


def test_what_a_turned_head_seems_to_express_is_no_part_of_the_baseline() -> None:
    turned = make_face("a", yaw=60, smile=-0.3)
    scene = there((0, 1.9, turned), (2, 4, A))
    frames = film(4.0, scene)
    (part,) = exposures(frames)
    assert part.response_max == 0


def test_a_walking_person_is_not_steady() -> None:
    def walk(second: float) -> list[Face]:
        x = 100 + 100 * second
        return [make_face("a", yaw=60, x=x)]

    (still,) = exposures(film(3.0, always(AWAY)))
    (walking,) = exposures(film(3.0, walk))
    difference = still.score_mean - walking.score_mean
    # Of 10, as it needs a start.
    assert difference == pytest.approx(9, abs=1.5)


def test_the_score_does_not_depend_on_the_frame_rate() -> None:
    def scene(second: float) -> list[Face]:
        yaw = 60.0
        if 1 <= second <= 4:
            yaw = 0.0
        x = 200 + 20 * second
        return [make_face("a", yaw=yaw, x=x)]

    (slow,) = exposures(film(5.0, scene, fps=5))
    (fast,) = exposures(film(5.0, scene, fps=30))
    assert slow.attention == fast.attention
    assert slow.score_mean == pytest.approx(fast.score_mean, abs=1)


def test_synthetic_people_are_marked() -> None:
    (part,) = exposures(film(1.0, always(A), synthetic=True))
    assert part.synthetic


def test_sixty_people_at_once_are_sixty_presences() -> None:
    crowd = []
    expected = []
    for number in range(60):
        track = f"t{number:02}"
        x = 10 + 10 * number
        face = make_face(track, x=x, size=20)
        crowd.append(face)
        expected.append((track,))
    # Who is covered by others lives after motion in four half seconds.
    frames = film(2.4, always(*crowd), fps=5)
    found = exposures(frames)
    assert sorted(tracks(found)) == expected


def test_memory_is_bounded_by_who_is_there_now() -> None:
    camera = make_camera()
    for second in range(40):
        x = second % 6 * 100
        face = make_face(f"t{second}", x=x, size=30)
        for moment in (0.0, 0.3):
            frame = make_frame_faces(second + moment, [face])
            camera.observe(frame, RULES)
    assert len(camera.presences) == 2
    assert len(camera.founders) <= 12


def test_a_presence_of_minutes_holds_the_views_of_three_seconds() -> None:
    def scene(second: float) -> list[Face]:
        if second // 2 % 2:
            return [AWAY]
        return [A]

    camera = make_camera()
    published: list[Exposure] = []
    for frame in film(121.5, scene, fps=2):
        finished = camera.observe(frame, RULES)
        published += finished.exposures
    (presence,) = camera.presences
    assert len(glances(published)) == 2 * 15
    assert len(presence.recent) == 6
    assert len(presence.parts) == 1
    assert len(presence.glances) <= 16
