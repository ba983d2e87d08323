"""From a view to the decision who a track is."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.customers.builders import (
    FACE,
    MODEL,
    like_face,
    make_day,
    make_rules,
    make_template,
    seen,
    unit,
)
from vitrine.customers.decision import AT_ONCE, Decision, View, decide, join_visitors
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Vector
from vitrine.customers.rules import RecognitionRules
from vitrine.customers.tracks import Track
from vitrine.customers.visitors import StandDay

RULES = make_rules()
ADA = Gallery([make_template("ada", FACE)], RULES)
STRANGER = unit(0, 1)
NEAR = like_face(0.81)
"""Near enough, but not so that one view decides."""


def decide_all(
    day: StandDay,
    track: Track,
    *vectors: Vector,
    gallery: Gallery | None = ADA,
) -> list[Decision]:
    """The decisions of a track's views, at 1 ns, 2 ns and so on."""
    found = []
    for at_ns, vector in enumerate(vectors, start=1):
        view = View(vector, MODEL, at_ns)
        found += compare(day, track, view)
        found += decide(day, track, view, gallery, RULES)
    return found


def compare(
    day: StandDay,
    track: Track,
    view: View,
    rules: RecognitionRules = RULES,
) -> list[Decision]:
    """The decisions about visitors that a view leads to, where no other camera is waited for."""
    day.wait(track, view.vector, view.at_ns)
    return join_visitors(day, rules)


