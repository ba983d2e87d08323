"""Show operators how far the figures of each stand are, and what waits for release."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Final

from vitrine.campaigns.stand import Stand
from vitrine.clock import SECOND_NS
from vitrine.telemetry import metrics

# As often as campaign figures are prepared for Prometheus: people are counted for each creative,
# which would cost more than the batch itself. Chosen, not measured.
EVERY_S: Final = 10.0


class Signals:
    """Set the gauges of stands, each at most every ten seconds."""

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._next_s: dict[str, float] = {}

    def show(self, stand: Stand) -> None:
        """Set the gauges of a stand; one that has told nothing yet has no watermark."""
        now_s = self._monotonic()
        if now_s < self._next_s.get(stand.stand_id, 0.0):
            return
        self._next_s[stand.stand_id] = now_s + EVERY_S
        if stand.watermark_ns:
            watermark = metrics.FIGURES_WATERMARK.labels(stand.stand_id)
            watermark.set(stand.watermark_ns / SECOND_NS)
        waiting = metrics.FIGURES_WAITING.labels(stand.stand_id)
        waiting.set(stand.ledgers.most_people())
        metrics.FIGURES_STEP.labels(stand.stand_id).set(stand.k_anonymity)

    def forget(self, stand_ids: Iterable[str]) -> None:
        """Remove the gauges of stands that another worker has now."""
        for stand_id in stand_ids:
            self._next_s.pop(stand_id, None)
            metrics.FIGURES_WATERMARK.remove_by_labels({"stand": stand_id})
            metrics.FIGURES_WAITING.remove_by_labels({"stand": stand_id})
            metrics.FIGURES_STEP.remove_by_labels({"stand": stand_id})
