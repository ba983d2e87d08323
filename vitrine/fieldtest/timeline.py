"""Who was there and looked, true above measured, as one drawing a camera and day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from vitrine.fieldtest.case import Case
from vitrine.fieldtest.measured import Presence
from vitrine.fieldtest.spans import SECOND, Span
from vitrine.fieldtest.truth import TruePresence

WIDTH: Final = 1000.0
"""Of the time axis, in units of the drawing."""
KINDS: Final = {"split": "split off", "poster": "printed face", "stranger": "nobody"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A stretch of a row."""

    x: float
    width: float
    kind: str
    """`true`, `true-attention`, `measured`, `measured-attention`."""
    title: str


@dataclass(slots=True)
class Row:
    """One person, or one kind of extra presence."""

    name: str
    bars: list[Bar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Chart:
    """One camera on one day."""

    title: str
    rows: Sequence[Row]
    ticks: Sequence[tuple[float, str]]


def charts(case: Case) -> list[Chart]:
    """In order of stands, cameras and days."""
    spans: dict[tuple[str, str, str], list[int]] = defaultdict(list)
    for frame in case.truth.frames:
        spans[frame.stand_id, frame.camera_id, _day(frame.at_ns)].append(frame.at_ns)
    days = {day for _, _, day in spans}
    return [
        _chart(
            case,
            camera,
            (min(times), max(times)),
            f"{camera}, {day}" if len(days) > 1 else camera,
        )
        for (_, camera, day), times in sorted(spans.items())
    ]


def _day(at_ns: int) -> str:
    return f"{datetime.fromtimestamp(at_ns / SECOND, UTC):%d %B}"


def _chart(case: Case, camera: str, window: Span, title: str) -> Chart:
    rows: dict[str, Row] = {}

    def row(name: str) -> list[Bar]:
        return rows.setdefault(name, Row(name)).bars

    pairs: list[tuple[TruePresence, Presence | None]] = [*case.matches.pairs]
    pairs += [(true, None) for true in case.matches.missed]
    for true, mine in sorted(pairs, key=lambda pair: pair[0].start_ns):
        if true.camera_id == camera and window[0] <= true.start_ns <= window[1]:
            row(true.person).extend(_bars("true", true, window))
            if mine is not None:
                row(true.person).extend(_bars("measured", mine, window))
    for extra in case.matches.extras:
        mine = extra.presence
        if mine.camera_id == camera and window[0] <= mine.start_ns <= window[1]:
            row(KINDS[extra.kind]).extend(_bars("measured", mine, window))
    return Chart(title, list(rows.values()), list(_ticks(window)))


def _bars(kind: str, presence: TruePresence | Presence, window: Span) -> Iterator[Bar]:
    title = f"{kind}: {presence.seconds:.1f} s, attention {len(presence.attention)} ×"
    spans = [((presence.start_ns, presence.end_ns), kind)]
    spans += [(span, f"{kind}-attention") for span in presence.attention]
    for (start, end), name in spans:
        x = _x(start, window)
        yield Bar(round(x, 2), round(max(_x(end, window) - x, 1.0), 2), name, title)


def _x(at_ns: int, window: Span) -> float:
    return WIDTH * (at_ns - window[0]) / max(1, window[1] - window[0])


def _ticks(window: Span) -> Iterator[tuple[float, str]]:
    length_s = (window[1] - window[0]) / SECOND
    step = next(
        (s for s in (1, 2, 5, 10, 20, 30, 60, 120, 300) if length_s / s <= 12), 600
    )
    for n in range(int(length_s // step) + 1):
        yield (
            round(_x(window[0] + n * step * SECOND, window), 2),
            f"{n * step // 60}:{n * step % 60:02d}",
        )
