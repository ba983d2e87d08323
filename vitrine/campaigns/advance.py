"""Advance a stand: a batch of events closes and revises windows, and adds to the totals."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine.campaigns.affected import affected_windows
from vitrine.campaigns.events import key_of
from vitrine.campaigns.place import ANYWHERE, Place
from vitrine.campaigns.plausible import CONTRADICTS, REBUILT, decisive_ns, too_old
from vitrine.campaigns.release import (
    follow_names,
    forget_rows,
    hour_passed,
    note_row,
    release_people,
    release_plays,
    show,
)
from vitrine.campaigns.rows import emptied, revise
from vitrine.campaigns.slot_changes import (
    SlotFollower,
    closed_slots,
    follow_slots,
    slots_of_windows,
)
from vitrine.campaigns.slots import Experiments, SlotChange, slot_floor
from vitrine.campaigns.snapshots import snapshot
from vitrine.campaigns.stand import Change, Reached, Stand
from vitrine.campaigns.windows import Window, join
from vitrine.clock import SECOND_NS
from vitrine.schemas import SLOT_NS, Event, Identity

# The longest local day, when summer time ends: visitors of a row are needed while another row of
# its day can change.
DAY_NS = 25 * 3600 * SECOND_NS


def advance(
    stand: Stand,
    events: Sequence[Event],
    time_zone: str,
    *,
    watermark_ns: int | None = None,
    place: Place = ANYWHERE,
    experiments: Experiments | None = None,
    ended: bool = False,
) -> Change:
    """Return what events change: windows that are due close, all when the input has `ended`.

    They are due by `watermark_ns`, without it by the stand's own events alone. The slot table is
    kept where `experiments` tell which campaigns are on.
    """
    change = Change(
        stand=stand,
        events=stand.events.draft(),
        open_windows=set(stand.open_windows),
        watermark_ns=stand.watermark_ns,
        closed_ns=stand.closed_ns,
        k_anonymity=stand.rules.step(recognised=place.recognised),
    )
    admit(change, events)
    if watermark_ns is None:
        watermark_ns = latest_ns(events)
    change.watermark_ns = max(stand.watermark_ns, watermark_ns)
    change.closed_ns = closing_time(change, ended=ended)
    late = late_windows(change)
    revise_windows(change, late, time_zone, place)
    close_windows(change, time_zone, place, ended=ended)
    change.gone = gone_visitors(change)
    if experiments is not None:
        change.slots = slot_changes(change, late, experiments, time_zone)
        release_slots(change)
    if change.closed_ns > stand.closed_ns:
        prune(change)
    show(change, ended=ended)
    return change


def revise_windows(
    change: Change,
    late: set[int],
    time_zone: str,
    place: Place,
) -> None:
    """Bring windows up to date that had closed, then release: by then all names are present."""
    campaigns = set()
    for start_ns in sorted(late):
        campaigns |= recompute(change, start_ns, time_zone, place)
    follow_names(change)
    release_people(change, campaigns, change.stand.closed_ns)


def close_windows(
    change: Change,
    time_zone: str,
    place: Place,
    *,
    ended: bool,
) -> None:
    """Close the windows that are due, in order of time, and release after each.

    What becomes public then depends neither on the size of batches nor on the order of a set.
    """
    stand = change.stand
    closed_ns = stand.closed_ns
    for start_ns in sorted(take_due_windows(change)):
        if hour_passed(closed_ns, start_ns):
            release_plays(change)
        closed_ns = start_ns
        campaigns = recompute(change, start_ns, time_zone, place)
        until_ns = start_ns + stand.rules.window_ns
        release_people(change, campaigns, until_ns)
    if ended or hour_passed(closed_ns, change.closed_ns):
        release_plays(change)


def release_slots(change: Change) -> None:
    """Let steps of slots wait for their records, as everything that is released."""
    for campaign_id, step in change.slots.released.items():
        change.ledger(campaign_id).slots_ns = step.until_ns
        change.decided.slots[campaign_id] = step


def latest_ns(events: Sequence[Event]) -> int:
    """Return the time of the latest event, 0 without any."""
    return max((event.occurred_at_ns for event in events), default=0)


def slot_changes(
    change: Change,
    late: set[int],
    experiments: Experiments,
    time_zone: str,
) -> SlotChange:
    """Return what changes in the slot table; `late` are windows that had closed."""
    stand = change.stand
    rules = stand.rules
    follower = SlotFollower(
        stand.stand_id,
        stand.slots,
        change.events,
        experiments,
        time_zone,
        change.k_anonymity,
    )
    times = [event.occurred_at_ns for _, event in change.events.own_events()]
    closed = closed_slots(
        stand.closed_ns,
        change.closed_ns,
        min(times, default=change.closed_ns),
    )
    revised = slots_of_windows(late, rules.window_ns, stand.closed_ns)
    final_ns = min(stand.oldest_ns(change.watermark_ns), change.closed_ns)
    final = range(
        slot_floor(stand.oldest_ns(stand.watermark_ns)),
        slot_floor(final_ns),
        SLOT_NS,
    )
    return follow_slots(follower, closed, revised, final)


def admit(change: Change, events: Sequence[Event]) -> None:
    """Keep what is new, does not contradict what is known, and is not older than the horizon."""
    stand = change.stand
    oldest_ns = stand.oldest_ns(stand.watermark_ns)
    for place, event in enumerate(events):
        decided_ns = decisive_ns(event)
        key = key_of(event)
        if decided_ns < oldest_ns:
            change.refused.append((place, too_old(stand.rules.horizon_ns)))
            change.late.append(key.topic)
        elif decided_ns < stand.floor.start_ns and not isinstance(event, Identity):
            change.refused.append((place, REBUILT))
        elif change.events.contradicts(event, key):
            change.refused.append((place, CONTRADICTS))
        elif change.events.add(event, key) and decided_ns < stand.closed_ns:
            change.late.append(key.topic)


def closing_time(change: Change, *, ended: bool) -> int:
    """Return up to where windows have closed now; never earlier than before."""
    grid = change.events.grid
    if ended:
        windows = change.open_windows | change.events.counted_windows()
        last_ns = max(windows, default=grid.floor(change.watermark_ns))
        due_ns = last_ns + grid.size_ns
    else:
        waited_ns = change.watermark_ns - change.stand.rules.grace_ns
        due_ns = grid.floor(waited_ns)
    return max(change.closed_ns, due_ns)


def late_windows(change: Change) -> set[int]:
    """Return the windows that had closed, are not final, and may have changed."""
    stand = change.stand
    oldest_ns = stand.first_open_ns(stand.watermark_ns)
    late = set()
    for start_ns in affected_windows(change.events, stand.closed_ns):
        if oldest_ns <= start_ns < stand.closed_ns:
            late.add(start_ns)
    return late


def take_due_windows(change: Change) -> set[int]:
    """Take the windows that close now out of the open ones."""
    for start_ns in change.events.counted_windows():
        if start_ns >= change.stand.closed_ns:
            change.open_windows.add(start_ns)
    closed_ns = change.closed_ns
    due = {start_ns for start_ns in change.open_windows if start_ns < closed_ns}
    change.open_windows -= due
    return due


def recompute(
    change: Change,
    start_ns: int,
    time_zone: str,
    place: Place = ANYWHERE,
) -> set[str]:
    """Bring the rows of a closed window up to date; publish and add to the totals what changed.

    Returns the campaigns of which something changed.
    """
    stand = change.stand
    end_ns = start_ns + stand.rules.window_ns
    window = Window(stand.stand_id, start_ns, end_ns)
    known = stand.rows.get(start_ns, {})
    events = change.events.of_window(window)
    fresh = join(window, events, time_zone, place)
    # A cell may lose all its plays and interactions: its row then says 0.
    for cell, row in known.items():
        fresh.setdefault(cell, emptied(row))
    current = dict(known)
    campaigns = set()
    for cell in sorted(fresh):
        old = known.get(cell)
        new = revise(cell, old, fresh[cell])
        if new is None:
            continue
        current[cell] = new
        change.rows[start_ns, cell] = new
        if old is None or new.revision != old.revision:
            change.published.append(new.window(cell))
        added = new.totals
        if old is not None:
            added = added.minus(old.totals)
        change.exact.append((cell, added))
        note_row(change, start_ns, cell, old, new, added)
        campaigns.add(cell.campaign_id)
    if current != known:
        change.snapshots.append(snapshot(window, current))
    return campaigns


def gone_visitors(change: Change) -> set[Reached]:
    """Return the visitors whom no row of a campaign counts any more: they leave its reach."""
    gone = set()
    for campaign_id, visitors in change.lost.items():
        for visitor in visitors:
            if not change.is_counted((campaign_id, visitor)):
                gone.add((campaign_id, visitor))
    return gone


def prune(change: Change) -> None:
    """Drop events that no open or revisable window needs, and rows whose day is final."""
    oldest_ns = change.stand.oldest_ns(change.watermark_ns)
    change.dropped = change.events.expired(oldest_ns)
    for start_ns, cells in change.stand.rows.items():
        if start_ns >= oldest_ns - DAY_NS:
            continue
        for cell in cells:
            change.dropped_rows.append((start_ns, cell))
    forget_rows(change, change.dropped_rows)
