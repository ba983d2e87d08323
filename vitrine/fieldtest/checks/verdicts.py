"""How a figure is held against what was asked for."""

from __future__ import annotations

from collections.abc import Sequence

from vitrine.fieldtest.case import Case, Group, Moment, Result
from vitrine.fieldtest.measured import Presence
from vitrine.fieldtest.truth import TruePresence


def counts(
    case: Case, key: str, group: Group, title: str, mine: int, true: int
) -> Result:
    """Numbers of people: off by a share, or by one."""
    share = case.tolerances.counts
    passed = (
        abs(mine - true) <= max(share * true, 1.0)
        if (true or mine) and case.truth.complete
        else None
    )
    wanted = f"{true} ± 1" if share * true < 1 else f"{true} ± {100 * share:.0f} %"
    return Result(key, group, title, f"{mine} ({off(mine, true)})", wanted, passed)


def times(
    case: Case, key: str, group: Group, title: str, mine: float, true: float
) -> Result:
    """Summed seconds: off by a share."""
    share = case.tolerances.times
    judged = (true or mine) and (case.truth.complete or group == "attention")
    passed = abs(mine - true) <= share * true if judged else None
    wanted = f"{true:.1f} s ± {100 * share:.0f} %"
    return Result(
        key, group, title, f"{mine:.1f} s ({off(mine, true)})", wanted, passed
    )


def within(
    case: Case,
    key: str,
    group: Group,
    title: str,
    errors: Sequence[float],
    moments: tuple[Moment, ...],
) -> Result:
    """Errors in seconds: most are within the tolerance."""
    wanted = case.tolerances.within
    share = (
        sum(abs(error) <= case.seconds for error in errors) / len(errors)
        if errors
        else 0.0
    )
    return Result(
        key,
        group,
        title,
        share_of(share),
        at_least(wanted),
        share >= wanted if errors else None,
        moments,
    )


def few_enough(bad: Sequence[object], count: int, most: float) -> bool | None:
    """At most so many for each of `count`; nothing to judge where there is neither."""
    return len(bad) <= most * count if count or bad else None


def off(mine: float, true: float) -> str:
    """Too much or too little."""
    return f"{100 * (mine / true - 1):+.1f} %".replace("-", "−") if true else "–"


def share_of(share: float) -> str:
    """In words."""
    return f"{100 * share:.1f} %"


def at_least(share: float) -> str:
    """A lower bound in words."""
    return f"≥ {100 * share:.0f} %"


def at_most(share: float) -> str:
    """An upper bound in words."""
    return f"≤ {100 * share:.0f} %"


def middle(presence: TruePresence | Presence) -> int:
    """When a presence is half over."""
    return (presence.start_ns + presence.end_ns) // 2
