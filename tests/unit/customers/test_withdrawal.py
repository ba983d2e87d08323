"""Recognition is taken back at once, and for as long as the visit lasts."""

from __future__ import annotations

import pytest

from tests.unit.customers.builders import (
    SECOND_NS,
    make_day,
    make_rules,
    make_template,
    seen,
    show,
)
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import NOTHING_AGREED, Agreement
from vitrine.customers.withdrawal import opt_out, withdraw

ADA = Gallery([make_template("ada")], make_rules())
NOBODY = Gallery([], make_rules())


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
        other.votes.append("ada")
        visitor = one.visitor
        decisions = opt_out(day, visitor.visit_id, at_ns=7)
        assert [decision.track_id for decision in decisions] == ["a", "c"]
        for decision in decisions:
            assert decision.customer_id is None
            assert (decision.reason, decision.at_ns) == ("opted-out", 7)
        assert visitor.opted_out
        assert visitor.total is None
        assert day.tracks["c"].customer_id is None
        assert list(other.votes) == []
        assert not bystander.visitor.opted_out

    def test_views_that_wait_to_be_matched_are_dropped(self) -> None:
        day = make_day()
        track = seen(day, "a")
        day.add_view(track, make_template().vector, views=3, threshold=0.8)
        opt_out(day, track.visitor.visit_id, at_ns=7)
        assert track.views == []

    def test_a_visit_of_another_day_changes_nothing(self) -> None:
        day = make_day()
        track = seen(day, "a")
        assert opt_out(day, "another", at_ns=7) == []
        assert not track.visitor.opted_out
