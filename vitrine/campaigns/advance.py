"""Advance a stand: a batch of events closes and revises windows, and adds to the totals."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from vitrine.campaigns.affected import affected_windows
from vitrine.campaigns.events import Key, key_of, replaces
from vitrine.campaigns.place import ANYWHERE, Place
from vitrine.campaigns.plausible import CONTRADICTS, REBUILT, decisive_ns, too_old
from vitrine.campaigns.private import release_days
from vitrine.campaigns.put_away import put_away
from vitrine.campaigns.release import (
    forget_people,
    forget_rows,
    hour_passed,
    note_row,
    release_people,
    release_plays,
    show,
)
from vitrine.campaigns.repeats import add_days, count_day, days_between
from vitrine.campaigns.row_pages import Reached, page_of_rows
from vitrine.campaigns.rows import Row, emptied, revise
from vitrine.campaigns.slot_changes import (
    SlotFollower,
    closed_slots,
    follow_slots,
    slots_of_windows,
)
from vitrine.campaigns.slots import Experiments, SlotChange, slot_floor
from vitrine.campaigns.snapshots import snapshot
from vitrine.campaigns.stand import Change, Stand
from vitrine.campaigns.totals import Cell, Totals
from vitrine.campaigns.windows import Window, join
from vitrine.clock import SECOND_NS
from vitrine.schemas import SLOT_NS, Event, Identity

# The longest local day, when summer time ends: visitors of a row are needed while another row of
# its day can change.
DAY_NS = 25 * 3600 * SECOND_NS
# Chosen, not measured: longer than most presences, whose parts are asked for with the last one.
HELD_NS = 300 * SECOND_NS
"""Time for which events stay in memory once their windows have closed."""
# As long as figures are shown after a campaign's end (`lifetime`).
WAITING_NS = 7 * 24 * 3600 * SECOND_NS
"""Time after the last window of a campaign at a stand for which people wait for a step."""


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
    days = final_days(change, time_zone)
    if days:
        rows = final_rows(change)
        counted = [count_day(day, rows) for day in days]
        change.repeats = add_days(counted, stand.repeats, change.k_anonymity)
        if stand.rules.epsilon:
            release_days(change, days, rows, time_zone)
    if experiments is not None:
        change.slots = slot_changes(change, late, experiments, time_zone, place)
        release_slots(change)
    turn_pages(change)
    forget_who_waits(change)
    show(change, ended=ended)
    change.write_ledgers()
    return change


def revise_windows(
    change: Change,
    late: set[int],
    time_zone: str,
    place: Place,
) -> None:
    """Bring windows up to date that had closed, then release: by then all names are present."""
    lines = set()
    for start_ns in sorted(late):
        lines |= recompute(change, start_ns, time_zone, place)
    release_people(change, lines, change.stand.closed_ns)


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
        if plays_go(change, closed_ns, start_ns):
            release_plays(change)
        closed_ns = start_ns
        lines = recompute(change, start_ns, time_zone, place)
        until_ns = start_ns + stand.rules.window_ns
        release_people(change, lines, until_ns)
    if ended or plays_go(change, closed_ns, change.closed_ns):
        release_plays(change)


def plays_go(change: Change, before_ns: int, now_ns: int) -> bool:
    """Tell whether what concerns nobody goes out: by the hour, or at once with a k of 1."""
    if change.k_anonymity == 1:
        return True
    return hour_passed(change.stand.stand_id, before_ns, now_ns)


def release_slots(change: Change) -> None:
    """Let steps of slots wait for their records, as everything that is released."""
    for line, step in change.slots.released.items():
        change.ledger(line).slots_ns = step.until_ns
        change.decided.slots[line] = step


def latest_ns(events: Sequence[Event]) -> int:
    """Return the time of the latest event, 0 without any."""
    return max((event.occurred_at_ns for event in events), default=0)


def slot_changes(
    change: Change,
    late: set[int],
    experiments: Experiments,
    time_zone: str,
    place: Place,
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
        place,
        change.k_anonymity,
    )
    closed = closed_slots(
        stand.closed_ns or first_event_ns(change),
        change.closed_ns,
    )
    revised = slots_of_windows(late, rules.window_ns, stand.closed_ns)
    final_ns = min(stand.oldest_ns(change.watermark_ns), change.closed_ns)
    final = range(
        slot_floor(stand.oldest_ns(stand.watermark_ns)),
        slot_floor(final_ns),
        SLOT_NS,
    )
    found = follow_slots(follower, closed, revised, final)
    if rules.epsilon:
        # Nothing is kept for a step that never goes.
        found.waiting.clear()
    return found


def first_event_ns(change: Change) -> int:
    """Return the time of the first event that a change adds; without any, where windows close."""
    times = [event.occurred_at_ns for _, event in change.events.own_events()]
    return min(times, default=change.closed_ns)


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
        else:
            admit_known(change, place, event, key)


def admit_known(
    change: Change,
    place: int,
    event: Event,
    key: Key,
) -> None:
    """Keep an event if its id is new, or if it is a later decision about a track."""
    known = change.events.get(key)
    if known is None or replaces(event, known):
        change.events.put(key, event)
        if decisive_ns(event) < change.stand.closed_ns:
            change.late.append(key.topic)
    elif known != event and not isinstance(event, Identity):
        change.refused.append((place, CONTRADICTS))


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

    Returns each `Cell.line` of which something changed.
    """
    stand = change.stand
    end_ns = start_ns + stand.rules.window_ns
    window = Window(stand.stand_id, start_ns, end_ns)
    known = stand.rows.of(start_ns)
    events = change.events.of_window(window)
    fresh = join(window, events, time_zone, place)
    # A cell may lose all its plays and interactions: its row then says 0.
    for cell, row in known.items():
        fresh.setdefault(cell, emptied(row))
    current = dict(known)
    lines = set()
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
        lines.add(cell.line)
    if current != known:
        change.snapshots.append(snapshot(window, current))
    return lines


