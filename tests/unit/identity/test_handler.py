"""Tracks become visitors; visitors are recognised where and as long as they asked for it."""

from __future__ import annotations

import pytest

from tests.builders import at, make_face, make_frame_faces, received
from tests.unit.identity import toy_stand
from tests.unit.identity.toy_stand import (
    ENROLLED,
    MODEL,
    SEALER,
    ToyStand,
    decisions,
    frame_of,
    gallery_of,
    like,
    person,
    summary,
)
from vitrine import ids
from vitrine.bus import TopicPartition
from vitrine.customers.hands import Allowance
from vitrine.customers.records import Agreement, Template
from vitrine.mall import Stand
from vitrine.schemas import Identity, Interaction, InteractionKind
from vitrine.sealing import Sealer, view_reference
from vitrine.telemetry import metrics


@pytest.fixture(autouse=True, params=["knn", "fnn"])
def method(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything holds for both ways to name customers."""
    if request.param == "fnn":
        monkeypatch.setattr(toy_stand, "make_gallery", toy_stand.learned)


def opt_out(visit_id: str, seconds: float) -> Interaction:
    return interaction("opt-out", visit_id, seconds)


def interaction(kind: InteractionKind, visit_id: str, seconds: float) -> Interaction:
    return Interaction(
        interaction_id="i",
        stand_id="north",
        kind=kind,
        at_ns=at(seconds),
        visit_id=visit_id,
        config_version="c",
    )


def ask(stand: ToyStand, request: Interaction) -> list[Identity]:
    """The decisions that an interaction leads to."""
    outputs = stand.handler.handle([received(request)])
    return decisions(outputs)


def time_passes(stand: ToyStand) -> list[Identity]:
    """The decisions of an empty batch."""
    outputs = stand.handler.handle([])
    return decisions(outputs)


class TestVisitors:
    """Anonymous visitors of a day."""

    def test_every_track_is_a_visitor_of_its_own_from_its_first_frame(self) -> None:
        (decision,) = ToyStand().see("a", 0)
        day = ids.local_day(at(0), "Europe/Berlin")
        visitor_id = ids.visitor_id("north", day, "a")
        assert decision == Identity(
            stand_id="north",
            track_id="a",
            visitor_id=visitor_id,
            visit_id=ids.visit_id(visitor_id, "a"),
            known=False,
            confidence=0.0,
            reason="new-visitor",
            decided_at_ns=at(0),
            model=None,
            config_version=decision.config_version,
        )

    def test_a_second_frame_of_a_track_says_nothing_new(self) -> None:
        stand = ToyStand()
        stand.see("a", 0)
        assert stand.see("a", 0.1) == []

    def test_somebody_who_comes_back_is_the_same_visitor(self) -> None:
        stand = ToyStand()
        first, *_ = stand.watch("a", person(1))
        new, returned = stand.watch("b", person(1, 0.1), start=30)
        assert (new.reason, returned.reason) == ("new-visitor", "returning-visitor")
        assert returned.visitor_id == first.visitor_id
        assert returned.visit_id == first.visit_id
        assert returned.model == "test-model"

    def test_after_a_minute_it_is_another_visit_of_the_same_visitor(self) -> None:
        stand = ToyStand()
        first, *_ = stand.watch("a", person(1))
        *_, last = stand.watch("b", person(1), start=90)
        assert last.visitor_id == first.visitor_id
        assert last.visit_id == ids.visit_id(first.visitor_id, "b")

    def test_who_was_gone_for_a_minute_returns_and_stays_returning(self) -> None:
        stand = ToyStand(ada=person(1))
        first = stand.watch("a", person(1))
        soon = stand.watch("b", person(1), start=30)
        later = stand.watch("c", like(person(1), 0.58), start=120)
        again = stand.watch("d", person(1), start=125)
        assert not any(decision.returning for decision in [*first, *soon])
        # Before the first good views nobody knows; then as a visitor, and as a customer.
        assert [decision.returning for decision in later] == [False, True, True]
        assert [decision.known for decision in later] == [False, False, True]
        assert again[-1].returning
        next_day = stand.watch("e", person(1), start=86_400)
        assert not any(decision.returning for decision in next_day)

    def test_who_opted_out_is_not_returning(self) -> None:
        stand = ToyStand()
        stand.watch("a", person(1))
        *_, returned = stand.watch("b", person(1), start=90)
        (opted_out,) = ask(stand, opt_out(returned.visit_id, 91))
        assert (returned.returning, opted_out.returning) == (True, False)

    @pytest.mark.parametrize(
        ("similarity", "reasons"),
        [
            (0.47, ["new-visitor"]),
            (0.53, ["new-visitor", "returning-visitor"]),
        ],
    )
    def test_a_track_is_an_earlier_visitor_from_half_similar_on(
        self, similarity: float, reasons: list[str]
    ) -> None:
        stand = ToyStand()
        stand.watch("a", person(1))
        events = stand.watch("b", like(person(1), similarity), start=5)
        assert [event.reason for event in events] == reasons

    def test_who_looks_alike_and_stands_beside_in_one_picture_is_somebody_else(
        self,
    ) -> None:
        assert len(self.visitors_seen_together("north-1", "north-1")) == 2

    def test_whom_two_cameras_see_at_the_same_time_is_one_visitor(self) -> None:
        assert len(self.visitors_seen_together("north-1", "north-2")) == 1

    def visitors_seen_together(self, *cameras: str) -> set[str]:
        """The last visitor of each of two tracks that look alike, seen for two seconds.

        Views come only after both have been there for a while.
        """
        stand = ToyStand()
        latest: dict[str, str] = {}
        for tenth in range(20):
            view = person(1) if tenth >= 8 else None
            for track, camera in zip("ab", cameras, strict=True):
                for decision in stand.see(track, tenth / 10, view, camera=camera):
                    latest[decision.track_id] = decision.visitor_id
        return set(latest.values())

    def test_visitors_are_forgotten_at_the_end_of_the_local_day(self) -> None:
        stand = ToyStand()
        first, *_ = stand.watch("a", person(1))
        next_day = stand.watch("b", person(1), start=86_400)
        assert summary(next_day) == [(False, "new-visitor")]
        assert next_day[0].visitor_id != first.visitor_id

    def test_embeddings_of_another_model_are_not_compared(self) -> None:
        stand = ToyStand()
        stand.watch("a", person(1))
        events = stand.watch("b", person(1), start=30, model="other-model")
        assert summary(events) == [(False, "new-visitor")]

    def test_a_track_is_forgotten_a_minute_after_it_was_last_seen(self) -> None:
        stand = ToyStand()
        stand.see("a", 0)
        stand.see("b", 60)
        assert stand.see("a", 60) == []
        stand.see("b", 121)
        assert summary(stand.see("a", 121)) == [(False, "new-visitor")]

    def test_stands_that_moved_to_another_process_are_forgotten(self) -> None:
        stand = ToyStand()
        frame = received(make_frame_faces(0, [make_face("a")]))
        stand.handler.handle([frame])
        stand.handler.revoked([TopicPartition("faces", frame.source.partition + 1)])
        assert decisions(stand.handler.handle([frame])) == []
        stand.handler.revoked([frame.source])
        assert len(decisions(stand.handler.handle([frame]))) == 1


def counted() -> float:
    """Return how many decisions operators see."""
    found = 0.0
    for family in metrics.IDENTITIES.collect():
        for sample in family.samples:
            if sample.name.endswith("_total"):
                found += sample.value
    return found


class TestCustomers:
    """Enrolled customers are known."""

    def test_a_customer_is_known_and_the_id_stays_off_the_bus(
        self,
    ) -> None:
        stand = ToyStand(ada=person(1), bob=person(2))
        events = stand.watch("a", person(1, 0.05))
        assert summary(events) == [(False, "new-visitor"), (True, "known-customer")]
        view = person(1, 0.05)
        similarity = float(view @ person(1))
        assert events[-1].confidence == pytest.approx(similarity)
        assert all("ada" not in event.to_json().decode() for event in events)

    def test_no_counter_dates_a_recognition(self) -> None:
        before = counted()
        stand = ToyStand(ada=person(1))
        events = stand.watch("a", person(1, 0.05))
        assert summary(events) == [(False, "new-visitor"), (True, "known-customer")]
        assert counted() == before + 1

    @pytest.mark.parametrize(
        ("similarity", "known"),
        [
            (0.40, False),
            (0.56, False),
            (0.58, True),
            (0.60, True),
        ],
    )
    def test_in_a_small_gallery_57_hundredths_are_needed(
        self, similarity: float, known: bool
    ) -> None:
        stand = ToyStand(ada=person(1))
        events = stand.watch("a", like(person(1), similarity))
        assert any(event.known for event in events) == known

    def test_what_a_customer_agreed_to_is_told_and_changes_with_the_next_view(
        self,
    ) -> None:
        stand = ToyStand()
        agreed = Agreement(offers=True, tags=("runner",))
        stand.store.gallery = gallery_of(agreed, ada=person(1))
        *_, known = stand.watch("a", person(1), views=40, turns=True)
        assert (known.known, known.offers, known.tags) == (True, True, ("runner",))
        stand.store.gallery = gallery_of(ada=person(1))
        (taken_back,) = time_passes(stand)
        assert (taken_back.known, taken_back.offers, taken_back.tags) == (
            False,
            False,
            (),
        )
        (again,) = stand.see("a", 5, person(1))
        assert (again.known, again.offers, again.tags) == (True, False, ())

    def test_a_face_that_does_not_prove_to_live_is_known_and_offered_nothing(
        self,
    ) -> None:
        stand = ToyStand()
        agreed = Agreement(offers=True, tags=("runner",))
        stand.store.gallery = gallery_of(agreed, ada=person(1))
        found = stand.watch("a", person(1), views=60)
        assert summary(found) == [(False, "new-visitor"), (True, "known-customer")]
        assert {(each.offers, each.tags) for each in found} == {(False, ())}

    def test_life_before_a_photo_is_held_up_proves_nothing(self) -> None:
        stand = ToyStand()
        agreed = Agreement(offers=True)
        stand.store.gallery = gallery_of(agreed, ada=person(1))
        found = stand.watch("a", person(2), views=40, turns=True)
        found += stand.watch("a", person(1), start=5, views=60)
        assert (True, "known-customer") in summary(found)
        assert not any(each.offers for each in found)

    def test_who_says_not_to_be_the_customer_is_a_visitor_for_the_day(self) -> None:
        stand = ToyStand(ada=person(1))
        *_, known = stand.watch("a", person(1))
        assert known.known
        denial = interaction("not-me", known.visit_id, 2)
        assert summary(ask(stand, denial)) == [(False, "new-visitor")]
        assert stand.watch("a", person(1), start=3) == []
        back = stand.watch("b", person(1), start=100)
        assert summary(back) == [(False, "new-visitor"), (False, "returning-visitor")]

    def test_at_another_stand_nobody_hears_of_it(self) -> None:
        stand = ToyStand(ada=person(1))
        *_, known = stand.watch("a", person(1))
        denial = interaction("not-me", known.visit_id, 2)
        elsewhere = denial.model_copy(update={"stand_id": "south"})
        assert ask(stand, elsewhere) == []

    def test_a_stranger_who_lives_leads_to_no_further_decision(self) -> None:
        stand = ToyStand(ada=person(1))
        found = stand.watch("a", person(2), views=40, turns=True)
        assert summary(found) == [(False, "new-visitor")]

    def test_a_view_that_comes_again_counts_once(self) -> None:
        stand = ToyStand(ada=person(1))
        again = received(frame_of("a", 0, like(person(1), 0.58)))
        found = []
        for _ in range(10):
            found += decisions(stand.handler.handle([again]))
        assert summary(found) == [(False, "new-visitor")]

    def test_a_view_of_another_stand_counts_nowhere_else(self) -> None:
        stand = ToyStand(ada=person(1))
        elsewhere = make_frame_faces(0, stand="south")
        embedding = SEALER.seal(person(1), MODEL, view_reference(elsewhere, "a"))
        frame = received(make_frame_faces(0, [make_face("a", embedding=embedding)]))
        outputs = stand.handler.handle([frame])
        assert [reason for _, reason in outputs.rejected] == [
            "embedding: sealed content was altered, or belongs to something else"
        ]

    def test_a_stranger_is_not_known(self) -> None:
        stand = ToyStand(ada=person(1))
        events = stand.watch("a", person(3), views=8)
        assert summary(events) == [(False, "new-visitor")]

    def test_where_recognition_is_off_an_embedding_is_not_looked_at(self) -> None:
        off = ENROLLED.model_copy(update={"recognition": "none"})
        stand = ToyStand(stand=off, ada=person(1))
        events = stand.watch("a", person(1), views=8)
        assert summary(events) == [(False, "recognition-off")]

    def test_without_a_key_every_track_is_a_visitor(self) -> None:
        stand = ToyStand(sealer=None, ada=person(1))
        assert summary(stand.watch("a", person(1))) == [(False, "no-key")]

    def test_recognition_stops_while_the_store_cannot_be_read_and_comes_back(
        self,
    ) -> None:
        stand = ToyStand(ada=person(1))
        gallery = stand.store.gallery
        stand.watch("a", person(1))
        stand.store.gallery = None
        lost = stand.see("a", 0.6, person(1))
        assert summary(lost) == [(False, "store-unavailable")]
        stand.store.gallery = gallery
        back = stand.watch("a", person(1), start=0.7)
        assert summary(back) == [(True, "known-customer")]

    def test_nobody_stays_known_without_further_views_when_the_store_is_away(
        self,
    ) -> None:
        stand = ToyStand(ada=person(1))
        stand.watch("a", person(1))
        stand.store.gallery = None
        (lost,) = time_passes(stand)
        assert summary([lost]) == [(False, "store-unavailable")]
        assert lost.decided_at_ns == at(0.4)
        assert time_passes(stand) == []

    def test_an_erased_customer_is_unknown_at_once_and_stays_so(self) -> None:
        stand = ToyStand(ada=person(1))
        stand.watch("a", person(1))
        stand.store.gallery = gallery_of()
        erased = time_passes(stand)
        assert summary(erased) == [(False, "new-visitor")]
        assert stand.watch("a", person(1), start=0.5) == []

    def test_whoever_opts_out_is_not_recognised_any_more(self) -> None:
        stand = ToyStand(ada=person(1))
        *_, known = stand.watch("a", person(1))
        answer = ask(stand, opt_out(known.visit_id, seconds=1))
        assert summary(answer) == [(False, "opted-out")]
        assert answer[0].decided_at_ns == at(1)
        assert stand.watch("a", person(1), start=2, views=10) == []

    def test_an_opt_out_of_another_visit_changes_nothing(self) -> None:
        stand = ToyStand(ada=person(1))
        stand.watch("a", person(1))
        assert ask(stand, opt_out("another", seconds=1)) == []


class TestKeysInHand:
    """A stand that recognises those alone whose phone allows it."""

    def test_who_allows_it_is_known_until_they_end_it(self) -> None:
        stand = ToyStand(
            stand=Stand(id="north", recognition="key-in-hand"), ben=person(2)
        )
        assert not any(each.known for each in stand.watch("a", person(1)))
        stand.store.allowances = [Allowance("ada", "north", at(900), b"")]
        stand.store.in_hand = {"ada": [Template("ada", MODEL, person(1))]}
        *_, known = stand.watch("a", person(1), start=5)
        assert known.known
        # Who gave their face and no key to a phone is nobody here.
        assert not any(each.known for each in stand.watch("b", person(2)))
        stand.store.allowances = []
        (ended,) = time_passes(stand)
        assert (ended.track_id, ended.known) == ("a", False)


class TestLinks:
    """Visits of customers who prove to live are linked once the decisions are durable."""

    def test_links_come_back_with_what_was_published(self) -> None:
        stand = ToyStand(ada=person(1))
        for number in range(40):
            frame = frame_of("a", number / 10, person(1), turns=True)
            outputs = stand.handler.handle([received(frame)])
            if outputs.staged:
                break
            stand.handler.published(outputs)
        (known,) = decisions(outputs)
        assert outputs.staged == {known.visit_id: "ada"}
        assert stand.store.links == {}
        stand.handler.published(outputs)
        assert stand.store.links == {known.visit_id: "ada"}

    def test_a_photo_makes_no_visit(self) -> None:
        stand = ToyStand(ada=person(1))
        *_, known = stand.watch("a", person(1), views=60)
        assert known.known
        assert stand.store.links == {}

    def test_a_track_that_is_broken_off_and_found_again_is_no_further_visit(
        self,
    ) -> None:
        stand = ToyStand(ada=person(1))
        *_, first = stand.watch("a", person(1), views=40, turns=True)
        *_, again = stand.watch("b", person(1), start=20, views=40, turns=True)
        assert stand.store.links == {first.visit_id: "ada"}
        assert again.visit_id == first.visit_id
        *_, back = stand.watch("c", person(1), start=100, views=40, turns=True)
        assert stand.store.links == {first.visit_id: "ada", back.visit_id: "ada"}

    def test_a_visit_is_linked_later_when_the_store_was_away(self) -> None:
        stand = ToyStand(ada=person(1))
        stand.store.away = True
        stand.watch("a", person(1), views=40, turns=True)
        assert stand.store.links == {}
        stand.store.away = False
        stand.see("a", 5, person(1))
        assert list(stand.store.links.values()) == ["ada"]

    def test_a_known_track_that_joins_an_earlier_visit_is_linked_to_it(self) -> None:
        stand = ToyStand(ada=person(1))
        stand.show("a", 0)
        stand.watch("b", person(1), start=0.1)
        *_, joined = stand.watch("a", person(1), start=1, views=40, turns=True)
        assert stand.store.links == {joined.visit_id: "ada"}
        again = stand.handler.handle([])
        assert again.staged == {}


class TestRefused:
    """Records that cannot be used."""

    def test_an_embedding_of_another_track_is_refused_and_the_face_still_counts(
        self,
    ) -> None:
        (other,) = frame_of("b", 0, person(1)).faces
        face = make_face("a", embedding=other.embedding)
        frame = received(make_frame_faces(0, [face]))
        outputs = ToyStand().handler.handle([frame])
        assert outputs.rejected == [
            (
                frame,
                "embedding: sealed content was altered, or belongs to something else",
            )
        ]
        assert len(decisions(outputs)) == 1

    def test_an_embedding_under_an_unknown_key_is_refused(self) -> None:
        other = Sealer({"other": bytes(32)}, "other")
        outputs = ToyStand(sealer=other).show("a", 0, person(1))
        assert [reason for _, reason in outputs.rejected] == [
            "embedding: sealed with a key that this process does not hold"
        ]

    def test_faces_of_a_stand_that_is_not_configured_are_refused(self) -> None:
        frame = received(make_frame_faces(0, [make_face()], stand="south"))
        outputs = ToyStand().handler.handle([frame])
        assert outputs.rejected == [(frame, "no such stand in the configuration")]
        assert outputs.messages == []
