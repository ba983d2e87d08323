"""Attention: the head is turned to the screen. One attention interval is a glance."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from pydantic import ValidationError

from tests.builders import T0_NS, at
from vitrine.mall import Camera, Screen
from vitrine.presence.attention import Attention, Cone, cone_of

Seconds = tuple[float, float]


def attention_intervals(
    seconds: Sequence[float],
    yaws: Sequence[float],
    pitches: Sequence[float] | None = None,
) -> list[Seconds]:
    """The glances of a face seen at these times with these poses, at a screen around the camera."""
    attention = Attention()
    glances = []
    for second, yaw, pitch in zip(
        seconds, yaws, pitches or [0.0] * len(seconds), strict=True
    ):
        glances.append(attention.observe(at(second), yaw, pitch, Cone()))
    glances.append(attention.close())
    return [((g[0] - T0_NS) / 1e9, (g[1] - T0_NS) / 1e9) for g in glances if g]


def times(fps: float, until: float) -> list[float]:
    return [frame / fps for frame in range(round(until * fps) + 1)]


def test_a_single_noisy_frame_does_not_end_an_attention_interval() -> None:
    seconds = [0.0, 0.1, 0.2, 0.3, 0.4]
    yaws = [0, 3, 40, 2, 0]  # degrees
    assert attention_intervals(seconds, yaws) == [(0.0, 0.4)]


def test_a_single_frame_towards_the_screen_is_no_attention() -> None:
    assert attention_intervals([0.0, 0.1, 0.2, 0.3, 0.4], [60, 60, 0, 60, 60]) == []


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_glance_lasts_from_the_first_to_the_last_view_of_the_screen(
    fps: float,
) -> None:
    seconds = times(fps, 4.0)
    yaws = [0.0 if 1.0 <= second <= 3.0 else 60.0 for second in seconds]
    assert attention_intervals(seconds, yaws) == [(1.0, 3.0)]


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_looking_away_for_long_ends_a_glance_and_looking_back_begins_another(
    fps: float,
) -> None:
    seconds = times(fps, 4.0)
    yaws = [60.0 if 1.0 < second < 3.0 else 0.0 for second in seconds]
    assert attention_intervals(seconds, yaws) == [(0.0, 1.0), (3.0, 4.0)]


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_looking_away_for_less_than_a_quarter_second_ends_no_glance(fps: float) -> None:
    seconds = times(fps, 2.0)
    yaws = [60.0 if 1.0 < second < 1.25 else 0.0 for second in seconds]
    assert attention_intervals(seconds, yaws) == [(0.0, 2.0)]


def test_less_than_a_quarter_second_is_no_glance() -> None:
    assert attention_intervals([0.0, 0.1, 0.2], [0, 0, 0]) == []
    assert attention_intervals([0.0, 0.1, 0.2, 0.3], [0, 0, 0, 0]) == [(0.0, 0.3)]


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
    turned = [yaw] * 21, [pitch] * 21
    assert bool(attention_intervals(seconds, *turned)) == begins
    turned_later = [0.0] * 10 + [yaw] * 11, [0.0] * 10 + [pitch] * 11
    assert attention_intervals(seconds, *turned_later) == [
        (0.0, 2.0 if goes_on else 0.9)
    ]


def test_a_gap_of_more_than_600_ms_without_the_face_ends_a_glance() -> None:
    seconds = [0.0, 0.3, 0.9, 1.2, 1.9, 2.2]
    assert attention_intervals(seconds, [0.0] * 6) == [(0.0, 1.2), (1.9, 2.2)]


@pytest.mark.parametrize(
    ("camera", "yaw", "pitch"),
    [
        (
            "above",
            0,
            -26.565,
        ),  # the middle of a 2 m high screen is 1 m below the camera: atan(1/2)
        ("below", 0, 26.565),
        ("left", -36.870, 0),  # of a 3 m wide screen 1.5 m beside it: atan(1.5/2)
        ("right", 36.870, 0),
        ("centre", 0, 0),
    ],
)
def test_the_cone_points_from_two_metres_away_at_the_middle_of_the_screen(
    camera: str, yaw: float, pitch: float
) -> None:
    cone = cone_of(
        Screen.model_validate({"width_m": 3.0, "height_m": 2.0, "camera": camera})
    )
    assert [cone.yaw, cone.pitch] == pytest.approx([yaw, pitch], abs=1e-3)
    assert cone.holds(yaw + 24.9, pitch - 19.9)
    assert not cone.holds(yaw, pitch + 20.1)


@pytest.mark.parametrize(
    ("place", "yaw", "pitch"),
    [
        ({}, 0, -26.565),  # as the screen says
        ({"mount": "left"}, -36.870, 0),
        ({"mount": "centre"}, 0, 0),
        ({"cone": {"yaw": 31.0, "pitch": -7.0}}, 31, -7),
        ({"cone": {"yaw": 31.0}}, 31, 0),
    ],
)
def test_a_camera_may_have_a_place_of_its_own(
    place: dict[str, object], yaw: float, pitch: float
) -> None:
    camera = Camera.model_validate(
        {"id": "north-2", "uri": "0", "stand": "north"} | place
    )
    cone = cone_of(Screen(width_m=3.0, height_m=2.0, camera="above"), camera)
    assert [cone.yaw, cone.pitch] == pytest.approx([yaw, pitch], abs=1e-3)


def test_a_camera_has_one_place_only() -> None:
    with pytest.raises(ValidationError, match="expected one of them"):
        Camera.model_validate(
            {"id": "a", "uri": "0", "stand": "b", "mount": "left", "cone": {"yaw": 3}}
        )


def looked(*views: tuple[float, float]) -> Attention:
    """The attention after views at these seconds with these yaws."""
    attention = Attention()
    for second, yaw in views:
        attention.observe(at(second), yaw, 0.0, Cone())
    return attention


@pytest.mark.parametrize(
    ("views", "before_s", "may_change"),
    [
        ([(0.0, 60)], 1.0, False),  # nobody looks
        ([(0.0, 0)], 1.0, True),  # a glance may become one
        ([(0.0, 0)], 0.0, False),  # it begins no sooner than that
        ([(0.0, 0), (0.1, 0), (0.25, 0)], 1.0, False),  # it is one
        ([(0.0, 0), (0.25, 0), (0.4, 60)], 1.0, True),  # it may be over since 0.25
        ([(0.0, 0), (0.25, 0), (0.4, 60)], 0.25, False),
        ([(0.0, 0), (0.25, 0), (0.4, 60), (0.65, 60)], 1.0, False),  # it is over
    ],
)
def test_a_cut_waits_only_for_a_glance_that_is_not_decided(
    views: list[tuple[float, float]], before_s: float, may_change: bool
) -> None:
    assert looked(*views).may_change_before(at(before_s)) == may_change


@pytest.mark.parametrize(("gap_s", "same"), [(0.6, True), (0.601, False)])
def test_a_glance_survives_a_gap_of_600_ms(gap_s: float, same: bool) -> None:
    attention = looked((0.0, 0), (0.3, 0), (0.3 + gap_s, 0))
    assert (attention.since_ns == at(0.0)) == same


@pytest.mark.parametrize(("away_s", "ends"), [(0.249, False), (0.25, True)])
def test_a_glance_ends_after_a_quarter_second_outside(
    away_s: float, ends: bool
) -> None:
    attention = looked((0.0, 0), (0.3, 0), (0.4, 60))
    glance = attention.observe(at(0.4 + away_s), 60, 0, Cone())
    assert glance == ((at(0.0), at(0.3)) if ends else None)


@pytest.mark.parametrize(("length_s", "settled"), [(0.249, False), (0.25, True)])
def test_a_glance_lasts_a_quarter_second(length_s: float, settled: bool) -> None:
    attention = looked((0.0, 0), (length_s, 0))
    assert attention.settled == settled
    assert (attention.glance() is not None) == settled


def test_inside_is_true_between_the_first_view_inside_and_the_next_outside() -> None:
    assert not looked().inside()
    assert looked((0.0, 0)).inside()
    assert not looked((0.0, 0), (0.1, 60)).inside()
    assert looked((0.0, 0), (0.1, 60), (0.2, 0)).inside()


@pytest.mark.parametrize(
    ("yaw", "pitch", "margin", "inside"),
    [
        (35, 25, 0, True),
        (35.1, 5, 0, False),
        (-15, 5, 0, True),
        (-15.1, 5, 0, False),
        (10, 25.1, 0, False),
        (10, -15, 0, True),
        (10, -15.1, 0, False),
        (40, 30, 5, True),
        (40.1, 5, 5, False),
        (10, 30.1, 5, False),
    ],
)
def test_the_cone_reaches_25_and_20_degrees_and_a_margin_from_its_centre(
    yaw: float, pitch: float, margin: float, inside: bool
) -> None:
    assert Cone(yaw=10, pitch=5).holds(yaw, pitch, margin) == inside