def gone_visitors(change: Change) -> set[Reached]:
    """Return the visitors whom no row of a campaign counts any more: they leave its reach."""
    gone = set()
    for line, visitors in change.lost.items():
        for visitor in visitors:
            if not change.is_counted((line, visitor)):
                gone.add((line, visitor))
    return gone


def final_days(change: Change, time_zone: str) -> list[date]:
    """Return the local days that are final now and were not before the batch."""
    stand = change.stand
    before_ns = min(stand.oldest_ns(stand.watermark_ns), stand.closed_ns)
    after_ns = min(stand.oldest_ns(change.watermark_ns), change.closed_ns)
    # Of the day in which figures were computed anew, only a part is known.
    return days_between(before_ns, after_ns, time_zone, stand.floor.start_ns)


def final_rows(change: Change) -> list[tuple[Cell, Totals]]:
    """Return the rows that are kept of windows that are final now, and those that changed."""
    stand = change.stand
    after_ns = min(stand.oldest_ns(change.watermark_ns), change.closed_ns)
    rows = {}
    for start_ns in stand.rows.shelf.before(after_ns):
        for cell, row in stand.rows.of(start_ns).items():
            rows[start_ns, cell] = row
    rows.update(change.rows)
    return [(cell, row.totals) for (_, cell), row in rows.items()]


def forget_who_waits(change: Change) -> None:
    """Forget, once a day, who waits of campaigns that showed nothing for a week."""
    stand = change.stand
    day_ns = 24 * 3600 * SECOND_NS
    if change.watermark_ns // day_ns == stand.watermark_ns // day_ns:
        return
    # What is not final may still get another name.
    final_ns = stand.oldest_ns(change.watermark_ns)
    forget_people(change, min(final_ns, change.watermark_ns - WAITING_NS))


def turn_pages(change: Change) -> None:
    """Put away what is of closed windows, and forget what no open or revisable window needs."""
    stand = change.stand
    until_ns = 0
    oldest_ns = 0
    if change.closed_ns > stand.closed_ns:
        oldest_ns = stand.oldest_ns(change.watermark_ns)
        held_ns = change.events.grid.floor(change.closed_ns - HELD_NS)
        until_ns = max(oldest_ns, held_ns)
    leaving = put_away(stand.events, change.events, until_ns, oldest_ns)
    change.dropped = leaving.keys
    change.event_pages = leaving.pages
    final_ns = oldest_ns - DAY_NS
    for start_ns in stand.rows.shelf.before(final_ns):
        change.row_pages[start_ns] = None
        forget_rows(change, start_ns)
    changed: defaultdict[int, dict[Cell, Row]] = defaultdict(dict)
    for (start_ns, cell), row in change.rows.items():
        changed[start_ns][cell] = row
    for start_ns, rows in changed.items():
        if start_ns >= final_ns:
            change.row_pages[start_ns] = page_of_rows(
                {**stand.rows.of(start_ns), **rows}
            )
