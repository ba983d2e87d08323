"""The engagement score and its parts, as docs/metrics.md defines them."""

from __future__ import annotations

import pytest

from vitrine.mall import Weights, Zone
from vitrine.presence.score import Span, View, proximity, steadiness


@pytest.mark.parametrize(
    ("face_share", "expected"), [(0.05, 0), (0.01, 0), (0.325, 0.5), (0.6, 1), (0.9, 1)]
)
def test_proximity_is_the_face_height_on_the_zones_range(
    face_share: float, expected: float
) -> None:
    assert proximity(face_share, Zone(min_face=0.05, max_face=0.6)) == pytest.approx(
        expected
    )


@pytest.mark.parametrize(
    ("lag_px", "expected"), [(0, 1), (25, 0.5), (-25, 0.5), (50, 0), (500, 0)]
)
def test_steadiness_falls_to_zero_at_one_face_height_a_second(
    lag_px: float, expected: float
) -> None:
    assert steadiness(lag_px, 100) == pytest.approx(
        expected
    )  # a lag of v × 0.5 s behind a speed of v


def span(seconds: float, view: View) -> Span:
    found = Span(0, 0)
    found.extend(round(seconds * 1e9), view)
    return found


@pytest.mark.parametrize(
    ("attention_s", "view", "expected"),
    [
        (0, View(0, 0, 0), 0),
        (4, View(0, 0, 0), 50),
        (2, View(0, 0, 0), 25),
        (0, View(1, 0, 0), 20),
        (0, View(0, 1, 0), 20),
        (0, View(0, 0, 1), 10),
        (4, View(1, 1, 1), 100),
    ],
)
def test_the_score_is_the_weighted_mean_over_the_time(
    attention_s: float, view: View, expected: float
) -> None:
    assert span(4, view).score(attention_s, Weights()) == expected


def test_the_weights_come_from_the_stand() -> None:
    weights = Weights(attention=0, proximity=1, response=0, steadiness=0)
    assert span(4, View(0.25, 1, 1)).score(4, weights) == 25


def test_views_count_by_their_time_and_not_by_their_number() -> None:
    uneven = Span(0, 0)
    uneven.extend(1_000_000_000, View(1, 0, 0))
    for nanoseconds in range(1_100_000_000, 2_000_000_001, 100_000_000):
        uneven.extend(nanoseconds, View(0, 0, 0))
    assert uneven.score(0, Weights()) == 10


def test_a_span_adds_up_each_view_over_its_time() -> None:
    found = Span(0, 0)
    found.extend(2_000_000_000, View(0.5, 0.25, 1))
    found.extend(3_000_000_000, View(1, 0.75, 0))
    assert (found.proximity_s, found.response_s, found.steadiness_s) == (2, 1.25, 2)
    assert found.response_max == 0.75
    assert found.seconds == 3
    assert found.response_mean() == 0.4167


def test_sums_are_rounded_to_four_digits() -> None:
    found = span(1, View(0.12344, 0.12346, 0.12341))
    sums = (found.proximity_s, found.response_s, found.steadiness_s)
    assert sums == (0.1234, 0.1235, 0.1234)
    assert found.response_max == 0.1235


def test_a_score_is_rounded_to_two_digits_and_ends_at_0_and_100() -> None:
    assert span(3, View(0.1, 0, 0)).score(1, Weights()) == 18.67
    assert span(1, View(1, 1, 1)).score(5, Weights()) == 100
    assert span(1, View(0, 0, 0)).score(-1, Weights()) == 0


def test_the_mean_response_is_at_most_one() -> None:
    found = span(1, View(0, 1, 0))
    found.response_s = 1.2
    assert found.response_mean() == 1
