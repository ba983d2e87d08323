"""Reactions: the times for which a face shows a clear change from its own usual expression."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from vitrine.presence.attention import GAP_NS
from vitrine.schemas import Interval

# Two thirds of a full change. People who only speak exceed a full half of it in 3 of 100 frames,
# and this in fewer (docs/metrics.md, Engagement score). Chosen, not measured in a mall.
REACTS: Final = 0.5
"""The response from which on a view is one of a reaction."""


@dataclass(slots=True)
class Reacting:
    """Keep the reactions of one person, as far as a part to come needs them."""

    spans: list[Interval] = field(default_factory=list)
    """In order, apart; the last one may go on."""

    def observe(self, since_ns: int, at_ns: int, response: float) -> None:
        """Take the response of a view, which holds since the view before it."""
        if response < REACTS or at_ns - since_ns > GAP_NS:
            return
        if self.spans and self.spans[-1][1] == since_ns:
            since_ns, _ = self.spans.pop()
        self.spans.append((since_ns, at_ns))

    def within(self, start_ns: int, end_ns: int) -> tuple[Interval, ...]:
        """Return the reactions as far as they lie in a time."""
        return clipped(self.spans, start_ns, end_ns)

    def forget(self, until_ns: int) -> None:
        """Drop the reactions that ended by a moment."""
        self.spans = [span for span in self.spans if span[1] > until_ns]


def clipped(
    spans: Iterable[Interval],
    start_ns: int,
    end_ns: int,
) -> tuple[Interval, ...]:
    """Return spans as far as they lie in a time."""
    within = []
    for first_ns, last_ns in spans:
        since_ns = max(first_ns, start_ns)
        until_ns = min(last_ns, end_ns)
        if since_ns < until_ns:
            within.append((since_ns, until_ns))
    return tuple(within)
