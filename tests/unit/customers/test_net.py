"""A network that is trained on templates."""

from __future__ import annotations

import numpy as np
import pytest

from tests.unit.customers.builders import unit
from vitrine.customers.net import Course, Net, learn
from vitrine.customers.records import Vector

QUICK = Course(hidden=64, epochs=10, views=600)
RNG = np.random.default_rng(5)
FACES = np.stack([unit(*RNG.normal(size=128)) for _ in range(6)])
OWNERS = ["ada", "ada", "ben", "cleo", "dora", "eve"]


def trained(course: Course = QUICK) -> Net:
    return learn(OWNERS, FACES, course)


def view_of(face: Vector, similarity: float) -> Vector:
    """A unit vector at about this cosine similarity from a face."""
    aside = RNG.normal(size=128)
    aside -= (aside @ face) * face
    aside /= np.linalg.norm(aside)
    return unit(*(similarity * face + np.sqrt(1 - similarity**2) * aside))


def test_views_of_customers_are_named_and_strangers_refused() -> None:
    net = trained()
    assert net.customers == ("ada", "ben", "cleo", "dora", "eve")
    views = np.stack([view_of(face, 0.7) for face in FACES])
    named = net.chances(views).argmax(axis=1)
    assert [net.customers[place] for place in named] == OWNERS
    strangers = np.stack([unit(*RNG.normal(size=128)) for _ in range(50)])
    nobody = len(net.customers)
    refused = net.chances(strangers).argmax(axis=1) == nobody
    assert refused.mean() > 0.9


def test_chances_add_up_to_one() -> None:
    chances = trained().chances(FACES)
    assert chances.shape == (6, 6)
    assert chances.sum(axis=1) == pytest.approx(1, abs=1e-5)


def test_the_same_templates_give_the_same_net() -> None:
    assert np.array_equal(trained().chances(FACES), trained().chances(FACES))


def test_one_template_alone_can_be_told_from_strangers() -> None:
    net = learn(["ada"], FACES[:1], QUICK)
    own, stranger = net.chances(np.stack([view_of(FACES[0], 0.7), FACES[2]]))
    assert own.argmax() == 0
    assert stranger.argmax() == 1


def test_a_training_ends_when_it_is_told_to() -> None:
    asked = []

    def between() -> None:
        asked.append(True)
        if len(asked) == 3:
            raise EOFError

    with pytest.raises(EOFError):
        learn(OWNERS, FACES, QUICK, between)
    assert len(asked) == 3
