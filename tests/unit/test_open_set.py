"""What the open-set benchmark counts."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import open_set_methods, other_covers
from benchmarks.open_set import templates_at
from benchmarks.open_set_covers import own_threshold
from benchmarks.open_set_methods import compared, enrolled
from benchmarks.open_set_protocol import (
    RULES,
    Draw,
    Outcome,
    added_up,
    false_accepts,
    recall,
    voted,
)
from benchmarks.visits import LFW, Templates, Visit
from tests.unit.customers.builders import FACE, like_face, unit
from training.evaluation.subgroups import Look
from vitrine.customers.gallery import Gallery

TEMPLATES = np.stack([FACE])


def visit_of(*similarities: float, person: str = "ada") -> Visit:
    """A visit whose views have these similarities with FACE, to either side in turn."""
    vectors = []
    for number, similarity in enumerate(similarities):
        side = (-1.0) ** number
        view = like_face(similarity)
        vectors.append(unit(view[0], side * view[1]))
    qualities = np.ones(len(vectors))
    return Visit(person, "photo", LFW, np.stack(vectors), qualities, Look())


@pytest.mark.parametrize(
    ("similarities", "expected"),
    [
        ((0.9, 0.8), -1.0),
        ((0.9, 0.8, 0.7), 0.7),
        ((0.9, 0.8, 0.7, 0.6), 0.7),
        ((0.1, 0.2, 0.7, 0.8, 0.9), 0.7),
    ],
)
def test_a_vote_needs_three_views_and_six_tenths(
    similarities: tuple[float, ...], expected: float
) -> None:
    found = voted(visit_of(*similarities), TEMPLATES)
    assert found[0] == pytest.approx(expected)


def test_views_that_are_added_up_are_nearer_than_each_of_them() -> None:
    (found,) = added_up(visit_of(0.7, 0.7), TEMPLATES)
    assert found > 0.9


def test_one_view_is_compared_with_nobody() -> None:
    assert added_up(visit_of(0.9), TEMPLATES)[0] == -1.0


def test_strangers_and_customers_are_counted_apart() -> None:
    found = [
        Outcome(visit_of(0.9, person="a"), enrolled=False, own=-1.0, other=0.6),
        Outcome(visit_of(0.9, person="b"), enrolled=False, own=-1.0, other=0.4),
        Outcome(visit_of(0.9, person="c"), enrolled=True, own=0.7, other=0.6),
        # Near enough, and nearer to somebody else.
        Outcome(visit_of(0.9, person="d"), enrolled=True, own=0.6, other=0.7),
    ]
    assert false_accepts(found, 0.5).value == 0.5
    assert recall(found, 0.5).value == 0.5
    assert recall(found, 0.65).value == 0.5
    assert recall(found, 0.75).value == 0.0


def test_a_group_has_a_threshold_that_one_in_a_hundred_of_its_strangers_reach() -> None:
    found = [
        Outcome(visit_of(0.9), enrolled=False, own=-1.0, other=number / 100)
        for number in range(101)
    ]
    found.append(Outcome(visit_of(0.9), enrolled=True, own=0.9, other=0.99))
    assert own_threshold(found) == pytest.approx(0.99)


class TestMethods:
    """The search and the network are shown the same visits."""

    UNITS = np.array(["ada-1", "ada-2", "ben-1"])
    PEOPLE = np.array(["ada", "ada", "ben"])
    VECTORS = np.stack([FACE, like_face(0.9), like_face(0.0)])

    def test_of_who_has_several_pictures_one_is_not_enrolled(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        draw = Draw(frozenset({"ada", "ben"}), np.array([0, 1, 2]))
        monkeypatch.setattr(open_set_methods, "draws", lambda *_: iter([draw]))
        templates = Templates(self.VECTORS, self.PEOPLE, self.UNITS)
        chosen, shown = enrolled([], templates, 2)
        assert shown == {"ada-1", "ben-1"}
        assert [each.customer_id for each in chosen] == ["ada", "ben"]

    def test_visits_that_a_template_shows_are_left_out(self) -> None:
        templates = Templates(self.VECTORS, self.PEOPLE, self.UNITS)
        gallery = Gallery(templates_at(np.array([0, 2]), templates), RULES)
        asked = visit_of(0.9, 0.9, 0.9)
        stranger = visit_of(-0.9, -0.9, person="eve")
        (found, other) = compared([asked, stranger], gallery, {"ada-1"})
        assert (found.enrolled, found.own, found.other) == (True, 1.0, 0.0)
        assert (other.enrolled, other.own, other.other) == (False, 0.0, 0.0)
        assert compared([asked], gallery, {"photo"}) == []


def test_two_photos_of_one_person_are_compared_by_their_first_good_views() -> None:
    visits = [visit_of(0.9, 0.9, 0.1), visit_of(0.9)]
    tracks = other_covers.tracks_of(visits)
    # Two views to either side of the face: together they are the face. One view is too few.
    np.testing.assert_allclose(tracks["ada"]["photo"], FACE, atol=1e-6)


def test_others_are_alike_by_pairs_of_different_people() -> None:
    ada = {"photo": FACE}
    before = {"ada": ada}
    after = {
        "ada": ada,
        "bob": {"photo": like_face(0.6)},
        "eve": {"photo": like_face(0.4)},
    }
    assert other_covers.others_alike(before, after, 0.5) == 0.5
