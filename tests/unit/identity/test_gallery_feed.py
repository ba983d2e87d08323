"""The gallery follows the store, and goes when the store cannot be read for a second."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.builders import at
from tests.unit.identity.toy_stand import MODEL, RULES, person
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import NEVER_NS, Template
from vitrine.errors import Unavailable
from vitrine.services.identity.gallery_feed import GalleryFeed


class Store:
    """Templates, and a clock: `hang_s` passes before a store that is away says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.hang_s = 0.0
        self.away = False
        self.asked_s: list[float] = []
        self.loaded_s: list[float] = []
        self.change = ""
        self.customers: list[str] = []
        self.until_ns = NEVER_NS
        self.feed = GalleryFeed(
            self, self.build, lambda: at(self.now_s), lambda: self.now_s
        )

    def enrol(self, customer_id: str) -> None:
        self.customers.append(customer_id)
        self.change = f"{len(self.customers)}-0"

    def last_change(self) -> str:
        self.asked_s.append(self.now_s)
        if self.away:
            self.now_s += self.hang_s
            raise Unavailable("Redis is away")
        return self.change

    def templates(self, now_ns: int) -> list[Template]:
        self.loaded_s.append(self.now_s)
        if now_ns >= self.until_ns:
            return []
        return [
            Template(customer, MODEL, person(1), until_ns=self.until_ns)
            for customer in self.customers
        ]

    def build(self, templates: Sequence[Template]) -> Gallery:
        return Gallery(templates, RULES)

    def known_at(self, seconds: float) -> set[str] | None:
        """The customers that may be recognised then; None without a gallery."""
        self.now_s = seconds
        gallery = self.feed.current()
        if gallery is None:
            return None
        return set(gallery.customers)


def test_a_change_arrives_within_a_quarter_of_a_second() -> None:
    store = Store()
    assert store.known_at(0.0) == set()
    store.enrol("ada")
    assert store.known_at(0.24) == set()
    assert store.known_at(0.25) == {"ada"}


def test_a_consent_that_expires_is_taken_back_within_a_quarter_of_a_second() -> None:
    store = Store()
    store.until_ns = at(7.1)
    store.enrol("ada")
    assert store.known_at(0.0) == {"ada"}
    assert store.known_at(7.0) == {"ada"}
    assert store.known_at(7.25) == set()
    store.known_at(8)
    assert store.loaded_s == [0.0, 7.25]


def test_templates_are_read_when_they_change_and_each_minute() -> None:
    store = Store()
    for seconds in (0.0, 1.0, 59.7, 60.0, 61.0, 120.0):
        store.known_at(seconds)
    assert store.loaded_s == [0.0, 60.0, 120.0]


def test_a_store_that_is_away_from_the_start_is_said_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = Store()
    store.away = True
    for seconds in (0.0, 1.0, 2.0):
        assert store.known_at(seconds) is None
    said = [record.getMessage() for record in caplog.records]
    assert said == ["customer store away, nobody is recognised: Redis is away"]


def test_a_store_that_hangs_is_waited_for_a_fifth_of_the_time_at_most() -> None:
    store = Store()
    store.away = True
    store.hang_s = 2.0
    while store.now_s < 30:
        store.known_at(store.now_s + 0.25)
    assert store.asked_s == [0.25, 10.25, 20.25]


def test_a_store_that_is_away_for_a_second_ends_recognition() -> None:
    store = Store()
    store.enrol("ada")
    assert store.known_at(0.0) == {"ada"}
    store.away = True
    assert store.known_at(0.5) == {"ada"}
    assert store.known_at(1.0) == {"ada"}
    assert store.known_at(1.01) is None
    store.away = False
    assert store.known_at(1.5) == {"ada"}
