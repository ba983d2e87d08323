"""Presence, dwell and exposure: who is at a stand, from when to when, in which parts."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

import pytest

from tests.builders import T0_NS, at, make_face, make_frame_faces
from vitrine.ids import presence_id
from vitrine.mall import Stand
from vitrine.presence.attention import Attention
from vitrine.presence.people import CameraPeople
from vitrine.schemas import Exposure, Face, FrameFaces
from vitrine.services.engagement.settings import EngagementSettings

STAND = Stand.model_validate({"id": "north", "screen": {"camera": "centre"}})
RULES = EngagementSettings().rules(STAND, "v1")


def exposures(
    frames: Iterable[FrameFaces], camera: CameraPeople | None = None
) -> list[Exposure]:
    """All parts that these frames of one camera lead to, its end included."""
    camera = camera or CameraPeople("north", "north-1", 0, 0)
    found = [
        part for frame in frames for part in camera.observe(frame, RULES).exposures
    ]
    return found + camera.end(RULES).exposures


def frames(
    until: float,
    faces: Callable[[float], list[Face]],
    start: float = 0,
    fps: float = 10,
) -> list[FrameFaces]:
    """Frames from `start` to `until`, both included, with the faces at each time."""
    count = round((until - start) * fps) + 1
    return [
        make_frame_faces(s, faces(s)) for s in (start + i / fps for i in range(count))
    ]


def seconds(part: Exposure) -> tuple[float, float]:
    return (part.start_ns - T0_NS) / 1e9, (part.end_ns - T0_NS) / 1e9


def test_dwell_is_first_seen_to_last_seen() -> None:
    (part,) = exposures(frames(9.0, lambda s: [make_face("a")] if 1 <= s <= 4 else []))
    assert seconds(part) == (1.0, 4.0)
    assert (part.part, part.final, part.track_ids) == (0, True, ("a",))
    assert part.presence_id == presence_id("north", "a")
    assert part.exposure_id == f"{part.presence_id}/0"
    assert part.config_version == "v1"


def test_the_presence_ends_two_seconds_after_the_person_was_last_seen() -> None:
    camera = CameraPeople("north", "north-1", 0, 0)
    ended = [
        (frame.captured_at_ns - T0_NS) / 1e9
        for frame in frames(9.0, lambda s: [make_face("a")] if s <= 4 else [])
        for _ in camera.observe(frame, RULES).exposures
    ]
    assert ended == [6.0]


@pytest.mark.parametrize(
    ("gap", "expected"), [(1.9, [(0.0, 8.0)]), (2.0, [(0.0, 3.0), (5.0, 8.0)])]
)
def test_gaps_under_two_seconds_are_bridged(
    gap: float, expected: list[tuple[float, float]]
) -> None:
    found = exposures(
        frames(8.0, lambda s: [] if 3 < s < 3 + gap - 1e-6 else [make_face("a")])
    )
    assert [seconds(part) for part in found] == expected
    assert len({part.presence_id for part in found}) == len(expected)


def test_a_face_of_a_single_frame_is_noise() -> None:
    assert exposures(frames(5.0, lambda s: [make_face("a")] if s == 1 else [])) == []


@pytest.mark.parametrize(
    ("size", "present"), [(17, False), (18, True), (216, True), (217, False)]
)  # of 360 pixels: the zone reaches from 5 % to 60 %
def test_only_faces_in_the_zone_are_present(size: float, present: bool) -> None:
    assert bool(exposures(frames(1.0, lambda s: [make_face(size=size)]))) == present


def test_a_track_that_comes_back_into_the_zone_after_a_gap_is_another_presence() -> (
    None
):
    found = exposures(
        frames(8.0, lambda s: [make_face("a", size=10 if 2 < s < 5 else 90)])
    )
    assert [seconds(part) for part in found] == [(0.0, 2.0), (5.0, 8.0)]
    assert [part.track_ids for part in found] == [("a",), ("a",)]
    assert [part.presence_id for part in found] == ["north:a", "north:a.2"]


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
    found = exposures(
        frames(5.0, lambda s: [make_face("a")] if s < 2 else [then] if s > 3 else [])
    )
    assert [part.track_ids for part in found] == (
        [("a", "b")] if joined else [("a",), ("b",)]
    )


def test_a_new_track_beside_one_that_is_still_there_is_another_person() -> None:
    a = make_face("a")
    b = make_face("b", x=400)
    found = exposures(frames(5.0, lambda s: [a] if s < 2 else [a, b]))
    assert [part.track_ids for part in found] == [("a",), ("b",)]


def test_of_several_lost_people_the_nearest_is_found_again() -> None:
    before = [make_face("a", x=300), make_face("b", x=400)]
    after = [make_face("c", x=390), make_face("d", x=310)]
    found = exposures(
        frames(5.0, lambda s: before if s < 2 else after if s > 2.5 else [])
    )
    assert [part.track_ids for part in found] == [("a", "d"), ("b", "c")]


def test_two_people_who_cross_are_found_again_where_they_went() -> None:
    def seen(second: float) -> list[Face]:
        lost = 1.8 < second < 2.3
        right = make_face("r2" if second > 2 else "r", x=120 + 100 * second)
        left = make_face("l2" if second > 2 else "l", x=520 - 100 * second)
        return [] if lost else [right, left]

    found = exposures(frames(4.0, seen))
    assert sorted(part.track_ids for part in found) == [("l", "l2"), ("r", "r2")]


def test_nobody_is_suddenly_elsewhere() -> None:
    def seen(second: float) -> list[Face]:
        return [make_face("a")] if second <= 2 else [make_face("b", x=320 + 110)]

    assert [part.track_ids for part in exposures(frames(5.0, seen))] == [("a",), ("b",)]


def test_a_presence_of_very_many_tracks_names_the_first_and_the_latest() -> None:
    (part,) = exposures(frames(50.0, lambda s: [make_face(f"t{int(s)}")]))
    assert len(part.track_ids) == 32
    assert part.track_ids[:2] == ("t0", "t20")
    assert part.track_ids[-1] == "t50"


def test_a_long_presence_is_cut_at_whole_minutes() -> None:
    found = exposures(frames(150.0, lambda s: [make_face("a")], start=20.0))
    assert [seconds(part) for part in found] == [
        (20.0, 60.0),
        (60.0, 120.0),
        (120.0, 150.0),
    ]
    assert [(part.part, part.final) for part in found] == [
        (0, False),
        (1, False),
        (2, True),
    ]
    assert {part.presence_id for part in found} == {"north:a"}


def test_a_person_last_seen_before_the_cut_leaves_no_part_after_it() -> None:
    (part,) = exposures(
        frames(70.0, lambda s: [make_face("a")] if s <= 59.5 else [], start=50.0)
    )
    assert seconds(part) == (50.0, 59.5)
    assert part.final


def test_a_gap_over_the_cut_belongs_to_both_parts() -> None:
    found = exposures(
        frames(65.0, lambda s: [] if 59 < s < 60.9 else [make_face("a")], start=55.0)
    )
    assert [seconds(part) for part in found] == [(55.0, 60.0), (60.0, 65.0)]


def attention(parts: list[Exposure]) -> list[tuple[float, float]]:
    return [
        ((a - T0_NS) / 1e9, (b - T0_NS) / 1e9)
        for part in parts
        for a, b in part.attention
    ]


def test_a_glance_that_is_cut_goes_on_in_the_next_part() -> None:
    found = exposures(
        frames(65.0, lambda s: [make_face(yaw=0 if s >= 57 else 60)], start=55.0)
    )
    assert attention(found) == [(57.0, 60.0), (60.0, 65.0)]


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        (lambda s: s <= 59.9, [(55.0, 59.9)]),
        (lambda s: s <= 59.9 or s >= 60.1, [(55.0, 60.0), (60.0, 65.0)]),
        (lambda s: s <= 60.0, [(55.0, 60.0)]),
        (lambda s: s >= 59.9, [(59.9, 60.0), (60.0, 65.0)]),
        (lambda s: 59.9 <= s <= 60.1, []),
    ],
)
def test_what_is_seen_after_the_cut_decides_about_a_glance_before_it(
    looks: Callable[[float], bool], expected: list[tuple[float, float]]
) -> None:
    found = exposures(
        frames(65.0, lambda s: [make_face(yaw=0 if looks(s) else 60)], start=55.0)
    )
    assert attention(found) == expected
    assert [seconds(part) for part in found] == [(55.0, 60.0), (60.0, 65.0)]


@pytest.mark.parametrize("seed", range(20))
def test_the_glances_of_all_parts_together_are_those_of_an_uncut_presence(
    seed: int,
) -> None:
    noise = random.Random(seed)
    attention_of_all = Attention()
    uncut = []
    yaw = 0.0
    made = []
    for frame in range(1500):
        yaw = 60 - yaw if noise.random() < 0.15 else yaw
        made.append(make_frame_faces(frame / 10, [make_face(yaw=yaw)]))
        uncut.append(
            attention_of_all.observe(made[-1].captured_at_ns, yaw, 0.0, RULES.cone)
        )
    uncut.append(attention_of_all.close())
    joined: list[tuple[int, int]] = []
    for interval in (
        interval for part in exposures(made) for interval in part.attention
    ):
        if joined and joined[-1][1] == interval[0]:
            joined[-1] = (joined[-1][0], interval[1])
        else:
            joined.append(interval)
    assert joined == [glance for glance in uncut if glance]


def test_the_score_of_a_part_is_the_formula_over_the_whole_part() -> None:
    # Half of the time attentive (25), in the middle of the zone (10), no response (0), still (10).
    (part,) = exposures(
        frames(10.0, lambda s: [make_face(size=117, yaw=0 if s <= 5 else 60)])
    )
    assert part.score_mean == pytest.approx(45, abs=0.1)
    assert (part.response_mean, part.response_max) == (0, 0)


def test_a_smile_at_the_screen_raises_response_and_score() -> None:
    def smiling(second: float, yaw: float) -> list[Face]:
        return [make_face(yaw=yaw, smile=0.25 if second > 5 else 0.0)]

    (part,) = exposures(frames(8.0, lambda s: smiling(s, yaw=0)))
    assert part.response_max > 0.8
    assert 0.1 < part.response_mean < 3 / 8
    (away,) = exposures(frames(8.0, lambda s: smiling(s, yaw=60)))
    assert away.response_max == 0


def test_what_a_turned_head_seems_to_express_is_no_part_of_the_baseline() -> None:
    (part,) = exposures(
        frames(
            4.0,
            lambda s: [make_face(yaw=60, smile=-0.3)] if s < 2 else [make_face(yaw=0)],
        )
    )
    assert part.response_max == 0


def test_a_walking_person_is_not_steady() -> None:
    (still,) = exposures(frames(3.0, lambda s: [make_face(yaw=60)]))
    (walking,) = exposures(frames(3.0, lambda s: [make_face(yaw=60, x=100 + 100 * s)]))
    assert still.score_mean - walking.score_mean == pytest.approx(
        9, abs=1.5
    )  # of 10, as it needs a start


def test_the_score_does_not_depend_on_the_frame_rate() -> None:
    def face(second: float) -> list[Face]:
        return [make_face(yaw=0 if 1 <= second <= 4 else 60, x=200 + 20 * second)]

    (slow,), (fast,) = (exposures(frames(6.0, face, fps=fps)) for fps in (5, 30))
    assert slow.attention == fast.attention
    assert slow.score_mean == pytest.approx(fast.score_mean, abs=1)


def test_synthetic_people_are_marked() -> None:
    made = [make_frame_faces(s, [make_face()], synthetic=True) for s in (0.0, 0.5, 1.0)]
    assert [part.synthetic for part in exposures(made)] == [True]


def test_sixty_people_at_once_are_sixty_presences() -> None:
    crowd = [make_face(f"t{i}", x=10 + 10 * i, size=20) for i in range(60)]
    found = exposures(frames(4.0, lambda s: crowd))
    assert sorted(part.track_ids[0] for part in found) == sorted(
        face.track_id for face in crowd
    )


def test_memory_is_bounded_by_who_is_there_now() -> None:
    camera = CameraPeople("north", "north-1", 0, 0)
    for minute in range(30):
        for second in range(60):
            track = f"t{minute}-{second}"
            for moment in (0.0, 0.3):
                face = make_face(track, x=second % 6 * 100, size=30)
                now = 60 * minute + second + moment
                camera.observe(make_frame_faces(now, [face]), RULES)
    assert len(camera.presences) == 2
    assert len(camera.founders) <= 12


def test_a_presence_of_hours_holds_the_views_of_three_seconds() -> None:
    camera = CameraPeople("north", "north-1", at(0), 0)
    glances = 0
    for second in range(7200):
        for moment in (0.0, 0.5):
            face = make_face(yaw=60 * (second // 2 % 2))
            parts = camera.observe(
                make_frame_faces(second + moment, [face]), RULES
            ).exposures
            glances += sum(len(part.attention) for part in parts)
    (presence,) = camera.presences
    assert glances == 119 * 15
    assert (len(presence.recent), len(presence.parts)) == (6, 1)
    assert len(presence.glances) <= 16
