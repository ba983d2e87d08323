"""Tracks of one stand and day become one visitor, or stay two."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from tests.unit.customers.builders import (
    DAY,
    FACE,
    MODEL,
    SECOND_NS,
    add,
    like_face,
    make_day,
    seen,
    show,
    unit,
)
from vitrine import ids
from vitrine.customers.records import Vector
from vitrine.customers.tracks import Place, Track, Visitor
from vitrine.customers.visitors import StandDay


def assert_total(visitor: Visitor, expected: Sequence[float] | Vector) -> None:
    """The sum of the visitor's views is as expected."""
    total = visitor.total
    assert total is not None
    np.testing.assert_array_equal(total, expected)


class TestTracks:
    """A track before it is matched."""

    def test_a_track_begins_as_a_visitor_of_its_own(self) -> None:
        day = make_day()
        track = day.begin("a", "north-1", 5, offset=7)
        visitor_id = ids.visitor_id("north", DAY, "a")
        assert track.visitor == Visitor(
            visitor_id=visitor_id,
            visit_id=ids.visit_id(visitor_id, "a"),
            first_ns=5,
            last_ns=5,
        )
        assert not track.visitor.opted_out
        assert day.tracks == {"a": track}
        assert day.visitors == {visitor_id: track.visitor}

    def test_a_track_begins_where_it_was_first_seen_and_is_not_matched(self) -> None:
        track = make_day().begin("a", "north-1", 5, offset=7)
        assert track.track_id == "a"
        assert track.camera_id == "north-1"
        assert track.first_ns == 5
        assert track.last_ns == 5
        assert track.first_offset == 7
        assert not track.matched

    def test_a_frame_extends_track_and_visit_and_never_shortens_them(self) -> None:
        day = make_day()
        track = seen(day, "a", 1, 3)
        day.see(track, 2 * SECOND_NS)
        assert track.last_ns == 3 * SECOND_NS
        assert track.visitor.last_ns == 3 * SECOND_NS
        assert track.first_ns == 1 * SECOND_NS


class TestSimilarity:
    """A view and a visitor."""

    def visitor(self, *views: tuple[float, float]) -> Visitor:
        visitor = Visitor("v", "w", first_ns=0, last_ns=0)
        for view in views:
            visitor.add(np.asarray(view, np.float32))
        return visitor

    def test_without_views_nobody_is_similar(self) -> None:
        assert self.visitor().similarity(FACE) == -1

    def test_it_is_the_cosine_whatever_the_lengths(self) -> None:
        visitor = self.visitor((3, 4))
        assert visitor.similarity(2 * FACE) == pytest.approx(0.6)

    def test_it_is_that_of_the_mean_of_all_views(self) -> None:
        visitor = self.visitor((1, 0), (0, 1))
        assert visitor.similarity(unit(1, 1)) == pytest.approx(1)

    @pytest.mark.parametrize("views", [[(1, 0), (-1, 0)], [(0, 0)]])
    def test_views_that_cancel_out_are_like_nobody(
        self, views: list[tuple[float, float]]
    ) -> None:
        assert self.visitor(*views).similarity(FACE) == -1

    def test_the_view_that_was_added_stays_as_it_was(self) -> None:
        view = np.array([1, 0], np.float32)
        visitor = Visitor("v", "w", first_ns=0, last_ns=0)
        visitor.add(view)
        visitor.add(view)
        np.testing.assert_array_equal(view, [1, 0])
        assert_total(visitor, [2, 0])


