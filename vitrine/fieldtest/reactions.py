"""Hold conditions on reactions against what people really did."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.spans import Span
from vitrine.fieldtest.truth import TrueFrame, TruePerson
from vitrine.mall import Condition, Zone
from vitrine.programme.audience import Audience
from vitrine.programme.reactions import Showing
from vitrine.schemas import ExpressionGroup, StandEngagement

PATIENCE_NS: Final = 2 * SECOND_NS
"""A condition that does not hold for so long after an onset has missed it."""
EARLY_NS: Final = SECOND_NS // 4
"""An onset of the truth is one of its frames; a condition may hold a moment before."""
FADES_NS: Final = SECOND_NS
"""After its end, what people do is still somewhat there."""
BEFORE_NS: Final = 2 * SECOND_NS
"""Time that a creative is shown before people smile at it."""
CREATIVE_NS: Final = 8 * SECOND_NS
"""Length of the creatives that people come closer to."""
CLOSER: Final = 1.25
"""The definition (docs/metrics.md), written down again: the stand is judged here."""


@dataclass(frozen=True, slots=True)
class Onsets:
    """Hold how conditions followed what people did."""

    delays_s: tuple[float, ...]
    """From each onset that was noticed; negative for a moment before it."""
    missed: tuple[int, ...]
    """Times of the onsets that were not."""
    invented: tuple[int, ...]
    """Times at which a condition began to hold without one."""
    hours: float

    @property
    def count(self) -> int:
        """Return the number of onsets."""
        return len(self.delays_s) + len(self.missed)

    @property
    def invented_an_hour(self) -> float:
        """Return false alarms an hour."""
        return len(self.invented) / self.hours if self.hours else 0.0

    def delay_s(self, percentile: float) -> float:
        """Return a percentile, 0 to 100, of the delays; there must be one."""
        return float(np.percentile(self.delays_s, percentile))


def compared(
    true: Sequence[Span],
    held: Sequence[Span],
    length_ns: int,
    allowed: Sequence[Span] = (),
) -> Onsets:
    """Return how spans in which a condition held follow those in which it should.

    In `allowed` ones it may hold, too.
    """
    delays = []
    missed = []
    for start, end in true:
        begin = _first_within(held, start - EARLY_NS, max(end, start + PATIENCE_NS))
        if begin is None or begin - start > PATIENCE_NS:
            missed.append(start)
        else:
            delays.append((begin - start) / SECOND_NS)
    invented = []
    for begin, _ in held:
        wanted = any(
            a - EARLY_NS <= begin <= b + FADES_NS for a, b in [*true, *allowed]
        )
        if not wanted:
            invented.append(begin)
    return Onsets(
        delays_s=tuple(delays),
        missed=tuple(missed),
        invented=tuple(invented),
        hours=length_ns / SECOND_NS / 3600,
    )


def _first_within(held: Sequence[Span], low: int, high: int) -> int | None:
    """Return when the condition began to hold between two times; None if it did not."""
    for start, end in held:
        if start > high:
            break
        if start >= low:
            return start
        if end >= low:
            # It held before already: nobody waited.
            return low
    return None


def expression_held(
    snapshots: Iterable[StandEngagement], group: ExpressionGroup
) -> list[Span]:
    """Return when those who looked showed a group, as a condition of a stand sees it."""
    return _held(snapshots, Condition(expression=group), ())


def positive_held(
    snapshots: Sequence[StandEngagement], true: Sequence[Span]
) -> list[Span]:
    """Return when those who looked became positive.

    A creative begins with the first snapshot, and one before each time that they do.
    """
    starts = [snapshot.at_ns for snapshot in snapshots[:1]]
    starts += [start - BEFORE_NS for start, _ in true]
    return _held(snapshots, Condition(reaction="positive"), starts)


def approach_held(
    snapshots: Iterable[StandEngagement], starts: Sequence[int]
) -> list[Span]:
    """Return when somebody came closer, with creatives that begin at these times."""
    return _held(snapshots, Condition(reaction="approach"), starts)


def _held(
    snapshots: Iterable[StandEngagement],
    condition: Condition,
    creatives: Sequence[int],
) -> list[Span]:
    """Return the spans in which a condition held; a creative begins at each of these times."""
    audience = Audience()
    waiting = sorted(creatives)
    held: list[Span] = []
    holds = False
    for snapshot in snapshots:
        while waiting and waiting[0] <= snapshot.at_ns:
            begin_ns = waiting.pop(0)
            audience.show(Showing(f"creative-{begin_ns}", begin_ns))
        audience.observe(snapshot, ())
        met = bool(audience.meeting(condition, snapshot.at_ns))
        if met and holds:
            held[-1] = held[-1][0], snapshot.at_ns
        elif met:
            held.append((snapshot.at_ns, snapshot.at_ns))
        holds = met
    return held


def smiles(frames: Iterable[TrueFrame]) -> list[Span]:
    """Return when the only one who looks smiles broadly; with others it is their mean."""
    found: list[Span] = []
    smiled = False
    for frame in frames:
        looking = [p for p in frame.people if p.attending and p.visible]
        smiling = len(looking) == 1 and looking[0].smiling
        if smiling and smiled:
            found[-1] = found[-1][0], frame.at_ns
        elif smiling:
            found.append((frame.at_ns, frame.at_ns))
        smiled = smiling
    return found


def creatives(frames: Sequence[TrueFrame]) -> list[int]:
    """Return when creatives of eight seconds begin, one after the other."""
    if not frames:
        return []
    return list(range(frames[0].at_ns, frames[-1].at_ns, CREATIVE_NS))


def approaches(frames: Sequence[TrueFrame], zone: Zone) -> list[Span]:
    """Return when somebody who looks has come closer since the first look at the creative."""
    found: list[Span] = []
    starts = creatives(frames)
    for start, end in pairwise([*starts, frames[-1].at_ns]):
        begun: dict[str, float] = {}
        shown = [frame for frame in frames if start <= frame.at_ns < end]
        closer = [frame.at_ns for frame in shown if _closer(frame, zone, begun)]
        if closer:
            found.append((closer[0], closer[-1]))
    return found


def lasting(spans: Iterable[Span]) -> list[Span]:
    """Return the spans of a second and more: shorter ones end with their creative."""
    return [(start, end) for start, end in spans if end - start >= FADES_NS]


def _closer(frame: TrueFrame, zone: Zone, begun: dict[str, float]) -> bool:
    """Return whether somebody is closer; `begun` holds heights at first."""
    closer = [_is_closer(person, frame, zone, begun) for person in frame.people]
    return any(closer)


def _is_closer(
    person: TruePerson,
    frame: TrueFrame,
    zone: Zone,
    begun: dict[str, float],
) -> bool:
    """Return whether a face has grown by a quarter; `begun` holds heights at first."""
    if not person.attending or not person.at_the_stand(frame.height, zone):
        return False
    height = person.box[3]
    first = begun.setdefault(person.person, height)
    return height >= CLOSER * first
