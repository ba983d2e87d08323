"""Check how faces are found and followed."""

from __future__ import annotations

from vitrine.fieldtest.case import Case, Moment, Result
from vitrine.fieldtest.checks.verdicts import (
    at_least,
    at_most,
    few_enough,
    share_of,
)
from vitrine.fieldtest.following import Loss, Swap


def recall(case: Case) -> Result:
    """Check the person-seconds with a track."""
    following = case.following
    least = case.tolerances.recall
    passed = None
    if following.visible:
        passed = following.recall >= least
    return Result(
        key="recall",
        group="tracks",
        title="Person-seconds found",
        value=share_of(following.recall),
        wanted=at_least(least),
        passed=passed,
        moments=tuple(map(_loss, following.losses)),
    )


def _loss(loss: Loss) -> Moment:
    return Moment(
        camera_id=loss.camera_id,
        at_ns=loss.at_ns,
        badness=loss.seconds,
        note=f"{loss.person} is not found for {loss.seconds:.1f} s",
    )


def holes(case: Case) -> Result:
    """Check the frames without a face between two with it."""
    following = case.following
    most = case.tolerances.holes
    passed = None
    if following.followed:
        passed = following.hole_share <= most
    return Result(
        key="holes",
        group="tracks",
        title="Frames lost within tracks",
        value=share_of(following.hole_share),
        wanted=at_most(most),
        passed=passed,
    )


def swaps(case: Case) -> Result:
    """Check the tracks that went from one person to another."""
    found = case.following.swaps
    count = len(case.truth.presences)
    most = case.tolerances.swaps
    return Result(
        key="swaps",
        group="tracks",
        title="Tracks that change person",
        value=f"{len(found)} in {count} presences",
        wanted=at_most(most),
        passed=few_enough(len(found), count, most),
        moments=tuple(map(_swap, found)),
    )


def _swap(swap: Swap) -> Moment:
    return Moment(
        camera_id=swap.camera_id,
        at_ns=swap.at_ns,
        # A change has no length; it counts as much as a second of anything else.
        badness=1.0,
        note=f"a track goes from {swap.person} to {swap.other}",
    )


def fragments(case: Case) -> Result:
    """Check the tracks of one presence, above the first."""
    extra = case.following.fragments(case.truth.presences)
    count = len(case.truth.presences)
    most = case.tolerances.fragments
    return Result(
        key="fragments",
        group="tracks",
        title="Tracks beyond the first",
        value=f"{extra} in {count} presences",
        wanted=f"≤ {most:g} a presence",
        passed=few_enough(extra, count, most),
    )
