"""Compare what pages drew with what is on the topic."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import quantiles
from typing import Final

from benchmarks.screen_days.faults import Fault
from benchmarks.screen_days.witness import Span, Witness
from vitrine.clock import SECOND_NS
from vitrine.programme.licences import OFFLINE
from vitrine.schemas import Play

QUIET: Final = "before any"
TOLERANCE_S: Final = 0.25
COLUMNS: Final = (
    "drawn",
    "reported",
    "offline",
    "doubtful",
    "interrupted",
    "unwritten",
    "lost",
    "doubled",
    "longer",
)
BAD: Final = ("lost", "doubled", "longer")


@dataclass(frozen=True, slots=True)
class Death:
    """Hold when the browser of a stand was killed, in ms of its clock."""

    stand: str
    at_ms: float


@dataclass(slots=True)
class Evidence:
    """Hold all that a run left."""

    witness: Witness
    faults: Sequence[Fault]
    """By their beginning."""
    deaths: Sequence[Death]
    stopped_ms: float
    """What was over by then is judged."""
    plays: Sequence[Play]
    """On the topic, with repetitions."""
    problems: Sequence[str] = ()


@dataclass(slots=True)
class Verdict:
    """Hold the figures."""

    rows: dict[str, Counter[str]] = field(default_factory=dict)
    """By the kind of fault that began last: how many of each of COLUMNS."""
    faults: Mapping[str, int] = field(default_factory=dict)
    told_twice: int = 0
    """Records of plays that were on the topic before: readers know them by their ids."""
    unwitnessed: int = 0
    """Plays on the topic of which the benchmark did not hear: a page that is killed may not have
    got its last words out."""
    unseen: int = 0
    """Plays that a page kept with nothing on its stage."""
    refused: int = 0
    house: int = 0
    """Times that a page showed the house, as nothing may have been shown."""
    house_s: float = 0.0
    longest_s: float = 0.0
    """For which one picture was on a screen."""
    p99_s: float = 0.0
    dark: list[str] = field(default_factory=list)
    """Screens that did not go on in the end, with what they say."""
    problems: Sequence[str] = ()
    """Faults that could not be made, or did not end."""
    examples: list[str] = field(default_factory=list)
    """What is bad, in words."""

    def total(self, column: str) -> int:
        """Return the sum of a column."""
        return sum(row[column] for row in self.rows.values())

    @property
    def bad(self) -> int:
        """Return how many plays are lost, doubled or too long, and what else went wrong."""
        return (
            sum(self.total(column) for column in BAD) + self.unseen + len(self.problems)
        )


def judge(evidence: Evidence) -> Verdict:
    """Return the verdict on all spans that were over when the run stopped."""
    on_topic: dict[str, Play] = {}
    for play in evidence.plays:
        on_topic.setdefault(play.play_id, play)
    verdict = Verdict(
        faults=Counter(fault.kind for fault in evidence.faults),
        told_twice=len(evidence.plays) - len(on_topic),
        refused=evidence.witness.refused,
        unseen=len(evidence.witness.unseen),
        problems=evidence.problems,
        examples=list(evidence.problems),
    )
    begun_ms = [fault.begun_ms for fault in evidence.faults]
    owners = _owners(evidence.witness)
    lengths_s = []
    for span in _over(evidence):
        if span.house:
            verdict.house += 1
            verdict.house_s += span.drawn_s()
            continue
        place = bisect_right(begun_ms, span.last_ms())
        kind = evidence.faults[place - 1].kind if place else QUIET
        row = verdict.rows.setdefault(kind, Counter())
        reported = _reported(span, owners, on_topic)
        _judge_span(span, evidence, reported, row, verdict)
        if span.over_ms is not None:
            lengths_s.append(span.drawn_s())
    if len(lengths_s) > 1:
        verdict.longest_s = max(lengths_s)
        verdict.p99_s = quantiles(lengths_s, n=100)[98]
    known = {*evidence.witness.unseen, *owners}
    verdict.unwitnessed = len(on_topic.keys() - known)
    return verdict


def _over(evidence: Evidence) -> Iterator[Span]:
    """Yield what began before the run stopped."""
    for span in evidence.witness.spans.values():
        if span.shown_ms < evidence.stopped_ms:
            yield span


def _owners(witness: Witness) -> dict[str, Span]:
    """Return the span that each id stands for: the last for which a page kept it.

    A play that is dated anew may get the id that one of before it had until then.
    """
    owners: dict[str, Span] = {}
    for span in witness.spans.values():
        for name, at_ms in span.kept.items():
            before = owners.get(name)
            if before is None or before.kept[name] <= at_ms:
                owners[name] = span
    return owners


def _reported(
    span: Span,
    owners: Mapping[str, Span],
    on_topic: Mapping[str, Play],
) -> list[Play]:
    """Return the plays on the topic that stand for a span."""
    own = [name for name in span.kept if owners[name] is span]
    return [on_topic[name] for name in own if name in on_topic]


def _judge_span(
    span: Span,
    evidence: Evidence,
    reported: Sequence[Play],
    row: Counter[str],
    verdict: Verdict,
) -> None:
    """Count one span, with the plays on the topic that stand for it."""
    row["drawn"] += 1
    if not reported:
        row[_unreported(span, evidence)] += 1
        if _unreported(span, evidence) == "lost":
            verdict.examples.append(f"lost: {span}")
        return
    row["reported"] += 1
    play = reported[0]
    row["offline"] += play.reason == OFFLINE
    row["doubtful"] += play.doubtful is not None
    if len(reported) > 1:
        row["doubled"] += 1
        verdict.examples.append(f"doubled: {span}")
    length_s = (play.end_ns - play.start_ns) / SECOND_NS
    if length_s > span.drawn_s() + TOLERANCE_S:
        row["longer"] += 1
        verdict.examples.append(f"longer, {length_s:.2f} s: {span}")


def _unreported(span: Span, evidence: Evidence) -> str:
    """Return what became of a span that is not on the topic.

    It was interrupted when its browser was killed meanwhile, unwritten when that came before the
    disk had the play.
    """
    finished = span.over_ms is not None or span.kept
    died = any(
        death.stand == span.stand and death.at_ms >= span.shown_ms
        for death in evidence.deaths
    )
    if not finished:
        return "interrupted" if died else "on the screen"
    return "unwritten" if died and span.kept and not span.stored else "lost"
