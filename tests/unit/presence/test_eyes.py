"""Closed eyes: open by less than 0.7 of what is usual for the person."""

from __future__ import annotations

import pytest

from tests.builders import make_face
from tests.presence_builders import film, glances, watch
from vitrine.mall import Screen, Stand
from vitrine.presence.eyes import Eyes
from vitrine.schemas import Face
from vitrine.services.engagement.settings import EngagementSettings

RULES = EngagementSettings().rules(
    Stand(id="north", screen=Screen(camera="centre")), "v"
)


def seen(*openings: float, height_px: float = 90.0, yaw: float = 0.0) -> list[bool]:
    """Return for each view, ten a second, whether the eyes are closed."""
    eyes = Eyes()
    found = []
    for opening in openings:
        face = make_face(eye_open=opening, yaw=yaw)
        closed = eyes.are_closed(face, height_px, 0.1)
        found.append(closed)
    return found


@pytest.mark.parametrize("usual", [0.12, 0.07], ids=["wide", "narrow"])
@pytest.mark.parametrize(("share", "closed"), [(0.72, False), (0.68, True)])
def test_closed_is_what_is_open_by_less_than_seven_tenths_of_the_usual(
    usual: float, share: float, closed: bool
) -> None:
    views = [usual] * 20 + [share * usual]
    assert seen(*views)[-1] == closed


@pytest.mark.parametrize(
    ("height_px", "yaw", "closed"),
    [(40, 0, True), (39, 0, False), (90, 30, True), (90, 31, False)],
)
def test_eyes_are_asked_of_large_faces_that_are_turned_little(
    height_px: float, yaw: float, closed: bool
) -> None:
    views = [0.1] * 20 + [0.05]
    assert seen(*views, height_px=height_px, yaw=yaw)[-1] == closed


def test_what_is_usual_is_known_after_a_second() -> None:
    assert not any(seen(*[0.1] * 5, *[0.05] * 5))


def test_narrow_eyes_become_the_usual_ones() -> None:
    closed = seen(*[0.1] * 20, *[0.06] * 200)
    assert closed[20]
    assert not closed[-1]


def test_opened_eyes_are_the_usual_ones_within_two_seconds() -> None:
    closed = seen(*[0.05] * 100, *[0.1] * 20, 0.06)
    assert closed[-1]


def blinking(second: float, closed_s: float) -> list[Face]:
    """Return a face that closes its eyes after three seconds."""
    is_closed = 3.0 < second < 3.0 + closed_s
    return [make_face(eye_open=0.05 if is_closed else 0.1)]


def test_a_presence_whose_eyes_are_closed_does_not_attend() -> None:
    frames = film(6.0, lambda second: blinking(second, 1.05))
    assert glances(watch(frames, RULES)) == [(0.0, 3.0), (4.1, 6.0)]


def test_a_presence_attends_through_a_blink() -> None:
    frames = film(6.0, lambda second: blinking(second, 0.35))
    assert glances(watch(frames, RULES)) == [(0.0, 6.0)]
