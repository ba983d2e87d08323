"""The audience of a play: visitors who were present, and when they looked at the screen."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import date

from vitrine.campaigns.intervals import Span, clip, union
from vitrine.ids import visitor_id
from vitrine.schemas import Exposure, Identity


@dataclass(slots=True)
class Present:
    """Hold one visitor's time during one span, over all presences, parts and cameras."""

    presence: list[Span] = field(default_factory=list)
    attention: list[Span] = field(default_factory=list)
    reactions: list[Span] = field(default_factory=list)
    """Those that began in the span."""
    judged: bool = True
    """Reactions were told of all parts, if only that there were none."""
    score_ns: int = 0
    scored_ns: int = 0


class Audience:
    """Keep exposures with their visitors.

    A presence is one visitor: the one that the latest decision names about the first of its
    tracks that has a decision; without any, a visitor named after the stand, the day and the
    first track.
    """

    def __init__(
        self, exposures: Collection[Exposure], identities: Collection[Identity]
    ) -> None:
        decided = latest_decisions(identities)
        self._parts = in_order(exposures)
        self._starts = [part.start_ns for part in self._parts]
        lengths = [part.end_ns - part.start_ns for part in self._parts]
        self._longest_ns = max(lengths, default=0)
        self._decided = self._visitors_of_presences(decided)

    def _visitors_of_presences(
        self, decided: dict[str, Identity]
    ) -> dict[str, str | None]:
        presences: defaultdict[str, list[Exposure]] = defaultdict(list)
        for part in self._parts:
            presences[part.presence_id].append(part)
        visitors = {}
        for presence, parts in presences.items():
            visitors[presence] = decided_visitor(parts, decided.get)
        return visitors

    def during(
        self,
        start_ns: int,
        end_ns: int,
        day: date,
    ) -> dict[str, Present]:
        """Return the visitors with any presence in the span, everything clipped to it."""
        people: dict[str, Present] = {}
        # A part that begins earlier than the longest one lasts cannot reach into the span.
        first_place = bisect_left(self._starts, start_ns - self._longest_ns)
        last_place = bisect_left(self._starts, end_ns)
        for part in self._parts[first_place:last_place]:
            first_ns = max(part.start_ns, start_ns)
            last_ns = min(part.end_ns, end_ns)
            if first_ns >= last_ns:
                continue
            present = people.setdefault(self._visitor(part, day), Present())
            present.presence.append((first_ns, last_ns))
            present.attention.extend(part.attention)
            present.judged &= part.reactions is not None
            present.reactions.extend(part.reactions or ())
            present.score_ns += round(part.score_mean * (last_ns - first_ns))
            present.scored_ns += last_ns - first_ns
        for present in people.values():
            present.presence = union(present.presence)
            present.attention = clip(
                union(present.attention),
                start_ns,
                end_ns,
            )
            # What was there before is no reaction to what came on the screen.
            begun = [one for one in union(present.reactions) if one[0] >= start_ns]
            present.reactions = clip(begun, start_ns, end_ns)
        return people

    def _visitor(self, part: Exposure, day: date) -> str:
        decided = self._decided[part.presence_id]
        if decided is not None:
            return decided
        return visitor_id(
            part.stand_id,
            day,
            part.track_ids[0],
        )


def in_order(exposures: Iterable[Exposure]) -> list[Exposure]:
    """Return each exposure once, by start and id."""
    # By id: the same part may come twice.
    different = {exposure.exposure_id: exposure for exposure in exposures}
    return sorted(
        different.values(),
        key=lambda exposure: (exposure.start_ns, exposure.exposure_id),
    )


def decided_visitor(
    parts: Iterable[Exposure], decision: Callable[[str], Identity | None]
) -> str | None:
    """Return the visitor of a presence by the decisions about its tracks, None without any.

    Takes the parts in order; their tracks count in the order in which the parts name them.
    """
    for part in parts:
        for track in part.track_ids:
            identity = decision(track)
            if identity is not None:
                return identity.visitor_id
    return None


def latest_decisions(identities: Iterable[Identity]) -> dict[str, Identity]:
    """Return the last decision about each track."""
    latest: dict[str, Identity] = {}
    for identity in identities:
        known = latest.get(identity.track_id)
        if known is None or rank(identity) > rank(known):
            latest[identity.track_id] = identity
    return latest


def rank(identity: Identity) -> tuple[int, str, str]:
    """Return the key by which decisions about one track replace each other."""
    return identity.decided_at_ns, identity.visitor_id, identity.visit_id
