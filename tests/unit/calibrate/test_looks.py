"""Poses are taken for three seconds with exactly one face."""

from __future__ import annotations

from vitrine.calibrate.looks import Looks
from vitrine.clock import SECOND_NS
from vitrine.presence.attention import Cone
from vitrine.presence.cone_fit import POINTS, Pose

FORMER = Cone(0, -10)
STEP_NS = SECOND_NS // 10


def take(looks: Looks, poses: list[Pose], seconds: float, since_s: float = 0) -> None:
    for number in range(round(seconds * 10)):
        looks.take(round(since_s * SECOND_NS) + number * STEP_NS, poses)


def test_a_look_ends_after_three_seconds_of_one_face() -> None:
    looks = Looks()
    looks.begin("centre")
    take(looks, [(1.0, -9.0)], 2)
    recording = looks.shown(FORMER)["recording"]
    assert recording["point"] == "centre"
    assert 0.6 < recording["progress"] < 0.7
    take(looks, [(1.0, -9.0)], 2, since_s=2)
    shown = looks.shown(FORMER)
    assert shown["recording"] is None
    assert shown["points"]["centre"]["steady"]
    assert len(shown["points"]["centre"]["poses"]) == 31


def test_pictures_with_nobody_or_several_people_are_left_out_and_counted() -> None:
    looks = Looks()
    looks.begin("centre")
    take(looks, [], 1)
    take(looks, [(0, 0), (40, 0)], 2, since_s=1)
    take(looks, [(1.0, -9.0)], 4, since_s=3)
    look = looks.shown(FORMER)["points"]["centre"]
    assert look["nobody"] == 10
    assert look["several"] == 20
    assert set(look["poses"]) == {(1.0, -9.0)}


def test_a_look_without_anybody_is_given_up() -> None:
    looks = Looks()
    looks.begin("centre")
    take(looks, [], 13)
    shown = looks.shown(FORMER)
    assert shown["recording"] is None
    assert not shown["points"]["centre"]["steady"]


def test_a_camera_that_stalls_gives_enough_pictures_all_the_same() -> None:
    looks = Looks()
    looks.begin("centre")
    looks.take(0, [(0, 0)])
    looks.take(3 * SECOND_NS, [(0, 0)])
    assert looks.shown(FORMER)["recording"] is not None


def test_five_looks_give_a_cone_and_a_new_one_takes_it_back() -> None:
    looks = Looks()
    poses = [(20, 5), (-20, 5), (0, -5), (20, -15), (-20, -15)]
    for number, point in enumerate(POINTS):
        looks.begin(point)
        take(looks, [poses[number]], 4, since_s=10 * number)
    fitted = looks.shown(FORMER)["fitted"]
    assert fitted["half_yaw"] == 28
    assert fitted["held"] == fitted["samples"] == fitted["held_before"] == 155
    looks.begin("centre")
    assert looks.shown(FORMER)["fitted"] is None
    looks.forget()
    assert looks.shown(FORMER)["points"] == {}
