"""Draw who was there and looked, true above measured, one drawing a camera and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.case import Case
from vitrine.fieldtest.measured import Presence
from vitrine.fieldtest.spans import Span
from vitrine.fieldtest.truth import TruePresence

WIDTH: Final = 1000.0
"""Of the time axis, in units of the drawing."""
KINDS: Final = {
    "split": "split off",
    "static": "static face",
    "stranger": "nobody",
}
"""Names of the rows of presences that are nobody's own."""
# More labels would touch each other at this width.
MOST_TICKS: Final = 12
STEPS_S: Final = (1, 2, 5, 10, 20, 30, 60, 120, 300)
LONGEST_STEP_S: Final = 600


@dataclass(frozen=True, slots=True)
class Bar:
    """Represent a stretch of a row."""

    x: float
    width: float
    kind: str
    """`true`, `true-attention`, `measured`, `measured-attention`."""
    title: str


@dataclass(slots=True)
class Row:
    """Hold the bars of one person, or of one kind of extra presence."""

    name: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chart:
    """Hold the drawing of one camera on one day."""

    title: str
    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]


def charts(case: Case) -> list[Chart]:
    """Draw all charts, in order of stands, cameras and days."""
    times_of: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for frame in case.truth.frames:
        key = frame.stand_id, frame.camera_id, _day(frame.at_ns)
        times_of[key].append(frame.at_ns)
    several_days = len({day for _, _, day in times_of}) > 1
    drawn = []
    for (_, camera, day), times in sorted(times_of.items()):
        title = camera
        if several_days:
            title += f", {day}"
        window = min(times), max(times)
        chart = _chart(
            case,
            camera,
            window,
            title,
        )
        drawn.append(chart)
    return drawn


def _day(at_ns: int) -> str:
    day = datetime.fromtimestamp(at_ns / SECOND_NS, UTC)
    return f"{day:%d %B}"


class _Rows:
    """Gather the rows of one camera and day, in the order in which they are first named."""

    def __init__(self, camera: str, window: Span) -> None:
        self._camera = camera
        self._window = window
        self._rows: dict[str, Row] = {}

    def add(
        self,
        name: str,
        kind: str,
        presence: TruePresence | Presence,
    ) -> None:
        """Add a presence's bars to a row."""
        row = self._rows.setdefault(name, Row(name))
        row.bars.extend(_bars(kind, presence, self._window))

    def holds(self, presence: TruePresence | Presence) -> bool:
        """Tell if a presence belongs to this chart."""
        start_ns, end_ns = self._window
        if presence.camera_id != self._camera:
            return False
        return start_ns <= presence.start_ns <= end_ns

    def all(self) -> list[Row]:
        """Return the rows."""
        return list(self._rows.values())


def _chart(
    case: Case,
    camera: str,
    window: Span,
    title: str,
) -> Chart:
    rows = _Rows(camera, window)
    pairs: list[tuple[TruePresence, Presence | None]] = []
    pairs += case.matches.pairs
    pairs += [(true, None) for true in case.matches.missed]
    # Rows stand in the order in which people come.
    pairs.sort(key=lambda pair: pair[0].start_ns)
    for true, mine in pairs:
        if not rows.holds(true):
            continue
        rows.add(true.person, "true", true)
        if mine is not None:
            rows.add(true.person, "measured", mine)
    for extra in case.matches.extras:
        if rows.holds(extra.presence):
            rows.add(KINDS[extra.kind], "measured", extra.presence)
    ticks = list(_ticks(window))
    return Chart(title, rows.all(), ticks)


def _bars(
    kind: str,
    presence: TruePresence | Presence,
    window: Span,
) -> Iterator[Bar]:
    """Yield the bar of a presence, then those of its attention."""
    length_s = presence.seconds
    looks = len(presence.attention)
    title = f"{kind}: {length_s:.1f} s, attention {looks} ×"
    whole = presence.start_ns, presence.end_ns
    # First, so that attention is drawn over it.
    yield _bar(kind, whole, window, title)
    for span in presence.attention:
        yield _bar(f"{kind}-attention", span, window, title)


def _bar(
    kind: str,
    span: Span,
    window: Span,
    title: str,
) -> Bar:
    start_ns, end_ns = span
    left = _x(start_ns, window)
    right = _x(end_ns, window)
    # At least one unit wide: a glance of 0.25 s would not be seen on a long axis.
    width = max(right - left, 1.0)
    return Bar(
        x=round(left, 2),
        width=round(width, 2),
        kind=kind,
        title=title,
    )


def _x(at_ns: int, window: Span) -> float:
    start_ns, end_ns = window
    # A camera with one frame has a window without length.
    length_ns = max(1, end_ns - start_ns)
    return WIDTH * (at_ns - start_ns) / length_ns


def _ticks(window: Span) -> Iterator[tuple[float, str]]:
    """Yield places and labels of minutes and seconds."""
    start_ns, end_ns = window
    length_s = (end_ns - start_ns) / SECOND_NS
    step_s = LONGEST_STEP_S
    for shorter_s in STEPS_S:
        if length_s / shorter_s <= MOST_TICKS:
            step_s = shorter_s
            break
    count = int(length_s // step_s) + 1
    for number in range(count):
        at_s = number * step_s
        at_ns = start_ns + at_s * SECOND_NS
        place = _x(at_ns, window)
        minutes, seconds = divmod(at_s, 60)
        yield round(place, 2), f"{minutes}:{seconds:02d}"
