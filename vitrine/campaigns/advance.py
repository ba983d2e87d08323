"""Advance a stand: a batch of events closes and revises windows, and adds to the totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from vitrine.campaigns.affected import affected_windows
from vitrine.campaigns.events import key_of
from vitrine.campaigns.release import release
from vitrine.campaigns.rows import Row, emptied, revise
from vitrine.campaigns.stand import Change, Reached, Stand, visitor_changes
from vitrine.campaigns.totals import Cell
from vitrine.campaigns.windows import Window, join
from vitrine.clock import SECOND_NS
from vitrine.schemas import Event, Play

# The longest local day, when summer time ends: visitors of a row are needed while another row of
# its day can change.
DAY_NS = 25 * 3600 * SECOND_NS


def advance(
    stand: Stand,
    events: Sequence[Event],
    time_zone: str,
    *,
    ended: bool = False,
) -> Change:
    """Return what events change: windows that are due close, all when the input has `ended`."""
    change = Change(
        stand=stand,
        events=stand.events.draft(),
        pending=dict(stand.pending),
        open_windows=set(stand.open_windows),
        watermark_ns=stand.watermark_ns,
        closed_ns=stand.closed_ns,
    )
    admit(change, events)
    change.closed_ns = closing_time(change, ended=ended)
    windows = late_windows(change) | take_due_windows(change)
    # In order of time, and released after each: what becomes public then depends neither
    # on the size of batches nor on the order of a set.
    for start_ns in sorted(windows):
        recompute(change, start_ns, time_zone)
        released, rest = release(change.pending, stand.rules.k_anonymity)
        change.released.extend(released.items())
        change.pending = rest
    change.gone = gone_visitors(change)
    if change.closed_ns > stand.closed_ns:
        prune(change)
    return change


def admit(change: Change, events: Sequence[Event]) -> None:
    """Keep what is new and not older than the horizon; the watermark follows."""
    stand = change.stand
    oldest_ns = stand.oldest_ns(stand.watermark_ns)
    for place, event in enumerate(events):
        decisive_ns = event.occurred_at_ns
        # A play counts in the window that it starts in.
        if isinstance(event, Play):
            decisive_ns = event.start_ns
        topic = key_of(event).topic
        if decisive_ns < oldest_ns:
            change.refused.append(place)
            change.late.append(topic)
        elif change.events.add(event) and decisive_ns < stand.closed_ns:
            change.late.append(topic)
        # Refused and repeated events move it too: they say that time has passed.
        change.watermark_ns = max(change.watermark_ns, event.occurred_at_ns)


def closing_time(change: Change, *, ended: bool) -> int:
    """Return up to where windows have closed now; never earlier than before."""
    grid = change.events.grid
    if ended:
        due_ns = grid.floor(change.watermark_ns) + grid.size_ns
    else:
        waited_ns = change.watermark_ns - change.stand.rules.grace_ns
        due_ns = grid.floor(waited_ns)
    return max(change.closed_ns, due_ns)


def late_windows(change: Change) -> set[int]:
    """Return the windows that had closed, are not final, and may have changed."""
    stand = change.stand
    oldest_ns = stand.oldest_ns(stand.watermark_ns)
    late = set()
    for start_ns in affected_windows(change.events):
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
) -> None:
    """Bring the rows of a closed window up to date; publish and add to the totals what changed."""
    stand = change.stand
    end_ns = start_ns + stand.rules.window_ns
    window = Window(stand.stand_id, start_ns, end_ns)
    known = stand.rows.get(start_ns, {})
    events = change.events.of_window(window)
    fresh = join(window, events, time_zone)
    # A cell may lose all its plays and interactions: its row then says 0.
    for cell, row in known.items():
        fresh.setdefault(cell, emptied(row))
    for cell in sorted(fresh):
        old = known.get(cell)
        new = revise(cell, old, fresh[cell])
        if new is None:
            continue
        change.rows[start_ns, cell] = new
        if old is None or new.window != old.window:
            change.published.append(new.window)
        add_to_totals(change, cell, old, new)


def add_to_totals(
    change: Change,
    cell: Cell,
    old: Row | None,
    new: Row,
) -> None:
    """Let exact totals follow the row; what waits for release only ever rises."""
    added = new.totals
    # The peak, not the totals: what was released once cannot be taken back.
    rise = new.peak
    if old is not None:
        added = added.minus(old.totals)
        rise = rise.minus(old.peak)
    change.exact.append((cell, added))
    waiting = change.pending.get(cell)
    if waiting is not None:
        rise = waiting.plus(rise)
    change.pending[cell] = rise


def gone_visitors(change: Change) -> set[Reached]:
    """Return the visitors whom no row of a campaign counts any more: they leave its reach."""
    changes: Counter[Reached] = Counter()
    for (start_ns, cell), new in change.rows.items():
        old = change.stand.row(start_ns, cell)
        # A counter adds what it is updated with, negative amounts too.
        changes.update(visitor_changes(cell, old, new))
    gone = set()
    for reached, amount in changes.items():
        left = change.stand.rows_counting(reached) + amount
        if amount < 0 and left == 0:
            gone.add(reached)
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
