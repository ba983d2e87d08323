"""The composition root of identity."""

from __future__ import annotations

import time
from functools import partial

from vitrine.customers.gallery import Gallery
from vitrine.runtime import Context, Service, ServiceLoop
from vitrine.sealing import Sealer
from vitrine.services.identity.gallery_feed import GalleryFeed
from vitrine.services.identity.handler import IdentityHandler
from vitrine.services.identity.settings import IdentitySettings
from vitrine.stores.customers import CustomerStore
from vitrine.topics import FACES, INTERACTIONS


class NoGallery:
    """Nobody can be recognised: there is no key to read embeddings with."""

    def current(self) -> None:
        """No gallery."""

    def link_visit(self, visit_id: str, customer_id: str) -> None:
        """Nobody is known."""


def build(context: Context) -> Service:
    """Identity on the bus of the context."""
    settings = context.load(IdentitySettings)
    handler = _handler(context, settings)
    return ServiceLoop(
        service="identity",
        bus=context.bus,
        topics=[FACES, INTERACTIONS],
        handler=handler,
        health=context.health,
        startup_limit_s=context.settings.startup_limit_s,
    )


def _handler(context: Context, settings: IdentitySettings) -> IdentityHandler:
    key_file = context.settings.key_file
    if key_file is None:
        nobody = NoGallery()
        return IdentityHandler(context.mall, settings, None, nobody, nobody)
    sealer = Sealer.load(key_file)
    store = CustomerStore(context.redis(), sealer)
    build_gallery = partial(
        Gallery, neighbours=settings.neighbours, threshold=settings.known
    )
    feed = GalleryFeed(store, build_gallery, time.time_ns)
    return IdentityHandler(context.mall, settings, sealer, feed, store)