class TestMatching:
    """A track is matched with the visitors of the day once it has enough views."""

    def test_it_waits_for_enough_views(self) -> None:
        day = make_day()
        earlier = seen(day, "a", 0)
        show(day, earlier)
        track = seen(day, "b", 5)
        for _ in range(2):
            assert add(day, track, FACE, views=3) == []
        assert len(track.views) == 2
        assert add(day, track, FACE, views=3) == [track]
        assert track.visitor is earlier.visitor
        assert track.views == []
        assert track.matched

    def test_without_somebody_similar_it_stays_a_visitor_of_its_own(self) -> None:
        day = make_day()
        show(day, seen(day, "a", 0))
        track = seen(day, "b", 5)
        own = track.visitor
        assert show(day, track, unit(0, 1)) == []
        assert track.visitor is own
        assert own.similarity(unit(0, 1)) == pytest.approx(1)
        assert len(day.visitors) == 2

    @pytest.mark.parametrize(("similarity", "visitors"), [(0.79, 2), (0.81, 1)])
    def test_the_least_similarity(self, similarity: float, visitors: int) -> None:
        day = make_day()
        show(day, seen(day, "a", 0))
        show(day, seen(day, "b", 5), like_face(similarity), threshold=0.8)
        assert len(day.visitors) == visitors

    def test_the_threshold_itself_is_similar_enough(self) -> None:
        day = make_day()
        show(day, seen(day, "a", 0))
        assert show(day, seen(day, "b", 5), FACE, threshold=1.0) != []

    def test_the_most_similar_of_all_is_taken(self) -> None:
        day = make_day()
        first = seen(day, "a", 0)
        show(day, first, like_face(0.90), threshold=2)
        best = seen(day, "b", 5)
        show(day, best, like_face(0.98), threshold=2)
        last = seen(day, "c", 10)
        show(day, last, like_face(0.95), threshold=2)
        track = seen(day, "d", 15)
        show(day, track)
        assert track.visitor is best.visitor

    def test_several_views_are_matched_by_their_mean(self) -> None:
        day = make_day()
        earlier = seen(day, "a", 0)
        show(day, earlier, unit(1, 1))
        track = seen(day, "b", 5)
        add(day, track, unit(1, 0), views=2, threshold=0.99)
        assert add(day, track, unit(0, 1), views=2, threshold=0.99) == [track]

    def test_all_views_of_both_count_from_then_on(self) -> None:
        day = make_day()
        earlier = seen(day, "a", 0)
        show(day, earlier, np.array([1, 0], np.float32))
        track = seen(day, "b", 5)
        add(day, track, np.array([2, 0], np.float32), views=2, threshold=0.8)
        add(day, track, np.array([4, 0], np.float32), views=2, threshold=0.8)
        assert_total(earlier.visitor, [7, 0])

    def test_later_views_of_a_matched_track_count_too(self) -> None:
        day = make_day()
        track = seen(day, "a", 0)
        show(day, track, np.array([1, 0], np.float32))
        assert show(day, track, np.array([2, 0], np.float32)) == []
        assert_total(track.visitor, [3, 0])
        assert track.views == []

    def test_views_of_another_model_are_forgotten(self) -> None:
        day = make_day()
        matched = seen(day, "a", 0)
        show(day, matched)
        waiting = seen(day, "b", 5)
        add(day, waiting, FACE, views=2, threshold=0.8)
        # As it comes from a record: equal text, and another object.
        day.use("".join(list(MODEL)))
        assert matched.visitor.similarity(FACE) == pytest.approx(1)
        day.use("new")
        assert matched.visitor.similarity(FACE) == -1
        assert not matched.matched
        assert waiting.views == []


