"""Check what is counted: visitors and campaign totals."""

from __future__ import annotations

from dataclasses import replace

from vitrine.fieldtest.case import Case, Result
from vitrine.fieldtest.checks.verdicts import counts, times
from vitrine.fieldtest.totals import count_visits


def visits(case: Case) -> Result:
    """Check the visits of visitors."""
    names = {presence.visit_id for presence in case.measured.presences}
    return counts(
        case,
        key="visits",
        group="visitors",
        title="Visits",
        mine=len(names),
        true=count_visits(case.people),
    )


def watchers(case: Case) -> Result:
    """Check the visitors who looked at a play."""
    result = counts(
        case,
        key="watchers",
        group="visitors",
        title="Watchers",
        mine=case.measured.totals.watchers,
        true=case.true_totals.watchers,
    )
    return _where_sure(case, result)


def _where_sure(case: Case, result: Result) -> Result:
    """Leave a result unjudged where the truth does not know of all attention."""
    if case.truth.unsure:
        return replace(result, passed=None)
    return result


def reach(case: Case) -> Result:
    """Check the different visitors of each campaign."""
    return counts(
        case,
        key="reach",
        group="visitors",
        title="Reach",
        mine=case.measured.totals.reach,
        true=case.true_totals.reach,
    )


def total_plays(case: Case) -> Result:
    """Check the plays that the campaigns count."""
    names = {play.play_id for play in case.measured.journal}
    mine = case.measured.totals.plays
    true = len(names)
    return Result(
        key="total-plays",
        group="totals",
        title="Plays counted",
        value=f"{mine} of {true}",
        wanted="all",
        passed=mine == true if true else None,
    )


def total_ots(case: Case) -> Result:
    """Check the opportunities to see."""
    return counts(
        case,
        key="total-ots",
        group="totals",
        title="OTS",
        mine=case.measured.totals.ots,
        true=case.true_totals.ots,
    )


def total_dwell(case: Case) -> Result:
    """Check the dwell during plays."""
    return times(
        case,
        key="total-dwell",
        group="totals",
        title="Dwell in plays",
        mine=case.measured.totals.dwell_s,
        true=case.true_totals.dwell_s,
    )


def total_attention(case: Case) -> Result:
    """Check the attention during plays."""
    result = times(
        case,
        key="total-attention",
        group="totals",
        title="Attention in plays",
        mine=case.measured.totals.attention_s,
        true=case.true_totals.attention_s,
    )
    return _where_sure(case, result)
