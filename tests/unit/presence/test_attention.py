"""Attention: the head is turned to the screen. One attention interval is a glance."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tests.builders import at
from tests.presence_builders import Seconds, second_of
from vitrine.mall import Camera, Screen
from vitrine.presence.attention import Attention, Cone, cone_of

AWAY = 60.0
"""Degrees."""


def attention_intervals(
    seconds: list[float],
    yaws: list[float],
    pitches: list[float] | None = None,
) -> list[Seconds]:
    """The glances of a face seen at these times with these poses.

    The screen is around the camera.
    """
    if pitches is None:
        pitches = [0.0] * len(seconds)
    attention = Attention()
    ended = []
    for second, yaw, pitch in zip(seconds, yaws, pitches, strict=True):
        glance = attention.observe(at(second), yaw, pitch, Cone())
        ended.append(glance)
    ended.append(attention.close())
    found = []
    for glance in ended:
        if glance is None:
            continue
        first, last = map(second_of, glance)
        found.append((first, last))
    return found


def times(fps: float, until: float) -> list[float]:
    count = round(until * fps) + 1
    return [frame / fps for frame in range(count)]


def test_a_single_noisy_frame_does_not_end_an_attention_interval() -> None:
    seconds = [0.0, 0.1, 0.2, 0.3, 0.4]
    yaws = [0.0, 3.0, 40.0, 2.0, 0.0]
    assert attention_intervals(seconds, yaws) == [(0.0, 0.4)]


def test_a_single_frame_towards_the_screen_is_no_attention() -> None:
    seconds = [0.0, 0.1, 0.2, 0.3, 0.4]
    yaws = [AWAY, AWAY, 0.0, AWAY, AWAY]
    assert attention_intervals(seconds, yaws) == []


def test_a_short_look_after_a_glance_is_no_attention_either() -> None:
    seconds = [0.0, 0.3, 0.4, 0.7, 1.0, 1.1]
    yaws = [0.0, 0.0, AWAY, AWAY, 0.0, 0.0]
    assert attention_intervals(seconds, yaws) == [(0.0, 0.3)]


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_glance_lasts_from_the_first_to_the_last_view_of_the_screen(
    fps: float,
) -> None:
    seconds = times(fps, 4.0)
    yaws = [0.0 if 1.0 <= second <= 3.0 else AWAY for second in seconds]
    assert attention_intervals(seconds, yaws) == [(1.0, 3.0)]


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_looking_away_for_long_ends_a_glance_and_looking_back_begins_another(
    fps: float,
) -> None:
    seconds = times(fps, 4.0)
    yaws = [AWAY if 1.0 < second < 3.0 else 0.0 for second in seconds]
    assert attention_intervals(seconds, yaws) == [(0.0, 1.0), (3.0, 4.0)]


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_looking_away_for_less_than_a_quarter_second_ends_no_glance(fps: float) -> None:
    seconds = times(fps, 2.0)
    yaws = [AWAY if 1.0 < second < 1.25 else 0.0 for second in seconds]
    assert attention_intervals(seconds, yaws) == [(0.0, 2.0)]


def test_less_than_a_quarter_second_is_no_glance() -> None:
    seconds = [0.0, 0.1, 0.2, 0.3]
    yaws = [0.0] * 4
    assert attention_intervals(seconds[:3], yaws[:3]) == []
    assert attention_intervals(seconds, yaws) == [(0.0, 0.3)]


@pytest.mark.parametrize(
    ("yaw", "pitch", "begins", "goes_on"),
    [
        (25, 0, True, True),
        (-25, 20, True, True),
        (26, 0, False, True),
        (0, -24, False, True),
        (31, 0, False, False),
        (0, 26, False, False),
    ],
)
def test_the_cone_is_five_degrees_wider_for_a_glance_that_has_begun(
    yaw: float, pitch: float, begins: bool, goes_on: bool
) -> None:
    seconds = times(10, 2.0)
    at_once = attention_intervals(seconds, [yaw] * 21, [pitch] * 21)
    frontal = [0.0] * 10
    later = attention_intervals(
        seconds,
        yaws=frontal + [yaw] * 11,
        pitches=frontal + [pitch] * 11,
    )
    end = 0.9
    if goes_on:
        end = 2.0
    assert bool(at_once) == begins
    assert later == [(0.0, end)]


def test_a_gap_of_more_than_600_ms_without_the_face_ends_a_glance() -> None:
    seconds = [0.0, 0.3, 0.9, 1.2, 1.9, 2.2]
    found = attention_intervals(seconds, [0.0] * 6)
    assert found == [(0.0, 1.2), (1.9, 2.2)]


def pose(cone: Cone) -> list[float]:
    return [cone.yaw, cone.pitch]


# The middle of a screen 2 m high is 1 m below a camera above it: atan(1 / 2). It is
# 1.5 m beside a camera on the left of a screen 3 m wide: atan(1.5 / 2).
@pytest.mark.parametrize(
    ("mount", "yaw", "pitch"),
    [
        ("above", 0, -26.565),
        ("below", 0, 26.565),
        ("left", -36.870, 0),
        ("right", 36.870, 0),
        ("centre", 0, 0),
    ],
)
def test_the_cone_points_from_two_metres_away_at_the_middle_of_the_screen(
    mount: Any, yaw: float, pitch: float
) -> None:
    screen = Screen(width_m=3.0, height_m=2.0, camera=mount)
    cone = cone_of(screen)
    assert pose(cone) == pytest.approx([yaw, pitch], abs=1e-3)
    assert cone.holds(yaw + 24.9, pitch - 19.9)
    assert not cone.holds(yaw, pitch + 20.1)


def make_camera(**place: Any) -> Camera:
    fields = {"id": "north-2", "uri": "0", "stand": "north"}
    return Camera.model_validate(fields | place)


@pytest.mark.parametrize(
    ("camera", "yaw", "pitch"),
    [
        (make_camera(), 0, -26.565),  # as the screen says
        (make_camera(mount="left"), -36.870, 0),
        (make_camera(mount="centre"), 0, 0),
        (make_camera(cone={"yaw": 31.0, "pitch": -7.0}), 31, -7),
        (make_camera(cone={"yaw": 31.0}), 31, 0),
    ],
)
def test_a_camera_may_have_a_place_of_its_own(
    camera: Camera, yaw: float, pitch: float
) -> None:
    screen = Screen(width_m=3.0, height_m=2.0, camera="above")
    cone = cone_of(screen, camera)
    assert pose(cone) == pytest.approx([yaw, pitch], abs=1e-3)


def test_a_camera_has_one_place_only() -> None:
    with pytest.raises(ValidationError, match="expected one of them"):
        make_camera(mount="left", cone={"yaw": 3})


def looked(*views: tuple[float, float]) -> Attention:
    """The attention after views at these seconds with these yaws."""
    attention = Attention()
    for second, yaw in views:
        attention.observe(at(second), yaw, 0.0, Cone())
    return attention


NEVER = looked((0.0, AWAY))
BEGINNING = looked((0.0, 0))
GLANCE = looked((0.0, 0), (0.1, 0), (0.25, 0))
DOUBTFUL = looked((0.0, 0), (0.25, 0), (0.4, AWAY))
OVER = looked((0.0, 0), (0.25, 0), (0.4, AWAY), (0.65, AWAY))


@pytest.mark.parametrize(
    ("attention", "before_s", "may_change"),
    [
        (NEVER, 1.0, False),
        (BEGINNING, 1.0, True),  # it may become a glance
        (BEGINNING, 0.0, False),  # and begins no sooner than that
        (GLANCE, 1.0, False),
        (DOUBTFUL, 1.0, True),  # it may be over since 0.25
        (DOUBTFUL, 0.25, False),
        (OVER, 1.0, False),
    ],
)
def test_a_cut_waits_only_for_a_glance_that_is_not_decided(
    attention: Attention, before_s: float, may_change: bool
) -> None:
    assert attention.may_change_before(at(before_s)) == may_change


@pytest.mark.parametrize(
    ("gap_s", "same"),
    [
        (0.6, True),
        (0.601, False),
    ],
)
def test_a_glance_survives_a_gap_of_600_ms(gap_s: float, same: bool) -> None:
    attention = looked((0.0, 0), (0.3, 0), (0.3 + gap_s, 0))
    assert (attention.since_ns == at(0.0)) == same


@pytest.mark.parametrize(
    ("away_s", "glance"),
    [
        (0.249, None),
        (0.25, (at(0.0), at(0.3))),
    ],
)
def test_a_glance_ends_after_a_quarter_second_outside(
    away_s: float, glance: tuple[int, int] | None
) -> None:
    attention = looked((0.0, 0), (0.3, 0), (0.4, AWAY))
    ended = attention.observe(at(0.4 + away_s), AWAY, 0, Cone())
    assert ended == glance


@pytest.mark.parametrize(
    ("length_s", "settled"),
    [
        (0.249, False),
        (0.25, True),
    ],
)
def test_a_glance_lasts_a_quarter_second(length_s: float, settled: bool) -> None:
    attention = looked((0.0, 0), (length_s, 0))
    glance = attention.glance()
    assert attention.settled == settled
    assert (glance is not None) == settled


@pytest.mark.parametrize(
    ("yaws", "faces"),
    [
        ([], False),
        ([0], True),
        ([0, AWAY], False),
        ([0, AWAY, 0], True),
    ],
)
def test_a_head_faces_the_screen_where_the_last_view_was_inside(
    yaws: list[float], faces: bool
) -> None:
    views = [(step / 10, yaw) for step, yaw in enumerate(yaws)]
    assert looked(*views).faces == faces


def glances_with_eyes(closed: list[bool]) -> list[tuple[int, int] | None]:
    """The glances, as they end, of a head that faces the screen, ten views a second."""
    attention = Attention()
    ended = []
    for step, is_closed in enumerate(closed):
        glance = attention.observe(
            at(step / 10),
            yaw=0.0,
            pitch=0.0,
            cone=Cone(),
            closed=is_closed,
        )
        ended.append(glance)
    ended.append(attention.close())
    return [glance for glance in ended if glance is not None]


def test_a_blink_does_not_end_a_glance() -> None:
    blink = [False] * 5 + [True] * 5 + [False] * 5
    assert glances_with_eyes(blink) == [(at(0.0), at(1.4))]


def test_eyes_closed_for_half_a_second_end_a_glance_where_they_were_open_last() -> None:
    closed = [False] * 5 + [True] * 6 + [False] * 5
    assert glances_with_eyes(closed) == [
        (at(0.0), at(0.4)),
        (at(1.1), at(1.5)),
    ]


def test_no_glance_begins_with_closed_eyes() -> None:
    assert glances_with_eyes([True] * 10) == []


def test_a_head_turned_away_ends_a_glance_as_soon_with_closed_eyes() -> None:
    attention = looked((0.0, 0), (0.3, 0), (0.4, AWAY))
    ended = attention.observe(
        at(0.65),
        yaw=AWAY,
        pitch=0.0,
        cone=Cone(),
        closed=True,
    )
    assert ended == (at(0.0), at(0.3))


def test_a_head_faces_the_screen_with_closed_eyes() -> None:
    attention = Attention()
    attention.observe(at(0.0), 0.0, 0.0, Cone(), closed=True)
    assert attention.faces


CONE = Cone(yaw=10, pitch=5)


@pytest.mark.parametrize(
    ("yaw", "pitch"),
    [
        (35, 25),
        (-15, 5),
        (10, 25),
        (10, -15),
    ],
)
def test_the_edge_of_the_cone_is_25_and_20_degrees_from_its_centre(
    yaw: float, pitch: float
) -> None:
    assert CONE.holds(yaw, pitch)


@pytest.mark.parametrize(
    ("yaw", "pitch"),
    [
        (35.1, 5),
        (-15.1, 5),
        (10, 25.1),
        (10, -15.1),
    ],
)
def test_beyond_its_edge_the_cone_holds_a_pose_only_with_a_margin(
    yaw: float, pitch: float
) -> None:
    assert not CONE.holds(yaw, pitch)
    assert CONE.holds(yaw, pitch, margin=5)


@pytest.mark.parametrize(
    ("yaw", "pitch", "inside"),
    [
        (40, 30, True),
        (40.1, 5, False),
        (10, 30.1, False),
    ],
)
def test_a_margin_makes_the_cone_wider_by_as_much(
    yaw: float, pitch: float, inside: bool
) -> None:
    assert CONE.holds(yaw, pitch, margin=5) == inside


def test_a_cone_of_a_camera_may_have_a_width_of_its_own() -> None:
    camera = make_camera(cone={"yaw": 10, "half_yaw": 12, "half_pitch": 8})
    cone = cone_of(Screen(), camera)
    assert cone.holds(22, 8)
    assert not cone.holds(22.1, 0)
    assert not cone.holds(10, 8.1)