class TestJoining:
    """Two visitors become one: the older id stays."""

    def test_the_older_visitor_stays_though_it_was_matched_later(self) -> None:
        day = make_day()
        older = seen(day, "a", 0)
        younger = seen(day, "b", 5)
        show(day, younger)
        assert show(day, older) == [younger]
        assert younger.visitor is older.visitor
        assert older.visitor.visitor_id == ids.visitor_id("north", DAY, "a")
        assert list(day.visitors) == [older.visitor.visitor_id]
        assert_total(older.visitor, 2 * FACE)

    def test_of_two_that_began_together_the_one_that_was_matched_first_stays(
        self,
    ) -> None:
        day = make_day()
        one = seen(day, "a", 0, camera="north-1")
        other = seen(day, "b", 0, camera="north-2")
        show(day, one)
        assert show(day, other) == [other]
        assert other.visitor is one.visitor

    def test_all_tracks_of_the_younger_visitor_change(self) -> None:
        day = make_day()
        older = seen(day, "a", 0)
        one = seen(day, "b", 5)
        other = seen(day, "c", 10)
        bystander = seen(day, "d", 10, camera="north-2")
        show(day, one)
        show(day, other)
        assert show(day, older) == [one, other]
        assert {track.visitor.visitor_id for track in (older, one, other)} == {
            ids.visitor_id("north", DAY, "a")
        }
        assert bystander.visitor.visitor_id == ids.visitor_id("north", DAY, "d")

    @pytest.mark.parametrize(("gap_s", "first_track"), [(60, "a"), (60.001, "b")])
    def test_after_more_than_a_minute_it_is_another_visit(
        self, gap_s: float, first_track: str
    ) -> None:
        day = make_day()
        earlier = seen(day, "a", 0, 10)
        show(day, earlier)
        show(day, seen(day, "b", 10 + gap_s))
        visitor = earlier.visitor
        assert visitor.visit_id == ids.visit_id(visitor.visitor_id, first_track)

    def test_the_visit_goes_on_until_the_last_frame_of_either(self) -> None:
        day = make_day()
        earlier = seen(day, "a", 0, 10)
        show(day, earlier)
        show(day, seen(day, "b", 20, 30))
        assert earlier.visitor.last_ns == 30 * SECOND_NS

    def test_an_earlier_visitor_who_was_seen_last_keeps_that_time(self) -> None:
        day = make_day()
        earlier = seen(day, "a", 0, 40, camera="north-2")
        show(day, earlier)
        show(day, seen(day, "b", 20, 30))
        assert earlier.visitor.last_ns == 40 * SECOND_NS


class TestSamePicture:
    """Two tracks in one picture at one time are two people, however alike."""

    def visitors(
        self,
        one: tuple[float, float],
        other: tuple[float, float],
        *,
        cameras: tuple[str, str] = ("north-1", "north-1"),
    ) -> int:
        """Count the visitors that two tracks of one face make; each is given from, to."""
        day = make_day()
        first = seen(day, "a", *one, camera=cameras[0])
        second = seen(day, "b", *other, camera=cameras[1])
        show(day, first)
        show(day, second)
        return len(day.visitors)

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ((0, 10), (0, 10)),
            ((0, 10), (4, 6)),
            ((4, 6), (0, 10)),
            ((0, 5), (4, 9)),
        ],
    )
    def test_tracks_of_one_camera_that_overlap_are_two_visitors(
        self, one: tuple[float, float], other: tuple[float, float]
    ) -> None:
        assert self.visitors(one, other) == 2

    def test_a_camera_is_the_same_one_in_every_record(self) -> None:
        # Equal text, and another object.
        again = "".join(list("north-1"))
        assert self.visitors((0, 10), (4, 6), cameras=("north-1", again)) == 2

    @pytest.mark.parametrize(
        "cameras", [("north-1", "north-2"), ("north-2", "north-1")]
    )
    def test_tracks_of_two_cameras_that_overlap_may_be_one_visitor(
        self, cameras: tuple[str, str]
    ) -> None:
        assert self.visitors((0, 10), (0, 10), cameras=cameras) == 1

    @pytest.mark.parametrize(
        ("begin_s", "expected"),
        [
            (9.499, 2),
            (9.5, 1),
            (11, 1),
        ],
    )
    def test_a_hand_over_of_half_a_second_is_no_overlap(
        self, begin_s: float, expected: int
    ) -> None:
        assert self.visitors((0, 10), (begin_s, 15)) == expected

    def test_a_visitor_is_somebody_else_for_any_of_its_tracks_that_overlaps(
        self,
    ) -> None:
        day = make_day()
        earlier = seen(day, "a", 0, 10)
        show(day, earlier)
        again = seen(day, "b", 20, 30)
        show(day, again)
        beside = seen(day, "c", 25, 30)
        assert show(day, beside) == []
        assert beside.visitor is not earlier.visitor


