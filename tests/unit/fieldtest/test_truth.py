"""docs/metrics.md applied to true people."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.builders import T0_NS, at, make_mall
from tests.unit.fieldtest.builders import make_play, make_truth
from vitrine.clock import SECOND_NS
from vitrine.fieldtest.spans import Span, common, seconds, union, without
from vitrine.fieldtest.totals import by_visitor, count_visits, true_totals, visitors
from vitrine.fieldtest.truth import View, glances, read_frames, truth_of
from vitrine.mall import Stand


def in_seconds(spans: Iterable[Span]) -> list[tuple[float, float]]:
    """Return spans in seconds from T0_NS."""
    return [(second(start), second(end)) for start, end in spans]


def second(at_ns: int) -> float:
    return round((at_ns - T0_NS) / SECOND_NS, 3)


def views(*looks: bool | None, still: tuple[int, ...] = ()) -> list[View]:
    """Make ten views a second; None is a frame in which the face is hidden."""
    found = []
    for number, look in enumerate(looks):
        if look is not None:
            view = at(number / 10), look, look or number in still
            found.append(view)
    return found


T = True
F = False


@pytest.mark.parametrize(
    ("looks", "expected"),
    [
        (views(F, T, T, T, T, F), [(0.1, 0.4)]),
        (views(T, T, T, F, F, F), []),  # 0.2 s is none
        (views(T, T, F, F, T, T), [(0.0, 0.5)]),  # turned away for less than 0.25 s
        (views(T, T, T, T, F, F, F, F, T, T, T, T), [(0.0, 0.3), (0.8, 1.1)]),
        (
            views(T, T, T, T, *[None] * 6, T, T, T, T),
            [(0.0, 0.3), (1.0, 1.3)],
        ),  # unseen for 0.7 s
        (views(T, T, T, T, *[None] * 5, T, T, T, T), [(0.0, 1.2)]),
        (
            views(T, T, T, F, F, F, F, F, still=(3, 4, 5, 6)),
            [(0.0, 0.6)],
        ),  # the wider cone of a glance
        (views(F, F, F, F, F, still=(0, 1, 2, 3, 4)), []),  # that does not begin one
    ],
)
def test_glances(looks: list[View], expected: list[tuple[float, float]]) -> None:
    assert in_seconds(glances(looks)) == expected


def test_gaps_under_two_seconds_are_bridged_and_longer_ones_part_presences() -> None:
    truth = make_truth({"a": [(1, 3), (4.9, 6)], "b": [(1, 3), (5, 6)]})
    spans = {
        name: in_seconds(
            [(p.start_ns, p.end_ns) for p in truth.presences if p.person == name]
        )
        for name in "ab"
    }
    assert spans == {"a": [(1, 6)], "b": [(1, 3), (5, 6)]}


def test_one_frame_is_no_presence() -> None:
    assert [
        p.person for p in make_truth({"a": [(1, 1)], "b": [(1, 1.1)]}).presences
    ] == ["b"]


@pytest.mark.parametrize(
    ("height", "visible", "expected"),
    [(18, True, 1), (17, True, 0), (217, True, 0), (90, False, 0)],
)
def test_only_a_visible_face_of_the_zones_size_is_present(
    tmp_path: Path, height: int, visible: bool, expected: int
) -> None:
    person = {
        "person": "p1",
        "box": [0, 0, 10, height],
        "visible": visible,
        "attending": True,
        "screen_yaw": 0,
        "screen_pitch": 0,
        "present": True,
    }
    place = {"camera_id": "c", "stand_id": "north", "width": 640, "height": 360}
    lines = [place | {"captured_at_ns": at(t), "people": [person]} for t in (0, 0.1)]
    (tmp_path / "truth.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines)
    )
    truth = truth_of(read_frames(tmp_path / "truth.jsonl"), make_mall())
    assert len(truth.presences) == expected


def test_a_visit_has_gaps_under_a_minute_where_faces_are_compared() -> None:
    truth = make_truth({"a": [(0, 2), (30, 32), (95, 97)], "b": [(0, 2)]}, length=100)
    counts = {}
    for recognition in ("none", "enrolled"):
        mall = make_mall(
            Stand.model_validate({"id": "north", "recognition": recognition})
        )
        counts[recognition] = count_visits(by_visitor(truth.presences, visitors(mall)))
    assert counts == {"none": 4, "enrolled": 3}


def test_totals_of_one_play() -> None:
    truth = make_truth(
        {"a": [(0, 6)], "b": [(9.2, 12)], "c": [(2, 2.9)], "d": [(12, 14)]},
        {"a": [(1, 2), (4, 5)], "b": [(9.2, 9.8)]},
    )
    people = by_visitor(truth.presences, visitors(make_mall()))
    play = make_play("p", 3, 10.5)
    totals = true_totals([play, play], people)
    assert (totals.plays, totals.ots, totals.watchers, totals.reach) == (1, 2, 2, 2)
    assert (totals.dwell_s, totals.attention_s) == (
        3 + 1.3,
        1 + 0.6,
    )  # c's presence lies before the play


def test_someone_present_for_less_than_a_second_of_a_play_had_no_opportunity() -> None:
    truth = make_truth({"a": [(0, 3.9)]}, {"a": [(0, 3.9)]})
    totals = true_totals(
        [make_play("p", 3, 10)], by_visitor(truth.presences, visitors(make_mall()))
    )
    assert (totals.ots, totals.watchers, totals.dwell_s) == (0, 0, 0.9)


def test_spans() -> None:
    assert union([(5, 7), (1, 3), (2, 4)]) == [(1, 4), (5, 7)]
    assert common([(1, 4), (6, 9)], [(3, 7)]) == [(3, 4), (6, 7)]
    assert without([(1, 9)], [(2, 3), (8, 12)]) == [(1, 2), (3, 8)]
    assert seconds([(0, 500_000_000), (10**9, 2 * 10**9)]) == 1.5
