"""Two cameras of a stand: who is one visitor does not depend on whose picture comes first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import pytest

from tests.builders import at, make_frame_faces, received
from tests.unit.identity.toy_stand import (
    ENROLLED,
    RULES,
    SEALER,
    ToyStore,
    decisions,
    frame_of,
    gallery_of,
    like,
    person,
)
from vitrine.campaigns.audience import latest_decisions
from vitrine.customers.records import Vector
from vitrine.mall import Camera, Mall
from vitrine.mall.folder import FixedMall
from vitrine.schemas import FrameFaces, Identity
from vitrine.services.identity.handler import IdentityHandler
from vitrine.services.identity.visit_links import VisitLinks

CAMERAS = ("north-1", "north-2")
MALL = Mall(
    cameras=tuple(Camera(id=each, uri="synthetic:", stand="north") for each in CAMERAS),
    stands=(ENROLLED,),
    campaigns=(),
)
ONE = person(1)
OTHER = person(2)
DOUBTFUL = like(ONE, 0.45)
"""Less like ONE than a visitor has to be."""
Views = Sequence[Vector | None]


def pictures(
    camera: str, track: str, views: Views, *, late_s: float = 0.0
) -> list[FrameFaces]:
    """The pictures of one track, a tenth of a second apart; None is a face without a view."""
    found = []
    for number, vector in enumerate(views):
        frame = frame_of(track, late_s + number / 10, vector, camera=camera)
        found.append(frame)
    return found


def interleavings(
    one: Sequence[FrameFaces], other: Sequence[FrameFaces]
) -> Iterator[list[FrameFaces]]:
    """All orders in which the pictures of two cameras come, each camera's own one after another."""
    length = len(one) + len(other)
    for places in combinations(range(length), len(one)):
        ours = iter(one)
        theirs = iter(other)
        yield [next(ours if place in places else theirs) for place in range(length)]


def decided(frames: Sequence[FrameFaces]) -> list[Identity]:
    """The decisions about pictures that come in this order."""
    store = ToyStore(gallery_of())
    links = VisitLinks(store, monotonic=lambda: 0.0)
    handler = IdentityHandler(FixedMall(MALL), RULES, SEALER, store, links)
    found = []
    for offset, frame in enumerate(frames):
        outputs = handler.handle([received(frame, offset=offset)])
        handler.published(outputs)
        found += decisions(outputs)
    return found


def outcomes(one: Views, other: Views, late_s: float) -> set[tuple[str, ...]]:
    """The visitors of two tracks in the end, as the figures take them, in all orders."""
    north = pictures(CAMERAS[0], "a", one)
    south = pictures(CAMERAS[1], "b", other, late_s=late_s)
    found = set()
    for frames in interleavings(north, south):
        latest = latest_decisions(decided(frames))
        found.add(tuple(latest[track].visitor_id for track in "ab"))
    return found


@pytest.mark.parametrize("late_s", [0.0, 0.05, 0.2])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        # By its later views a track is more like the other one than by its first two.
        ([DOUBTFUL, DOUBTFUL, ONE, ONE, ONE], [None, None, ONE, ONE, ONE]),
        ([DOUBTFUL, DOUBTFUL, ONE, ONE, ONE], [ONE, ONE, ONE, ONE, ONE]),
        ([None, None, None, ONE, ONE], [ONE, ONE, DOUBTFUL, OTHER, OTHER]),
        ([None, ONE, ONE, None, None], [DOUBTFUL, DOUBTFUL, ONE, OTHER, ONE]),
    ],
)
def test_in_whatever_order_pictures_come_the_visitors_are_the_same(
    one: Views, other: Views, late_s: float
) -> None:
    assert len(outcomes(one, other, late_s)) == 1


@pytest.mark.parametrize(("other", "visitors"), [(ONE, 1), (OTHER, 2)])
def test_whom_both_cameras_see_is_one_visitor(other: Vector, visitors: int) -> None:
    (outcome,) = outcomes([ONE] * 5, [other] * 5, 0.05)
    assert len(set(outcome)) == visitors


def test_a_decision_is_later_than_those_about_the_track_before() -> None:
    north = pictures(CAMERAS[0], "a", [ONE] * 4)
    south = pictures(CAMERAS[1], "b", [ONE] * 4)
    for frames in interleavings(north, south):
        found = decided(frames)
        for track in "ab":
            times = [each.decided_at_ns for each in found if each.track_id == track]
            assert times == sorted(set(times))


def test_a_camera_that_shows_nothing_is_waited_for_no_longer_than_a_second() -> None:
    first = pictures(CAMERAS[0], "a", [ONE] * 3)
    again = pictures(CAMERAS[0], "b", [ONE] * 12, late_s=0.6)
    found = decided([*first, *again])
    (joined,) = [each for each in found if each.reason == "returning-visitor"]
    assert joined.track_id == "b"
    assert joined.decided_at_ns == at(0.7)


def test_a_camera_whose_source_ended_is_not_waited_for() -> None:
    end = make_frame_faces(0.1, camera=CAMERAS[1], ended=True)
    first = pictures(CAMERAS[0], "a", [ONE] * 3)
    again = pictures(CAMERAS[0], "b", [ONE] * 2, late_s=0.6)
    found = decided([end, *first, *again])
    assert found[-1].reason == "returning-visitor"
