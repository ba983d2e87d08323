"""Affected windows: those whose totals may differ once a draft of events is adopted."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vitrine.campaigns.audience import decided_visitor, in_order
from vitrine.campaigns.index import EventIndex
from vitrine.schemas import Coverage, Exposure, Interaction, Play

# Later than any event.
NEVER_NS: Final = 2**63


def affected_windows(draft: EventIndex, before_ns: int = NEVER_NS) -> set[int]:
    """Return the starts of the windows; some may turn out unchanged, none is missing.

    Only those that start earlier than `before_ns` are looked for.
    """
    border_ns = last_end_ns(draft, before_ns)
    changed: list[Play | Exposure | Coverage] = []
    changed += draft.plays.events.values()
    changed += draft.exposures.events.values()
    changed += draft.coverage.events.values()
    changed += renamed_exposures(draft, border_ns)
    # Most events are of a window that is open: whatever begins after the border is.
    spans = [
        (event.start_ns, event.end_ns)
        for event in changed
        if event.start_ns <= border_ns
    ]
    windows = set()
    for interaction in concerned_interactions(draft):
        own_window_ns = draft.grid.floor(interaction.at_ns)
        windows.add(own_window_ns)
    for start_ns, end_ns in spans:
        around = windows_around(draft, start_ns, end_ns)
        windows.update(around)
    return windows


def last_end_ns(draft: EventIndex, before_ns: int) -> int:
    """Return until when plays last that began before a window's start; at least that start."""
    if before_ns == NEVER_NS:
        return NEVER_NS
    crossing = draft.plays.group(("crosses", before_ns))
    ends = [play.end_ns for play in crossing if play.start_ns < before_ns]
    return max(ends, default=before_ns)


def windows_around(
    draft: EventIndex,
    start_ns: int,
    end_ns: int,
) -> set[int]:
    """Return the windows that share a moment with a span, and those of plays that last into it."""
    covered = draft.grid.covered(start_ns, end_ns)
    windows = set(covered)
    for window_ns in covered:
        crossing = draft.plays.group(("crosses", window_ns))
        for play in crossing:
            begins_in_time = play.start_ns <= end_ns
            lasts_into_it = play.end_ns >= start_ns
            if begins_in_time and lasts_into_it:
                own_window_ns = draft.grid.floor(play.start_ns)
                windows.add(own_window_ns)
    return windows


def renamed_exposures(draft: EventIndex, border_ns: int) -> Iterator[Exposure]:
    """Yield the known parts of the presences that now belong to another visitor.

    Presences of which no part begins by the border are left out.
    """
    exposures = draft.exposures
    # A late part may bring a track whose visitor is known, as a decision may.
    concerned = list(exposures.events.values())
    for track in draft.identities.events:
        concerned += exposures.group(("track", track))
    presences = {exposure.presence_id for exposure in concerned}
    for presence in sorted(presences):
        group = ("presence", presence)
        known = in_order(exposures.before(group))
        if not known or known[0].start_ns > border_ns:
            continue
        parts = in_order(exposures.group(group))
        before = decided_visitor(known, draft.identities.get_before)
        after = decided_visitor(parts, draft.identities.get)
        if before != after:
            yield from known


def concerned_interactions(draft: EventIndex) -> list[Interaction]:
    """Return the interactions that are new, or name a new play."""
    interactions = draft.interactions
    found = list(interactions.events.values())
    for name in draft.plays.events:
        found += interactions.group(("play", name))
    return found
