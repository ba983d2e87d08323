"""The galleries, kept in step with the customer store and with what phones allow."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

from vitrine.customers.galleries import Galleries
from vitrine.customers.gallery import Gallery
from vitrine.customers.hands import Allowance
from vitrine.customers.records import NEVER_NS, Template, by_customer
from vitrine.errors import Unavailable
from vitrine.services.identity.patience import ask_again_at
from vitrine.stores.customer_records import Change
from vitrine.stores.enrolled import Enrolled, TemplateStore, as_it_is
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Together they keep the promise of docs/privacy.md, that a worker which could not read
# the store for a second recognises nobody: four attempts fit into that second.
LOOK_EVERY_S: Final = 0.25
STALE_AFTER_S: Final = 1.0


class Templates(TemplateStore, Protocol):
    """Keep the enrolled templates, and those that keys in hand open."""

    def templates_in_hand(
        self, hand_keys: Mapping[str, bytes], now_ns: int
    ) -> Sequence[Template]:
        """Return those that keys in hand open, by customer."""


class Hands(Protocol):
    """Hear which customers allow to be recognised, with the key in their hand."""

    def heard(self, now_ns: int) -> Sequence[Allowance]:
        """Return what is allowed now. Raises Unavailable."""


class GalleryFeed:
    """Keep the galleries as of at most a second ago, or None: then nobody is recognised."""

    def __init__(
        self,
        store: Templates,
        hands: Hands,
        build: Callable[[Sequence[Template]], Gallery],
        now_ns: Callable[[], int],
        monotonic: Callable[[], float] = time.monotonic,
        improved: Callable[[Gallery], Gallery] = as_it_is,
    ) -> None:
        """`improved` returns the gallery with what was learned of it since it was read."""
        self._store = store
        self._hands = hands
        self._build = build
        self._now_ns = now_ns
        self._monotonic = monotonic
        self._enrolled = Enrolled(build, now_ns, improved)
        self._gallery: Gallery | None = None
        self._allowances: Sequence[Allowance] = ()
        self._galleries: Galleries | None = None
        self._in_hand_until_ns = NEVER_NS
        self._away = False
        self._look_at = -float("inf")
        self._read_s = -float("inf")

    def current(self) -> Galleries | None:
        """Return the galleries, or None while nobody may be recognised.

        Looks at the change stream a few times a second, and reads who was changed.
        """
        now_s = self._monotonic()
        if now_s >= self._look_at:
            self._look(now_s)
        if now_s - self._read_s > STALE_AFTER_S:
            self._enrolled.forget()
            self._gallery = None
            self._galleries = None
        return self._galleries

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
        gallery = self._enrolled.up_to_date(self._store)
        now_ns = self._now_ns()
        allowances = self._hands.heard(now_ns)
        is_same = gallery is self._gallery and allowances == self._allowances
        if not is_same or now_ns >= self._in_hand_until_ns:
            self._galleries = self._with_hands(gallery, allowances, now_ns)
            _show(gallery, self._enrolled.change)
        self._gallery = gallery
        self._allowances = allowances
        if self._away:
            logger.info("customer store is back")
        self._read_s = now_s
        self._away = False

    def _with_hands(
        self,
        gallery: Gallery,
        allowances: Sequence[Allowance],
        now_ns: int,
    ) -> Galleries:
        hand_keys = {each.customer_id: each.key for each in allowances}
        templates = self._store.templates_in_hand(hand_keys, now_ns)
        ends = [template.until_ns for template in templates]
        self._in_hand_until_ns = min(ends, default=NEVER_NS)
        return Galleries(
            everybody=gallery,
            nobody=self._build([]),
            allowances=allowances,
            in_hand=by_customer(templates),
        )


def _show(gallery: Gallery, change: Change) -> None:
    """Set the metrics."""
    metrics.GALLERY_CUSTOMERS.set(len(gallery.customers))
    milliseconds = change.entry.partition("-")[0]
    metrics.GALLERY_VERSION.set(int(milliseconds or 0))
    for model, threshold in gallery.thresholds.items():
        metrics.GALLERY_THRESHOLD.labels(model).set(threshold)
