"""How people react to what is shown: what changed for each since the creative began."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from vitrine.mall import Reaction
from vitrine.schemas import Person, StandEngagement

# Chosen, as are the other numbers here; benchmarks.reactions counts what they miss and invent in
# the synthetic mall. Faces grow by a quarter on a step from 2.5 m to 2 m.
APPROACHED: Final = 1.25
"""A face has come closer when it is so many times as high as when the creative began."""
RECEDED: Final = 0.8
"""A face goes away when it is so many times as high as it was at its nearest."""
POSITIVE_RISE: Final = 0.3
"""Expressions have become positive when they are by so much above what is usual for those faces,
and above what they were as the creative began."""


@dataclass(frozen=True, slots=True)
class Showing:
    """Name what is on the screen, since when, and the product that it is about."""

    command_id: str
    since_ns: int
    """UTC, as the times of snapshots."""
    product: str | None = None


@dataclass(slots=True)
class _Begun:
    """Hold a person as the creative began, or as the person came."""

    attending: bool
    face: float
    """Height of the face then, or at the first look since."""
    nearest: float
    """Height of the face at its largest since."""
    looked: bool = False


@dataclass(slots=True)
class Reactions:
    """Compare people with themselves as the creative on the screen began."""

    showing: Showing | None = None
    _begun: dict[str, _Begun] = field(default_factory=dict)
    """By presence; of those who were there in the latest snapshot."""
    _positive_begun: float | None = None
    """Change of positive expressions in the first snapshot since; None before that."""

    def show(self, showing: Showing | None) -> None:
        """Take in what is on the screen; another command begins anew."""
        before = self.showing.command_id if self.showing else None
        now = showing.command_id if showing else None
        self.showing = showing
        if now != before:
            self._begun = {}
            self._positive_begun = None

    def observe(self, snapshot: StandEngagement) -> list[tuple[str, Reaction]]:
        """Take in a snapshot; return the presences that react, and how."""
        if self.showing is None or snapshot.at_ns < self.showing.since_ns:
            return []
        first = self._positive_begun is None
        positive = self._is_positive(snapshot)
        begun = {}
        reacting: list[tuple[str, Reaction]] = []
        for person in snapshot.people:
            own = self._begun.get(person.presence_id)
            if own is None:
                own = _begin(person, there=first)
            begun[person.presence_id] = own
            found = _reactions(person, own)
            reacting += [(person.presence_id, reaction) for reaction in found]
            if positive and person.attending:
                reacting.append((person.presence_id, "positive"))
        self._begun = begun
        return reacting

    def _is_positive(self, snapshot: StandEngagement) -> bool:
        """Return whether the expressions became positive since the creative began."""
        change = 0.0
        if snapshot.expression is not None:
            change = snapshot.expression.positive_change
        if self._positive_begun is None:
            # A smile from before is no reaction to this.
            self._positive_begun = max(0.0, change)
        return change - self._positive_begun >= POSITIVE_RISE


def _begin(person: Person, *, there: bool) -> _Begun:
    """Return somebody who was `there` as the creative began, or who came since."""
    face = person.face or 0.0
    # Who comes and looks has turned to the screen.
    attending = there and person.attending
    return _Begun(attending=attending, face=face, nearest=face)


def _reactions(person: Person, begun: _Begun) -> list[Reaction]:
    """Return how somebody reacts; `begun` goes on with this view."""
    found: list[Reaction] = []
    face = person.face or 0.0
    begun.nearest = max(begun.nearest, face)
    if not begun.looked:
        # Who arrives comes closer anyway: it counts from the first look on.
        begun.face = face
    begun.looked = begun.looked or person.attending
    receded = 0 < face <= RECEDED * begun.nearest
    if not person.attending:
        return ["leaving"] if receded and begun.looked else []
    if not begun.attending:
        found.append("attention")
    # Who walks past without a look comes closer, too.
    if 0 < APPROACHED * begun.face <= face:
        found.append("approach")
    return found
