"""Plays that cannot have been, whoever put them on the bus."""

from __future__ import annotations

from collections.abc import Mapping

from vitrine.clock import SECOND_NS
from vitrine.mall import Mall
from vitrine.schemas import LONG_NS, LONGEST_NS, Play

# Chosen, not measured: as much as the clocks of player and stand may differ.
EARLY_NS = 5 * SECOND_NS
"""Time by which a play may start before the slot that it was decided for."""

Creative = tuple[str, str]
"""Campaign and creative."""


class Plausible:
    """Judge plays by the configuration that they were decided with."""

    def __init__(self) -> None:
        self._mall: Mall | None = None
        self._version = ""
        self._longest_ns: Mapping[Creative, int] = {}

    def follow(self, mall: Mall) -> None:
        """Know the creatives of a configuration."""
        if mall is self._mall:
            return
        longest_ns = {}
        for campaign in mall.campaigns:
            for creative in campaign.creatives:
                planned_ns = int(creative.seconds * SECOND_NS)
                longest_ns[campaign.id, creative.id] = planned_ns + LONG_NS
        self._mall = mall
        # A hash of everything: made once for each configuration.
        self._version = mall.version
        self._longest_ns = longest_ns

    def fault(self, play: Play) -> str | None:
        """Return why a play cannot have been; None for one that can."""
        if play.end_ns - play.start_ns > self._longest(play):
            return "longer than its creative"
        if play.doubtful is None and play.start_ns < play.slot_ns - EARLY_NS:
            return "starts before the slot that it was decided for"
        return None

    def _longest(self, play: Play) -> int:
        """Return the time that a play can last; of another configuration, that of any."""
        if play.config_version != self._version:
            return LONGEST_NS
        creative = (play.campaign_id, play.creative_id)
        return self._longest_ns.get(creative, LONGEST_NS)
