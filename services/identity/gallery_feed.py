"""The gallery, kept in step with the customer store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from vitrine.customers.gallery import Gallery
from vitrine.customers.records import NEVER_NS, Template
from vitrine.errors import Unavailable
from vitrine.services.identity.patience import ask_again_at
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Together they keep the promise of docs/privacy.md, that a worker which could not read
# the store for a second recognises nobody: four attempts fit into that second.
LOOK_EVERY_S: Final = 0.25
STALE_AFTER_S: Final = 1.0

# In case a change was missed, as by a clock that was set. Chosen, not measured.
RELOAD_EVERY_S: Final = 60.0


class TemplateStore(Protocol):
    """Keep the enrolled templates. Each call may raise Unavailable."""

    def last_change(self) -> str:
        """Return the id of the newest change, `MILLISECONDS-NUMBER`; empty without any."""

    def templates(self, now_ns: int) -> Sequence[Template]:
        """Return the templates of everybody who may be recognised now."""


class GalleryFeed:
    """Keep the gallery as of at most a second ago, or None: then nobody is recognised."""

    def __init__(
        self,
        store: TemplateStore,
        build: Callable[[Sequence[Template]], Gallery],
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
        self._look_at = -float("inf")
        self._read_s = -float("inf")
        self._loaded_s = -float("inf")
        self._until_ns = NEVER_NS
        """When a consent expires, which changes nothing in the store."""

    def current(self) -> Gallery | None:
        """Return the gallery, or None while nobody may be recognised.

        Looks at the change stream a few times a second and reloads what changed.
        """
        now_s = self._monotonic()
        if now_s >= self._look_at:
            self._look(now_s)
        if now_s - self._read_s > STALE_AFTER_S:
            self._gallery = None
            self._change = None
        return self._gallery

    def _look(self, now_s: float) -> None:
        self._look_at = now_s + LOOK_EVERY_S
        try:
            self._refresh(now_s)
        except Unavailable as error:
            again_at = ask_again_at(now_s, self._monotonic())
            self._look_at = max(self._look_at, again_at)
            if not self._away:
                logger.warning("customer store away, nobody is recognised: %s", error)
            self._away = True

    def _refresh(self, now_s: float) -> None:
        # Before the templates: a change meanwhile is then seen by the next look.
        change = self._store.last_change()
        expired = self._now_ns() >= self._until_ns
        is_old = now_s - self._loaded_s >= RELOAD_EVERY_S
        if change != self._change or expired or is_old:
            self._load(change)
            self._loaded_s = now_s
        if self._away:
            logger.info("customer store is back")
        self._read_s = now_s
        self._away = False

    def _load(self, change: str) -> None:
        now_ns = self._now_ns()
        templates = self._store.templates(now_ns)
        self._gallery = self._build(templates)
        self._until_ns = min([each.until_ns for each in templates], default=NEVER_NS)
        self._change = change
        customers = len(self._gallery.customers)
        milliseconds = change.partition("-")[0]
        version = int(milliseconds or 0)
        metrics.GALLERY_CUSTOMERS.set(customers)
        metrics.GALLERY_VERSION.set(version)
