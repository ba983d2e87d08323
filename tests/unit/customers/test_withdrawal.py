"""Recognition is taken back at once, and for as long as the visit lasts."""

from __future__ import annotations

import pytest

from tests.unit.customers.builders import (
    FACE,
    MODEL,
    SECOND_NS,
    add,
    make_day,
    make_rules,
    make_template,
    seen,
    show,
)
from vitrine.customers.decision import View, decide
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import NOTHING_AGREED, Agreement
from vitrine.customers.withdrawal import not_me, opt_out, withdraw

ADA = Gallery([make_template("ada")], make_rules())
NOBODY = Gallery([], make_rules())
VIEW = View(FACE, MODEL, at_ns=6)


class TestWithdraw:
    """The store or the configuration no longer allows it."""

    def test_a_customer_of_the_gallery_stays_known(self) -> None:
        day = make_day()
        track = seen(day, "a")
        track.customer_id = "ada"
        assert withdraw(day, ADA, enabled=True) == []
        assert track.customer_id == "ada"

    @pytest.mark.parametrize(
        ("gallery", "enabled", "reason"),
        [
            (NOBODY, True, "new-visitor"),
            (None, True, "store-unavailable"),
            (ADA, False, "recognition-off"),
            (None, False, "recognition-off"),
        ],
    )
    def test_a_customer_who_may_not_be_known_is_a_visitor_again(
        self, gallery: Gallery | None, enabled: bool, reason: str
    ) -> None:
        day = make_day()
        track = seen(day, "a", 0, 3)
        track.customer_id = "ada"
        (decision,) = withdraw(day, gallery, enabled=enabled)
        assert (decision.track_id, decision.reason) == ("a", reason)
        assert decision.customer_id is None
        assert decision.at_ns == 3 * SECOND_NS
        assert withdraw(day, gallery, enabled=enabled) == []

    def test_whose_agreement_changed_is_a_visitor_until_the_next_view(self) -> None:
        day = make_day()
        track = seen(day, "a")
        track.customer_id = "ada"
        track.agreement = Agreement(offers=True)
        (decision,) = withdraw(day, ADA, enabled=True)
        assert (decision.customer_id, decision.agreement) == (None, NOTHING_AGREED)

    def test_every_known_track_is_told_and_no_other(self) -> None:
        day = make_day()
        seen(day, "a")
        seen(day, "b").customer_id = "ada"
        seen(day, "c")
        seen(day, "d").customer_id = "bob"
        seen(day, "e").customer_id = "eve"
        decisions = withdraw(day, ADA, enabled=True)
        assert [decision.track_id for decision in decisions] == ["d", "e"]


class TestOptOut:
    """A visitor does not want to be recognised."""

    def test_all_tracks_of_the_visit_are_told_and_their_views_dropped(self) -> None:
        day = make_day()
        one = seen(day, "a", 0)
        show(day, one)
        bystander = seen(day, "b", 5)
        other = seen(day, "c", 5)
        show(day, other)
        other.customer_id = "ada"
        other.evidence.add(FACE, 1.0)
        visitor = one.visitor
        decisions = opt_out(day, visitor.visit_id, at_ns=7)
        assert [decision.track_id for decision in decisions] == ["a", "c"]
        for decision in decisions:
            assert decision.customer_id is None
            assert (decision.reason, decision.at_ns) == ("opted-out", 7)
        assert visitor.opted_out
        assert visitor.total is None
        assert day.tracks["c"].customer_id is None
        assert other.evidence.direction() is None
        assert not bystander.visitor.opted_out

    def test_views_that_wait_to_be_matched_are_dropped(self) -> None:
        day = make_day()
        track = seen(day, "a")
        add(day, track, make_template().vector, views=3)
        opt_out(day, track.visitor.visit_id, at_ns=7)
        assert track.views == []

    def test_a_visit_of_another_day_changes_nothing(self) -> None:
        day = make_day()
        track = seen(day, "a")
        assert opt_out(day, "another", at_ns=7) == []
        assert not track.visitor.opted_out


class TestNotMe:
    """A visitor is not the customer whom they were taken for."""

    def test_the_visitor_is_told_and_stays_unknown_for_the_day(self) -> None:
        day = make_day()
        track = seen(day, "a")
        show(day, track)
        track.customer_id = "ada"
        (decision,) = not_me(day, track.visitor.visit_id, 5)
        assert (decision.customer_id, decision.reason) == (None, "new-visitor")
        assert decision.at_ns == 5
        found = decide(day, track, VIEW, ADA, make_rules(views=1))
        assert [each.customer_id for each in found] == []

    def test_another_customer_may_still_be_known(self) -> None:
        day = make_day()
        track = seen(day, "a")
        track.customer_id = "bob"
        not_me(day, track.visitor.visit_id, 5)
        found = decide(day, track, VIEW, ADA, make_rules(views=1))
        assert [each.customer_id for each in found] == ["ada"]

    def test_a_later_track_of_the_visitor_is_not_taken_for_that_customer(self) -> None:
        day = make_day()
        track = seen(day, "a", 0, 1)
        show(day, track)
        track.customer_id = "ada"
        not_me(day, track.visitor.visit_id, 5)
        again = seen(day, "b", 100)
        assert show(day, again) == [again]
        assert decide(day, again, VIEW, ADA, make_rules(views=1)) == []

    def test_a_track_that_was_known_before_it_proved_to_be_the_visitor(self) -> None:
        day = make_day()
        track = seen(day, "a")
        track.visitor.not_customers.add("ada")
        track.customer_id = "ada"
        (decision,) = withdraw(day, ADA, enabled=True)
        assert (decision.customer_id, decision.reason) == (None, "new-visitor")

    def test_of_who_is_known_as_nobody_yet_the_first_customer_is_meant(self) -> None:
        day = make_day()
        track = seen(day, "a")
        assert not_me(day, track.visitor.visit_id, 5) == []
        assert decide(day, track, VIEW, ADA, make_rules(views=1)) == []
        assert track.visitor.not_customers == {"ada"}

    def test_two_visitors_who_prove_to_be_one_share_what_they_said(self) -> None:
        day = make_day()
        one = seen(day, "a", 0, 1)
        show(day, one)
        two = seen(day, "b", 100)
        two.visitor.not_customers.add("ada")
        show(day, two)
        assert one.visitor is two.visitor
        assert not one.visitor.may_be("ada")

    def test_a_visit_of_another_day_changes_nothing(self) -> None:
        day = make_day()
        seen(day, "a").customer_id = "ada"
        assert not_me(day, "visit-of-nobody", 5) == []
