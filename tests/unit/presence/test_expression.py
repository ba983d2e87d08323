"""Expression response: change against the face's own usual expression, 0 to 1."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest

from tests.builders import make_face
from vitrine.presence.expression import FULL_CHANGE, Baseline
from vitrine.schemas import Expression

GEOMETRY = tuple(FULL_CHANGE)[:4]
"""The measures of the landmarks."""
STILL_FACE = (0.0019, 0.0019, 0.0017, 0.0006)
"""Deviation of a calm face that keeps still; in the order of GEOMETRY."""
MOVING_HEAD = (0.0174, 0.0303, 0.0206, 0.0061)
"""Change that a calm face whose head moves within the cone exceeds in 3 % of views (docs/metrics.md)."""


def responses(smiles: list[float], fps: float = 10) -> list[float]:
    """The response to each frame of a face that widens its mouth so much."""
    baseline = Baseline()
    return [
        baseline.observe(make_face(smile=smile).expression, 1 / fps) for smile in smiles
    ]


def measured(changes: list[list[float]], fps: float = 30) -> list[float]:
    """The response to each frame of a neutral face with these changes of its measures."""
    neutral = (0.06, 0.6, 0.22, 0.075)
    baseline = Baseline()
    values = [
        [n + c for n, c in zip(neutral, change, strict=True)] for change in changes
    ]
    faces = [Expression(**dict(zip(GEOMETRY, value, strict=True))) for value in values]
    return [baseline.observe(face, 1 / fps) for face in faces]


def test_the_noise_of_a_still_face_gives_none() -> None:
    noise = random.Random(1)
    assert (
        max(measured([[noise.gauss(0, sd) for sd in STILL_FACE] for _ in range(600)]))
        == 0
    )


def test_what_the_motion_of_a_calm_head_does_to_the_measures_gives_none() -> None:
    turned = [list(MOVING_HEAD)] * 60
    assert max(measured([[0.0] * 4] * 150 + turned)) == 0


def judged(shown: Sequence[float | None], fps: float = 10) -> list[float]:
    """The response to each frame of a face of which the expression network says so."""
    face = make_face().expression
    baseline = Baseline()
    return [
        baseline.observe(face.model_copy(update={"shown": value}), 1 / fps)
        for value in shown
    ]


def test_a_smile_that_only_the_expression_network_sees_gives_a_response() -> None:
    assert judged([0.1] * 50 + [0.9] * 10)[-1] > 0.8


def test_a_face_that_always_looks_sad_responds_when_it_calms() -> None:
    assert max(judged([0.9] * 50)) == 0
    assert judged([0.9] * 50 + [0.1] * 10)[-1] > 0.8


def test_the_noise_of_the_expression_network_gives_almost_none() -> None:
    noise = random.Random(1)
    found = judged([min(1, max(0, noise.gauss(0.3, 0.06))) for _ in range(600)])
    assert sum(found) / len(found) < 0.005


def test_without_a_judgement_the_landmarks_alone_decide() -> None:
    assert max(judged([None] * 100)) == 0


def test_the_state_of_a_version_that_measured_less_starts_anew() -> None:
    old = Baseline(now=[0.1, 0.6, 0.2, 0.1], usual=[0.1, 0.6, 0.2, 0.1], age_s=3.0)
    face = make_face().expression.model_copy(update={"shown": 0.9})
    assert old.observe(face, 0.1) == 0
    assert old.observe(face, 0.1) == 0


def test_a_still_face_gives_none_whatever_its_features() -> None:
    assert max(responses([0.0] * 100)) == 0
    assert max(responses([0.2] * 100)) == 0


def test_neutral_noise_gives_almost_none() -> None:
    noise = random.Random(1)
    found = responses([noise.gauss(0, 0.03) for _ in range(600)])
    assert sum(found) / len(found) < 0.005


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_smile_after_a_neutral_time_gives_a_full_response(fps: float) -> None:
    found = responses([0.0] * round(5 * fps) + [0.25] * round(fps), fps)
    assert found[-1] > 0.8


def test_a_face_gets_used_to_a_lasting_expression() -> None:
    assert responses([0.0] * 50 + [0.2] * 600)[-1] == 0


def test_a_single_wrong_frame_gives_little() -> None:
    assert max(responses([0.0] * 50 + [0.2] + [0.0] * 10)) < 0.1


def test_the_frame_rate_does_not_matter_much() -> None:
    slow = responses([0.0] * 50 + [0.25] * 20, 10)
    fast = responses([0.0] * 150 + [0.25] * 60, 30)
    assert sum(slow) / 10 == pytest.approx(sum(fast) / 30, rel=0.1)


def shown(value: float) -> Expression:
    return Expression(
        mouth_open=0, mouth_width=0, brow_raise=0, eye_open=0, shown=value
    )


def test_a_step_is_smoothed_and_compared_with_the_usual() -> None:
    baseline = Baseline()
    assert baseline.observe(shown(0.0), 0.0) == 0
    assert baseline.observe(shown(0.0), 3.0) == 0
    response = baseline.observe(shown(1.0), 0.3)
    # Now: 1 - 1 / e. Usually: 0.3 of 3.3 s. Of their distance 0.4 is a full change.
    assert baseline.now[-1] == 0.63212
    assert baseline.usual[-1] == 0.09091
    assert baseline.age_s == 3.3
    assert response == 1.0
    calm = baseline.observe(shown(0.3), 0.3)
    change = abs(baseline.now[-1] - baseline.usual[-1]) / 0.4
    assert calm == pytest.approx((change - 0.35) / 0.65)
    assert 0 < calm < 1


def test_the_usual_expression_is_that_of_fifteen_seconds_at_most() -> None:
    baseline = Baseline()
    for seconds in (0.0, 10.0, 10.0, 3.0):
        baseline.observe(shown(0.0), seconds)
    assert baseline.age_s == 15.0
    baseline.observe(shown(1.0), 1.5)
    assert baseline.usual[-1] == 0.1


def test_views_within_the_same_moment_are_no_error() -> None:
    baseline = Baseline()
    baseline.observe(shown(0.0), 0.0)
    assert 0 <= baseline.observe(shown(1.0), 0.00001) <= 1


@pytest.mark.parametrize(
    ("name", "full"),
    [
        ("mouth_open", 0.2),
        ("mouth_width", 0.2),
        ("brow_raise", 0.09),
        ("eye_open", 0.07),
        ("shown", 0.4),
    ],
)
def test_the_response_is_full_at_the_full_change_of_any_feature(
    name: str, full: float
) -> None:
    still = shown(0.0)
    baseline = Baseline()
    baseline.observe(still, 0.0)
    baseline.usual[list(FULL_CHANGE).index(name)] = -full / 2
    baseline.age_s = 15.0
    half = baseline.observe(still, 0.0001)
    assert half == pytest.approx((0.5 - 0.35) / 0.65, abs=0.002)
