"""The gallery follows the store, and goes when the store cannot be read for a second."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import pytest
from prometheus_client import REGISTRY

from tests.builders import at
from tests.unit.identity.toy_stand import MODEL, RULES, person
from vitrine.customers.gallery import Gallery
from vitrine.customers.hands import Allowance
from vitrine.customers.records import NEVER_NS, Template
from vitrine.errors import Unavailable
from vitrine.schemas import Recognition
from vitrine.services.identity.gallery_feed import GalleryFeed
from vitrine.stores.customer_records import Change
from vitrine.stores.enrolled import CHANGED_AT_ONCE


class Store:
    """Templates, phones, and a clock: `hang_s` passes before a store that is away says so."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.hang_s = 0.0
        self.away = False
        self.keys_away = False
        self.asked_s: list[float] = []
        self.loaded_s: list[float] = []
        self.read: list[set[str]] = []
        """The customers who were read again, each time."""
        self.changes: list[str] = []
        """The customer of each change."""
        self.kept_changes = 1_000
        self.customers: dict[str, int] = {}
        """Until when each consents."""
        self.holders: dict[str, int] = {}
        """The same of those with a key in hand."""
        self.allowances: list[Allowance] = []
        self.feed = GalleryFeed(
            self, self, self.build, lambda: at(self.now_s), lambda: self.now_s
        )

    def enrol(self, customer_id: str, until_ns: int = NEVER_NS) -> None:
        self.customers[customer_id] = until_ns
        self.changes.append(customer_id)

    def erase(self, customer_id: str) -> None:
        self.customers.pop(customer_id, None)
        self.holders.pop(customer_id, None)
        self.changes.append(customer_id)

    def check_keys(self) -> None:
        if self.keys_away:
            raise Unavailable("the key store is away")

    def last_change(self) -> Change:
        self.asked_s.append(self.now_s)
        if self.away:
            self.now_s += self.hang_s
            raise Unavailable("Redis is away")
        return Change("", len(self.changes))

    def changed_since(self, change: Change) -> set[str] | None:
        changed = self.changes[change.number :]
        if len(changed) > self.kept_changes:
            return None
        return set(changed)

    def templates(self, now_ns: int) -> list[Template]:
        self.loaded_s.append(self.now_s)
        return self.in_force(self.customers, self.customers, now_ns)

    def templates_of(
        self, customer_ids: Collection[str], now_ns: int
    ) -> list[Template]:
        self.read.append(set(customer_ids))
        return self.in_force(self.customers, customer_ids, now_ns)

    def templates_in_hand(
        self, hand_keys: Mapping[str, bytes], now_ns: int
    ) -> list[Template]:
        return self.in_force(self.holders, hand_keys, now_ns)

    def heard(self, now_ns: int) -> list[Allowance]:
        return list(self.allowances)

    @staticmethod
    def in_force(
        until_ns: Mapping[str, int], asked: Collection[str], now_ns: int
    ) -> list[Template]:
        return [
            Template(customer, MODEL, person(1), until_ns=end_ns)
            for customer, end_ns in until_ns.items()
            if customer in asked and now_ns < end_ns
        ]

    def build(self, templates: Sequence[Template]) -> Gallery:
        return Gallery(templates, RULES)

    def known_at(
        self,
        seconds: float,
        stand_id: str = "north",
        recognition: Recognition = "enrolled",
    ) -> set[str] | None:
        """The customers that may be recognised then; None without a gallery."""
        self.now_s = seconds
        galleries = self.feed.current()
        if galleries is None:
            return None
        return set(galleries.at(stand_id, recognition).customers)


def test_a_change_arrives_within_a_quarter_of_a_second() -> None:
    store = Store()
    assert store.known_at(0.0) == set()
    store.enrol("ada")
    assert store.known_at(0.24) == set()
    assert store.known_at(0.25) == {"ada"}


