"""Put away the events of closed windows, and forget those of final ones."""

from __future__ import annotations

from dataclasses import dataclass, field

from vitrine.campaigns.event_pages import (
    decisions_among,
    events_of,
    group_mark,
    page_of,
)
from vitrine.campaigns.event_table import Group
from vitrine.campaigns.events import Key
from vitrine.campaigns.index import EventIndex
from vitrine.campaigns.shelf import Page
from vitrine.schemas import Event, Identity


@dataclass(frozen=True, slots=True)
class Leaving:
    """Hold what leaves memory."""

    pages: dict[int, Page | None] = field(default_factory=dict)
    """Window → its new page; None of one whose events are all forgotten."""
    keys: list[Key] = field(default_factory=list)
    """Events that are on pages now, or forgotten."""


def put_away(
    base: EventIndex,
    draft: EventIndex,
    until_ns: int,
    oldest_ns: int,
) -> Leaving:
    """Return what becomes of the events that end in windows before `until_ns`.

    Those of windows before `oldest_ns` are forgotten, but for decisions about people whose
    exposures are kept. Decisions that the draft replaces leave their pages in any case.
    """
    leaving = Leaving()
    windows = replaced_windows(base, draft)
    windows.update(base.shelf.before(oldest_ns))
    for index in (base, draft):
        windows.update(start_ns for start_ns in index.ends if start_ns < until_ns)
    for start_ns in sorted(windows):
        known = events_on_page(base, start_ns, oldest_ns)
        events = without_replaced(draft, known)
        if start_ns < until_ns:
            fresh = events_in_memory(base, draft, start_ns)
            leaving.keys.extend(fresh)
            events.update(fresh)
        if start_ns < oldest_ns:
            events = still_needed(base, draft, events, oldest_ns)
        if start_ns < oldest_ns or events != known:
            leaving.pages[start_ns] = page_with(draft, events)
    return leaving


def events_on_page(
    base: EventIndex,
    start_ns: int,
    oldest_ns: int,
) -> dict[Key, Event]:
    """Return the events on the page of a window; of one before `oldest_ns`, only decisions."""
    lines = base.shelf.lines(start_ns)
    if start_ns < oldest_ns:
        # All else is forgotten.
        lines = decisions_among(lines)
    return dict(events_of(lines))


def without_replaced(draft: EventIndex, events: dict[Key, Event]) -> dict[Key, Event]:
    """Return the events but decisions about tracks that the draft has later ones of."""
    later = draft.identities.events
    return {
        key: event
        for key, event in events.items()
        if key.topic != "identities" or key.name not in later
    }


def replaced_windows(base: EventIndex, draft: EventIndex) -> set[int]:
    """Return the windows of pages with decisions that the draft replaces."""
    windows = set()
    for track in draft.identities.events:
        old = base.identities.get(track)
        if old is None:
            continue
        start_ns = base.grid.floor(old.decided_at_ns)
        if Key("identities", track) not in base.ends.get(start_ns, ()):
            windows.add(start_ns)
    return windows


def events_in_memory(
    base: EventIndex,
    draft: EventIndex,
    start_ns: int,
) -> dict[Key, Event]:
    """Return the events that end in a window and are on no page."""
    keys = base.ends.get(start_ns, set()) | draft.ends.get(start_ns, set())
    found = {}
    for key in keys:
        event = draft.get(key)
        # The decision that replaces one may be of another window.
        if event is not None and base.grid.floor(event.occurred_at_ns) == start_ns:
            found[key] = event
    return found


def still_needed(
    base: EventIndex,
    draft: EventIndex,
    events: dict[Key, Event],
    oldest_ns: int,
) -> dict[Key, Event]:
    """Return the decisions about tracks with an exposure that ends at `oldest_ns` or later."""
    return {
        key: event
        for key, event in events.items()
        if isinstance(event, Identity) and is_seen(base, draft, key.name, oldest_ns)
    }


def is_seen(
    base: EventIndex,
    draft: EventIndex,
    track: str,
    since_ns: int,
) -> bool:
    """Tell whether an exposure of a track ends at a window's start or later."""
    group: Group = ("track", track)
    for index in (base, draft):
        if any(one.end_ns >= since_ns for one in index.exposures.held(group)):
            return True
    # What a page is of says enough: it need not be read.
    pages = base.shelf.find(group_mark("exposures", group))
    return any(start_ns >= since_ns for start_ns in pages)


def page_with(index: EventIndex, events: dict[Key, Event]) -> Page | None:
    """Return a page of events, found by all groups that they belong to; None without any."""
    if not events:
        return None
    groups = []
    for key, event in events.items():
        groups += [(key.topic, group) for group in index.groups_of(key, event)]
    return page_of(events, groups)
