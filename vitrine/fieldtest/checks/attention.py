"""Who looked, and when."""

from __future__ import annotations

from collections.abc import Iterator

from vitrine.fieldtest.case import Case, Moment, Result
from vitrine.fieldtest.checks.verdicts import at_least, share_of, times
from vitrine.fieldtest.spans import Span, common, seconds, union, without
from vitrine.fieldtest.truth import TruePresence


def attention_overlap(case: Case) -> Result:
    """Attention of presences that were found: intersection over union of all of it."""
    inside = outside = 0.0
    moments = []
    for presence, true, mine in _attentions(case):
        both = common(true, mine)
        either = union([*true, *mine])
        inside = inside + seconds(both)
        outside = outside + seconds(either)
        apart = without(either, both)
        if seconds(apart) > case.seconds:
            start, end = max(apart, key=lambda span: span[1] - span[0])
            note = f"{presence.person}: attention differs for {seconds(apart):.1f} of {seconds(either):.1f} s"
            moments.append(
                Moment(presence.camera_id, (start + end) // 2, seconds(apart), note)
            )
    share = inside / outside if outside else 0.0
    least = case.tolerances.overlap
    passed = share >= least if outside else None
    title = "Attention that agrees"
    return Result(
        "attention-overlap",
        "attention",
        title,
        share_of(share),
        at_least(least),
        passed,
        tuple(moments),
    )


def attention_seconds(case: Case) -> Result:
    """Attention of presences that were found, in all."""
    true = sum(seconds(spans) for _, spans, _ in _attentions(case))
    mine = sum(seconds(spans) for _, _, spans in _attentions(case))
    return times(case, "attention-seconds", "attention", "Attention", mine, true)


def _attentions(case: Case) -> Iterator[tuple[TruePresence, list[Span], list[Span]]]:
    """True and measured attention of each pair, where the truth is sure of it."""
    for true, mine in case.matches.pairs:
        unsure = case.truth.unsure.get(true.person, ())
        yield true, without(true.attention, unsure), without(mine.attention, unsure)
