"""Links of visits wait for the store, up to a bound, and hold up no faces."""

from __future__ import annotations

from itertools import pairwise

from prometheus_client import REGISTRY

from vitrine.errors import Unavailable
from vitrine.services.identity.visit_links import LINKS_KEPT, VisitLinks


class Store:
    """Answers after `delay_s`; with `away` it raises Unavailable."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.delay_s = 0.0
        self.away = False
        self.asked_s: list[float] = []
        self.links: dict[str, str] = {}

    def link_visit(self, visit_id: str, customer_id: str, now_ns: int) -> None:
        self.asked_s.append(self.now_s)
        self.now_s += self.delay_s
        if self.away:
            raise Unavailable("Redis is away")
        self.links[visit_id] = customer_id

    def monotonic(self) -> float:
        return self.now_s


def metric(name: str) -> float:
    return REGISTRY.get_sample_value(f"vitrine_visit_links_{name}") or 0.0


def test_links_are_written_once() -> None:
    store = Store()
    links = VisitLinks(store, store.monotonic)
    links.add({"v": "ada", "w": "bob"})
    links.write()
    links.write()
    assert store.links == {"v": "ada", "w": "bob"}
    assert len(store.asked_s) == 2


def test_what_the_store_did_not_take_waits() -> None:
    store = Store()
    links = VisitLinks(store, store.monotonic)
    store.away = True
    links.add({"v": "ada"})
    links.write()
    assert metric("waiting") == 1
    links.add({"v": "bob", "w": "eve"})
    store.away = False
    links.write()
    assert store.links == {"v": "bob", "w": "eve"}
    assert metric("waiting") == 0


def test_a_store_that_hangs_takes_a_fifth_of_the_time() -> None:
    store = Store()
    store.away = True
    store.delay_s = 2.0
    links = VisitLinks(store, store.monotonic)
    links.add({"v": "ada"})
    while store.now_s < 30:
        links.write()
        store.now_s += 0.25
    assert len(store.asked_s) == 3
    for earlier, later in pairwise(store.asked_s):
        assert 10 <= later - earlier < 10.5


def test_links_that_are_too_many_are_lost_and_counted() -> None:
    store = Store()
    store.away = True
    links = VisitLinks(store, store.monotonic)
    lost = metric("lost_total")
    for number in range(LINKS_KEPT + 2):
        links.add({f"visit-{number}": "ada"})
    links.add({"visit-0": "bob"})
    assert metric("lost_total") - lost == 2
    store.away = False
    links.write()
    assert len(store.links) == LINKS_KEPT
    assert store.links["visit-0"] == "bob"
