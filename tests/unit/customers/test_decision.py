"""From a view to the decision who a track is."""

from __future__ import annotations

import pytest

from tests.unit.customers.builders import (
    FACE,
    MODEL,
    make_day,
    make_rules,
    make_template,
    seen,
    unit,
)
from vitrine.customers.decision import Decision, View, Vote, decide, vote
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Vector
from vitrine.customers.visitors import VIEWS_REMEMBERED, StandDay, Track

RULES = make_rules()
ADA = Gallery([make_template("ada", FACE)], RULES)
STRANGER = unit(0, 1)


def decide_all(
    day: StandDay,
    track: Track,
    *vectors: Vector,
    gallery: Gallery | None = ADA,
) -> list[Decision]:
    """The decisions of a track's views, at 1 ns, 2 ns and so on."""
    found = []
    for at_ns, vector in enumerate(vectors, start=1):
        found += decide(day, track, View(vector, MODEL, at_ns), gallery, RULES)
    return found


class TestDecide:
    """One view after the other."""

    def test_a_customer_is_known_with_the_third_view(self) -> None:
        day = make_day()
        track = seen(day, "a")
        assert decide_all(day, track, FACE, FACE) == []
        assert decide(day, track, View(FACE, MODEL, 9), ADA, RULES) == [
            Decision(
                track_id="a",
                visitor_id=track.visitor.visitor_id,
                visit_id=track.visitor.visit_id,
                customer_id="ada",
                reason="known-customer",
                at_ns=9,
                confidence=1.0,
                model=MODEL,
            )
        ]
        assert decide_all(day, track, FACE, FACE) == []

    def test_a_customer_who_is_known_stays_known_when_the_gallery_is_read_again(
        self,
    ) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, FACE, FACE, FACE)
        # As it comes from the store: equal text, and another object.
        name = "".join(list("ada"))
        again = Gallery([make_template(name, FACE)], RULES)
        views = [FACE] * (VIEWS_REMEMBERED + 1)
        assert decide_all(day, track, *views, gallery=again) == []

    def test_the_confidence_is_the_share_of_the_views_that_agree(self) -> None:
        day = make_day()
        track = seen(day, "a")
        (known,) = decide_all(day, track, FACE, STRANGER, FACE, FACE)
        assert known.confidence == 0.75

    def test_a_customer_who_is_outvoted_is_unknown_again(self) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, FACE, FACE, FACE)
        # Three views decided, and five take it back: 5 of 8 is the first majority against it.
        (unknown,) = decide_all(day, track, *[STRANGER] * 5)
        assert unknown.customer_id is None
        assert (unknown.reason, unknown.at_ns) == ("new-visitor", 5)
        assert (unknown.confidence, unknown.model) == (0.0, MODEL)
        assert track.customer_id is None

    def test_a_returning_visitor_is_told_before_the_customer(self) -> None:
        day = make_day()
        earlier = seen(day, "a", 0)
        decide_all(day, earlier, FACE, FACE, FACE)
        track = seen(day, "b", 5)
        joined, known = decide_all(day, track, FACE, FACE, FACE)
        assert (joined.reason, joined.customer_id) == ("returning-visitor", None)
        assert (joined.at_ns, joined.model) == (3, MODEL)
        assert (known.reason, known.customer_id) == ("known-customer", "ada")
        assert joined.visitor_id == known.visitor_id == earlier.visitor.visitor_id

    def test_an_earlier_visitor_is_found_by_the_rules_for_visitors(self) -> None:
        rules = make_rules(views=1, visitor=0.99)
        day = make_day()
        decide(day, seen(day, "a", 0), View(FACE, MODEL, 1), None, rules)
        view = View(unit(1, 0.2), MODEL, 2)
        assert decide(day, seen(day, "b", 5), view, None, rules) == []

    def test_without_a_gallery_views_vote_for_nobody(self) -> None:
        day = make_day()
        track = seen(day, "a")
        assert decide_all(day, track, FACE, FACE, FACE, gallery=None) == []
        assert list(track.votes) == [None, None, None]

    def test_without_a_gallery_visitors_still_return(self) -> None:
        day = make_day()
        decide_all(day, seen(day, "a", 0), FACE, FACE, FACE, gallery=None)
        track = seen(day, "b", 5)
        (joined,) = decide_all(day, track, FACE, FACE, FACE, gallery=None)
        assert joined.reason == "returning-visitor"

    def test_votes_for_a_customer_who_left_the_gallery_are_void(self) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, FACE, FACE, FACE)
        (unknown,) = decide_all(day, track, FACE, gallery=Gallery([], RULES))
        assert unknown.reason == "new-visitor"

    def test_a_view_of_another_model_begins_anew(self) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, FACE, FACE)
        decide(day, track, View(FACE, "new", 3), ADA, RULES)
        assert len(track.views) == 1


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        ([], Vote(None, 0.0)),
        ([None, None, None], Vote(None, 0.0)),
        (["x", "x"], Vote(None, 0.0)),
        (["x", "x", "x"], Vote("x", 1.0)),
        (["x", None, "x", None, "x"], Vote("x", 0.6)),
        (["x", None, "x", None, "x", None], Vote(None, 0.0)),
        (["x", "y", "x", "y", "x", "y"], Vote(None, 0.0)),
        (["y", "x", "x", "x"], Vote("x", 0.75)),
    ],
)
def test_a_vote_needs_three_views_and_six_tenths(
    votes: list[str | None], expected: Vote
) -> None:
    assert vote(votes, make_rules(views=3, majority=0.6)) == expected


@pytest.mark.parametrize(
    ("votes", "expected"),
    [
        (["x", "x", "x", None, None], Vote("x", 0.6)),
        (["x", "x", "x", None, None, None], Vote("x", 0.5)),
        (["x", "x", "x", None, None, None, None], Vote("x", 3 / 7)),
        (["x", "x", None, None, None], Vote(None, 0.0)),
        (["x", "x", "y", "y", "y"], Vote("y", 0.6)),
        (["x", "y", "y", "y", None], Vote("y", 0.6)),
        (["x", "x", "x", "y", "y", "y"], Vote("x", 0.5)),
        (["x", "y", "y", None, None], Vote(None, 0.0)),
        ([None, None, None], Vote(None, 0.0)),
    ],
)
def test_who_is_known_stays_so_until_a_majority_is_against_it(
    votes: list[str | None], expected: Vote
) -> None:
    rules = make_rules(views=3, majority=0.6)
    found = vote(votes, rules, "x")
    assert found.customer_id == expected.customer_id
    assert found.share == pytest.approx(expected.share)


def test_a_decision_about_a_track_holds_what_was_true_then() -> None:
    track = seen(make_day(), "a")
    track.customer_id = "ada"
    decision = Decision.about(track, "returning-visitor", 7)
    track.customer_id = None
    assert decision == Decision(
        track_id="a",
        visitor_id=track.visitor.visitor_id,
        visit_id=track.visitor.visit_id,
        customer_id="ada",
        reason="returning-visitor",
        at_ns=7,
        confidence=0.0,
        model=None,
    )
