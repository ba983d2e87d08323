"""Hold figures against what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine.fieldtest.case import Case, Group, Moment, Result
from vitrine.fieldtest.measured import Presence
from vitrine.fieldtest.truth import TruePresence


def counts(
    case: Case,
    key: str,
    group: Group,
    title: str,
    mine: int,
    true: int,
) -> Result:
    """Judge numbers of people: off by a share, or by one."""
    share = case.tolerances.counts
    allowed = share * true
    wanted = f"{true} ± {100 * share:.0f} %"
    # Numbers of people are whole: less than one off would be none.
    if allowed < 1:
        allowed = 1.0
        wanted = f"{true} ± 1"
    passed = None
    # Where some are not labelled, more may be counted, and rightly.
    if (true or mine) and case.truth.complete:
        passed = abs(mine - true) <= allowed
    return Result(
        key=key,
        group=group,
        title=title,
        value=f"{mine} ({off(mine, true)})",
        wanted=wanted,
        passed=passed,
    )


def times(
    case: Case,
    key: str,
    group: Group,
    title: str,
    mine: float,
    true: float,
) -> Result:
    """Judge summed seconds: off by a share.

    Attention is judged where not everybody is labelled too: it is compared person by person.
    """
    share = case.tolerances.times
    passed = None
    if (true or mine) and (case.truth.complete or group == "attention"):
        passed = abs(mine - true) <= share * true
    return Result(
        key=key,
        group=group,
        title=title,
        value=f"{mine:.1f} s ({off(mine, true)})",
        wanted=f"{true:.1f} s ± {100 * share:.0f} %",
        passed=passed,
    )


def within(
    case: Case,
    key: str,
    group: Group,
    title: str,
    errors: Sequence[float],
    moments: Sequence[Moment],
) -> Result:
    """Judge errors in seconds: most are within the tolerance."""
    least = case.tolerances.within
    share = 0.0
    passed = None
    if errors:
        good = sum(abs(error) <= case.seconds for error in errors)
        share = good / len(errors)
        passed = share >= least
    return Result(
        key=key,
        group=group,
        title=title,
        value=share_of(share),
        wanted=at_least(least),
        passed=passed,
        moments=tuple(moments),
    )


def few_enough(bad: int, count: int, most: float) -> bool | None:
    """Judge that there are at most so many for each of `count`; None where there is neither."""
    if not count and not bad:
        return None
    return bad <= most * count


def off(mine: float, true: float) -> str:
    """Say how much is too much or too little."""
    if not true:
        return "–"
    percent = 100 * (mine / true - 1)
    # A minus sign is as wide as the plus beside it in the table.
    return f"{percent:+.1f} %".replace("-", "−")


def share_of(share: float) -> str:
    """Write a share as percent."""
    return f"{100 * share:.1f} %"


def at_least(share: float) -> str:
    """Write a lower bound."""
    return f"≥ {100 * share:.0f} %"


def at_most(share: float) -> str:
    """Write an upper bound."""
    return f"≤ {100 * share:.0f} %"


def middle(presence: TruePresence | Presence) -> int:
    """Return when a presence is half over."""
    return (presence.start_ns + presence.end_ns) // 2