class TestDecide:
    """One view after the other."""

    def test_a_customer_is_known_with_the_third_view(self) -> None:
        day = make_day()
        track = seen(day, "a")
        assert decide_all(day, track, NEAR, NEAR) == []
        (known,) = decide(day, track, View(NEAR, MODEL, 9), ADA, RULES)
        assert known == Decision(
            track_id="a",
            visitor_id=track.visitor.visitor_id,
            visit_id=track.visitor.visit_id,
            customer_id="ada",
            reason="known-customer",
            at_ns=9,
            confidence=known.confidence,
            model=MODEL,
        )
        assert known.confidence == pytest.approx(0.81)
        assert decide_all(day, track, NEAR, NEAR) == []

    def test_a_customer_who_is_very_similar_is_known_at_once(self) -> None:
        day = make_day()
        track = seen(day, "a")
        sure = View(like_face(0.8 + AT_ONCE + 0.01), MODEL, 1)
        (known,) = decide(day, track, sure, ADA, RULES)
        assert known.customer_id == "ada"
        # What is enough for a decision with three views does not take it back.
        assert decide(day, track, View(NEAR, MODEL, 2), ADA, RULES) == []

    def test_a_customer_who_is_known_stays_known_when_the_gallery_is_read_again(
        self,
    ) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, FACE, FACE, FACE)
        # As it comes from the store: equal text, and another object.
        name = "".join(list("ada"))
        again = Gallery([make_template(name, FACE)], RULES)
        assert decide_all(day, track, FACE, FACE, gallery=again) == []

    def test_the_confidence_is_the_similarity_of_all_views(self) -> None:
        day = make_day()
        track = seen(day, "a")
        # Two views beside the face, to either side: together they are the face.
        decide(day, track, View(unit(1, 0.7), MODEL, 1), ADA, RULES)
        decide(day, track, View(unit(1, 0.7), MODEL, 2), ADA, RULES)
        (known,) = decide(day, track, View(unit(1, -1), MODEL, 3), ADA, RULES)
        total = 0.64 * unit(1, 0.7) + 0.8 * unit(1, 0.7) + unit(1, -1)
        assert known.confidence == pytest.approx(total[0] / np.linalg.norm(total))

    def test_poor_views_say_less(self) -> None:
        day = make_day()
        track = seen(day, "a")
        aside = unit(1, 2)
        for at_ns in (1, 2):
            decide(day, track, View(aside, MODEL, at_ns, quality=0.5), ADA, RULES)
        (known,) = decide(day, track, View(FACE, MODEL, 3, quality=1.0), ADA, RULES)
        assert known.customer_id == "ada"
        equal = seen(day, "b")
        for at_ns in (1, 2):
            decide(day, equal, View(aside, MODEL, at_ns), ADA, RULES)
        assert decide(day, equal, View(FACE, MODEL, 3), ADA, RULES)[-1:] != [known]
        assert equal.customer_id is None

    def test_one_poor_view_takes_nothing_back(self) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, FACE, FACE, FACE)
        assert decide_all(day, track, STRANGER, FACE, FACE) == []

    def test_who_turns_out_to_be_a_stranger_is_unknown_within_four_views(self) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, *[FACE] * 20)
        (unknown,) = decide_all(day, track, *[STRANGER] * 4)
        assert unknown.customer_id is None
        assert unknown.reason == "new-visitor"
        assert (unknown.confidence, unknown.model) == (0.0, MODEL)
        assert track.customer_id is None

    def test_views_that_cancel_out_name_nobody(self) -> None:
        rules = make_rules(views=1)
        day = make_day()
        track = seen(day, "a")
        evidence = track.evidence
        evidence.add(FACE, 1.0)
        view = View(-FACE, MODEL, 1, quality=0.8)
        assert decide(day, track, view, ADA, rules) == []
        assert track.customer_id is None

    def test_a_returning_visitor_is_told_before_the_customer(self) -> None:
        day = make_day()
        earlier = seen(day, "a", 0)
        decide_all(day, earlier, FACE, FACE, FACE)
        track = seen(day, "b", 5)
        joined, known = decide_all(day, track, NEAR, NEAR, NEAR)
        assert (joined.reason, joined.customer_id) == ("returning-visitor", None)
        assert (joined.at_ns, joined.model) == (3, MODEL)
        assert (known.reason, known.customer_id) == ("known-customer", "ada")
        assert joined.visitor_id == known.visitor_id == earlier.visitor.visitor_id

    def test_an_earlier_visitor_is_found_by_the_rules_for_visitors(self) -> None:
        rules = make_rules(views=1, visitor=0.99)
        day = make_day()
        compare(day, seen(day, "a", 0), View(FACE, MODEL, 1), rules)
        near = seen(day, "b", 5)
        assert compare(day, near, View(unit(1, 0.2), MODEL, 2), rules) == []
        nearer = seen(day, "c", 10)
        assert compare(day, nearer, View(unit(1, 0.02), MODEL, 3), rules) != []

    def test_without_a_gallery_nobody_is_known(self) -> None:
        day = make_day()
        track = seen(day, "a")
        assert decide_all(day, track, FACE, FACE, FACE, gallery=None) == []
        assert track.customer_id is None

    def test_without_a_gallery_visitors_still_return(self) -> None:
        day = make_day()
        decide_all(day, seen(day, "a", 0), FACE, FACE, FACE, gallery=None)
        track = seen(day, "b", 5)
        (joined,) = decide_all(day, track, FACE, FACE, FACE, gallery=None)
        assert joined.reason == "returning-visitor"

    def test_a_customer_who_left_the_gallery_is_unknown_with_the_next_view(
        self,
    ) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, FACE, FACE, FACE)
        (unknown,) = decide_all(day, track, FACE, gallery=Gallery([], RULES))
        assert unknown.reason == "new-visitor"

    def test_a_view_of_another_model_begins_anew(self) -> None:
        day = make_day()
        track = seen(day, "a")
        decide_all(day, track, FACE, FACE)
        day.use("new")
        compare(day, track, View(FACE, "new", 3))
        assert len(track.views) == 1


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


def test_a_decision_by_a_view_that_waited_is_later_than_those_before() -> None:
    track = seen(make_day(), "a")
    times = [Decision.about(track, "new-visitor", at_ns).at_ns for at_ns in (7, 3, 9)]
    assert times == [7, 8, 9]
