"""The key store away: recognition pauses and comes back by itself, and all else goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest
from redis import Redis

from tests.builders import make_mall, received
from tests.component.test_stand_offers import begun
from tests.customer_builders import customer_store
from tests.processes import wait_for
from tests.unit.identity.toy_stand import (
    ENROLLED,
    MODEL,
    RULES,
    SEALER,
    decisions,
    frame_of,
    person,
)
from vitrine.customers.consents import Purpose, granted
from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Template, Vector
from vitrine.mall.folder import FixedMall
from vitrine.schemas import Identity
from vitrine.services.identity.gallery_feed import GalleryFeed
from vitrine.services.identity.handler import IdentityHandler
from vitrine.services.identity.visit_links import VisitLinks
from vitrine.stores.consents import agrees_to_offers
from vitrine.stores.customers import CustomerStore
from vitrine.stores.embedded import SNAPSHOTS, EmbeddedStore
from vitrine.stores.hand_keys import Listener
from vitrine.stores.redis import connect

ADA = person(1)
BOB = person(2)
PURPOSES: tuple[Purpose, ...] = ("recognise", "profile", "offers")
# Of a head that sways, so many views prove that it lives.
VIEWS = 40
LIMIT_S = 20.0


@dataclass(slots=True)
class Site:
    """The customer Ada, `identity`, and a key store that can be ended and begun again."""

    redis: Redis
    key_server: EmbeddedStore
    store: CustomerStore
    handler: IdentityHandler
    seconds: Iterator[int] = field(default_factory=lambda: count(0, 200))

    def enrol(self, vector: Vector) -> str:
        now_ns = time.time_ns()
        consents = granted(PURPOSES, at_ns=now_ns, days=1, text_version="1")
        return self.store.enrol("Ada", [vector], MODEL, consents, now_ns)

    def visit(self, vector: Vector) -> list[Identity]:
        """What is decided of somebody who stands before the camera for four seconds, anew."""
        start = next(self.seconds)
        found: list[Identity] = []
        for number in range(VIEWS):
            frame = frame_of(f"track-{start}", start + number / 10, vector, turns=True)
            outputs = self.handler.handle([received(frame)])
            self.handler.published(outputs)
            found += decisions(outputs)
        return found

    def recognises(self, vector: Vector) -> bool:
        return self.visit(vector)[-1].known


def build(templates: Sequence[Template]) -> Gallery:
    return Gallery(templates, RULES)


@pytest.fixture
def site(redis: Redis, tmp_path: Path) -> Iterator[Site]:
    begun(redis)
    with ExitStack() as stack:
        server = EmbeddedStore(tmp_path, SNAPSHOTS)
        server.start()
        stack.callback(server.stop)
        key_redis = stack.enter_context(closing(connect(server.url)))
        store = customer_store(redis, key_redis, SEALER)
        feed = GalleryFeed(store, Listener(redis, SEALER), build, time.time_ns)
        handler = IdentityHandler(
            FixedMall(make_mall(ENROLLED)), RULES, SEALER, feed, VisitLinks(store)
        )
        yield Site(redis, server, store, handler)


def test_recognition_pauses_without_the_keys_and_comes_back_without_a_restart(
    site: Site,
) -> None:
    site.enrol(ADA)
    before = site.visit(ADA)[-1]
    assert before.known
    site.key_server.kill()
    wait_for(lambda: not site.recognises(ADA), "nobody is recognised", LIMIT_S)
    # People are visitors as before, and what is of the visit before needs no key.
    strangers = site.visit(BOB)
    assert [(each.known, each.reason) for each in strangers] == [(False, "new-visitor")]
    assert agrees_to_offers(site.redis, before.visit_id)
    site.key_server.start()
    wait_for(lambda: site.recognises(ADA), "Ada is recognised again", LIMIT_S)
    assert not site.recognises(BOB)


def test_who_is_before_the_camera_meanwhile_is_taken_back_and_known_again(
    site: Site,
) -> None:
    site.enrol(ADA)
    known = site.visit(ADA)[-1]
    site.key_server.kill()
    found: list[Identity] = []

    def is_taken_back() -> bool:
        found.extend(decisions(site.handler.handle([])))
        return bool(found)

    wait_for(is_taken_back, "the decision is taken back", LIMIT_S)
    assert [(each.track_id, each.known, each.offers) for each in found] == [
        (known.track_id, False, False)
    ]


def test_identity_that_starts_without_the_keys_recognises_nobody_until_they_are_there(
    site: Site,
) -> None:
    site.enrol(ADA)
    site.key_server.kill()
    assert not site.recognises(ADA)
    site.key_server.start()
    wait_for(lambda: site.recognises(ADA), "Ada is recognised", LIMIT_S)
