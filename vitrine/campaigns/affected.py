"""Affected windows: those whose totals may differ once a draft of events is adopted."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.campaigns.audience import decided_visitor, in_order
from vitrine.campaigns.index import EventIndex
from vitrine.schemas import Coverage, Exposure, Interaction, Play


def affected_windows(draft: EventIndex) -> set[int]:
    """Return the starts of the windows; some may turn out unchanged, none is missing."""
    changed: list[Play | Exposure | Coverage] = [
        *draft.plays.events.values(),
        *draft.exposures.events.values(),
        *draft.coverage.events.values(),
        *renamed_exposures(draft),
    ]
    spans = [(event.start_ns, event.end_ns) for event in changed]
    windows: set[int] = set()
    for interaction in concerned_interactions(draft):
        spans.append((interaction.at_ns, interaction.at_ns))
        named = draft.plays.get(interaction.play_id or "")
        if named is not None:
            windows.add(draft.grid.floor(named.start_ns))
    for start_ns, end_ns in spans:
        windows.update(windows_around(draft, start_ns, end_ns))
    return windows


def windows_around(draft: EventIndex, start_ns: int, end_ns: int) -> set[int]:
    """Return the windows that a span shares a moment with, and those of the plays that last into it."""
    covered = draft.grid.covered(start_ns, end_ns)
    windows = set(covered)
    for window_ns in covered:
        for play in draft.plays.group(("crosses", window_ns)):
            if play.start_ns <= end_ns and play.end_ns >= start_ns:
                windows.add(draft.grid.floor(play.start_ns))
    return windows


def renamed_exposures(draft: EventIndex) -> Iterator[Exposure]:
    """Yield the known parts of the presences that now belong to another visitor."""
    presences = {part.presence_id for part in draft.exposures.events.values()}
    for track in draft.identities.events:
        for part in draft.exposures.group(("track", track)):
            presences.add(part.presence_id)
    for presence in sorted(presences):
        known = in_order(draft.exposures.before(("presence", presence)))
        parts = in_order(draft.exposures.group(("presence", presence)))
        before = decided_visitor(known, draft.identities.get_before)
        after = decided_visitor(parts, draft.identities.get)
        if before != after:
            yield from known


def concerned_interactions(draft: EventIndex) -> list[Interaction]:
    """Return the interactions that are new, name a new play, or are of a visit whose visitor may have changed."""
    found = list(draft.interactions.events.values())
    for name in draft.plays.events:
        found += draft.interactions.group(("play", name))
    for track, identity in draft.identities.events.items():
        found += draft.interactions.group(("visit", identity.visit_id))
        replaced = draft.identities.get_before(track)
        if replaced is not None:
            found += draft.interactions.group(("visit", replaced.visit_id))
    return found
