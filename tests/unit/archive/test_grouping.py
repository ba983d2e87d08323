"""Faces are grouped by person, whatever the number of people and of their faces."""

from __future__ import annotations

import numpy as np
import pytest

from tests.archive_builders import vector_of
from vitrine.lab.archive.grouping import Faces, Floats, group, log_odds
from vitrine.lab.archive.methods import Method, method_of, pairwise

METHODS: list[Method] = ["links", "hac", "dbscan", "whispers"]


def make_faces(
    people: list[int],
    *,
    noise: float = 0.7,
    quality: float = 0.9,
    photos: list[int] | None = None,
) -> Faces:
    vectors = [vector_of(who, noise, seed) for seed, who in enumerate(people)]
    return Faces(
        np.stack(vectors),
        np.full(len(people), quality, np.float32),
        photos or list(range(len(people))),
    )


@pytest.mark.parametrize("method", METHODS)
def test_each_method_finds_people_whose_number_it_was_not_told(method: Method) -> None:
    people = [0, 1, 2, 0, 1, 0, 0, 3, 3, 3, 1, 1, 2, 2]
    labels = method_of(method)(make_faces(people))
    assert pairwise(labels, np.array(people)) == (1.0, 1.0, 1.0)


@pytest.mark.parametrize("method", METHODS)
def test_no_faces_are_no_groups(method: Method) -> None:
    none = Faces(np.zeros((0, 128), np.float32), np.zeros(0, np.float32), [])
    assert len(method_of(method)(none)) == 0


def test_labels_count_in_the_order_of_the_faces() -> None:
    assert group(make_faces([4, 2, 4, 9])).tolist() == [0, 1, 0, 2]


def test_two_faces_of_one_photo_are_two_people() -> None:
    alike = make_faces([0, 0], noise=0.0, photos=[5, 5])
    assert group(alike).tolist() == [0, 1]


def test_one_photo_of_two_in_eighty_does_not_part_a_person() -> None:
    photos = [0, *range(81)]
    labels = group(make_faces([0] * 82, noise=0.3, photos=photos))
    assert len(set(labels.tolist())) == 1


def test_people_whom_the_user_knows_are_never_joined_and_get_new_faces() -> None:
    alike = make_faces([0, 0, 0, 0], noise=0.2)
    labels = group(alike, [7, 8, None, 7]).tolist()
    assert labels[0] == labels[3] != labels[1]
    assert labels[2] in labels[:2]


def test_people_whom_the_user_joined_stay_joined() -> None:
    assert group(make_faces([0, 1]), [7, 7]).tolist() == [0, 0]


def test_a_single_strange_pair_joins_no_large_groups() -> None:
    people = [0] * 12 + [1] * 12
    faces = make_faces(people, noise=0.3)
    vectors = faces.vectors.copy()
    # One view of each, strange in the same way: a mask, a blur.
    vectors[11] += 1.3 * vector_of(9)
    vectors[12] += 1.3 * vector_of(9)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    assert vectors[11] @ vectors[12] > 0.55
    assert min(vectors[11] @ vectors[0], vectors[12] @ vectors[13]) > 0.55
    labels = group(Faces(vectors, faces.qualities, faces.photos))
    assert len(set(labels[:11].tolist())) == 1
    assert len(set(labels[13:].tolist())) == 1
    assert labels[0] != labels[13]


def test_poor_views_say_less_either_way() -> None:
    cosines: Floats = np.array([0.1, 0.7], np.float32)
    good = log_odds(cosines, np.full(2, 0.9, np.float32))
    poor = log_odds(cosines, np.full(2, 0.3, np.float32))
    assert good[0] < poor[0]
    assert good[1] > poor[1]


def test_many_faces_of_one_person_are_one_group() -> None:
    count = 1_500
    rng = np.random.default_rng(0)
    spread = rng.standard_normal((count, 128)) / np.sqrt(128)
    vectors = 1.1 * vector_of(0) + spread
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    qualities: Floats = np.full(count, 0.9, np.float32)
    labels = group(Faces(vectors.astype(np.float32), qualities, list(range(count))))
    assert set(labels.tolist()) == {0}


def test_pairwise_f_is_of_pairs() -> None:
    labels = np.array([0, 0, 0, 1])
    people = np.array([0, 0, 1, 1])
    # Three pairs together, one of them rightly; two pairs are one person's.
    f, precision, recall = pairwise(labels, people)
    assert (precision, recall) == (1 / 3, 1 / 2)
    assert f == pytest.approx(0.4)
