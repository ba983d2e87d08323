"""One stand: what a batch of events changes in its windows, its totals, and what waits for release."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from vitrine.campaigns.affected import affected_windows
from vitrine.campaigns.index import EventIndex, Grid, Key, key_of
from vitrine.campaigns.release import release
from vitrine.campaigns.rows import Row, emptied, revise
from vitrine.campaigns.totals import Cell, Totals, Visitor
from vitrine.campaigns.windows import Window, join
from vitrine.clock import SECOND_NS
from vitrine.schemas import CampaignWindow, Event, Play

DAY_NS = 25 * 3600 * SECOND_NS
"""The longest local day, when summer time ends: visitors of a row are needed while another row of its day
can change."""
RowKey = tuple[int, Cell]
"""Start of the window, and the cell."""
Reached = tuple[str, Visitor]
"""Campaign and visitor."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Hold how time is cut, and what is released; all times are event time."""

    window_ns: int
    grace_ns: int
    """From the end of a window to its closing."""
    horizon_ns: int
    """Age of the oldest event that still changes totals."""
    k_anonymity: int
    """Released totals advance in steps of at least so many people."""

    @property
    def grid(self) -> Grid:
        """The windows."""
        return Grid(self.window_ns, self.horizon_ns)


class Stand:
    """Keep what is known of one stand. Only `Change.adopt` changes it."""

    def __init__(self, stand_id: str, rules: Rules) -> None:
        self.stand_id = stand_id
        self.rules = rules
        self.events = EventIndex(rules.grid)
        self.rows: dict[int, dict[Cell, Row]] = {}
        self.pending: dict[Cell, Totals] = {}
        """Rises that wait for release."""
        self.open_windows: set[int] = set()
        """Starts of the windows that have something to count and have not closed."""
        self.watermark_ns = 0
        """The latest event time seen."""
        self.closed_ns = 0
        """Windows that end here or earlier have closed."""
        self._reached: Counter[Reached] = Counter()

    def oldest_ns(self, watermark_ns: int) -> int:
        """Return the start of the first window that is not final at a watermark."""
        horizon_ns = watermark_ns - self.rules.horizon_ns
        floor_ns = self.events.grid.floor(horizon_ns)
        if floor_ns < horizon_ns:
            floor_ns += self.rules.window_ns
        return max(0, floor_ns)

    def row(self, start_ns: int, cell: Cell) -> Row | None:
        """Return the row of a cell in a window."""
        return self.rows.get(start_ns, {}).get(cell)

    def put_row(self, start_ns: int, cell: Cell, row: Row) -> None:
        """Add a row, or replace the one of its cell and window."""
        old = self.row(start_ns, cell)
        self.rows.setdefault(start_ns, {})[cell] = row
        self._count(cell, old, row)

    def drop_row(self, start_ns: int, cell: Cell) -> None:
        """Forget a row that is final."""
        old = self.rows[start_ns].pop(cell)
        if not self.rows[start_ns]:
            del self.rows[start_ns]
        self._count(cell, old, None)

    def rows_counting(self, reached: Reached) -> int:
        """Return how many rows count a visitor for a campaign."""
        return self._reached[reached]

    def _count(self, cell: Cell, old: Row | None, new: Row | None) -> None:
        for reached, amount in visitor_changes(cell, old, new).items():
            self._reached[reached] += amount
            if not self._reached[reached]:
                del self._reached[reached]


@dataclass(slots=True)
class Change:
    """Hold what a batch changes in a stand, which stays as it is until `adopt`."""

    stand: Stand
    events: EventIndex
    """A draft: what was added."""
    pending: dict[Cell, Totals]
    open_windows: set[int]
    watermark_ns: int
    closed_ns: int
    dropped: list[Key] = field(default_factory=list)
    rows: dict[RowKey, Row] = field(default_factory=dict)
    """New rows and revisions."""
    dropped_rows: list[RowKey] = field(default_factory=list)
    published: list[CampaignWindow] = field(default_factory=list)
    exact: list[tuple[Cell, Totals]] = field(default_factory=list)
    """Added to the exact totals; may be negative."""
    gone: set[Reached] = field(default_factory=set)
    """Visitors who leave the exact reach."""
    released: list[tuple[Cell, Totals]] = field(default_factory=list)
    """Added to the released totals."""
    late: list[str] = field(default_factory=list)
    """Topics of events that came after a window of theirs had closed."""
    refused: list[int] = field(default_factory=list)
    """Places of events that are older than the horizon."""

    def adopt(self) -> None:
        """Make it the state of the stand."""
        stand = self.stand
        stand.events.adopt(self.events)
        for key in self.dropped:
            stand.events.drop(key)
        for (start_ns, cell), row in self.rows.items():
            stand.put_row(start_ns, cell, row)
        for start_ns, cell in self.dropped_rows:
            stand.drop_row(start_ns, cell)
        stand.pending = self.pending
        stand.open_windows = self.open_windows
        stand.watermark_ns = self.watermark_ns
        stand.closed_ns = self.closed_ns


