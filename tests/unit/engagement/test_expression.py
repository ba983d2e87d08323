"""Expression response: change against the face's own usual expression, 0 to 1."""

from __future__ import annotations

import random

import pytest

from services.engagement.expression import Baseline
from tests.builders import make_face


def responses(smiles: list[float], fps: float = 10) -> list[float]:
    """The response to each frame of a face that widens its mouth so much."""
    baseline = Baseline()
    return [baseline.observe(make_face(smile=smile).expression, 1 / fps) for smile in smiles]


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
