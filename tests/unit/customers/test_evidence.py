"""The views of a track add up."""

from __future__ import annotations

import numpy as np

from tests.unit.customers.builders import FACE, like_face, unit
from vitrine.customers.evidence import KEPT, Evidence
from vitrine.customers.records import Vector


def direction_of(evidence: Evidence) -> Vector:
    """The direction of what has one."""
    direction = evidence.direction()
    assert direction is not None
    return direction


def test_without_views_there_is_no_direction() -> None:
    assert Evidence().direction() is None


def test_one_view_is_its_own_direction() -> None:
    evidence = Evidence()
    evidence.add(like_face(0.7), 0.6)
    assert np.allclose(direction_of(evidence), like_face(0.7))
    assert evidence.views == 1


def test_views_to_either_side_of_a_face_are_the_face() -> None:
    evidence = Evidence()
    evidence.add(unit(1, 0.5), 1.0)
    evidence.add(unit(1, -0.5), KEPT)
    assert np.allclose(direction_of(evidence), FACE)


def test_the_better_view_counts_for_more() -> None:
    evidence = Evidence()
    evidence.add(unit(1, 0), 0.5)
    evidence.add(unit(0, 1), 1.0)
    direction = direction_of(evidence)
    assert np.isclose(direction[1] / direction[0], 1 / (KEPT * 0.5))


def test_views_that_cancel_out_have_no_direction() -> None:
    evidence = Evidence()
    evidence.add(FACE, 0.0)
    assert evidence.direction() is None


def test_nothing_is_left_of_views_that_were_cleared() -> None:
    evidence = Evidence()
    evidence.add(FACE, 1.0)
    evidence.clear()
    assert evidence.direction() is None
    assert evidence.views == 0
