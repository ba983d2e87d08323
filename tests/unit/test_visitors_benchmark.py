"""What the benchmark of visitors counts."""

from __future__ import annotations

import pytest

from benchmarks.visitors import Link, Track, count, link_of, together


def make_track(
    person: str,
    visitor: str,
    first_s: float = 0,
    last_s: float = 10,
    camera: str = "above",
) -> Track:
    return Track(person, camera, first_s, last_s, 3, visitor)


@pytest.mark.parametrize(
    ("first_s", "camera", "expected"),
    [
        (5, "beside", "on both cameras at once"),
        (5, "above", None),
        (12, "above", "in broken tracks, within a minute"),
        (12, "beside", "in broken tracks, within a minute"),
        (80, "above", "back after one to three minutes"),
        (200, "beside", "back after three to five minutes"),
        (310, "above", "back after five minutes or more"),
    ],
)
def test_tracks_of_a_person_follow_each_other_somehow(
    first_s: float, camera: str, expected: Link | None
) -> None:
    other = make_track("ada", "v", first_s, first_s + 5, camera)
    assert link_of(make_track("ada", "v"), other) == expected


def test_people_are_counted_once_split_or_merged() -> None:
    counts = count(
        [
            make_track("ada", "v1"),
            make_track("ada", "v1", 5, 20, "beside"),
            make_track("ben", "v2"),
            make_track("ben", "v3", 12, 20),
            make_track("cleo", "v4"),
            make_track("dora", "v4", 30, 40),
        ]
    )
    assert counts.visitors == 4
    assert counts.once == [True, False, False, False]
    assert counts.split == [False, True, False, False]
    assert counts.merged == [False, False, True, True]
    assert counts.linked == {
        "on both cameras at once": [True],
        "in broken tracks, within a minute": [False],
    }


def test_malls_are_added_up() -> None:
    one = count([make_track("ada", "v"), make_track("ada", "v", 5, 20, "beside")])
    other = count([make_track("ada", "v"), make_track("ada", "w", 12, 20)])
    both = together([one, other])
    assert (both.visitors, both.once, both.split) == (3, [True, False], [False, True])
    assert both.linked == {
        "on both cameras at once": [True],
        "in broken tracks, within a minute": [False],
    }
