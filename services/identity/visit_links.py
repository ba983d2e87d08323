"""Links from a visit to the customer, on their way to the store."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from typing import Final, Protocol

from vitrine.errors import Unavailable
from vitrine.services.identity.patience import ask_again_at
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Some hundred bytes each: far more known customers than come while a store restarts.
# Chosen, not measured.
LINKS_KEPT: Final = 1_000


class LinkStore(Protocol):
    """Keep which customer a visit belongs to, where they agree to that."""

    def link_visit(
        self,
        visit_id: str,
        customer_id: str,
        now_ns: int,
    ) -> None:
        """Write one link, by what the customer agrees to now. Raises Unavailable."""


class VisitLinks:
    """Write links, and keep up to LINKS_KEPT of them while the store is away."""

    def __init__(
        self,
        store: LinkStore,
        monotonic: Callable[[], float] = time.monotonic,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._store = store
        self._monotonic = monotonic
        self._now_ns = now_ns
        self._waiting: dict[str, str] = {}
        self._ask_at = 0.0

    def add(self, links: Mapping[str, str]) -> None:
        """Take customers by visit; the newest are lost when too many wait."""
        for visit_id, customer_id in links.items():
            is_full = len(self._waiting) >= LINKS_KEPT
            if is_full and visit_id not in self._waiting:
                metrics.VISIT_LINKS_LOST.inc()
                continue
            self._waiting[visit_id] = customer_id

    def write(self) -> None:
        """Write what waits, unless the store failed a moment ago."""
        asked_s = self._monotonic()
        if asked_s < self._ask_at:
            return
        try:
            self._write_all()
        except Unavailable as error:
            self._ask_at = ask_again_at(asked_s, self._monotonic())
            logger.warning("visit not linked yet: %s", error)
        waiting = len(self._waiting)
        metrics.VISIT_LINKS_WAITING.set(waiting)

    def _write_all(self) -> None:
        waiting = list(self._waiting.items())
        for visit_id, customer_id in waiting:
            self._store.link_visit(visit_id, customer_id, self._now_ns())
            del self._waiting[visit_id]
