"""Keep what other services say about the faces in the pictures."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any, Final

from vitrine.clock import SECOND_NS
from vitrine.presence.expression import Baseline
from vitrine.schemas import (
    Face,
    Identity,
    Person,
    StandEngagement,
)

# Far more tracks than a mall has open at a time. Chosen, not measured.
TRACKS: Final = 2_000


@dataclass(frozen=True, slots=True)
class Recognition:
    """Hold whether a track is a known customer; never who it is."""

    known: bool
    reason: str


@dataclass(slots=True)
class _Seen:
    baseline: Baseline
    at_ns: int


@dataclass(slots=True)
class People:
    """Hold persons, recognition and expression response by track; the oldest tracks go first."""

    _present: dict[str, dict[str, Person]] = field(default_factory=dict)
    """By stand, then by track."""
    _recognised: OrderedDict[str, Recognition] = field(default_factory=OrderedDict)
    _seen: OrderedDict[str, _Seen] = field(default_factory=OrderedDict)

    def observe_engagement(self, engagement: StandEngagement) -> None:
        """Replace who is present at a stand."""
        present = {}
        for person in engagement.people:
            present[person.track_id] = person
        self._present[engagement.stand_id] = present

    def observe_identity(self, identity: Identity) -> None:
        """Take the latest decision about a track."""
        recognition = Recognition(
            identity.known,
            identity.reason,
        )
        self._recognised[identity.track_id] = recognition
        _keep_latest(self._recognised, identity.track_id)

    def respond(self, face: Face, at_ns: int) -> float:
        """Return the face's expression response at its capture time, 0 to 1.

        By the formula of `engagement` (docs/metrics.md), for the track alone.
        """
        seen = self._seen.get(face.track_id)
        if seen is None:
            seen = _Seen(Baseline(), at_ns)
            self._seen[face.track_id] = seen
        _keep_latest(self._seen, face.track_id)
        passed_ns = max(0, at_ns - seen.at_ns)
        seen.at_ns = at_ns
        return seen.baseline.observe(
            face.expression,
            passed_ns / SECOND_NS,
        )

    def person(self, stand_id: str, track_id: str) -> Person | None:
        """Return the person that a track shows, if engagement counts it as one."""
        present = self._present.get(stand_id, {})
        return present.get(track_id)

    def recognition(self, track_id: str) -> Recognition | None:
        """Return the decision about a track, if there is one yet."""
        return self._recognised.get(track_id)

    def keep_stands(self, stand_ids: set[str]) -> None:
        """Forget stands that are not configured any more."""
        for stand_id in list(self._present):
            if stand_id not in stand_ids:
                del self._present[stand_id]


def _keep_latest(by_track: OrderedDict[str, Any], track_id: str) -> None:
    """Make a track the latest, and forget the oldest beyond TRACKS."""
    by_track.move_to_end(track_id)
    if len(by_track) > TRACKS:
        by_track.popitem(last=False)
