"""Events wait in the store until the bus has them, and are forgotten there then."""

from __future__ import annotations

from tests.builders import at
from vitrine.offers.pending import MOST_PUBLISHED, PendingEvents
from vitrine.schemas import Interaction


def make_event(name: str) -> Interaction:
    return Interaction(
        interaction_id=name,
        stand_id="north",
        kind="offer-shown",
        at_ns=at(0),
        config_version="v1",
    )


A = make_event("a")
B = make_event("b")


def test_what_the_store_held_before_the_start_is_published() -> None:
    pending = PendingEvents()
    assert pending.unread
    assert pending.to_publish([A, B]) == [A, B]
    assert pending.unread is False


def test_after_an_outage_the_store_is_read_again() -> None:
    pending = PendingEvents()
    pending.to_publish([])
    pending.store_lost()
    assert pending.unread
    assert pending.to_publish([A]) == [A]


def test_an_event_that_the_bus_has_is_forgotten_in_the_store_once() -> None:
    pending = PendingEvents()
    pending.published(["a", "b"])
    assert pending.to_forget() == ["a", "b"]
    pending.forgotten(["a", "b"])
    assert pending.to_forget() == []


def test_what_was_published_while_the_store_forgot_is_forgotten_next() -> None:
    pending = PendingEvents()
    pending.published(["a"])
    forgotten = pending.to_forget()
    pending.published(["b"])
    pending.forgotten(forgotten)
    assert pending.to_forget() == ["b"]


def test_an_event_that_the_store_could_not_forget_is_not_published_again() -> None:
    pending = PendingEvents()
    pending.published(["a"])
    pending.store_lost()
    assert pending.to_publish([A, B]) == [B]


def test_an_event_that_was_forgotten_is_not_remembered() -> None:
    pending = PendingEvents()
    pending.published(["a"])
    pending.forgotten(["a"])
    assert pending.to_publish([A]) == [A]


def test_a_store_that_stays_away_fills_a_bounded_memory() -> None:
    pending = PendingEvents(most=2)
    pending.published(["a", "b", "c"])
    assert pending.to_forget() == ["b", "c"]
    assert pending.to_publish([A, B]) == [A]


def test_ten_thousand_events_are_remembered() -> None:
    pending = PendingEvents()
    names = [str(number) for number in range(10_001)]
    pending.published(names)
    assert MOST_PUBLISHED == 10_000
    assert pending.to_forget() == names[1:]
