"""What is counted: visitors and campaign totals."""

from __future__ import annotations

from dataclasses import replace

from vitrine.fieldtest.case import Case, Result
from vitrine.fieldtest.checks.verdicts import counts, times
from vitrine.fieldtest.totals import count_visits


def visits(case: Case) -> Result:
    """Visits of visitors."""
    mine = len({presence.visit_id for presence in case.measured.presences})
    return counts(case, "visits", "visitors", "Visits", mine, count_visits(case.people))


def watchers(case: Case) -> Result:
    """Visitors who looked at a play."""
    mine = case.measured.totals.watchers
    true = case.true_totals.watchers
    return _sure(case, counts(case, "watchers", "visitors", "Watchers", mine, true))


def _sure(case: Case, result: Result) -> Result:
    """Not judged where the truth does not know of all attention."""
    return replace(result, passed=None) if case.truth.unsure else result


def reach(case: Case) -> Result:
    """Different visitors of each campaign."""
    return counts(
        case,
        "reach",
        "visitors",
        "Reach",
        case.measured.totals.reach,
        case.true_totals.reach,
    )


def total_plays(case: Case) -> Result:
    """Plays that the campaigns count."""
    mine = case.measured.totals.plays
    true = len({play.play_id for play in case.measured.journal})
    return Result(
        "total-plays",
        "totals",
        "Plays counted",
        f"{mine} of {true}",
        "all",
        mine == true if true else None,
    )


def total_ots(case: Case) -> Result:
    """Opportunities to see."""
    return counts(
        case,
        "total-ots",
        "totals",
        "OTS",
        case.measured.totals.ots,
        case.true_totals.ots,
    )


def total_dwell(case: Case) -> Result:
    """Dwell during plays."""
    return times(
        case,
        "total-dwell",
        "totals",
        "Dwell in plays",
        case.measured.totals.dwell_s,
        case.true_totals.dwell_s,
    )


def total_attention(case: Case) -> Result:
    """Attention during plays."""
    mine = case.measured.totals.attention_s
    true = case.true_totals.attention_s
    return _sure(
        case, times(case, "total-attention", "totals", "Attention in plays", mine, true)
    )