def test_who_was_changed_is_read_again_and_nobody_else() -> None:
    store = Store()
    store.enrol("ada")
    assert store.known_at(0.0) == {"ada"}
    store.enrol("ben")
    store.enrol("cleo")
    assert store.known_at(1.0) == {"ada", "ben", "cleo"}
    store.erase("ada")
    assert store.known_at(2.0) == {"ben", "cleo"}
    store.known_at(100.0)
    assert store.loaded_s == [0.0]
    assert store.read == [{"ben", "cleo"}, {"ada"}]


def test_everybody_is_read_where_too_many_changed_or_nobody_knows_who() -> None:
    store = Store()
    store.known_at(0.0)
    for number in range(CHANGED_AT_ONCE + 1):
        store.enrol(f"c{number}")
    assert len(store.known_at(1.0) or ()) == CHANGED_AT_ONCE + 1
    store.kept_changes = 0
    store.enrol("ada")
    assert "ada" in (store.known_at(2.0) or ())
    assert store.loaded_s == [0.0, 1.0, 2.0]
    assert store.read == []


def test_a_consent_that_expires_is_taken_back_within_a_quarter_of_a_second() -> None:
    store = Store()
    store.enrol("ada", at(7.1))
    store.enrol("ben", at(8.1))
    assert store.known_at(0.0) == {"ada", "ben"}
    assert store.known_at(7.0) == {"ada", "ben"}
    assert store.known_at(7.25) == {"ben"}
    assert store.known_at(8.25) == set()
    store.known_at(9)
    assert store.loaded_s == [0.0]
    assert store.read == [{"ada"}, {"ben"}]


class TestKeysInHand:
    """Whose phone holds the key is compared with where and while that is allowed."""

    def test_at_the_stand_that_the_phone_allows_and_no_longer(self) -> None:
        store = Store()
        store.enrol("ben")
        store.holders["ada"] = NEVER_NS
        assert store.known_at(0.0, "north", "key-in-hand") == set()
        store.allowances = [Allowance("ada", "north", at(100), b"")]
        assert store.known_at(1.0, "north", "key-in-hand") == {"ada"}
        assert store.known_at(1.0, "south", "key-in-hand") == set()
        assert store.known_at(1.0, "north", "enrolled") == {"ada", "ben"}
        assert store.known_at(1.0, "north", "none") == set()
        store.allowances = []
        assert store.known_at(2.0, "north", "key-in-hand") == set()
        assert store.loaded_s == [0.0]

    def test_who_holds_no_key_is_nobody_where_one_is_asked_for(self) -> None:
        store = Store()
        store.enrol("ben")
        store.allowances = [Allowance("ben", None, at(100), b"")]
        assert store.known_at(0.0, "north", "key-in-hand") == set()
        assert store.known_at(0.0, "north", "enrolled") == {"ben"}

    def test_an_erasure_and_an_expiry_end_it_too(self) -> None:
        store = Store()
        store.holders |= {"ada": NEVER_NS, "ben": at(7.1)}
        store.allowances = [
            Allowance("ada", None, at(100), b""),
            Allowance("ben", None, at(100), b""),
        ]
        assert store.known_at(0.0, "north", "key-in-hand") == {"ada", "ben"}
        assert store.known_at(7.25, "north", "key-in-hand") == {"ada"}
        store.erase("ada")
        assert store.known_at(8.0, "north", "key-in-hand") == set()


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


def test_a_key_store_that_is_away_ends_recognition_though_nobody_was_changed() -> None:
    store = Store()
    store.enrol("ada")
    assert store.known_at(0.0) == {"ada"}
    store.keys_away = True
    assert store.known_at(1.0) == {"ada"}
    assert store.known_at(1.01) is None
    store.keys_away = False
    assert store.known_at(1.5) == {"ada"}


def test_the_threshold_is_told_for_the_templates_that_there_are() -> None:
    store = Store()
    for number in range(4_000):
        store.enrol(f"c{number}")
    store.known_at(0.0)
    told = REGISTRY.get_sample_value("vitrine_gallery_threshold", {"model": MODEL})
    assert told == RULES.known(MODEL, 4_000) > RULES.known(MODEL, 1)
