"""Caps: how often a campaign was shown at a stand, and to whom of those who are there."""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from vitrine.clock import SECOND_NS, Moment
from vitrine.mall import Campaign
from vitrine.schemas import Id, Person
from vitrine.schemas.base import Nanoseconds

HOUR_NS: Final = 3600 * SECOND_NS
# Chosen, not measured: a presence whose last track ended 2 s ago is over, so nobody comes back
# with its id.
KEEP_PRESENCE_NS: Final = 60 * SECOND_NS
"""Time that is remembered what a presence saw, after it was last there."""


Counted = tuple[Nanoseconds, str]
"""Start of a play, and the id of its command."""


class Viewed(BaseModel):
    """Hold what one presence looked at of the campaigns that ask for it."""

    model_config = ConfigDict(extra="forbid")

    plays: dict[Id, int] = Field(default_factory=dict)
    """Campaign → its plays that this presence looked at."""
    looks_at: str = ""
    """Id of the command of the last play that counts."""


class CapCounts(BaseModel):
    """Hold what the caps of one stand have counted, for who goes on after a restart; in UTC."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    plays: dict[Id, list[Counted]] = Field(default_factory=dict)
    """Campaign → its plays of the last hour."""
    viewers: dict[Id, Viewed] = Field(default_factory=dict)
    """By presence; those of the last minute."""


@dataclass(slots=True)
class _Viewer:
    """Hold a presence, and when it was last there."""

    there_ns: int
    viewed: Viewed


@dataclass(slots=True)
class Frequency:
    """Count the plays of campaigns with caps at one stand.

    Times are of the steady clock. Bounded by the caps, and by the people of the last minute.
    """

    known: bool = True
    """False until it was told what another process counted: campaigns with caps wait."""
    changed: bool = False
    """Something was counted since it was last stored."""
    _plays: dict[str, list[Counted]] = field(default_factory=dict)
    """Campaign → its latest plays, by their starts; as many as are allowed in an hour."""
    _viewers: dict[str, _Viewer] = field(default_factory=dict)

    def played(self, campaign: Campaign, command_id: str, start_ns: int) -> None:
        """Take in that a play of a campaign begins; a second time changes nothing."""
        most = campaign.caps.per_hour
        if most is None:
            self._plays.pop(campaign.id, None)
            return
        plays = self._plays.setdefault(campaign.id, [])
        if any(known == command_id for _, known in plays):
            return
        # Plays that a page showed on its own are told of late, after others.
        insort(plays, (start_ns, command_id))
        del plays[:-most]
        self.changed = True

    def take_back(self, campaign: Campaign, command_id: str) -> None:
        """Take in that the play of a command could not be shown."""
        plays = self._plays.get(campaign.id)
        if plays:
            plays[:] = [play for play in plays if play[1] != command_id]
            self.changed = True

    def keep_only(self, campaign_ids: Set[str]) -> None:
        """Forget all campaigns but these."""
        for name in self._plays.keys() - campaign_ids:
            del self._plays[name]

    def look(
        self,
        people: Sequence[Person],
        campaign: Campaign,
        command_id: str,
        now_ns: int,
    ) -> None:
        """Take in who is there while the play of a command is on the screen."""
        counts = campaign.caps.per_visitor is not None
        for person in people:
            viewer = self._viewers.get(person.presence_id)
            if viewer is not None:
                viewer.there_ns = now_ns
            if counts and person.attending:
                self._look_at(person.presence_id, campaign.id, command_id, now_ns)
        for presence_id, viewer in list(self._viewers.items()):
            if now_ns - viewer.there_ns > KEEP_PRESENCE_NS:
                del self._viewers[presence_id]
                self.changed = True

    def _look_at(
        self,
        presence_id: str,
        campaign_id: str,
        command_id: str,
        now_ns: int,
    ) -> None:
        """Count a play for a presence that looks at it."""
        viewer = self._viewers.setdefault(presence_id, _Viewer(now_ns, Viewed()))
        viewed = viewer.viewed
        if viewed.looks_at == command_id:
            return
        viewed.looks_at = command_id
        viewed.plays[campaign_id] = viewed.plays.get(campaign_id, 0) + 1
        self.changed = True

    def counts(self, now: Moment) -> CapCounts:
        """Return what has to outlast this process."""
        plays = {}
        for campaign_id, counted in self._plays.items():
            lately = []
            for start_ns, command_id in counted:
                if now.steady_ns - start_ns < HOUR_NS:
                    start = now.at_steady(start_ns)
                    lately.append((start.utc_ns, command_id))
            if lately:
                plays[campaign_id] = lately
        viewers = {name: viewer.viewed for name, viewer in self._viewers.items()}
        return CapCounts(plays=plays, viewers=viewers)

    def resume(self, counts: CapCounts, now: Moment) -> None:
        """Go on with what another process has counted, beside what was counted here."""
        for campaign_id, stored in counts.plays.items():
            plays = self._plays.setdefault(campaign_id, [])
            own = {command_id for _, command_id in plays}
            for utc_ns, command_id in stored:
                if command_id in own:
                    continue
                # After the clock was set back, a play may have begun in the future.
                start = now.at_utc(min(utc_ns, now.utc_ns))
                insort(plays, (start.steady_ns, command_id))
        for presence_id, viewed in counts.viewers.items():
            # Maybe still there: when it was last seen here is known in a minute.
            self._viewers.setdefault(presence_id, _Viewer(now.steady_ns, viewed))
        self.known = True

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
        if campaign.caps.are_set and not self.known:
            return False
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
        plays = self._plays.get(campaign.id, ())
        if most is None or len(plays) < most:
            return True
        # The play before as many as are allowed has to be an hour ago.
        earliest_ns, _ = plays[-most]
        return start_ns - earliest_ns >= HOUR_NS

    def _plays_seen(
        self,
        campaign: Campaign,
        person: Person,
        follows: str | None,
    ) -> int:
        """Return the plays of a campaign that somebody has looked at before another one starts."""
        viewer = self._viewers.get(person.presence_id)
        viewed = Viewed() if viewer is None else viewer.viewed
        seen = viewed.plays.get(campaign.id, 0)
        if follows is None or viewed.looks_at == follows:
            return seen
        return seen + 1
