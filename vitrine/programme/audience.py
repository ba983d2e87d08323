"""The people before a screen, as far as conditions and offers need to know them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Condition
from vitrine.mall.hours import is_open
from vitrine.schemas import Identity, Person, StandEngagement

# Chosen, not measured: snapshots come several times a second, so several in a row have to be
# missing.
FRESH_NS: Final = 2 * SECOND_NS
"""Age above which a snapshot triggers nothing; without a newer one nobody counts as present."""
# Chosen, not measured: a track may be absent for a while, and the decision about it is published
# once.
KEEP_IDENTITY_NS: Final = 60 * SECOND_NS
"""Time that an identity is kept after it was decided, if its track is not present."""


@dataclass(slots=True)
class Audience:
    """Keep the people at one stand, from snapshots in order; all times are event times."""

    latest: StandEngagement | None = None
    identities: dict[str, Identity] = field(default_factory=dict)
    """The last decision about each track that is present or was lately."""
    time_zone: str = "UTC"
    """Of the stand, for the hours of conditions."""
    _held_since: dict[tuple[str, float], int] = field(default_factory=dict)
    """(presence, threshold) → when its score reached the threshold and has held it since."""

    def identify(self, identity: Identity) -> None:
        """Take in the decision about a track; it replaces an earlier one."""
        self.identities[identity.track_id] = identity

    def observe(self, snapshot: StandEngagement, thresholds: Collection[float]) -> None:
        """Take in a snapshot; one that is not newer than the latest is ignored.

        `thresholds` are the scores, 0 to 100, that some condition asks for.
        """
        latest = self.latest
        if latest is not None and snapshot.at_ns <= latest.at_ns:
            if latest.at_ns - snapshot.at_ns <= FRESH_NS:
                return
            # The camera's clock was set back: what it said before is of a time to come.
            self.latest = None
        if self._fresh(snapshot.at_ns) is None:
            # Nobody knows what happened since the latest: all times start again.
            self._held_since.clear()
        held_since = {}
        for person in snapshot.people:
            for threshold in thresholds:
                if person.score >= threshold:
                    key = (person.presence_id, threshold)
                    held_since[key] = self._held_since.get(key, snapshot.at_ns)
        self._held_since = held_since
        self._forget_identities(snapshot)
        self.latest = snapshot

    def _fresh(self, now_ns: int) -> StandEngagement | None:
        """Return the latest snapshot unless it is too old, or missing."""
        if self.latest is None or now_ns - self.latest.at_ns > FRESH_NS:
            return None
        return self.latest

    def _forget_identities(self, snapshot: StandEngagement) -> None:
        present = {person.track_id for person in snapshot.people}
        oldest_ns = snapshot.at_ns - KEEP_IDENTITY_NS
        for track_id, identity in list(self.identities.items()):
            if track_id not in present and identity.decided_at_ns < oldest_ns:
                del self.identities[track_id]

    def is_fresh(self, now_ns: int) -> bool:
        """Return True while it is known who is there."""
        return self._fresh(now_ns) is not None

    def present(self, now_ns: int) -> Sequence[Person]:
        """Return everybody there; nobody when the latest snapshot is no longer fresh."""
        latest = self._fresh(now_ns)
        if latest is None:
            return ()
        return latest.people

    def identity(self, person: Person) -> Identity | None:
        """Return the decision who the person is; None before there is one."""
        return self.identities.get(person.track_id)

    def meeting(self, condition: Condition, now_ns: int) -> list[Person]:
        """Return those for whom the condition holds, most engaged first."""
        latest = self._fresh(now_ns)
        if latest is None or not is_open(condition.hours, self.time_zone, now_ns):
            return []
        people = latest.people
        if condition.people is not None and len(people) < condition.people:
            return []
        if condition.attending is not None:
            attending = sum(person.attending for person in people)
            if attending < condition.attending:
                return []
        found = []
        for person in people:
            known = self._known(person, condition)
            if known and self._held(person, condition, latest.at_ns):
                found.append(person)
        return sorted(
            found,
            key=lambda person: person.score,
            reverse=True,
        )

    def _known(self, person: Person, condition: Condition) -> bool:
        # Those who are not identified yet count as unknown.
        if condition.known is None:
            return True
        identity = self.identity(person)
        known = identity is not None and identity.known
        return known == condition.known

    def _held(
        self,
        person: Person,
        condition: Condition,
        at_ns: int,
    ) -> bool:
        if condition.engagement is None:
            return True
        key = (person.presence_id, condition.engagement)
        since_ns = self._held_since.get(key)
        if since_ns is None:
            return False
        return at_ns - since_ns >= condition.for_seconds * SECOND_NS


def in_words(condition: Condition) -> str:
    """Return why a condition holds, for people to read."""
    parts = []
    if condition.engagement is not None:
        if condition.for_seconds:
            parts.append(f"somebody has been engaged for {condition.for_seconds:g} s")
        else:
            parts.append("somebody is engaged")
    if condition.known is not None:
        if condition.known:
            parts.append("a known customer is here")
        else:
            parts.append("somebody unknown is here")
    if condition.people is not None:
        parts.append(f"people here: {condition.people} or more")
    if condition.attending is not None:
        parts.append(f"people looking: {condition.attending} or more")
    if condition.hours:
        parts.append("it is its time")
    if not parts:
        return "somebody is here"
    return ", ".join(parts)
