"""Who was there, and how long."""

from __future__ import annotations

from collections.abc import Callable

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
from vitrine.fieldtest.spans import SECOND
from vitrine.fieldtest.truth import TruePresence


def found(case: Case) -> Result:
    """True presences with a measured one."""
    long = [p for p in case.truth.presences if p.seconds >= 1]
    missed = [p for p in case.matches.missed if p.seconds >= 1]
    share = 1 - len(missed) / len(long) if long else 0.0
    moments = tuple(
        Moment(
            p.camera_id,
            middle(p),
            p.seconds,
            f"{p.person} is not counted for {p.seconds:.1f} s",
        )
        for p in missed
    )
    value = f"{len(long) - len(missed)} of {len(long)}"
    passed = share >= case.tolerances.found if long else None
    return Result(
        "found",
        "presence",
        "Presences of ≥ 1 s found",
        value,
        at_least(case.tolerances.found),
        passed,
        moments,
    )


def invented(case: Case) -> Result:
    """Measured presences that are nobody's own: of strangers, or pieces of one that is split."""
    extras = [extra for extra in case.matches.extras if extra.kind != "poster"]
    count = len(case.truth.presences)
    most = case.tolerances.invented
    kinds = {"split": "a presence is split", "stranger": "nobody is there"}
    moments = tuple(
        Moment(
            e.presence.camera_id, middle(e.presence), e.presence.seconds, kinds[e.kind]
        )
        for e in extras
    )
    splits = sum(extra.kind == "split" for extra in extras)
    value = f"{len(extras)} beside {count} ({splits} split)"
    passed = few_enough(extras, count, most) if case.truth.complete else None
    return Result(
        "invented",
        "presence",
        "Presences that are nobody's",
        value,
        at_most(most),
        passed,
        moments,
    )


def starts(case: Case) -> Result:
    """When presences begin."""
    return _edges(case, "starts", "Starts", lambda p: p.start_ns)


def ends(case: Case) -> Result:
    """When presences end."""
    return _edges(case, "ends", "Ends", lambda p: p.end_ns)


def _edges(
    case: Case, key: str, title: str, edge: Callable[[TruePresence | Presence], int]
) -> Result:
    errors = [
        ((edge(mine) - edge(true)) / SECOND, true) for true, mine in case.matches.pairs
    ]
    moments = tuple(
        Moment(
            true.camera_id,
            edge(true),
            abs(error),
            f"{true.person}: {title.lower()[:-1]} is off by {error:+.1f} s",
        )
        for error, true in errors
        if abs(error) > case.seconds
    )
    return within(
        case,
        key,
        "presence",
        f"{title} within ±{case.seconds:g} s",
        [e for e, _ in errors],
        moments,
    )


def dwell(case: Case) -> Result:
    """Length of presences; one that was not found has none."""
    errors = [(mine.seconds - true.seconds, true) for true, mine in case.matches.pairs]
    errors += [(-true.seconds, true) for true in case.matches.missed]
    moments = tuple(
        Moment(
            true.camera_id,
            middle(true),
            abs(error),
            f"{true.person}: dwell of {true.seconds:.1f} s is off by {error:+.1f} s",
        )
        for error, true in errors
        if abs(error) > case.seconds
    )
    return within(
        case,
        "dwell",
        "presence",
        f"Dwell within ±{case.seconds:g} s",
        [e for e, _ in errors],
        moments,
    )


def posters(case: Case) -> Result:
    """Presences of printed faces."""
    counted = [extra for extra in case.matches.extras if extra.kind == "poster"]
    passed = not counted if any(frame.decoys for frame in case.truth.frames) else None
    moments = tuple(_poster(extra) for extra in counted)
    return Result(
        "posters",
        "presence",
        "Printed faces counted",
        str(len(counted)),
        "none",
        passed,
        moments,
    )


def _poster(extra: Extra) -> Moment:
    presence = extra.presence
    note = f"a printed face is counted for {presence.seconds:.1f} s"
    return Moment(presence.camera_id, middle(presence), presence.seconds, note)
