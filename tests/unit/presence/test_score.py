"""The engagement score and its parts, as docs/metrics.md defines them."""

from __future__ import annotations

import pytest

from vitrine.clock import SECOND_NS
from vitrine.mall import Weights, Zone
from vitrine.presence.score import Span, View, proximity, steadiness

WEIGHTS = Weights()


@pytest.mark.parametrize(
    ("face_share", "expected"),
    [
        (0.01, 0),
        (0.05, 0),
        (0.325, 0.5),
        (0.6, 1),
        (0.9, 1),
    ],
)
def test_proximity_is_the_face_height_on_the_zones_range(
    face_share: float, expected: float
) -> None:
    zone = Zone(min_face=0.05, max_face=0.6)
    assert proximity(face_share, zone) == pytest.approx(expected)


# The smoothed place lags v × 0.5 s behind a speed of v.
@pytest.mark.parametrize(
    ("lag_px", "expected"),
    [
        (0, 1),
        (25, 0.5),
        (-25, 0.5),
        (50, 0),
        (500, 0),
    ],
)
def test_steadiness_falls_to_zero_at_one_face_height_a_second(
    lag_px: float, expected: float
) -> None:
    assert steadiness(lag_px, 100) == pytest.approx(expected)


def span(seconds: float, view: View) -> Span:
    end_ns = round(seconds * SECOND_NS)
    found = Span(0, 0)
    found.extend(end_ns, view)
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
    found = span(4, view)
    assert found.score(attention_s, WEIGHTS) == expected


def test_the_weights_come_from_the_stand() -> None:
    weights = Weights(
        attention=0,
        proximity=1,
        response=0,
        steadiness=0,
    )
    found = span(4, View(0.25, 1, 1))
    assert found.score(4, weights) == 25


def test_views_count_by_their_time_and_not_by_their_number() -> None:
    found = Span(0, 0)
    found.extend(SECOND_NS, View(1, 0, 0))
    for tenth in range(11, 21):
        end_ns = tenth * SECOND_NS // 10
        found.extend(end_ns, View(0, 0, 0))
    assert found.score(0, WEIGHTS) == 10


def test_a_span_adds_up_each_view_over_its_time() -> None:
    found = Span(0, 0)
    found.extend(2 * SECOND_NS, View(0.5, 0.25, 1))
    found.extend(3 * SECOND_NS, View(1, 0.75, 0))
    assert found.proximity_s == 2
    assert found.response_s == 1.25
    assert found.steadiness_s == 2
    assert found.response_max == 0.75
    assert found.seconds == 3
    assert found.response_mean() == 0.4167


def test_sums_are_rounded_to_four_digits() -> None:
    found = span(1, View(0.12344, 0.12346, 0.12341))
    assert found.proximity_s == 0.1234
    assert found.response_s == 0.1235
    assert found.steadiness_s == 0.1234
    assert found.response_max == 0.1235


def test_a_score_is_rounded_to_two_digits() -> None:
    found = span(3, View(0.1, 0, 0))
    assert found.score(1, WEIGHTS) == 18.67


def test_a_score_ends_at_0_and_100() -> None:
    most = span(1, View(1, 1, 1))
    least = span(1, View(0, 0, 0))
    assert most.score(5, WEIGHTS) == 100
    assert least.score(-1, WEIGHTS) == 0


def test_the_mean_response_is_at_most_one() -> None:
    found = span(1, View(0, 1, 0))
    found.response_s = 1.2
    assert found.response_mean() == 1
