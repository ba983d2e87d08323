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
NEUTRAL = (0.06, 0.6, 0.22, 0.075)
"""Those of a calm face; in the order of GEOMETRY."""
STILL_FACE = (0.0019, 0.0019, 0.0017, 0.0006)
"""Deviation of a calm face that keeps still."""
MOVING_HEAD = (0.0174, 0.0303, 0.0206, 0.0061)
"""A calm face whose head moves within the cone changes more in 3 % of views.

From docs/metrics.md.
"""


def responses(expressions: Sequence[Expression], fps: float = 10) -> list[float]:
    """The response to each frame of a face with these expressions."""
    baseline = Baseline()
    return [baseline.observe(each, 1 / fps) for each in expressions]


def smiled(smiles: Sequence[float], fps: float = 10) -> list[float]:
    """The response to each frame of a face that widens its mouth so much."""
    expressions = [make_face(smile=smile).expression for smile in smiles]
    return responses(expressions, fps)


def measured(changes: Sequence[Sequence[float]]) -> list[float]:
    """The response to each frame of a neutral face with these changes of its measures."""
    expressions = []
    for change in changes:
        values = {}
        for place, name in enumerate(GEOMETRY):
            values[name] = NEUTRAL[place] + change[place]
        expressions.append(Expression(**values))
    return responses(expressions, fps=30)


def judged(values: Sequence[float | None]) -> list[float]:
    """The response to each frame of a face of which the expression network says so."""
    calm = make_face().expression
    expressions = []
    for value in values:
        expression = calm.model_copy(update={"shown": value})
        expressions.append(expression)
    return responses(expressions)


def test_the_noise_of_a_still_face_gives_none() -> None:
    noise = random.Random(1)
    changes = []
    for _ in range(300):
        change = [noise.gauss(0, deviation) for deviation in STILL_FACE]
        changes.append(change)
    assert max(measured(changes)) == 0


def test_what_the_motion_of_a_calm_head_does_to_the_measures_gives_none() -> None:
    still = [(0.0, 0.0, 0.0, 0.0)] * 150
    turned = [MOVING_HEAD] * 60
    assert max(measured(still + turned)) == 0


def test_a_smile_that_only_the_expression_network_sees_gives_a_response() -> None:
    found = judged([0.1] * 50 + [0.9] * 10)
    assert found[-1] > 0.8


def test_a_face_that_always_looks_sad_responds_when_it_calms() -> None:
    found = judged([0.9] * 50 + [0.1] * 10)
    assert max(found[:50]) == 0
    assert found[-1] > 0.8


def test_the_noise_of_the_expression_network_gives_almost_none() -> None:
    noise = random.Random(1)
    values = []
    for _ in range(400):
        value = noise.gauss(0.3, 0.06)
        values.append(min(1.0, max(0.0, value)))
    found = judged(values)
    assert sum(found) / len(found) < 0.005


def test_without_a_judgement_the_landmarks_alone_decide() -> None:
    assert max(judged([None] * 50)) == 0


def test_the_state_of_a_version_that_measured_less_starts_anew() -> None:
    fewer = [0.1, 0.6, 0.2, 0.1]
    old = Baseline(now=fewer, usual=list(fewer), age_s=3.0)
    expression = make_face().expression
    view = expression.model_copy(update={"shown": 0.9})
    assert old.observe(view, 0.1) == 0
    assert old.observe(view, 0.1) == 0


@pytest.mark.parametrize("smile", [0.0, 0.2])
def test_a_still_face_gives_none_whatever_its_features(smile: float) -> None:
    assert max(smiled([smile] * 50)) == 0


def test_neutral_noise_gives_almost_none() -> None:
    noise = random.Random(1)
    smiles = [noise.gauss(0, 0.03) for _ in range(400)]
    found = smiled(smiles)
    assert sum(found) / len(found) < 0.005


@pytest.mark.parametrize("fps", [5, 10, 30])
def test_a_smile_after_a_neutral_time_gives_a_full_response(fps: int) -> None:
    neutral = [0.0] * 5 * fps
    smile = [0.25] * fps
    found = smiled(neutral + smile, fps)
    assert found[-1] > 0.8


def test_a_face_gets_used_to_a_lasting_expression() -> None:
    found = smiled([0.0] * 25 + [0.2] * 300, fps=5)
    assert found[-1] == 0


def test_a_single_wrong_frame_gives_little() -> None:
    found = smiled([0.0] * 50 + [0.2] + [0.0] * 10)
    assert max(found) < 0.1


def test_the_frame_rate_does_not_matter_much() -> None:
    slow = smiled([0.0] * 50 + [0.25] * 20, fps=10)
    fast = smiled([0.0] * 150 + [0.25] * 60, fps=30)
    assert sum(slow) / 10 == pytest.approx(sum(fast) / 30, rel=0.1)


def shown(value: float | None) -> Expression:
    return Expression(
        mouth_open=0,
        mouth_width=0,
        brow_raise=0,
        eye_open=0,
        shown=value,
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
    difference = abs(baseline.now[-1] - baseline.usual[-1])
    change = difference / 0.4
    assert calm == pytest.approx((change - 0.35) / 0.65)
    assert 0 < calm < 1


def test_the_usual_expression_is_that_of_fifteen_seconds_at_most() -> None:
    baseline = Baseline()
    for seconds in (0.0, 10.0, 10.0, 3.0):
        baseline.observe(shown(0.0), seconds)
    assert baseline.age_s == 15.0
    baseline.observe(shown(1.0), 1.5)
    assert baseline.usual[-1] == 0.1


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (0.12344, 0.1234),
        (0.12346, 0.1235),
        (None, 0.0),
    ],
)
def test_a_first_view_is_kept_with_four_digits(
    value: float | None, kept: float
) -> None:
    baseline = Baseline()
    baseline.observe(shown(value), 0.0)
    assert baseline.now[-1] == kept
    assert baseline.usual[-1] == kept
    assert baseline.age_s == 0.0


def test_the_age_is_kept_with_four_digits() -> None:
    baseline = Baseline()
    baseline.observe(shown(0.0), 0.0)
    baseline.observe(shown(0.0), 1.23456)
    assert baseline.age_s == 1.2346


def test_views_within_the_same_moment_are_no_error() -> None:
    baseline = Baseline()
    baseline.observe(shown(0.0), 0.0)
    response = baseline.observe(shown(1.0), 0.00001)
    assert 0 <= response <= 1


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
def test_half_of_the_full_change_of_any_feature_is_a_response_beyond_noise(
    name: str, full: float
) -> None:
    still = shown(0.0)
    place = list(FULL_CHANGE).index(name)
    baseline = Baseline()
    baseline.observe(still, 0.0)
    baseline.usual[place] = -full / 2
    baseline.age_s = 15.0
    half = baseline.observe(still, 0.0001)
    assert half == pytest.approx((0.5 - 0.35) / 0.65, abs=0.002)


def test_the_second_view_is_the_usual_expression_until_there_is_more_to_go_by() -> None:
    smile = make_face(smile=0.5).expression
    baseline = Baseline()
    baseline.observe(make_face().expression, 0.1)
    baseline.observe(smile, 0.1)
    again = Baseline()
    again.observe(smile, 0.1)
    assert baseline.usual == again.usual
