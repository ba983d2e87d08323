"""Check how soon conditions on reactions hold, what they miss, and what they invent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from vitrine.fieldtest.case import Case, Moment, Result
from vitrine.fieldtest.checks.verdicts import at_most, share_of
from vitrine.fieldtest.reactions import (
    Onsets,
    approach_held,
    approaches,
    compared,
    creatives,
    lasting,
    positive_held,
    smiles,
)

FEWEST: Final = 5
"""Onsets of which one may be missed, whatever the share."""


def smiles_late(case: Case) -> Result:
    """Check how soon `reaction: positive` holds after somebody smiles."""
    return _late(case, "smiles-late", "Smiles are noticed within", _smiles(case))


def smiles_missed(case: Case) -> Result:
    """Check smiles for which it did not hold within two seconds."""
    return _missed(case, "smiles-missed", "Smiles missed", _smiles(case))


def smiles_invented(case: Case) -> Result:
    """Check that it holds only when somebody smiles."""
    return _invented(case, "smiles-invented", "Smiles invented", _smiles(case))


def approaches_late(case: Case) -> Result:
    """Check how soon `reaction: approach` holds."""
    title = "Approaches are noticed within"
    return _late(case, "approaches-late", title, _approaches(case))


def approaches_missed(case: Case) -> Result:
    """Check approaches for which it did not hold within two seconds."""
    return _missed(case, "approaches-missed", "Approaches missed", _approaches(case))


def approaches_invented(case: Case) -> Result:
    """Check that it holds only when somebody comes closer."""
    title = "Approaches invented"
    return _invented(case, "approaches-invented", title, _approaches(case))


def _judges(case: Case) -> bool:
    """Return whether the run is about reactions, at its one stand with one camera."""
    return any(stand.reactions == "expression" for stand in case.mall.stands)


def _smiles(case: Case) -> Onsets | None:
    if not _judges(case):
        return None
    true = smiles(case.truth.frames)
    held = positive_held(case.measured.snapshots, true)
    return compared(true, held, _length_ns(case))


def _approaches(case: Case) -> Onsets | None:
    if not _judges(case):
        return None
    frames = case.truth.frames
    true = approaches(frames, case.mall.stands[0].zone)
    held = approach_held(case.measured.snapshots, creatives(frames))
    return compared(lasting(true), held, _length_ns(case), allowed=true)


def _length_ns(case: Case) -> int:
    frames = case.truth.frames
    if not frames:
        return 0
    return frames[-1].at_ns - frames[0].at_ns


def _late(
    case: Case,
    key: str,
    title: str,
    onsets: Onsets | None,
) -> Result:
    most_s = case.tolerances.reaction_s
    value = "–"
    passed = None
    if onsets is not None and onsets.delays_s:
        delay_s = onsets.delay_s(95)
        value = f"{delay_s:.2f} s"
        passed = delay_s <= most_s
    return Result(
        key=key,
        group="reactions",
        title=title,
        value=value,
        wanted=f"≤ {most_s:g} s in 95 %",
        passed=passed,
    )


def _missed(
    case: Case,
    key: str,
    title: str,
    onsets: Onsets | None,
) -> Result:
    most = case.tolerances.reactions_missed
    value = "–"
    passed = None
    moments: Sequence[Moment] = ()
    if onsets is not None and onsets.count:
        missed = len(onsets.missed)
        share = missed / onsets.count
        value = f"{missed} of {onsets.count} ({share_of(share)})"
        # As for numbers of people: one may be missed where the share is less than one.
        allowed = 1 if onsets.count >= FEWEST else 0
        passed = missed <= max(allowed, most * onsets.count)
        moments = _moments(case, onsets.missed, "missed")
    return Result(
        key=key,
        group="reactions",
        title=title,
        value=value,
        wanted=at_most(most),
        passed=passed,
        moments=tuple(moments),
    )


def _invented(
    case: Case,
    key: str,
    title: str,
    onsets: Onsets | None,
) -> Result:
    most = case.tolerances.reactions_invented
    value = "–"
    passed = None
    moments: Sequence[Moment] = ()
    if onsets is not None and onsets.hours:
        value = f"{onsets.invented_an_hour:.1f} an hour"
        passed = onsets.invented_an_hour <= most
        moments = _moments(case, onsets.invented, "invented")
    return Result(
        key=key,
        group="reactions",
        title=title,
        value=value,
        wanted=f"≤ {most:g} an hour",
        passed=passed,
        moments=tuple(moments),
    )


def _moments(case: Case, times: Sequence[int], note: str) -> list[Moment]:
    camera_id = case.truth.frames[0].camera_id
    return [Moment(camera_id, at_ns, badness=1.0, note=note) for at_ns in times]
