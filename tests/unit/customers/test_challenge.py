"""The challenge of who enrols by a camera, on views that are made up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from vitrine.customers.challenge import MOST_AGAIN, Challenge, Step
from vitrine.customers.enrolment import Flaw, View
from vitrine.customers.records import Vector
from vitrine.vision.pose import HeadPose

ADA: Vector = np.array([1, 0], np.float32)
BEN: Vector = np.array([0, 1], np.float32)


def in_order(steps: Sequence[Step]) -> list[Step]:
    return list(steps)


def make_challenge() -> Challenge:
    """Left, right, close."""
    return Challenge(in_order, alike=0.4)


POINTS = np.zeros((68, 2))


def make_view(
    yaw: float = 0,
    *,
    pitch: float = 0,
    eyes: float = 0.1,
    quality: float = 0.9,
    flaw: Flaw = "unclear",
    vector: Vector = ADA,
) -> View:
    return View(vector, quality, flaw, "", HeadPose(yaw, pitch, 0), eyes, POINTS)


FRONT = make_view()
LEFT = make_view(25)
RIGHT = make_view(-25)
CLOSED = make_view(eyes=0.05)


def test_a_face_far_behind_ends_nothing_and_does_nothing() -> None:
    challenge = make_challenge()
    challenge.look(FRONT)
    behind = make_view(25, flaw="far", vector=BEN)
    told = [challenge.look(behind) for _ in range(MOST_AGAIN + 1)]
    assert set(told) == {"far"}
    assert not challenge.is_failed
    assert challenge.look(LEFT) == "right"


def test_who_does_what_is_asked_passes_with_three_views() -> None:
    challenge = make_challenge()
    told = [
        challenge.look(view)
        for view in (FRONT, FRONT, LEFT, FRONT, RIGHT, FRONT, CLOSED)
    ]
    assert told == ["left", "left", "right", "right", "close", "close", "done"]
    assert challenge.is_passed
    assert len(challenge.templates) == 3
    assert challenge.share == 1


def test_a_photo_does_not_pass() -> None:
    challenge = make_challenge()
    for _ in range(500):
        challenge.look(FRONT)
    assert challenge.steps == ["left", "right", "close"]


def test_the_order_is_drawn_anew_after_a_wrong_movement() -> None:
    orders: list[list[Step]] = [["right", "left", "close"], ["left", "right", "close"]]
    challenge = Challenge(lambda _: orders.pop(), alike=0.4)
    assert challenge.look(FRONT) == "left"
    assert challenge.look(RIGHT) == "again"
    assert challenge.steps == ["front", "right", "left", "close"]
    assert challenge.templates == []


def test_a_film_of_another_order_fails_in_the_end() -> None:
    challenge = make_challenge()
    film = [FRONT, LEFT, FRONT, CLOSED, CLOSED, FRONT, RIGHT, FRONT]
    for view in film * (MOST_AGAIN + 1):
        challenge.look(view)
        assert not challenge.is_passed
    assert challenge.is_failed


def test_a_blink_is_no_movement() -> None:
    challenge = make_challenge()
    for view in (FRONT, CLOSED, FRONT, CLOSED, FRONT):
        assert challenge.look(view) == "left"
    assert challenge.look(CLOSED) == "left"
    assert challenge.look(CLOSED) == "again"


def test_between_two_movements_the_face_looks_into_the_camera() -> None:
    challenge = make_challenge()
    for view in (FRONT, FRONT, LEFT):
        challenge.look(view)
    # Still turned from the movement before: that is not wrong.
    assert challenge.look(LEFT) == "front"
    assert challenge.look(RIGHT) == "front"
    assert challenge.look(FRONT) == "right"
    assert challenge.look(RIGHT) == "close"


@pytest.mark.parametrize("step", ["front", "turn", "close"])
def test_somebody_else_cannot_go_on(step: str) -> None:
    challenge = make_challenge()
    seen = [FRONT, FRONT, LEFT, FRONT, RIGHT, FRONT]
    for view in seen[: {"front": 1, "turn": 2, "close": 6}[step]]:
        challenge.look(view)
    assert challenge.look(make_view(vector=BEN)) == "other"
    assert challenge.templates == []


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (make_view(20), "front"),
        (make_view(pitch=-30), "front"),
        (make_view(quality=0.1, flaw="dark"), "dark"),
        (make_view(quality=0.1, flaw="far"), "far"),
        (make_view(quality=0.1, flaw="turned"), "unclear"),
    ],
)
def test_it_says_what_keeps_the_front_from_being_seen(view: View, told: str) -> None:
    challenge = make_challenge()
    assert challenge.look(view) == told
    assert challenge.steps[0] == "front"


@pytest.mark.parametrize(
    ("view", "told"),
    [
        (make_view(10), "left"),
        (make_view(60), "left"),
        (make_view(25, quality=0.1), "unclear"),
    ],
)
def test_a_turn_counts_where_recognition_can_use_it(view: View, told: str) -> None:
    challenge = make_challenge()
    for before in (FRONT, FRONT):
        challenge.look(before)
    assert challenge.look(view) == told
    assert len(challenge.templates) == 1


def test_eyes_are_closed_against_their_own_opening() -> None:
    narrow = make_view(eyes=0.05)
    challenge = make_challenge()
    turned = (make_view(25, eyes=0.05), make_view(-25, eyes=0.05))
    for view in (narrow, narrow, turned[0], narrow, turned[1], narrow, narrow):
        assert challenge.look(view) != "done"
    assert challenge.look(make_view(eyes=0.042)) == "close"
    assert challenge.look(make_view(eyes=0.02)) == "done"
