"""Who stands before a screen, as far as conditions and offers need to know."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from vitrine.bus import Received
from vitrine.mall import Condition
from vitrine.schemas import Identity, Person, StandEngagement

FRESH_NS = 2_000_000_000
"""What is older triggers nothing, and without anything newer the audience counts as nobody."""
KEEP_IDENTITY_NS = 60_000_000_000


@dataclass(slots=True)
class Audience:
    """The people at one stand, from snapshots in order; all times are event times in nanoseconds."""

    latest: StandEngagement | None = None
    identities: dict[str, Received[Identity]] = field(default_factory=dict)
    """The last decision about each track that is present or was lately."""
    _held_since: dict[tuple[str, float], int] = field(default_factory=dict)
    """(presence, threshold) → when its score reached the threshold and has held it since."""

    def identify(self, received: Received[Identity]) -> None:
        """Take in who a track is."""
        self.identities.pop(received.event.track_id, None)
        self.identities[received.event.track_id] = received

    def observe(self, snapshot: StandEngagement, thresholds: Collection[float]) -> None:
        """Take in a snapshot; `thresholds` are the scores that some condition asks for. Older ones than
        the latest are ignored."""
        if self.latest and snapshot.at_ns <= self.latest.at_ns:
            return
        if self.latest and snapshot.at_ns - self.latest.at_ns > FRESH_NS:
            self._held_since.clear()
        self._held_since = {
            (person.presence_id, threshold): self._held_since.get(
                (person.presence_id, threshold), snapshot.at_ns
            )
            for person in snapshot.people
            for threshold in thresholds
            if person.score >= threshold
        }
        self.latest = snapshot
        self._forget_identities()

    def _forget_identities(self) -> None:
        assert self.latest is not None  # noqa: S101 - called with a snapshot
        present = {person.track_id for person in self.latest.people}
        oldest = self.latest.at_ns - KEEP_IDENTITY_NS
        self.identities = {
            track: received
            for track, received in self.identities.items()
            if track in present or received.event.decided_at_ns >= oldest
        }

    def present(self, now_ns: int) -> Sequence[Person]:
        """Everybody there; nobody when the latest snapshot is no longer fresh."""
        if self.latest is None or now_ns - self.latest.at_ns > FRESH_NS:
            return ()
        return self.latest.people

    def identity(self, person: Person) -> Identity | None:
        """Who the person is, if that is decided."""
        received = self.identities.get(person.track_id)
        return received.event if received else None

    def meeting(self, condition: Condition, now_ns: int) -> Sequence[Person]:
        """Those for whom the condition holds, most engaged first."""
        people = self.present(now_ns)
        if condition.people is not None and len(people) < condition.people:
            return ()
        if (
            condition.attending is not None
            and sum(p.attending for p in people) < condition.attending
        ):
            return ()
        return sorted(
            (p for p in people if self._meets(p, condition)), key=lambda p: -p.score
        )

    def _meets(self, person: Person, condition: Condition) -> bool:
        if condition.known is not None:
            identity = self.identity(person)
            if (identity is not None and identity.known) != condition.known:
                return False
        if condition.engagement is None:
            return True
        since = self._held_since.get((person.presence_id, condition.engagement))
        if since is None or self.latest is None:
            return False
        return self.latest.at_ns - since >= condition.for_seconds * 1e9


def in_words(condition: Condition) -> str:
    """Why a condition holds, for people to read."""
    parts = []
    if condition.engagement is not None:
        held = (
            f"has been engaged for {condition.for_seconds:g} s"
            if condition.for_seconds
            else "is engaged"
        )
        parts.append(f"somebody {held}")
    if condition.known is not None:
        parts.append(
            "a known customer is here"
            if condition.known
            else "somebody unknown is here"
        )
    if condition.people is not None:
        parts.append(f"people here: {condition.people} or more")
    if condition.attending is not None:
        parts.append(f"people looking: {condition.attending} or more")
    return ", ".join(parts) or "somebody is here"
