"""Caps: how often a campaign was shown at a stand, and to whom of those who are there."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign
from vitrine.schemas import Person

HOUR_NS: Final = 3600 * SECOND_NS
# Chosen, not measured: a presence whose last track ended 2 s ago is over, so nobody comes back
# with its id.
KEEP_PRESENCE_NS: Final = 60 * SECOND_NS
"""Time that is remembered what a presence saw, after it was last there."""


@dataclass(slots=True)
class _Viewer:
    """Hold what one presence looked at; in memory only."""

    there_ns: int
    plays: dict[str, int] = field(default_factory=dict)
    """Campaign → its plays that this presence looked at."""
    looks_at: str = ""
    """Id of the command of the last play that counts."""


@dataclass(slots=True)
class Frequency:
    """Count the plays of campaigns with caps at one stand, since the process began.

    Times are of the steady clock. Bounded by the caps, and by the people of the last minute.
    """

    _starts: dict[str, deque[int]] = field(default_factory=dict)
    """Campaign → starts of its plays, within the last hour of plays."""
    _viewers: dict[str, _Viewer] = field(default_factory=dict)

    def played(self, campaign: Campaign, start_ns: int) -> None:
        """Take in that a play of a campaign begins."""
        most = campaign.caps.per_hour
        if most is None:
            self._starts.pop(campaign.id, None)
            return
        starts = self._starts.get(campaign.id)
        if starts is None or starts.maxlen != most:
            starts = deque(starts or (), maxlen=most)
            self._starts[campaign.id] = starts
        starts.append(start_ns)

    def take_back(self, campaign: Campaign) -> None:
        """Take in that the last play of a campaign could not be shown."""
        starts = self._starts.get(campaign.id)
        if starts:
            starts.pop()

    def keep_only(self, campaign_ids: Set[str]) -> None:
        """Forget all campaigns but these."""
        for name in self._starts.keys() - campaign_ids:
            del self._starts[name]

    def look(
        self,
        people: Sequence[Person],
        campaign: Campaign,
        command_id: str,
        now_ns: int,
    ) -> None:
        """Take in who is there while the play of a command is on the screen."""
        for person in people:
            viewer = self._viewers.setdefault(person.presence_id, _Viewer(now_ns))
            viewer.there_ns = now_ns
            if person.attending and viewer.looks_at != command_id:
                viewer.looks_at = command_id
                seen = viewer.plays.get(campaign.id, 0)
                viewer.plays[campaign.id] = seen + 1
        for presence_id, viewer in list(self._viewers.items()):
            if now_ns - viewer.there_ns > KEEP_PRESENCE_NS:
                del self._viewers[presence_id]

    def allows(
        self,
        campaign: Campaign,
        start_ns: int,
        people: Sequence[Person],
        follows: str | None = None,
    ) -> bool:
        """Return True when the caps of a campaign allow a play from `start_ns` on.

        `follows` is the id of the command of a play of the same campaign that stays on the screen
        until then: who is there may still look at it.
        """
        if not self._within_hour(campaign, start_ns):
            return False
        most = campaign.caps.per_visitor
        if most is None:
            return True
        # Somebody who comes only now may see both.
        if follows is not None and most < 2:
            return False
        seen = [self._plays_seen(campaign, person, follows) for person in people]
        return max(seen, default=0) < most

    def _within_hour(self, campaign: Campaign, start_ns: int) -> bool:
        most = campaign.caps.per_hour
        starts = self._starts.get(campaign.id, ())
        if most is None or len(starts) < most:
            return True
        # The play before as many as are allowed has to be an hour ago.
        return start_ns - starts[-most] >= HOUR_NS

    def _plays_seen(
        self,
        campaign: Campaign,
        person: Person,
        follows: str | None,
    ) -> int:
        """Return the plays of a campaign that somebody has looked at before another one starts."""
        viewer = self._viewers.get(person.presence_id)
        seen = 0 if viewer is None else viewer.plays.get(campaign.id, 0)
        if follows is None or (viewer is not None and viewer.looks_at == follows):
            return seen
        return seen + 1
