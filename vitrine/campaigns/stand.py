"""One stand: what is known of it, and what a batch of events changes."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from vitrine.campaigns.events import Grid, Key
from vitrine.campaigns.index import EventIndex
from vitrine.campaigns.plausible import decisive_ns
from vitrine.campaigns.repeats import Classes, RepeatChange
from vitrine.campaigns.row_pages import Reached, RowPages
from vitrine.campaigns.rows import Row
from vitrine.campaigns.shelf import Page
from vitrine.campaigns.slots import SlotChange, SlotState
from vitrine.campaigns.totals import Cell, Totals, Visitor
from vitrine.schemas import CampaignWindow, Event, Identity, WindowSnapshot

# Start of the window, and the cell.
RowKey = tuple[int, Cell]


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


@dataclass(frozen=True, slots=True)
class Floor:
    """Hold from when on figures were computed anew after the store was lost.

    What was before was added up from snapshots: it is final, and its events are not needed.
    """

    start_ns: int = 0
    """Start of the first window that events were read again for."""
    rebuilt_ns: int = 0
    """When the store was found to be lost: what was appended before is in the snapshots."""

    def counts(self, event: Event, appended_ns: int) -> bool:
        """Tell whether a snapshot has an event already."""
        # Somebody who was decided on before may stay until after.
        if isinstance(event, Identity) or appended_ns >= self.rebuilt_ns:
            return False
        return decisive_ns(event) < self.start_ns


NO_FLOOR = Floor()


class Stand:
    """Keep what is known of one stand. Only `Change.adopt` changes it."""

    def __init__(
        self,
        stand_id: str,
        rules: Rules,
        floor: Floor = NO_FLOOR,
    ) -> None:
        self.stand_id = stand_id
        self.rules = rules
        self.floor = floor
        self.events = EventIndex(rules.grid)
        self.rows = RowPages()
        self.pending: dict[Cell, Totals] = {}
        """Rises that wait for release."""
        self.open_windows: set[int] = set()
        """Starts of the windows that have something to count and have not closed."""
        self.watermark_ns = 0
        """The event time up to which its partition was read; see `Progress`."""
        self.closed_ns = floor.start_ns
        """Windows that end here or earlier have closed."""
        self.slots = SlotState()
        self.repeats: dict[str, Classes] = {}
        """How often visitors of final days came, as far as it waits for release."""

    def oldest_ns(self, watermark_ns: int) -> int:
        """Return the start of the first window that is not final at a watermark."""
        horizon_ns = watermark_ns - self.rules.horizon_ns
        start_ns = self.events.grid.floor(horizon_ns)
        # A window that the horizon cuts is final: a part of its events may be refused.
        if start_ns < horizon_ns:
            start_ns += self.rules.window_ns
        return max(0, start_ns)

    def first_open_ns(self, watermark_ns: int) -> int:
        """Return the start of the first window that may be revised at a watermark."""
        return max(self.oldest_ns(watermark_ns), self.floor.start_ns)

    def is_due(self, watermark_ns: int) -> bool:
        """Tell whether a window has to close at a watermark."""
        if not self.open_windows:
            return False
        first_ns = min(self.open_windows)
        return first_ns + self.rules.window_ns + self.rules.grace_ns <= watermark_ns


@dataclass(slots=True)
class Change:
    """Hold what a batch changes in a stand, which stays as it is until `adopt`."""

    stand: Stand
    events: EventIndex
    """A draft: what was added."""
    open_windows: set[int]
    watermark_ns: int
    closed_ns: int
    pending: dict[Cell, Totals | None] = field(default_factory=dict)
    """What else waits for release now; None of a cell that was released."""
    dropped: list[Key] = field(default_factory=list)
    """Events that leave memory."""
    event_pages: dict[int, Page | None] = field(default_factory=dict)
    """Window → new page of events; None of one that is forgotten."""
    rows: dict[RowKey, Row] = field(default_factory=dict)
    """New rows and revisions."""
    row_pages: dict[int, Page | None] = field(default_factory=dict)
    """Window → new page of all its rows; None of one that is forgotten."""
    published: list[CampaignWindow] = field(default_factory=list)
    snapshots: list[WindowSnapshot] = field(default_factory=list)
    exact: list[tuple[Cell, Totals]] = field(default_factory=list)
    """Added to the exact totals; may be negative."""
    gone: set[Reached] = field(default_factory=set)
    """Visitors who leave the exact reach."""
    released: list[tuple[Cell, Totals]] = field(default_factory=list)
    """Added to the released totals."""
    slots: SlotChange = field(default_factory=SlotChange)
    repeats: RepeatChange = field(default_factory=RepeatChange)
    late: list[str] = field(default_factory=list)
    """Topics of events that came after a window of theirs had closed."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Places of events that count for nothing, each with the reason."""

    def waiting(self, cell: Cell) -> Totals | None:
        """Return what waits for release of a cell."""
        if cell in self.pending:
            return self.pending[cell]
        return self.stand.pending.get(cell)

    def adopt(self) -> None:
        """Make it the state of the stand."""
        stand = self.stand
        # Additions first: an event may be dropped in the batch that brought it.
        stand.events.adopt(self.events)
        for key in self.dropped:
            stand.events.drop(key)
        stand.events.shelf.put(self.event_pages)
        stand.rows.put(self.row_pages)
        self.slots.adopt(stand.slots)
        stand.repeats.update(self.repeats.waiting)
        for cell, totals in self.pending.items():
            if totals is None:
                stand.pending.pop(cell, None)
            else:
                stand.pending[cell] = totals
        stand.open_windows = self.open_windows
        stand.watermark_ns = self.watermark_ns
        stand.closed_ns = self.closed_ns


def visitor_changes(
    cell: Cell,
    old: Row | None,
    new: Row | None,
) -> Counter[Reached]:
    """Return +1 for each visitor whom only the new row counts, -1 for those of the old one only."""
    before = visitors_of(old)
    after = visitors_of(new)
    changes: Counter[Reached] = Counter()
    for visitor in after - before:
        changes[cell.line, visitor] = 1
    for visitor in before - after:
        changes[cell.line, visitor] = -1
    return changes


def visitors_of(row: Row | None) -> frozenset[Visitor]:
    """Return the visitors whom a row counts, none without a row."""
    if row is None:
        return frozenset()
    return row.totals.visitors
