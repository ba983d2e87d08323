"""The people before a screen, as far as conditions and offers need to know them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Condition
from vitrine.mall.hours import is_open
from vitrine.programme.interest import Interests
from vitrine.programme.reactions import Reactions, Showing
from vitrine.programme.words import reactions_in_words
from vitrine.schemas import EXPRESSION_GROUPS, Identity, Person, StandEngagement

# Chosen, not measured: snapshots come several times a second, so several in a row have to be
# missing.
FRESH_NS: Final = 2 * SECOND_NS
"""Age above which a snapshot triggers nothing; without a newer one nobody counts as present."""
# Chosen, not measured: a track may be absent for a while, and the decision about it is published
# once.
KEEP_IDENTITY_NS: Final = 60 * SECOND_NS
"""Time that an identity is kept after it was decided, if its track is not present."""
# What was judged may be half a second old as a snapshot tells it (`JUDGED_NS`): 2 s in all.
EXPRESSION_FRESH_NS: Final = 3 * SECOND_NS // 2
"""Age above which a snapshot says nothing of expressions."""
# More than all other groups together.
MOST: Final = 0.5
"""Share from which a group of expressions is what those show who look."""
EVERYBODY: Final = ""
"""Stands for the presence where something holds of all who look."""
# A play's reason has 200 characters, of which the id of a creative takes up to 60.
LONGEST_REASON: Final = 130


@dataclass(slots=True)
class Audience:
    """Keep the people at one stand, from snapshots in order; all times are event times."""

    latest: StandEngagement | None = None
    identities: dict[str, Identity] = field(default_factory=dict)
    """The last decision about each track that is present or was lately."""
    time_zone: str = "UTC"
    """Of the stand, for the hours of conditions."""
    interests: Interests = field(default_factory=Interests)
    _reactions: Reactions = field(default_factory=Reactions)
    _touched_id: str = ""
    """Command that was touched last."""
    _held_since: dict[tuple[str, float | str], int] = field(default_factory=dict)
    """(presence, threshold, expression or reaction) → since when it has held."""

    def identify(self, identity: Identity) -> None:
        """Take in the decision about a track; it replaces an earlier one."""
        self.identities[identity.track_id] = identity

    def show(self, showing: Showing | None) -> None:
        """Take in what is on the screen now."""
        self._reactions.show(showing)

    def touched(self, command_id: str) -> None:
        """Take in that the play of a command was touched."""
        self._touched_id = command_id
        showing = self._reactions.showing
        if showing is None or self.latest is None or showing.product is None:
            return
        if showing.command_id == command_id:
            self.interests.touch(self.latest.people, showing.product)

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
        for key in self._holding(snapshot, thresholds):
            held_since[key] = self._held_since.get(key, snapshot.at_ns)
        self._held_since = held_since
        passed_ns = snapshot.at_ns - latest.at_ns if latest is not None else 0
        showing = self._reactions.showing
        product = showing.product if showing is not None else None
        self.interests.observe(snapshot.people, product, passed_ns)
        self._forget_identities(snapshot)
        self.latest = snapshot

    def _holding(
        self, snapshot: StandEngagement, thresholds: Collection[float]
    ) -> list[tuple[str, float | str]]:
        """Return what holds as of a snapshot, and of whom."""
        holding: list[tuple[str, float | str]] = []
        for person in snapshot.people:
            reached = [each for each in thresholds if person.score >= each]
            holding += [(person.presence_id, each) for each in reached]
        shown = snapshot.expression
        if shown is not None:
            most = [group for group in EXPRESSION_GROUPS if shown.share(group) >= MOST]
            holding += [(EVERYBODY, group) for group in most]
        holding += self._reactions.observe(snapshot)
        return holding

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

    def meeting(
        self,
        condition: Condition,
        now_ns: int,
        *,
        for_offers: bool = False,
    ) -> list[Person]:
        """Return those for whom the condition holds, most engaged first.

        For offers a customer who does not consent to personal ones is like somebody unknown.
        """
        latest = self._fresh(now_ns)
        if latest is None or not is_open(condition.hours, self.time_zone, now_ns):
            return []
        if not self._of_all(condition, latest, now_ns):
            return []
        at_ns = latest.at_ns
        found = []
        for person in latest.people:
            is_known = self._is_known(person, for_offers=for_offers)
            if self._of_one(person, condition, at_ns, is_known=is_known):
                found.append(person)
        return sorted(
            found,
            key=lambda person: person.score,
            reverse=True,
        )

    def _of_all(
        self,
        condition: Condition,
        latest: StandEngagement,
        now_ns: int,
    ) -> bool:
        """Return whether that holds which speaks of nobody in particular."""
        people = latest.people
        if condition.people is not None and len(people) < condition.people:
            return False
        if condition.attending is not None:
            attending = sum(person.attending for person in people)
            if attending < condition.attending:
                return False
        if condition.touch is not None and self._is_touched() != condition.touch:
            return False
        judges = condition.expression is not None or condition.reaction == "positive"
        return not judges or now_ns - latest.at_ns <= EXPRESSION_FRESH_NS

    def _of_one(
        self,
        person: Person,
        condition: Condition,
        at_ns: int,
        *,
        is_known: bool,
    ) -> bool:
        """Return whether that holds which speaks of a person."""
        if condition.group is not None and person.group < condition.group:
            return False
        if condition.returning not in {None, self._is_returning(person)}:
            return False
        product = condition.interest
        if product is not None and not self.interests.has(person.presence_id, product):
            return False
        if not self._is_who(person, condition, is_known=is_known):
            return False
        return self._held(person, condition, at_ns)

    def _is_known(self, person: Person, *, for_offers: bool) -> bool:
        """Return whether a person counts as known; who is not identified yet does not."""
        identity = self.identity(person)
        if identity is None or not identity.known:
            return False
        return identity.offers or not for_offers

    def _is_returning(self, person: Person) -> bool:
        """Return whether a person was here before today; who is not identified yet was not."""
        identity = self.identity(person)
        return identity is not None and identity.returning

    def _is_who(
        self,
        person: Person,
        condition: Condition,
        *,
        is_known: bool,
    ) -> bool:
        """Return whether a person is one whom the condition may be about."""
        identity = self.identity(person)
        enrolled = identity is not None and identity.known
        # Who enrolled is no child, however low the head is beside others.
        if person.child and not enrolled:
            return False
        if not is_known or identity is None:
            return not condition.personal
        return condition.known is not False and set(condition.tags) <= set(
            identity.tags
        )

    def _is_touched(self) -> bool:
        """Return whether what is on the screen was touched."""
        showing = self._reactions.showing
        return showing is not None and showing.command_id == self._touched_id

    def _held(
        self,
        person: Person,
        condition: Condition,
        at_ns: int,
    ) -> bool:
        asked: list[tuple[str, float | str]] = []
        if condition.engagement is not None:
            asked.append((person.presence_id, condition.engagement))
        if condition.expression is not None:
            asked.append((EVERYBODY, condition.expression))
        if condition.reaction is not None:
            asked.append((person.presence_id, condition.reaction))
        for key in asked:
            since_ns = self._held_since.get(key)
            if since_ns is None:
                return False
            if at_ns - since_ns < condition.for_seconds * SECOND_NS:
                return False
        return True


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
    parts += reactions_in_words(condition)
    if not parts:
        return "somebody is here"
    words = ", ".join(parts)
    if len(words) > LONGEST_REASON:
        return f"{words[: LONGEST_REASON - 1]}…"
    return words
