"""Which windows an arrival may change."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from vitrine.campaigns.audience import Audience
from vitrine.campaigns.events import Key, StandEvents
from vitrine.campaigns.intervals import Span, overlaps, union
from vitrine.campaigns.windows import play_of
from vitrine.schemas import Interaction


def floor(at_ns: int, size_ns: int) -> int:
    """Start of the window that holds a moment."""
    return at_ns // size_ns * size_ns


def touched_windows(
    before: StandEvents, after: StandEvents, changed: Collection[Key], size_ns: int
) -> set[int]:
    """Starts of all windows whose rows may differ between the two states."""
    names: dict[str, set[str]] = {topic: set() for topic, _ in changed}
    for topic, name in changed:
        names[topic].add(name)
    spans = [
        (p.start_ns, p.end_ns) for p in (after.plays[n] for n in names.get("plays", ()))
    ]
    spans += [
        (e.start_ns, e.end_ns)
        for e in (after.exposures[n] for n in names.get("exposures", ()))
    ]
    spans += [
        (c.start_ns, c.end_ns)
        for c in (after.coverage[n] for n in names.get("coverage", ()))
    ]
    spans += renamed_spans(before, after, names)
    merged = union(spans)
    windows = {start for span in merged for start in covered(span, size_ns)}
    windows |= {
        floor(play.start_ns, size_ns)
        for play in after.plays.values()
        if overlaps(merged, play.start_ns, play.end_ns)
    }
    for one in concerned_interactions(before, after, names):
        play = play_of(one, after.plays)
        windows.add(floor(one.at_ns, size_ns))
        if play is not None:
            windows.add(floor(play.start_ns, size_ns))
    return windows


def covered(span: Span, size_ns: int) -> Iterable[int]:
    """Starts of the windows that share a moment with a span."""
    return range(floor(span[0], size_ns), span[1] + 1, size_ns)


def renamed_spans(
    before: StandEvents, after: StandEvents, names: dict[str, set[str]]
) -> list[Span]:
    """All parts of the presences that now belong to another visitor."""
    tracks = names.get("identities", set())
    parts = names.get("exposures", set())
    if not tracks and not parts:
        return []
    presences = {after.exposures[name].presence_id for name in parts}
    presences |= {
        e.presence_id
        for e in after.exposures.values()
        if not tracks.isdisjoint(e.track_ids)
    }
    concerned = [e for e in after.exposures.values() if e.presence_id in presences]
    earlier = [e for e in concerned if e.exposure_id in before.exposures]
    known = {track for exposure in concerned for track in exposure.track_ids}
    old = Audience(earlier, [i for t, i in before.identities.items() if t in known])
    new = Audience(concerned, [i for t, i in after.identities.items() if t in known])
    return [(e.start_ns, e.end_ns) for e in earlier if old.decided(e) != new.decided(e)]


def concerned_interactions(
    before: StandEvents, after: StandEvents, names: dict[str, set[str]]
) -> list[Interaction]:
    """Interactions that are new, name a new play, or were made on a visit whose visitor changed."""
    new = names.get("interactions", set())
    plays = names.get("plays", set())
    tracks = names.get("identities", set())
    visits = {
        s.identities[t].visit_id
        for s in (before, after)
        for t in tracks
        if t in s.identities
    }
    return [
        one
        for name, one in after.interactions.items()
        if name in new or one.play_id in plays or one.visit_id in visits
    ]
