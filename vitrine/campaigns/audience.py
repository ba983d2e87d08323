"""Who was in front of the screen, and when they looked at it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from vitrine.campaigns.intervals import Span, clip, union
from vitrine.ids import visitor_id
from vitrine.schemas import Exposure, Identity


@dataclass(slots=True)
class Present:
    """One visitor during one span: over all presences, parts and cameras."""

    presence: list[Span] = field(default_factory=list)
    attention: list[Span] = field(default_factory=list)
    score_ns: int = 0
    scored_ns: int = 0


class Audience:
    """Exposures with their visitors.

    A presence is one visitor: whom the latest decision names about the first of its tracks that has one;
    without any, a visitor named after the stand, the day and the first track.
    """

    def __init__(
        self, exposures: Collection[Exposure], identities: Collection[Identity]
    ) -> None:
        self._exposures = sorted(
            {e.exposure_id: e for e in exposures}.values(),
            key=lambda e: (e.start_ns, e.exposure_id),
        )
        decided = latest_decisions(identities)
        self.visits = {
            i.visit_id: i.visitor_id
            for i in sorted(
                decided.values(), key=lambda i: (i.decided_at_ns, i.visitor_id)
            )
        }
        """Visit → visitor."""
        self._decisions = {
            presence: next(
                (decided[track].visitor_id for track in tracks if track in decided),
                None,
            )
            for presence, tracks in presence_tracks(self._exposures).items()
        }

    def during(self, start_ns: int, end_ns: int, day: date) -> dict[str, Present]:
        """Visitors with any presence in the span, everything clipped to it."""
        people: dict[str, Present] = {}
        for exposure in self._exposures:
            first = max(exposure.start_ns, start_ns)
            last = min(exposure.end_ns, end_ns)
            if first >= last:
                continue
            one = people.setdefault(self.visitor(exposure, day), Present())
            one.presence.append((first, last))
            one.attention += exposure.attention
            one.score_ns += round(exposure.score_mean * (last - first))
            one.scored_ns += last - first
        for one in people.values():
            one.presence = union(one.presence)
            one.attention = clip(union(one.attention), start_ns, end_ns)
        return people

    def visitor(self, exposure: Exposure, day: date) -> str:
        """Whose presence this is."""
        return self.decided(exposure) or visitor_id(
            exposure.stand_id, day, exposure.track_ids[0]
        )

    def decided(self, exposure: Exposure) -> str | None:
        """Whom the decisions name; None without any."""
        return self._decisions[exposure.presence_id]


def latest_decisions(identities: Collection[Identity]) -> dict[str, Identity]:
    """The last decision about each track."""
    latest: dict[str, Identity] = {}
    for one in identities:
        there = latest.get(one.track_id)
        if there is None or rank(one) > rank(there):
            latest[one.track_id] = one
    return latest


def rank(one: Identity) -> tuple[int, str, str]:
    """Decisions about one track in the order in which they replace each other."""
    return one.decided_at_ns, one.visitor_id, one.visit_id


def presence_tracks(exposures: Iterable[Exposure]) -> dict[str, tuple[str, ...]]:
    """All tracks of each presence in the order in which its parts, given by time, name them."""
    tracks: dict[str, dict[str, None]] = {}
    for exposure in exposures:
        tracks.setdefault(exposure.presence_id, {}).update(
            dict.fromkeys(exposure.track_ids)
        )
    return {presence: tuple(names) for presence, names in tracks.items()}
