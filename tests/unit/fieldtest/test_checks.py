"""Try each check on a small run that it passes, and on one that it must not pass."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.builders import at, make_engagement
from tests.builders import make_person as make_person_now
from tests.unit.fieldtest.builders import (
    NOTHING,
    Seconds,
    inside,
    make_case,
    make_person,
    make_play,
    make_presence,
    make_truth,
    place,
    times,
)
from vitrine.fieldtest.case import Case
from vitrine.fieldtest.checks import CHECKS, check, presence
from vitrine.fieldtest.measured import Played, Presence, Totals
from vitrine.fieldtest.truth import Box, Truth
from vitrine.schemas import StandExpression

ALONE = make_truth({"a": [(2, 12)]}, {"a": [(4, 8)]})
POSTER = (300.0, 50.0, 60.0, 80.0)


def seen(
    *spans: tuple[float, float],
    attention: Seconds = ((4, 8),),
    truth: Truth = ALONE,
) -> Case:
    """Find the one person of the truth in these stretches, by one track each, all one presence."""
    faces = {}
    for number, span in enumerate(spans):
        faces[f"t{number}"] = (place("a"), [span])
    presence = make_presence(
        "p",
        start=spans[0][0],
        end=spans[-1][1],
        attention=attention,
        tracks=faces,
    )
    return make_case(truth, faces, [presence])


def crossing(tracks: dict[str, Seconds], other: dict[str, Seconds]) -> Case:
    """Put two people there for 10 s, with the tracks that were on the one and on the other."""
    truth = make_truth({"a": [(0, 10)], "c": [(0, 10)]})
    faces = {name: (place("a"), spans) for name, spans in tracks.items()}
    # A track that is on both has two entries until its frames are made.
    for name, spans in other.items():
        faces[f"{name}'"] = (place("c"), spans)
    case = make_case(truth, faces)
    frames = []
    for frame in case.measured.frames:
        joined = {name.rstrip("'"): box for name, box in frame.faces.items()}
        frames.append(replace(frame, faces=joined))
    measured = replace(case.measured, frames=tuple(frames))
    return replace(case, measured=measured)


def people(
    count: int,
    found: int,
    extra: Sequence[Presence] = (),
) -> Case:
    """Let people come one after the other for 2 s each, of whom some are found."""
    spans: dict[str, Seconds] = {}
    faces: dict[str, tuple[Box, Seconds]] = {}
    presences = [*extra]
    for number in range(count):
        name = f"a{number}"
        start = 3.0 * number
        end = start + 2
        spans[name] = [(start, end)]
        if number < found:
            faces[name] = (place(name), spans[name])
            presences.append(make_presence(name, start, end))
    return make_case(make_truth(spans), faces, presences)


def playing(
    plays: Sequence[Played],
    journal: Sequence[Played] | None = None,
    totals: Totals = NOTHING,
) -> Case:
    """Play to the one person of the truth."""
    return make_case(
        ALONE,
        plays=plays,
        journal=journal,
        totals=totals,
    )


def counted(truth: Truth = ALONE, **figures: Any) -> Case:
    """Play once over everything; the figures are those that analytics has wrong."""
    right = Totals(
        plays=1,
        ots=1,
        watchers=1,
        dwell_s=10.0,
        attention_s=4.0,
        reach=1,
    )
    return make_case(
        truth,
        plays=[make_play("p", 0, 15)],
        totals=replace(right, **figures),
    )


def reacting(
    smiles: Seconds = ((5.25, 8.25),),
    near: float = 13.25,
    back: float = 30.0,
) -> Case:
    """Judge one person who smiles from 5 s to 8 s, and comes closer at 13 s.

    Measured are the stretches in which a smile was seen, and when the face was larger.
    """
    frames = []
    for second in times(0, 20):
        size = 60.0 if second < 13 else 90.0
        person = replace(
            make_person("a", looking=True),
            box=place("a", size),
            smiling=inside(second, [(5, 8)]),
        )
        frames.append(replace(FRAME, at_ns=at(second), people=(person,)))
    snapshots = []
    for number in range(81):
        second = number / 4
        positive = 0.9 if inside(second, smiles) else 0.1
        shown = StandExpression(
            positive=positive,
            surprised=0,
            negative=0,
            neutral=1 - positive,
            positive_change=positive - 0.1,
            faces=1,
        )
        face = 0.25 if near <= second < back else 0.167
        person_now = make_person_now("a", face=face)
        snapshots.append(make_engagement(second, person_now, expression=shown))
    truth = Truth(frames=tuple(frames), presences=())
    case = make_case(truth, reactions="expression")
    measured = replace(case.measured, snapshots=tuple(snapshots))
    return replace(case, measured=measured)


(FRAME,) = make_truth({}, length=0.0).frames
THIRTY_NAMES = [f"a{number}" for number in range(30)]
CROWD = make_truth(
    {name: [(0, 10)] for name in THIRTY_NAMES},
    {name: [(1, 3)] for name in THIRTY_NAMES},
)
THIRTY = {
    "ots": 30,
    "watchers": 30,
    "reach": 30,
    "dwell_s": 300.0,
    "attention_s": 60.0,
}
FIRST = make_play("1", 0, 8)
SECOND = make_play("2", 8, 16)

EXAMPLES: list[tuple[str, Case, Case]] = [
    ("recall", seen((2, 11.1)), seen((2, 10.8))),
    ("holes", seen((2, 5), (5.5, 12)), seen((2, 5), (5.7, 12))),
    (
        "swaps",
        crossing({"t": [(0, 10)]}, {"u": [(0, 10)]}),
        crossing({"t": [(0, 5)], "u": [(5.1, 10)]}, {"u": [(0, 5)], "t": [(5.1, 10)]}),
    ),
    ("fragments", seen((2, 12)), seen((2, 6), (6.1, 12))),
    ("found", people(5, 5), people(5, 4)),
    ("invented", people(5, 5), people(5, 5, [make_presence("ghost", 1, 4)])),
    ("starts", seen((3, 12)), seen((3.1, 12))),
    ("ends", seen((2, 11)), seen((2, 10.9))),
    ("dwell", seen((2.5, 11.5)), seen((2.6, 11.4))),
    (
        "static-faces",
        make_case(
            make_truth({"a": [(2, 12)]}, static_faces=[POSTER]),
            {"x": (POSTER, [(2, 12)])},
        ),
        make_case(
            make_truth({"a": [(2, 12)]}, static_faces=[POSTER]),
            {"x": (POSTER, [(2, 12)])},
            [make_presence("x", 2, 12)],
        ),
    ),
    (
        "attention-overlap",
        seen((2, 12), attention=[(4, 7.2)]),
        seen((2, 12), attention=[(4, 7.1)]),
    ),
    (
        "attention-seconds",
        seen((2, 12), attention=[(5, 9.3)]),
        seen((2, 12), attention=[(5, 9.5)]),
    ),
    (
        "visits",
        make_case(CROWD, presences=[make_presence(str(n), 0, 10) for n in range(31)]),
        make_case(CROWD, presences=[make_presence(str(n), 0, 10) for n in range(32)]),
    ),
    (
        "watchers",
        counted(CROWD, **THIRTY | {"watchers": 29}),
        counted(CROWD, **THIRTY | {"watchers": 28}),
    ),
    (
        "reach",
        counted(CROWD, **THIRTY | {"reach": 31}),
        counted(CROWD, **THIRTY | {"reach": 32}),
    ),
    ("plays-once", playing([FIRST, SECOND]), playing([FIRST, SECOND, FIRST])),
    (
        "plays-apart",
        playing([FIRST, SECOND]),
        playing([FIRST, make_play("2", 7.9, 16)]),
    ),
    (
        "plays-gaps",
        playing([FIRST, make_play("2", 9, 16)]),
        playing([FIRST, make_play("2", 9.1, 16)]),
    ),
    ("plays-proof", playing([FIRST, SECOND]), playing([FIRST, SECOND], [FIRST])),
    ("total-plays", counted(), counted(plays=2)),
    (
        "total-ots",
        counted(CROWD, **THIRTY | {"ots": 31}),
        counted(CROWD, **THIRTY | {"ots": 32}),
    ),
    ("total-dwell", counted(dwell_s=9.0), counted(dwell_s=8.9)),
    ("total-attention", counted(attention_s=4.3), counted(attention_s=4.5)),
    ("smiles-late", reacting(), reacting(smiles=[(5.75, 8.25)])),
    ("smiles-missed", reacting(), reacting(smiles=())),
    (
        "smiles-invented",
        reacting(smiles=[(5.25, 8.25)]),
        reacting(smiles=[(2, 3), (5.25, 8.25)]),
    ),
    ("approaches-late", reacting(), reacting(near=14)),
    ("approaches-missed", reacting(), reacting(near=30)),
    ("approaches-invented", reacting(), reacting(near=9)),
]


def verdict(case: Case, key: str) -> bool | None:
    return {result.key: result.passed for result in check(case)}[key]


@pytest.mark.parametrize(
    ("key", "good", "bad"), EXAMPLES, ids=[key for key, _, _ in EXAMPLES]
)
def test_a_check_passes_and_fails(key: str, good: Case, bad: Case) -> None:
    assert (verdict(good, key), verdict(bad, key)) == (True, False)


def test_every_check_has_examples() -> None:
    assert len(CHECKS) == len(EXAMPLES)
    assert [result.key for result in check(seen((2, 12)))] == [
        key for key, _, _ in EXAMPLES
    ]


def test_nothing_is_judged_where_there_is_nothing() -> None:
    assert {result.passed for result in check(make_case(make_truth({})))} == {None}


def test_a_play_that_was_never_reported_fails_the_proof() -> None:
    assert verdict(playing([FIRST], [FIRST, SECOND]), "plays-proof") is False


def test_a_presence_that_was_not_found_has_no_dwell() -> None:
    assert verdict(people(5, 4), "dwell") is False


def test_what_nobody_labelled_is_not_invented() -> None:
    partial = replace(
        people(5, 5, [make_presence("ghost", 1, 4)]),
        truth=replace(ALONE, complete=False),
    )
    assert verdict(partial, "invented") is None
    assert verdict(partial, "visits") is None


def test_attention_is_not_judged_where_the_labels_are_unsure() -> None:
    unsure = replace(ALONE, unsure={"a": ((at(7), at(8)),)})
    assert verdict(seen((2, 12), attention=[(4, 7)]), "attention-overlap") is False
    assert (
        verdict(seen((2, 12), attention=[(4, 7)], truth=unsure), "attention-overlap")
        is True
    )


def test_totals_of_attention_are_not_judged_where_the_labels_are_unsure() -> None:
    unsure = replace(ALONE, unsure={"a": ((at(7), at(8)),)})
    assert verdict(counted(unsure, attention_s=9.0), "total-attention") is None
    assert verdict(counted(unsure, dwell_s=1.0), "total-dwell") is False


def test_labels_widen_the_tolerance_of_times_by_their_own() -> None:
    loose = replace(ALONE, slack_s=0.2)
    assert verdict(seen((3.1, 12), truth=loose), "starts") is True
    assert verdict(seen((3.3, 12), truth=loose), "starts") is False


def test_a_split_presence_is_one_found_and_one_invented() -> None:
    faces: dict[str, tuple[Box, Seconds]] = {
        "t": (place("a"), [(2, 7)]),
        "u": (place("a"), [(7.1, 12)]),
    }
    case = make_case(
        ALONE, faces, [make_presence("t", 2, 7), make_presence("u", 7.1, 12)]
    )
    result = presence.invented(case)
    assert (result.passed, result.value) == (False, "1 beside 1 (1 split)")
    assert verdict(case, "found") is True


def test_recognition_unites_what_two_tracks_show() -> None:
    truth = make_truth({"a": [(0, 2), (6, 8), (10.1, 14), (17, 18)]})
    presences = [make_presence(str(n), 0, 2, visitor="v") for n in range(4)]
    assert (
        verdict(make_case(truth, presences=presences, recognition="enrolled"), "visits")
        is True
    )
    assert verdict(make_case(truth, presences=presences), "visits") is False