class TestForgetting:
    """Tracks and visitors that are dropped during the day."""

    def test_a_track_is_dropped_when_it_was_not_seen_for_longer(self) -> None:
        day = make_day()
        seen(day, "a", 0)
        day.forget_ended(now_ns=10, after_ns=10)
        assert list(day.tracks) == ["a"]
        day.forget_ended(now_ns=11, after_ns=10)
        assert day.tracks == {}
        assert day.visitors == {}

    def test_a_visitor_who_can_be_recognised_stays_for_the_day(self) -> None:
        day = make_day()
        track = seen(day, "a", 0)
        show(day, track)
        day.forget_ended(now_ns=11, after_ns=10)
        assert day.tracks == {}
        assert list(day.visitors.values()) == [track.visitor]

    def test_a_visitor_stays_while_another_track_of_it_lasts(self) -> None:
        day = make_day()
        ended = seen(day, "a", 0)
        show(day, ended)
        lasting = seen(day, "b", 5)
        show(day, lasting)
        day.use("new")
        day.forget_ended(now_ns=6 * SECOND_NS, after_ns=2 * SECOND_NS)
        assert list(day.tracks) == ["b"]
        assert list(day.visitors.values()) == [lasting.visitor]

    def test_a_visitor_whose_tracks_end_together_goes_with_them(self) -> None:
        day = make_day()
        show(day, seen(day, "a", 0))
        show(day, seen(day, "b", 5))
        day.use("new")
        day.forget_ended(now_ns=9 * SECOND_NS, after_ns=SECOND_NS)
        assert day.tracks == {}
        assert day.visitors == {}

    def test_a_visit_is_found_by_its_id(self) -> None:
        day = make_day()
        one = seen(day, "a").visitor
        other = seen(day, "b").visitor
        assert day.visit(one.visit_id) is one
        # As it comes from a record: equal text, and another object.
        assert day.visit("".join(list(other.visit_id))) is other
        assert day.visit("another") is None


NEAR = Place(300, 200, 100)


class TestBrokenTracks:
    """Where somebody was lost seconds ago, less likeness makes one visitor of two tracks."""

    def one_visitor(
        self,
        similarity: float,
        *,
        after_s: float = 1.0,
        place: Place = NEAR,
        camera: str = "north-1",
    ) -> bool:
        day = make_day()
        lost = seen(day, "a", 0)
        day.see(lost, 5 * SECOND_NS, Place(250, 180, 90))
        show(day, lost)
        found = seen(day, "b", 5 + after_s, camera=camera)
        day.see(found, found.first_ns, place)
        show(day, found, like_face(similarity))
        return lost.visitor is found.visitor

    @pytest.mark.parametrize(("similarity", "one"), [(0.71, True), (0.69, False)])
    def test_a_tenth_less_is_enough(self, similarity: float, one: bool) -> None:
        assert self.one_visitor(similarity) == one

    def test_not_after_more_than_three_seconds(self) -> None:
        assert self.one_visitor(0.75, after_s=3)
        assert not self.one_visitor(0.75, after_s=3.1)

    def test_not_elsewhere_in_the_picture(self) -> None:
        assert not self.one_visitor(0.75, place=Place(460, 180, 100))

    def test_not_much_nearer_or_farther_away(self) -> None:
        assert not self.one_visitor(0.75, place=Place(250, 180, 140))
        assert not self.one_visitor(0.75, place=Place(250, 180, 59))

    def test_not_at_another_camera(self) -> None:
        assert not self.one_visitor(0.75, camera="north-2")

    def test_nobody_whose_track_had_no_place(self) -> None:
        day = make_day()
        lost = seen(day, "a", 0, 5)
        show(day, lost)
        found = seen(day, "b", 6)
        day.see(found, found.first_ns, Place(250, 180, 90))
        show(day, found, like_face(0.75))
        assert lost.visitor is not found.visitor


class TestWaiting:
    """A view waits for the other camera of its stand."""

    def waiting(self) -> tuple[StandDay, Track]:
        day = make_day()
        day.expect(["north-1", "north-2"], 0)
        track = seen(day, "a")
        day.wait(track, FACE, at_ns=5)
        day.reach("north-1", 5)
        assert day.ready() == []
        return day, track

    def test_it_is_compared_once_the_other_one_has_come_as_far(self) -> None:
        day, track = self.waiting()
        day.reach("north-2", 5)
        assert [view.track for view in day.ready()] == [track]

    def test_who_opted_out_meanwhile_is_not_compared(self) -> None:
        day, track = self.waiting()
        track.visitor.opted_out = True
        day.reach("north-2", 5)
        assert day.ready() == []

    def test_a_view_of_another_model_is_not_compared(self) -> None:
        day, _ = self.waiting()
        day.use("new")
        day.reach("north-2", 5)
        assert day.ready() == []
