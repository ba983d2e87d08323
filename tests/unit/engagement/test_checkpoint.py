"""The commit note holds all that a restart needs."""

from __future__ import annotations

import random

from tests.builders import make_face, make_frame_faces, make_track_id
from vitrine.mall import Stand
from vitrine.presence.people import Camera
from vitrine.presence.presence import Terms
from vitrine.services.engagement.checkpoint import (
    NOTE_LIMIT,
    from_note,
    to_note,
    to_short_note,
)
from vitrine.services.engagement.settings import EngagementSettings

TERMS = Terms.of(Stand(id="north"), "v1", EngagementSettings())


def crowd(people: int) -> Camera:
    """A camera at the end of a part; one person came each half second, all look to and fro at random."""
    noise = random.Random(1)
    camera = Camera("north", "north-1", 0, 0)
    tracks = [make_track_id(-noise.random(), number=i) for i in range(people)]
    yaws = [0.0] * people
    second = 0.0
    while second < 119:
        second += 0.2 + noise.gauss(0, 0.001)
        yaws = [60 - yaw if noise.random() < 0.03 else yaw for yaw in yaws]
        faces = [
            make_face(
                tracks[i],
                x=20 * i + noise.gauss(0, 1),
                size=30 + noise.gauss(0, 1),
                yaw=yaws[i] + noise.gauss(0, 4),
            )
            for i in range(people)
            if second >= i / 2
        ]
        list(camera.observe(make_frame_faces(second, faces), TERMS))
    return camera


def without_recent(camera: Camera) -> Camera:
    for presence in camera.presences:
        presence.recent.clear()
    return camera


def test_a_note_restores_everything_but_the_last_seconds_of_the_live_score() -> None:
    camera = crowd(3)
    assert from_note(to_note([camera])) == [without_recent(camera)]


def test_no_note_and_a_note_of_another_version_restore_nothing() -> None:
    assert from_note("") == []
    assert from_note("0:what it was like before") == []


def test_a_note_has_room_for_twenty_people() -> None:
    assert len(to_note([crowd(20)])) <= NOTE_LIMIT


def test_a_short_note_leaves_out_who_came_last() -> None:
    camera = crowd(40)
    assert len(to_note([camera])) > NOTE_LIMIT
    note = to_short_note([camera])
    (restored,) = from_note(note)
    assert len(note) <= NOTE_LIMIT
    assert len(restored.presences) >= 15
    assert (
        restored.presences
        == without_recent(camera).presences[: len(restored.presences)]
    )


def test_a_short_note_is_the_whole_note_where_that_fits() -> None:
    assert to_short_note([crowd(3)]) == to_note([crowd(3)])
