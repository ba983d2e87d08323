"""How faces are found and followed."""

from __future__ import annotations

from vitrine.fieldtest.case import Case, Moment, Result
from vitrine.fieldtest.checks.verdicts import at_least, at_most, few_enough, share_of


def recall(case: Case) -> Result:
    """Person-seconds with a track."""
    seen = case.following.recall
    least = case.tolerances.recall
    passed = seen >= least if case.following.visible else None
    moments = tuple(
        Moment(
            lost.camera_id,
            lost.at_ns,
            lost.seconds,
            f"{lost.person} is not found for {lost.seconds:.1f} s",
        )
        for lost in case.following.losses
    )
    return Result(
        "recall",
        "tracks",
        "Person-seconds found",
        share_of(seen),
        at_least(least),
        passed,
        moments,
    )


def holes(case: Case) -> Result:
    """Frames without a face between two with it."""
    share = case.following.hole_share
    most = case.tolerances.holes
    passed = share <= most if case.following.followed else None
    return Result(
        "holes",
        "tracks",
        "Frames lost within tracks",
        share_of(share),
        at_most(most),
        passed,
    )


def swaps(case: Case) -> Result:
    """Tracks that went from one person to another."""
    found = case.following.swaps
    count = len(case.truth.presences)
    most = case.tolerances.swaps
    moments = tuple(
        Moment(s.camera_id, s.at_ns, 1.0, f"a track goes from {s.person} to {s.other}")
        for s in found
    )
    value = f"{len(found)} in {count} presences"
    return Result(
        "swaps",
        "tracks",
        "Tracks that change person",
        value,
        at_most(most),
        few_enough(found, count, most),
        moments,
    )


def fragments(case: Case) -> Result:
    """Tracks of one presence, above the first."""
    extra = case.following.fragments(case.truth.presences)
    count = len(case.truth.presences)
    most = case.tolerances.fragments
    value = f"{extra} in {count} presences"
    wanted = f"≤ {most:g} a presence"
    return Result(
        "fragments",
        "tracks",
        "Tracks beyond the first",
        value,
        wanted,
        few_enough(range(extra), count, most),
    )