def advance(
    stand: Stand, events: Sequence[Event], time_zone: str, *, ended: bool = False
) -> Change:
    """Return what events change: windows that are due close, all of them when the input has `ended`."""
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
    for start_ns in sorted(windows):
        recompute(change, start_ns, time_zone)
        released, change.pending = release(change.pending, stand.rules.k_anonymity)
        change.released.extend(released.items())
    change.gone = gone_visitors(change)
    if change.closed_ns > stand.closed_ns:
        prune(change)
    return change


def admit(change: Change, events: Sequence[Event]) -> None:
    """Keep what is new and not older than the horizon; the watermark follows."""
    stand = change.stand
    oldest_ns = stand.oldest_ns(stand.watermark_ns)
    for place, event in enumerate(events):
        # A play counts in the window that it starts in.
        decisive_ns = (
            event.start_ns if isinstance(event, Play) else event.occurred_at_ns
        )
        topic = key_of(event).topic
        if decisive_ns < oldest_ns:
            change.refused.append(place)
            change.late.append(topic)
        elif change.events.add(event) and decisive_ns < stand.closed_ns:
            change.late.append(topic)
        change.watermark_ns = max(change.watermark_ns, event.occurred_at_ns)


def closing_time(change: Change, *, ended: bool) -> int:
    """Return up to where windows have closed now; never earlier than before."""
    grid = change.events.grid
    if ended:
        due_ns = grid.floor(change.watermark_ns) + grid.size_ns
    else:
        due_ns = grid.floor(change.watermark_ns - change.stand.rules.grace_ns)
    return max(change.closed_ns, due_ns)


def late_windows(change: Change) -> set[int]:
    """Return the windows that had closed, are not final, and may have changed."""
    stand = change.stand
    oldest_ns = stand.oldest_ns(stand.watermark_ns)
    affected = affected_windows(change.events)
    return {
        start_ns for start_ns in affected if oldest_ns <= start_ns < stand.closed_ns
    }


def take_due_windows(change: Change) -> set[int]:
    """Take the windows that close now out of the open ones."""
    for start_ns in change.events.counted_windows():
        if start_ns >= change.stand.closed_ns:
            change.open_windows.add(start_ns)
    due = {start_ns for start_ns in change.open_windows if start_ns < change.closed_ns}
    change.open_windows -= due
    return due


def recompute(change: Change, start_ns: int, time_zone: str) -> None:
    """Bring the rows of a closed window up to date: what changed is published and added to the totals."""
    stand = change.stand
    window = Window(stand.stand_id, start_ns, start_ns + stand.rules.window_ns)
    known = stand.rows.get(start_ns, {})
    fresh = join(window, change.events.of_window(window), time_zone)
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


def add_to_totals(change: Change, cell: Cell, old: Row | None, new: Row) -> None:
    """Let exact totals follow the row; what waits for release only ever rises."""
    added = new.totals
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
    """Return the visitors whom no row of a campaign counts any more: only then they leave its reach."""
    changes: Counter[Reached] = Counter()
    for (start_ns, cell), new in change.rows.items():
        old = change.stand.row(start_ns, cell)
        for reached, amount in visitor_changes(cell, old, new).items():
            changes[reached] += amount
    gone = set()
    for reached, amount in changes.items():
        if amount < 0 and change.stand.rows_counting(reached) + amount == 0:
            gone.add(reached)
    return gone


def visitor_changes(cell: Cell, old: Row | None, new: Row | None) -> Counter[Reached]:
    """Return +1 for each visitor whom only the new row counts, -1 for those of the old one alone."""
    before = old.totals.visitors if old is not None else frozenset()
    after = new.totals.visitors if new is not None else frozenset()
    changes: Counter[Reached] = Counter()
    for visitor in after - before:
        changes[cell.campaign_id, visitor] = 1
    for visitor in before - after:
        changes[cell.campaign_id, visitor] = -1
    return changes


def prune(change: Change) -> None:
    """Drop events that no open or revisable window needs, and rows whose day cannot change any more."""
    oldest_ns = change.stand.oldest_ns(change.watermark_ns)
    change.dropped = change.events.expired(oldest_ns)
    for start_ns, cells in change.stand.rows.items():
        if start_ns < oldest_ns - DAY_NS:
            change.dropped_rows += [(start_ns, cell) for cell in cells]
