"""Tracks become visitors; visitors are recognised only where, when and as long as they asked for it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from tests.builders import at, make_face, make_frame_faces, make_mall, received
from vitrine import ids
from vitrine.customers.gallery import Gallery, Template, Vector
from vitrine.errors import Unavailable
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Outputs
from vitrine.schemas import Identity, Interaction
from vitrine.sealing import Sealer, track_reference
from vitrine.services.identity.handler import IdentityHandler, vote
from vitrine.services.identity.settings import IdentitySettings

MODEL = "test-model"
SEALER = Sealer({"k": bytes(range(32))}, "k")
ENROLLED = Stand(id="north", time_zone="Europe/Berlin", recognition="enrolled")


def person(number: int, noise: float = 0.0) -> Vector:
    """A unit vector of one person's face; other people's are nearly orthogonal."""
    generator = np.random.default_rng(number)
    vector = generator.normal(size=128) + noise * np.random.default_rng(
        round(noise * 1e6)
    ).normal(size=128)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


class FixedFeed:
    """A gallery that can be taken away."""

    def __init__(self, *customers: tuple[str, Vector]) -> None:
        templates = [
            Template(customer, MODEL, vector) for customer, vector in customers
        ]
        self.gallery: Gallery | None = Gallery(
            templates, neighbours=3, threshold=lambda _: 0.55
        )
        self.links: dict[str, str] = {}
        self.away = False

    def current(self) -> Gallery | None:
        return self.gallery

    def link_visit(self, visit_id: str, customer_id: str) -> None:
        if self.away:
            raise Unavailable("Redis is away")
        self.links[visit_id] = customer_id


def make_handler(
    feed: FixedFeed | None = None, stand: Stand = ENROLLED
) -> IdentityHandler:
    feed = feed or FixedFeed()
    return IdentityHandler(
        FixedMall(make_mall(stand)), IdentitySettings(), SEALER, feed, feed
    )


def see(
    handler: IdentityHandler,
    track: str,
    seconds: float,
    vector: Vector | None = None,
    *,
    offset: int = 0,
    model: str = MODEL,
) -> list[Identity]:
    """Show one face; returns the decisions that it led to."""
    return decisions(show(handler, track, seconds, vector, offset=offset, model=model))


def show(
    handler: IdentityHandler,
    track: str,
    seconds: float,
    vector: Vector | None = None,
    *,
    offset: int = 0,
    model: str = MODEL,
) -> Outputs:
    sealed = (
        None
        if vector is None
        else SEALER.seal(vector, model, track_reference("north-1", track))
    )
    frame = make_frame_faces(seconds, [make_face(track, embedding=sealed)])
    outputs = handler.handle([received(frame, offset=offset)])
    handler.published(outputs)
    return outputs


def decisions(outputs: Outputs) -> list[Identity]:
    found = [message.event for message in outputs.messages]
    assert all(isinstance(event, Identity) for event in found)
    return found  # type: ignore[return-value]


def test_every_track_is_a_visitor_of_its_own_from_its_first_frame() -> None:
    (decision,) = see(make_handler(), "a", 0)
    day = ids.local_day(at(0), "Europe/Berlin")
    assert decision.visitor_id == ids.visitor_id("north", day, "a")
    assert (decision.known, decision.reason) == (False, "new-visitor")


def test_a_second_frame_of_a_track_says_nothing_new() -> None:
    handler = make_handler()
    see(handler, "a", 0)
    assert see(handler, "a", 0.1) == []


def test_somebody_who_comes_back_is_the_same_visitor() -> None:
    handler = make_handler()
    first = see(handler, "a", 0, person(1))[0]
    for tenth in range(1, 4):
        see(handler, "a", tenth / 10, person(1, tenth / 100))
    events = [
        e
        for tenth in range(4)
        for e in see(handler, "b", 30 + tenth / 10, person(1, tenth / 90))
    ]
    assert [event.reason for event in events] == ["new-visitor", "returning-visitor"]
    assert events[-1].visitor_id == first.visitor_id
    assert events[-1].visit_id == first.visit_id


def test_after_a_minute_it_is_another_visit_of_the_same_visitor() -> None:
    handler = make_handler()
    first, *_ = [
        e for tenth in range(4) for e in see(handler, "a", tenth / 10, person(1))
    ]
    last = [
        e for tenth in range(4) for e in see(handler, "b", 90 + tenth / 10, person(1))
    ][-1]
    assert last.visitor_id == first.visitor_id
    assert last.visit_id != first.visit_id


def test_two_people_stay_two_visitors() -> None:
    handler = make_handler()
    one = [e for tenth in range(4) for e in see(handler, "a", tenth / 10, person(1))]
    two = [
        e for tenth in range(4) for e in see(handler, "b", 5 + tenth / 10, person(2))
    ]
    assert {e.visitor_id for e in one}.isdisjoint(e.visitor_id for e in two)


def test_people_who_look_alike_and_are_there_together_stay_two_visitors() -> None:
    handler = make_handler()
    seen = set()
    for tenth in range(20):
        sealed = [
            SEALER.seal(person(1), MODEL, track_reference("north-1", t)) for t in "ab"
        ]
        faces = [make_face(t, embedding=s) for t, s in zip("ab", sealed, strict=True)]
        if tenth < 8:  # views come only after both have been there for a while
            faces = [make_face("a"), make_face("b")]
        outputs = handler.handle([received(make_frame_faces(tenth / 10, faces))])
        seen |= {(e.track_id, e.visitor_id) for e in decisions(outputs)}
    assert len({visitor for _, visitor in seen}) == 2


def test_somebody_whom_two_cameras_see_at_the_same_time_is_one_visitor() -> None:
    handler = make_handler()
    seen: dict[str, str] = {}
    for tenth in range(20):
        for track, camera in (("a", "north-1"), ("b", "north-2")):
            view = SEALER.seal(person(1), MODEL, track_reference(camera, track))
            face = make_face(track, embedding=view if tenth >= 8 else None)
            frame = make_frame_faces(tenth / 10, [face], camera=camera)
            seen |= {
                e.track_id: e.visitor_id
                for e in decisions(handler.handle([received(frame)]))
            }
    assert seen["a"] == seen["b"]


def test_visitors_are_forgotten_at_the_end_of_the_local_day() -> None:
    handler = make_handler()
    first = [e for tenth in range(4) for e in see(handler, "a", tenth / 10, person(1))][
        -1
    ]
    next_day = [
        e
        for tenth in range(4)
        for e in see(handler, "b", 86_400 + tenth / 10, person(1))
    ]
    assert all(event.visitor_id != first.visitor_id for event in next_day)


def test_an_enrolled_customer_is_known_after_a_vote_and_the_id_stays_off_the_bus() -> (
    None
):
    feed = FixedFeed(("customer-1", person(1)), ("customer-2", person(2)))
    handler = make_handler(feed)
    events = [
        e
        for tenth in range(5)
        for e in see(handler, "a", tenth / 10, person(1, tenth / 100))
    ]
    assert [(e.known, e.reason) for e in events] == [
        (False, "new-visitor"),
        (True, "known-customer"),
    ]
    assert events[-1].confidence == 1.0
    assert feed.links == {events[-1].visit_id: "customer-1"}
    assert all("customer-1" not in event.to_json().decode() for event in events)


def test_a_stranger_is_not_known() -> None:
    handler = make_handler(FixedFeed(("customer-1", person(1))))
    events = [e for tenth in range(8) for e in see(handler, "a", tenth / 10, person(3))]
    assert not any(event.known for event in events)


@pytest.mark.parametrize("recognition", ["none"])
def test_where_recognition_is_off_an_embedding_is_not_looked_at(
    recognition: str,
) -> None:
    stand = ENROLLED.model_copy(update={"recognition": recognition})
    handler = make_handler(FixedFeed(("customer-1", person(1))), stand)
    events = [e for tenth in range(8) for e in see(handler, "a", tenth / 10, person(1))]
    assert [(e.known, e.reason) for e in events] == [(False, "recognition-off")]


def test_embeddings_of_another_model_are_not_compared() -> None:
    handler = make_handler()
    for tenth in range(4):
        see(handler, "a", tenth / 10, person(1))
    upgraded = np.ones(512, np.float32) / np.float32(np.sqrt(512))
    events = [
        e
        for tenth in range(4)
        for e in see(handler, "b", 30 + tenth / 10, upgraded, model="other-model")
    ]
    assert [event.reason for event in events] == ["new-visitor"]


def test_recognition_stops_while_the_store_cannot_be_read_and_comes_back() -> None:
    feed = FixedFeed(("customer-1", person(1)))
    handler = make_handler(feed)
    gallery = feed.gallery
    for tenth in range(5):
        see(handler, "a", tenth / 10, person(1))
    feed.gallery = None
    (lost,) = see(handler, "a", 0.6, person(1))
    assert (lost.known, lost.reason) == (False, "store-unavailable")
    feed.gallery = gallery
    back = [
        e for tenth in range(7, 12) for e in see(handler, "a", tenth / 10, person(1))
    ]
    assert [e.known for e in back] == [True]


def test_nobody_stays_known_without_further_views_when_the_store_cannot_be_read() -> (
    None
):
    feed = FixedFeed(("customer-1", person(1)))
    handler = make_handler(feed)
    for tenth in range(5):
        see(handler, "a", tenth / 10, person(1))
    feed.gallery = None
    (lost,) = decisions(handler.handle([]))
    assert (lost.known, lost.reason, lost.decided_at_ns) == (
        False,
        "store-unavailable",
        at(0.4),
    )
    assert decisions(handler.handle([])) == []


def test_an_erased_customer_is_unknown_at_once_and_stays_so() -> None:
    feed = FixedFeed(("customer-1", person(1)))
    handler = make_handler(feed)
    for tenth in range(5):
        see(handler, "a", tenth / 10, person(1))
    feed.gallery = FixedFeed().gallery
    (erased,) = decisions(handler.handle([]))
    assert (erased.known, erased.reason) == (False, "new-visitor")
    assert [
        e for tenth in range(5, 12) for e in see(handler, "a", tenth / 10, person(1))
    ] == []


def test_a_visit_is_linked_later_when_the_store_was_away() -> None:
    feed = FixedFeed(("customer-1", person(1)))
    feed.away = True
    handler = make_handler(feed)
    for tenth in range(5):
        see(handler, "a", tenth / 10, person(1))
    assert feed.links == {}
    feed.away = False
    see(handler, "a", 1, person(1))
    assert list(feed.links.values()) == ["customer-1"]


def test_a_store_that_hangs_holds_up_no_faces() -> None:
    now = [0.0]
    tries = []

    class Hanging(FixedFeed):
        def link_visit(self, visit_id: str, customer_id: str) -> None:
            tries.append(now[0])
            now[0] += 2.0
            raise Unavailable("Redis hangs")

    feed = Hanging(("customer-1", person(1)))
    handler = IdentityHandler(
        FixedMall(make_mall(ENROLLED)),
        IdentitySettings(),
        SEALER,
        feed,
        feed,
        lambda: now[0],
    )
    for tenth in range(200):
        see(handler, "a", tenth / 10, person(1))
        now[0] += 0.1
    assert len(tries) == 3
    assert all(later - earlier > 9.9 for earlier, later in pairwise(tries))


def test_whoever_opts_out_is_not_recognised_any_more() -> None:
    handler = make_handler(FixedFeed(("customer-1", person(1))))
    known = [e for tenth in range(5) for e in see(handler, "a", tenth / 10, person(1))][
        -1
    ]
    opt_out = Interaction(
        interaction_id="i",
        stand_id="north",
        kind="opt-out",
        at_ns=at(1),
        visit_id=known.visit_id,
        config_version="c",
    )
    (answer,) = decisions(handler.handle([received(opt_out)]))
    assert (answer.known, answer.reason) == (False, "opted-out")
    assert [
        e for tenth in range(20, 30) for e in see(handler, "a", tenth / 10, person(1))
    ] == []


def test_an_embedding_of_another_track_is_refused_and_the_face_still_counts() -> None:
    handler = make_handler()
    foreign = SEALER.seal(person(1), MODEL, track_reference("north-1", "b"))
    outputs = handler.handle(
        [received(make_frame_faces(0, [make_face("a", embedding=foreign)]))]
    )
    assert [reason for _, reason in outputs.rejected] == [
        "embedding: sealed content was altered, or belongs to something else"
    ]
    assert len(decisions(outputs)) == 1


def test_faces_of_a_stand_that_is_not_configured_are_refused() -> None:
    outputs = make_handler().handle(
        [received(make_frame_faces(0, [make_face()], stand="south"))]
    )
    assert [reason for _, reason in outputs.rejected] == [
        "no such stand in the configuration"
    ]


def test_a_restart_resumes_at_the_first_record_of_the_oldest_open_track() -> None:
    handler = make_handler()
    show(handler, "a", 0, offset=10)
    outputs = show(handler, "b", 1, offset=11)
    assert [commit.offset for commit in outputs.resume.values()] == [10]
    outputs = show(handler, "b", 4, offset=12)
    assert [commit.offset for commit in outputs.resume.values()] == [11]


def test_a_track_of_more_than_five_minutes_no_longer_holds_the_offset_and_keeps_its_id_after_a_restart() -> (
    None
):
    handler = make_handler()
    first = see(handler, "a", 0)[0]
    for second in range(1, 302):
        outputs = show(handler, "a", second, offset=second)
    assert outputs.resume == {}
    assert see(make_handler(), "a", 302)[0].visitor_id == first.visitor_id


def test_a_replay_does_not_decide_anew_about_a_track_whose_beginning_it_does_not_see() -> (
    None
):
    over = ids.track_id("north-1", at(0), 0)
    opened = ids.track_id("north-1", at(1), 0)
    handler = make_handler()
    show(handler, over, 0, offset=0)
    for second, offset in ((1, 1), (4, 2)):
        outputs = show(handler, opened, second, offset=offset)
    assert [commit.offset for commit in outputs.resume.values()] == [1]
    faces = [make_face(track) for track in (opened, over)]
    again = make_handler().handle([received(make_frame_faces(1, faces), offset=1)])
    assert [identity.track_id for identity in decisions(again)] == [opened]


def test_a_replay_repeats_the_decisions() -> None:
    feed = FixedFeed(("customer-1", person(1)))
    views = [("a", tenth / 10, person(1, tenth / 100)) for tenth in range(12)]
    once = [
        e
        for handler in [make_handler(feed)]
        for view in views
        for e in see(handler, *view)
    ]
    again = [
        e
        for handler in [make_handler(feed)]
        for view in views
        for e in see(handler, *view)
    ]
    assert once == again


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([], None),
        (["x", "x"], None),
        (["x", "x", "x"], "x"),
        (["x", None, "x", None, "x"], "x"),
        (["x", None, "x", None, "x", None], None),
        (["x", "y", "x", "y", "x", "y"], None),
    ],
)
def test_a_vote_needs_enough_views_and_a_majority(
    votes: list[str | None], expected: str | None
) -> None:
    assert vote(votes, 3, 0.6)[0] == expected
