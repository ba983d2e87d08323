"""Check who looked, and when."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.fieldtest.case import Case, Moment, Result
from vitrine.fieldtest.checks.verdicts import at_least, share_of, times
from vitrine.fieldtest.spans import Span, common, seconds, union, without
from vitrine.fieldtest.truth import TruePresence


def attention_overlap(case: Case) -> Result:
    """Check the attention of presences that were found: intersection over union of all of it."""
    both_s = 0.0
    either_s = 0.0
    moments = []
    for presence, true, mine in _attentions(case):
        both = common(true, mine)
        either = union([*true, *mine])
        both_s += seconds(both)
        either_s += seconds(either)
        apart = without(either, both)
        # What the tolerance of times allows is no case to look at.
        if seconds(apart) > case.seconds:
            moments.append(_disagreement(presence, apart, either))
    least = case.tolerances.overlap
    share = 0.0
    passed = None
    if either_s:
        share = both_s / either_s
        passed = share >= least
    return Result(
        key="attention-overlap",
        group="attention",
        title="Attention that agrees",
        value=share_of(share),
        wanted=at_least(least),
        passed=passed,
        moments=tuple(moments),
    )


def _disagreement(
    presence: TruePresence,
    apart: list[Span],
    either: list[Span],
) -> Moment:
    """Point at the middle of the longest stretch on which truth and measurement differ."""
    start_ns, end_ns = max(apart, key=_length)
    apart_s = seconds(apart)
    either_s = seconds(either)
    return Moment(
        camera_id=presence.camera_id,
        at_ns=(start_ns + end_ns) // 2,
        badness=apart_s,
        note=f"{presence.person}: attention differs for {apart_s:.1f} of {either_s:.1f} s",
    )


def _length(span: Span) -> int:
    start_ns, end_ns = span
    return end_ns - start_ns


def attention_seconds(case: Case) -> Result:
    """Check the attention of presences that were found, in all."""
    true_s = 0.0
    measured_s = 0.0
    for _, true, mine in _attentions(case):
        true_s += seconds(true)
        measured_s += seconds(mine)
    return times(
        case,
        key="attention-seconds",
        group="attention",
        title="Attention",
        mine=measured_s,
        true=true_s,
    )


def _attentions(case: Case) -> Iterator[tuple[TruePresence, list[Span], list[Span]]]:
    """Yield true and measured attention of each pair, where the truth is sure of it."""
    for true, mine in case.matches.pairs:
        unsure = case.truth.unsure.get(true.person, ())
        expected = without(true.attention, unsure)
        measured = without(mine.attention, unsure)
        yield true, expected, measured
