"""The composition root of identity."""

from __future__ import annotations

import time
from collections.abc import Sequence

from vitrine.customers.gallery import Gallery
from vitrine.customers.records import Template
from vitrine.customers.rules import RecognitionRules
from vitrine.mall.folder import MallSource
from vitrine.runtime import Context, Service, ServiceLoop
from vitrine.sealing import Sealer
from vitrine.services.identity.gallery_feed import GalleryFeed
from vitrine.services.identity.handler import IdentityHandler
from vitrine.services.identity.settings import IdentitySettings
from vitrine.services.identity.visit_links import VisitLinks
from vitrine.stores.customers import CustomerStore
from vitrine.topics import FACES, INTERACTIONS


class NoGallery:
    """Stand in for the customer store where no key is there to read embeddings with."""

    def current(self) -> None:
        """Return None: nobody may be recognised."""

    def link_visit(self, visit_id: str, customer_id: str) -> None:
        """Keep nothing: nobody is known."""


def build(context: Context) -> Service:
    """Return identity on the bus of the context."""
    settings = context.load(IdentitySettings)
    return ServiceLoop(
        service="identity",
        bus=context.bus,
        topics=[FACES, INTERACTIONS],
        handler=_handler(context, settings.rules()),
        health=context.health,
        startup_limit_s=context.settings.startup_limit_s,
    )


def _handler(context: Context, rules: RecognitionRules) -> IdentityHandler:
    key_file = context.settings.key_file
    if key_file is None:
        return without_key(context.mall, rules)
    sealer = Sealer.load(key_file)
    store = CustomerStore(context.redis(), sealer)

    def build_gallery(templates: Sequence[Template]) -> Gallery:
        return Gallery(templates, rules)

    feed = GalleryFeed(store, build_gallery, time.time_ns)
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
