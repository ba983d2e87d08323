"""Ways to tell who a face is, compared by two protocols."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.customers.builders import unit
from vitrine.customers import methods
from vitrine.customers.methods import (
    METHODS,
    Method,
    Sample,
    at_random,
    by_session,
    compare,
    normalised,
)
from vitrine.customers.net import Course
from vitrine.customers.records import Vector


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Train for a moment only."""
    course = Course(hidden=64, epochs=10, views=300)
    monkeypatch.setattr(methods, "COURSE", course)


RNG = np.random.default_rng(0)
SHAPE = RNG.normal(size=(68, 2))


def sample(person: str, session: str, vector: Vector, points: float = 0.0) -> Sample:
    """A face; `points` moves the mouth."""
    shape = SHAPE.copy()
    shape[48:] += points
    return Sample(person, session, vector, shape)


def crowd(people: int = 10, sessions: int = 2, frames: int = 6) -> list[Sample]:
    """People with embeddings of their own, whose points say more of the session than of them."""
    rng = np.random.default_rng(1)
    found = []
    for person in range(people):
        face = rng.normal(size=32)
        for session in range(sessions):
            mouth = rng.normal()
            for _ in range(frames):
                vector = unit(*(face + 0.3 * rng.normal(size=32)))
                moved = mouth + 0.01 * rng.normal()
                found.append(sample(f"p{person}", f"s{session}", vector, moved))
    return found


@pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)
def test_a_method_names_who_is_enrolled_and_is_less_sure_of_a_stranger(
    method: Method,
) -> None:
    people = [f"p{number}" for number in range(8)]
    faces = [unit(*RNG.normal(size=32)) for _ in people]
    enrolled = np.stack([*faces, *faces, *faces])
    stranger = unit(*RNG.normal(size=32))
    answers = method(enrolled, people * 3, np.stack([*faces, stranger]))
    assert list(answers.people[:8]) == people
    assert answers.scores[8] < answers.scores[:8].min()


def test_points_are_compared_without_place_size_and_tilt() -> None:
    angle = 0.4
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = 3.0 * SHAPE @ turn.T + (200, 100)
    assert np.allclose(normalised(moved), normalised(SHAPE), atol=1e-5)
    other = SHAPE.copy()
    other[48:] += 0.5
    assert not np.allclose(normalised(other), normalised(SHAPE), atol=1e-2)


def test_frames_at_random_have_people_and_sessions_on_both_sides() -> None:
    enrolled, asked = at_random(crowd())
    assert {each.person for each in asked} <= {each.person for each in enrolled}
    sessions = {(each.person, each.session) for each in enrolled}
    assert any((each.person, each.session) in sessions for each in asked)


def test_whole_sessions_are_on_one_side() -> None:
    enrolled, asked = by_session(crowd(sessions=3))
    assert {each.session for each in enrolled} == {"s0", "s1"}
    assert {each.session for each in asked} == {"s2"}


def test_who_has_one_session_is_enrolled_only() -> None:
    enrolled, asked = by_session(crowd(sessions=1))
    assert len(enrolled) == 60
    assert asked == []


def test_landmarks_tell_sessions_and_embeddings_people() -> None:
    results = list(compare(crowd()))
    right = {(each.method, each.features, each.split): each.right for each in results}
    assert len(right) == 8
    neighbours = "nearest neighbours"
    assert right[neighbours, "embedding", "sessions left out"] > 0.95
    assert right[neighbours, "68 points", "frames at random"] > 0.7
    assert right[neighbours, "68 points", "sessions left out"] < 0.4


def test_too_few_people_are_refused() -> None:
    with pytest.raises(ValueError, match="expected three people"):
        list(compare(crowd(people=2)))
