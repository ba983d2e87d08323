"""The composition root of identity."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event

from vitrine.beside import beside
from vitrine.customers.gallery import Gallery
from vitrine.customers.learned import LearnedGallery
from vitrine.customers.records import Template
from vitrine.customers.rules import RecognitionRules
from vitrine.mall.folder import MallSource
from vitrine.runtime import Context, Service, ServiceLoop
from vitrine.sealing import Sealer
from vitrine.services.identity.gallery_feed import GalleryFeed
from vitrine.services.identity.handler import IdentityHandler
from vitrine.services.identity.learner import Learner
from vitrine.services.identity.settings import IdentitySettings
from vitrine.services.identity.visit_links import VisitLinks
from vitrine.stores import data_keys
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.enrolled import as_it_is
from vitrine.stores.hand_keys import Listener
from vitrine.stores.redis import ANSWER_LIMIT_S
from vitrine.topics import FACES, INTERACTIONS

logger = logging.getLogger(__name__)


class NoGallery:
    """Stand in for the customer store where no key is there to read embeddings with."""

    def current(self) -> None:
        """Return None: nobody may be recognised."""

    def link_visit(
        self,
        visit_id: str,
        customer_id: str,
        now_ns: int,
    ) -> None:
        """Keep nothing: nobody is known."""


@dataclass(frozen=True, slots=True)
class LearningService:
    """Train nets beside the loop."""

    loop: Service
    learner: Learner

    def run(self, stop: Event) -> None:
        """Work until `stop`."""
        with beside(self.learner.work, "identity-learner", stop):
            self.loop.run(stop)


def build(context: Context) -> Service:
    """Return identity on the bus of the context."""
    settings = context.load(IdentitySettings)
    if settings.method == "knn":
        return _loop(context, settings.rules(), Gallery)
    learner = Learner()
    loop = _loop(context, settings.rules(), LearnedGallery, learner.improved)
    return LearningService(loop, learner)


def _loop(
    context: Context,
    rules: RecognitionRules,
    kind: type[Gallery],
    improved: Callable[[Gallery], Gallery] = as_it_is,
) -> Service:
    return ServiceLoop(
        service="identity",
        bus=context.bus,
        topics=[FACES, INTERACTIONS],
        handler=_handler(context, rules, kind, improved),
        health=context.health,
        startup_limit_s=context.settings.startup_limit_s,
    )


def _handler(
    context: Context,
    rules: RecognitionRules,
    kind: type[Gallery],
    improved: Callable[[Gallery], Gallery],
) -> IdentityHandler:
    key_file = context.settings.key_file
    if key_file is None:
        return without_key(context.mall, rules)
    if context.settings.keys_url is None:
        logger.warning("nobody is recognised: %s", data_keys.HOW_TO)
        return without_key(context.mall, rules)
    sealer = Sealer.load(key_file)
    # It reads only, and works on without an answer.
    keys = KeyStore.at(context.settings.keys_url, ANSWER_LIMIT_S)
    redis = context.redis()
    store = CustomerStore(redis, sealer, keys)

    def build_gallery(templates: Sequence[Template]) -> Gallery:
        return kind(templates, rules)

    feed = GalleryFeed(
        store,
        Listener(redis, sealer),
        build_gallery,
        time.time_ns,
        improved=improved,
    )
    links = VisitLinks(store)
    return IdentityHandler(
        mall=context.mall,
        rules=rules,
        sealer=sealer,
        feed=feed,
        links=links,
    )


def without_key(mall: MallSource, rules: RecognitionRules) -> IdentityHandler:
    """Return the handler of a process without a key: every track is a visitor."""
    nobody = NoGallery()
    return IdentityHandler(
        mall=mall,
        rules=rules,
        sealer=None,
        feed=nobody,
        links=VisitLinks(nobody),
    )
