"""One stand: its events, the windows that have closed, and what waits for release."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from vitrine.campaigns.events import Key, StandEvents
from vitrine.campaigns.measure import Measure
from vitrine.campaigns.release import Entry, entry_of, release
from vitrine.campaigns.touched import floor, touched_windows
from vitrine.campaigns.windows import (
    PUBLISHED,
    Cell,
    Row,
    Window,
    make_row,
    window_rows,
)
from vitrine.schemas import CampaignWindow, Event
from vitrine.services.analytics.settings import SECOND_NS, AnalyticsSettings

DAY_NS = 25 * 3600 * SECOND_NS
"""The longest local day: visitors of a row are needed while another row of its day can change."""
RowKey = tuple[int, Cell]


@dataclass(slots=True)
class StandState:
    """Never changed in place by those who hold it: `advance` works on a fork."""

    stand_id: str
    events: StandEvents = field(default_factory=StandEvents)
    rows: dict[int, dict[Cell, Row]] = field(default_factory=dict)
    pending: dict[Cell, Entry] = field(default_factory=dict)
    watermark_ns: int = 0
    """The latest event time seen."""
    closed_ns: int = 0
    """Windows that end here or earlier have closed."""

    def fork(self) -> StandState:
        """A copy that can change."""
        return replace(
            self,
            events=self.events.fork(),
            rows=dict(self.rows),
            pending=dict(self.pending),
        )

    def horizon(self, rules: AnalyticsSettings) -> int:
        """Windows that start earlier are final."""
        return max(0, -floor(rules.horizon_ns - self.watermark_ns, rules.window_ns))


@dataclass(slots=True)
class Change:
    """The next state of a stand, and how it differs."""

    state: StandState
    added: list[Key] = field(default_factory=list)
    dropped: list[Key] = field(default_factory=list)
    published: list[CampaignWindow] = field(default_factory=list)
    rows: list[RowKey] = field(default_factory=list)
    dropped_rows: list[RowKey] = field(default_factory=list)
    exact: list[Entry] = field(default_factory=list)
    released: list[Entry] = field(default_factory=list)
    late: list[str] = field(default_factory=list)
    """Topics of events that came after a window of theirs had closed."""
    refused: list[int] = field(default_factory=list)
    """Places of arrivals that are older than the horizon."""


def advance(
    before: StandState,
    arrivals: Sequence[tuple[str, Event]],
    rules: AnalyticsSettings,
    time_zone: str,
    *,
    ended: bool = False,
) -> Change:
    """Take in events (topic, event); close windows that are due, all of them when the input has `ended`."""
    change = Change(before.fork())
    admit(change, before, arrivals, rules)
    due = change.state.closed_ns = closing_time(change.state, rules, ended)
    dirty = touched_windows(
        before.events, change.state.events, change.added, rules.window_ns
    )
    oldest = before.horizon(rules)
    late = {start for start in dirty if start < before.closed_ns and start >= oldest}
    for start in sorted(
        late | closing(change.state.events, before.closed_ns, due, rules.window_ns)
    ):
        recompute(
            change, Window(before.stand_id, start, start + rules.window_ns), time_zone
        )
        ready, change.state.pending = release(change.state.pending, rules.release_step)
        change.released += ready
    settle_reach(change)
    if due > before.closed_ns:
        prune(change, rules)
    return change


def admit(
    change: Change,
    before: StandState,
    arrivals: Sequence[tuple[str, Event]],
    rules: AnalyticsSettings,
) -> None:
    """Keep what is new and not older than the horizon; the watermark follows."""
    state = change.state
    oldest = before.horizon(rules)
    for place, (topic, event) in enumerate(arrivals):
        began = getattr(event, "start_ns", event.occurred_at_ns)
        decisive = began if topic == "plays" else event.occurred_at_ns
        if decisive < oldest:
            change.refused.append(place)
            change.late.append(topic)
        elif key := state.events.add(topic, event):
            change.added.append(key)
            if decisive < before.closed_ns:
                change.late.append(topic)
        state.watermark_ns = max(state.watermark_ns, event.occurred_at_ns)


def closing_time(state: StandState, rules: AnalyticsSettings, ended: bool) -> int:
    """Windows up to here close now; never earlier than before."""
    if ended:
        due = floor(state.watermark_ns, rules.window_ns) + rules.window_ns
    else:
        due = floor(state.watermark_ns - rules.grace_ns, rules.window_ns)
    return max(state.closed_ns, due)


def closing(events: StandEvents, closed_ns: int, due_ns: int, size_ns: int) -> set[int]:
    """Starts of the windows between the two times that have anything to count."""
    if due_ns <= closed_ns:
        return set()
    moments = [play.start_ns for play in events.plays.values()]
    moments += [one.at_ns for one in events.interactions.values()]
    return {floor(at, size_ns) for at in moments if closed_ns <= at < due_ns}


def recompute(change: Change, window: Window, time_zone: str) -> None:
    """Bring the rows of a closed window up to date; what changed is published and added to the totals."""
    state = change.state
    known = state.rows.get(window.start_ns, {})
    fresh = {
        row.cell: row
        for row in window_rows(
            window, **state.events.around(window), time_zone=time_zone
        )
    }
    for cell in sorted({*known, *fresh}):
        old = known.get(cell)
        found = fresh.get(cell)
        if found is None and old is not None:
            found = make_row(
                window, cell, old.window.advertiser, Measure(), old.window.synthetic
            )
        assert found is not None  # noqa: S101 - a cell is known or fresh
        new = revise(old, found)
        if new is None:
            continue
        state.rows[window.start_ns] = {**state.rows.get(window.start_ns, {}), cell: new}
        change.rows.append((window.start_ns, cell))
        if old is None or new.window != old.window:
            change.published.append(new.window)
        add_to_totals(change, old, new)


def add_to_totals(change: Change, old: Row | None, new: Row) -> None:
    """Exact totals follow the row; what is released only ever rises."""
    was = old.measure if old else Measure()
    exact = entry_of(new, new.measure.minus(was))
    change.exact.append(replace(exact, gone=was.visitors - new.measure.visitors))
    rise = entry_of(new, new.high.minus(old.high if old else Measure()))
    waiting = change.state.pending.get(new.cell)
    change.state.pending[new.cell] = waiting.plus(rise) if waiting else rise


def revise(old: Row | None, fresh: Row) -> Row | None:
    """The next revision of a row; None when nothing changed."""
    if old is None:
        return fresh
    same = fresh.window.model_copy(
        update={"revision": old.window.revision, "correction": old.window.correction}
    )
    if same == old.window:
        if fresh.measure == old.measure:
            return None
        return Row(old.window, fresh.measure, old.high.peak(fresh.measure))
    figures = (*PUBLISHED, "reach", "score_mean", "coverage")
    lower = any(
        getattr(fresh.window, name) < getattr(old.window, name) for name in figures
    )
    revision = old.window.revision + 1
    window = fresh.window.model_copy(update={"revision": revision, "correction": lower})
    return Row(window, fresh.measure, old.high.peak(fresh.measure))


def settle_reach(change: Change) -> None:
    """A visitor leaves the reach of a campaign only when no row of it counts him any more."""
    if not any(entry.gone for entry in change.exact):
        return
    counted = {
        (row.cell.campaign_id, visitor)
        for rows in change.state.rows.values()
        for row in rows.values()
        for visitor in row.measure.visitors
    }
    change.exact = [
        replace(
            e,
            gone=frozenset(v for v in e.gone if (e.cell.campaign_id, v) not in counted),
        )
        for e in change.exact
    ]


def prune(change: Change, rules: AnalyticsSettings) -> None:
    """Drop events that no open or revisable window needs, and rows whose day cannot change any more."""
    state = change.state
    oldest = state.horizon(rules)
    change.dropped = state.events.prune(oldest)
    for start in [start for start in state.rows if start < oldest - DAY_NS]:
        change.dropped_rows += [(start, cell) for cell in state.rows.pop(start)]
