"""One stand: what is known of it, and what a batch of events changes."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from vitrine.campaigns.events import Grid, Key
from vitrine.campaigns.index import EventIndex
from vitrine.campaigns.ledger import Increment, Ledger
from vitrine.campaigns.ledger_json import ledger_to_json
from vitrine.campaigns.ledgers import Ledgers
from vitrine.campaigns.plausible import decisive_ns
from vitrine.campaigns.repeats import Classes, RepeatChange
from vitrine.campaigns.row_pages import Reached, RowPages
from vitrine.campaigns.rows import Row
from vitrine.campaigns.shelf import Page
from vitrine.campaigns.slots import SlotChange, SlotState
from vitrine.campaigns.totals import Cell, Totals, Visitor
from vitrine.schemas import (
    CampaignRelease,
    CampaignWindow,
    Event,
    Identity,
    WindowSnapshot,
)

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
    """Released totals advance in steps of at least so many visitors."""
    k_unrecognised: int = 0
    """The same where nobody is recognised, and one person is more visitors, if that is more."""
    epsilon: float = 0
    """Budget of a visitor, stand and day: noisy figures are released instead; 0 for none."""

    def step(self, *, recognised: bool) -> int:
        """Return how many visitors a step needs at a stand."""
        if self.epsilon:
            # None goes: noisy figures go out instead.
            return sys.maxsize
        if recognised:
            return self.k_anonymity
        return max(self.k_anonymity, self.k_unrecognised)

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
NO_LEDGER = Ledger()


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
        self.ledgers = Ledgers()
        """What is released, and what waits."""
        self.decided = Increment()
        """What is released once its records are on the bus."""
        self.open_windows: set[int] = set()
        """Starts of the windows that have something to count and have not closed."""
        self.k_anonymity = rules.k_anonymity
        """How many visitors a step needs here, as last configured."""
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
        """Tell whether a window has to close at a watermark, or something to be released."""
        if self.decided:
            return True
        if not self.open_windows:
            return False
        first_ns = min(self.open_windows)
        return first_ns + self.rules.window_ns + self.rules.grace_ns <= watermark_ns

    def rows_reached(self, reached: Reached) -> int:
        """Return how many rows that are in the reach count a visitor."""
        line, _ = reached
        accounts = self.ledgers.get(line, NO_LEDGER).accounts
        if not accounts:
            return 0
        found = 0
        for start_ns, cell in self.rows.counting(reached):
            account = accounts.get(cell.creative_id)
            if account is not None and start_ns < account.reached_ns:
                found += 1
        return found


@dataclass(slots=True)
class Change:
    """Hold what a batch changes in a stand, which stays as it is until `adopt`."""

    stand: Stand
    events: EventIndex
    """A draft: what was added."""
    open_windows: set[int]
    watermark_ns: int
    closed_ns: int
    k_anonymity: int = 1
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    """Those that differ from the stand's."""
    ledger_texts: dict[str, bytes] = field(default_factory=dict)
    """The same as JSON, once `write_ledgers` was called."""
    decided: Increment = field(default_factory=Increment)
    """What is released with the next change, once its records are on the bus."""
    shown: Increment = field(default_factory=Increment)
    """What is released now."""
    records: list[CampaignRelease] = field(default_factory=list)
    """Of `shown`, to be on the bus before."""
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
    lost: dict[str, set[Visitor]] = field(default_factory=lambda: defaultdict(set))
    """`Cell.line` → visitors whom some row does not count any more."""
    reached_rows: Counter[Reached] = field(default_factory=Counter)
    """Differences to the stand's."""
    slots: SlotChange = field(default_factory=SlotChange)
    repeats: RepeatChange = field(default_factory=RepeatChange)
    forgotten: int = 0
    """Visitors who waited for a step that does not come."""
    late: list[str] = field(default_factory=list)
    """Topics of events that came after a window of theirs had closed."""
    refused: list[tuple[int, str]] = field(default_factory=list)
    """Places of events that count for nothing, each with the reason."""

    def ledger(self, line: str) -> Ledger:
        """Return the ledger of a campaign's figures of one origin, to be changed."""
        if line not in self.ledgers:
            self.ledgers[line] = self.stand.ledgers.draft(line)
        return self.ledgers[line]

    def known_ledger(self, line: str) -> Ledger:
        """Return the same, to be read."""
        changed = self.ledgers.get(line)
        return changed or self.stand.ledgers.get(line, NO_LEDGER)

    def row(self, start_ns: int, cell: Cell) -> Row | None:
        """Return the row of a cell in a window."""
        changed = self.rows.get((start_ns, cell))
        return changed or self.stand.rows.of(start_ns).get(cell)

    def rows_reached(self, reached: Reached) -> int:
        """Return how many rows that are in the reach count a visitor."""
        return self.stand.rows_reached(reached) + self.reached_rows[reached]

    def is_counted(self, reached: Reached) -> bool:
        """Tell whether any row counts a visitor for a campaign."""
        line, visitor = reached
        if self.rows_reached(reached) > 0:
            return True
        return self.known_ledger(line).waits_for(visitor)

    def write_ledgers(self) -> None:
        """Write down the ledgers, which do not change any more: the store takes the texts, too."""
        for line, ledger in self.ledgers.items():
            self.ledger_texts[line] = ledger_to_json(ledger)

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
        stand.ledgers.put(self.ledgers, self.ledger_texts)
        stand.k_anonymity = self.k_anonymity
        stand.decided = self.decided
        stand.open_windows = self.open_windows
        stand.watermark_ns = self.watermark_ns
        stand.closed_ns = self.closed_ns


def visitors_of(row: Row | None) -> frozenset[Visitor]:
    """Return the visitors whom a row counts, none without a row."""
    if row is None:
        return frozenset()
    return row.totals.visitors
