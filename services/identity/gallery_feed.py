"""Keeps the gallery in step with the customer store, and takes it away when the store cannot be read."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from vitrine.customers.gallery import Gallery, Template
from vitrine.errors import Unavailable
from vitrine.stores.customers import CustomerStore
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

LOOK_EVERY_S = 0.25
STALE_AFTER_S = 1.0
PATIENCE = 5
"""A store that hangs is asked again after so many times as long as it let us wait: faces go on meanwhile."""
RELOAD_EVERY_S = 60.0
"""Consents expire without a change in the store."""


class GalleryFeed:
    """The gallery as of at most a second ago, or None: then nobody is recognised."""

    def __init__(
        self,
        store: CustomerStore,
        build: Callable[[list[Template]], Gallery],
        now_ns: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._store = store
        self._build = build
        self._now_ns = now_ns
        self._monotonic = monotonic
        self._gallery: Gallery | None = None
        self._change: str | None = None
        self._away = False
        self._read = self._loaded = self._look_at = -1e9

    def current(self) -> Gallery | None:
        """Looks at the change stream a few times a second and reloads what changed."""
        now = self._monotonic()
        if now >= self._look_at:
            self._look_at = now + LOOK_EVERY_S
            try:
                self._refresh(now)
            except Unavailable as error:
                self._look_at = max(
                    self._look_at, now + PATIENCE * (self._monotonic() - now)
                )
                if not self._away:
                    logger.warning(
                        "customer store away, nobody is recognised: %s", error
                    )
                self._away = True
        if now - self._read > STALE_AFTER_S:
            self._gallery = None
            self._change = None
        return self._gallery

    def _refresh(self, now: float) -> None:
        change = self._store.last_change()
        if change != self._change or now - self._loaded >= RELOAD_EVERY_S:
            self._gallery = self._build(self._store.templates(self._now_ns()))
            self._change = change
            self._loaded = now
            metrics.GALLERY_CUSTOMERS.set(len(self._gallery.customers))
            metrics.GALLERY_VERSION.set(int(change.partition("-")[0] or 0))
        if self._away:
            logger.info("customer store is back")
        self._read = now
        self._away = False
