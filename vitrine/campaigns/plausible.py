"""What cannot have been counts for nothing, whoever put it on the bus (docs/metrics.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, TypeAlias

from vitrine.clock import SECOND_NS
from vitrine.mall import Mall
from vitrine.mall.texts import RESERVED
from vitrine.schemas import (
    LONG_NS,
    LONGEST_NS,
    Coverage,
    Event,
    Exposure,
    Identity,
    Interaction,
    Play,
)

# Chosen, not measured: as much as the clocks of player and stand may differ.
EARLY_NS: Final = 5 * SECOND_NS
"""Time by which a play may start before the slot that it was decided for."""
# Chosen, not measured: clocks of machines without NTP drift by minutes, not by hours.
AHEAD_NS: Final = 3600 * SECOND_NS
"""Time by which an event may be dated after the log took it."""
# Presences are cut at whole minutes (docs/metrics.md); a second for rounding.
PART_NS: Final = 61 * SECOND_NS
"""Time that no part of a presence exceeds."""
# Chosen, not measured: nobody looks at advertising for so long. It is a shop assistant, somebody
# at a table, or a face that only seems to move.
MOST_PARTS: Final = 30
"""Parts of a presence that count, of a minute each."""
# `ingest` reports every ten seconds; an hour leaves room for what a recording says at once.
LONGEST_REPORT_NS: Final = 3600 * SECOND_NS
"""Time that no report of a camera exceeds."""

AHEAD: Final = "dated more than an hour after it was appended"
REBUILT: Final = "of a window from before the figures were rebuilt"
CONTRADICTS: Final = "its id is known with other content"
LONG_PLAY: Final = "longer than its creative"
EARLY_PLAY: Final = "starts before the slot that it was decided for"
LONG_PART: Final = "longer than a part of a presence"
LONG_PRESENCE: Final = "of a presence that has lasted for half an hour"
LONG_REPORT: Final = "a camera's report of more than an hour"
UNKNOWN_STAND: Final = "of a stand that its configuration does not have"
UNKNOWN_CAMPAIGN: Final = "of a creative that its configuration does not have"
OTHER_ADVERTISER: Final = "of a campaign that is another advertiser's"

# What was on the screen then is not known.
REFUSED_PROOFS: Final = frozenset(
    {LONG_PLAY, EARLY_PLAY, UNKNOWN_CAMPAIGN, OTHER_ADVERTISER}
)
"""Reasons for which a play is refused whose screen is known."""

Creative: TypeAlias = tuple[str, str]
"""Campaign and creative."""


def decisive_ns(event: Event) -> int:
    """Return the moment that decides in which window an event counts."""
    # A play counts in the window that it starts in.
    if isinstance(event, Play):
        return event.start_ns
    return event.occurred_at_ns


def too_old(horizon_ns: int) -> str:
    """Return why an event that is older than the horizon counts for nothing."""
    return f"older than the horizon of {horizon_ns // SECOND_NS} s"


def misdated(
    event: Event,
    appended_ns: int,
    horizon_ns: int,
) -> str | None:
    """Return why an event cannot be of its time; None for one that can.

    Only the log's own time counts, so that no event can make others look early or late, and a
    rebuild refuses what was refused before.
    """
    if event.occurred_at_ns > appended_ns + AHEAD_NS:
        return AHEAD
    if decisive_ns(event) < appended_ns - horizon_ns:
        return too_old(horizon_ns)
    return None


class Plausible:
    """Judge events by the configuration that they were decided with."""

    def __init__(self) -> None:
        self._mall: Mall | None = None
        self._version = ""
        self._longest_ns: Mapping[Creative, int] = {}
        self._advertisers: Mapping[str, str] = {}
        self._stands: frozenset[str] = frozenset()

    def follow(self, mall: Mall) -> None:
        """Know the stands and creatives of a configuration."""
        if mall is self._mall:
            return
        longest_ns = {}
        advertisers = {}
        for campaign in mall.campaigns:
            advertisers[campaign.id] = campaign.advertiser
            for creative in campaign.creatives:
                planned_ns = int(creative.seconds * SECOND_NS)
                longest_ns[campaign.id, creative.id] = planned_ns + LONG_NS
        self._mall = mall
        # A hash of everything: made once for each configuration.
        self._version = mall.version
        self._longest_ns = longest_ns
        self._advertisers = advertisers
        self._stands = frozenset(stand.id for stand in mall.stands)

    def fault(self, event: Event) -> str | None:
        """Return why an event cannot have been; None for one that can."""
        if self._is_of_unknown_stand(event):
            return UNKNOWN_STAND
        match event:
            case Play():
                return self._fault_of_play(event)
            case Exposure():
                return fault_of_exposure(event)
            case Coverage() if event.end_ns - event.start_ns > LONGEST_REPORT_NS:
                return LONG_REPORT
        return None

    def _is_of_unknown_stand(self, event: Event) -> bool:
        # Other versions may have had other stands: a removed one keeps its figures.
        match event:
            case Play() | Exposure() | Identity() | Interaction():
                known = event.config_version != self._version
                return not known and event.stand_id not in self._stands
        return False

    def _fault_of_play(self, play: Play) -> str | None:
        if play.end_ns - play.start_ns > self._longest(play):
            return LONG_PLAY
        if play.doubtful is None and play.start_ns < play.slot_ns - EARLY_NS:
            return EARLY_PLAY
        if play.config_version != self._version or is_filler(play):
            return None
        if (play.campaign_id, play.creative_id) not in self._longest_ns:
            return UNKNOWN_CAMPAIGN
        if play.advertiser != self._advertisers[play.campaign_id]:
            return OTHER_ADVERTISER
        return None

    def _longest(self, play: Play) -> int:
        """Return the time that a play can last; of another configuration, that of any."""
        if play.config_version != self._version:
            return LONGEST_NS
        creative = (play.campaign_id, play.creative_id)
        return self._longest_ns.get(creative, LONGEST_NS)


def fault_of_exposure(part: Exposure) -> str | None:
    """Return why a part of a presence cannot be somebody's in the audience."""
    if part.end_ns - part.start_ns > PART_NS:
        return LONG_PART
    if part.part >= MOST_PARTS:
        return LONG_PRESENCE
    return None


def is_filler(play: Play) -> bool:
    """Tell whether the screen showed the house, which is nobody's campaign."""
    return play.campaign_id == RESERVED
