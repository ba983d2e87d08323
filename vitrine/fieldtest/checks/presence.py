"""Check who was there, and how long."""

from __future__ import annotations

from collections.abc import Callable

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.case import Case, Moment, Result
from vitrine.fieldtest.checks.verdicts import (
    at_least,
    at_most,
    few_enough,
    middle,
    within,
)
from vitrine.fieldtest.matching import Extra
from vitrine.fieldtest.measured import Presence
from vitrine.fieldtest.truth import TruePresence

# Shorter presences count as passers-by: whether one is found says nothing. Chosen, not measured.
LONG_S = 1.0


def found(case: Case) -> Result:
    """Check that true presences have a measured one."""
    expected = sum(p.seconds >= LONG_S for p in case.truth.presences)
    missed = [p for p in case.matches.missed if p.seconds >= LONG_S]
    hits = expected - len(missed)
    least = case.tolerances.found
    passed = None
    if expected:
        passed = 1 - len(missed) / expected >= least
    return Result(
        key="found",
        group="presence",
        title="Presences of ≥ 1 s found",
        value=f"{hits} of {expected}",
        wanted=at_least(least),
        passed=passed,
        moments=tuple(map(_missed, missed)),
    )


def _missed(presence: TruePresence) -> Moment:
    return Moment(
        camera_id=presence.camera_id,
        at_ns=middle(presence),
        badness=presence.seconds,
        note=f"{presence.person} is not counted for {presence.seconds:.1f} s",
    )


def invented(case: Case) -> Result:
    """Check presences that are nobody's own: of strangers, or pieces of one that is split."""
    # Static faces have a check of their own, which allows none.
    extras = [extra for extra in case.matches.extras if extra.kind != "static"]
    splits = sum(extra.kind == "split" for extra in extras)
    count = len(case.truth.presences)
    most = case.tolerances.invented
    passed = None
    if case.truth.complete:
        passed = few_enough(len(extras), count, most)
    return Result(
        key="invented",
        group="presence",
        title="Presences that are nobody's",
        value=f"{len(extras)} beside {count} ({splits} split)",
        wanted=at_most(most),
        passed=passed,
        moments=tuple(map(_extra, extras)),
    )


def static_faces(case: Case) -> Result:
    """Check that nothing that hangs on a wall is a presence."""
    counted = [extra for extra in case.matches.extras if extra.kind == "static"]
    passed = None
    # Without a poster there is nothing to count wrongly.
    if any(frame.static_faces for frame in case.truth.frames):
        passed = not counted
    return Result(
        key="static-faces",
        group="presence",
        title="Static faces counted",
        value=str(len(counted)),
        wanted="none",
        passed=passed,
        moments=tuple(map(_extra, counted)),
    )


def _extra(extra: Extra) -> Moment:
    presence = extra.presence
    notes = {
        "split": "a presence is split",
        "stranger": "nobody is there",
        "static": f"a static face is counted for {presence.seconds:.1f} s",
    }
    return Moment(
        camera_id=presence.camera_id,
        at_ns=middle(presence),
        badness=presence.seconds,
        note=notes[extra.kind],
    )


def starts(case: Case) -> Result:
    """Check when presences begin."""
    return _edges(case, "starts", "start", lambda presence: presence.start_ns)


def ends(case: Case) -> Result:
    """Check when presences end."""
    return _edges(case, "ends", "end", lambda presence: presence.end_ns)


def _edges(
    case: Case,
    key: str,
    name: str,
    edge_ns: Callable[[TruePresence | Presence], int],
) -> Result:
    errors = []
    moments = []
    for true, mine in case.matches.pairs:
        error_s = (edge_ns(mine) - edge_ns(true)) / SECOND_NS
        errors.append(error_s)
        if abs(error_s) <= case.seconds:
            continue
        moment = Moment(
            camera_id=true.camera_id,
            at_ns=edge_ns(true),
            badness=abs(error_s),
            note=f"{true.person}: {name} is off by {error_s:+.1f} s",
        )
        moments.append(moment)
    return within(
        case,
        key=key,
        group="presence",
        title=f"{key.capitalize()} within ±{case.seconds:g} s",
        errors=errors,
        moments=moments,
    )


def dwell(case: Case) -> Result:
    """Check the length of presences; one that was not found has none."""
    pairs = [(true, mine.seconds) for true, mine in case.matches.pairs]
    pairs += [(true, 0.0) for true in case.matches.missed]
    errors = []
    moments = []
    for true, measured_s in pairs:
        error_s = measured_s - true.seconds
        errors.append(error_s)
        if abs(error_s) > case.seconds:
            moments.append(_off(true, error_s))
    return within(
        case,
        key="dwell",
        group="presence",
        title=f"Dwell within ±{case.seconds:g} s",
        errors=errors,
        moments=moments,
    )


def _off(true: TruePresence, error_s: float) -> Moment:
    return Moment(
        camera_id=true.camera_id,
        at_ns=middle(true),
        badness=abs(error_s),
        note=f"{true.person}: dwell of {true.seconds:.1f} s is off by {error_s:+.1f} s",
    )
