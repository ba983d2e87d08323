from itertools import combinations

import numpy as np
import pytest

from training.evaluation.gallery import (
    BINS,
    NEVER,
    Gallery,
    Impostors,
    false_matches,
    nearest_is_same,
)
from training.evaluation.pairs import (
    MOST_PAIRS,
    Pairs,
    best_threshold,
    draw_pairs,
    pairs_by_class,
    told_right,
)


def gallery(
    degrees: list[float],
    person: list[int],
    unit: list[int] | None = None,
    found: list[bool] | None = None,
) -> Gallery:
    """Return embeddings in a plane, at these angles; each is a unit unless told otherwise."""
    count = len(degrees)
    angles = np.radians(degrees)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return Gallery(
        vectors.astype(np.float32),
        np.array(found or [True] * count),
        np.array(person),
        np.array(unit or range(count)),
    )


def crowd(people: int, pictures: int) -> Gallery:
    """Return embeddings that say nothing about the person."""
    count = people * pictures
    rng = np.random.default_rng(1)
    vectors = rng.normal(size=(count, 16)).astype(np.float32)
    lengths = np.linalg.norm(vectors, axis=1)
    return Gallery(
        vectors / lengths[:, None],
        np.ones(count, np.bool_),
        np.arange(people).repeat(pictures),
        np.arange(count),
    )


def test_folds_hold_as_many_pairs_of_both_kinds() -> None:
    many = crowd(60, 3)

    pairs = draw_pairs(many)

    one, other = many.person[pairs.pictures].T
    assert ((one == other) == pairs.same).all()
    assert pairs.same.sum() == 60 * 3
    assert (~pairs.same).sum() == 60 * 3


def test_folds_share_nobody() -> None:
    many = crowd(60, 3)

    pairs = draw_pairs(many)

    whose = many.person[pairs.pictures]
    people: list[int] = []
    for fold in range(10):
        people += np.unique(whose[pairs.fold == fold]).tolist()
    assert sorted(people) == list(range(60))


def test_pairs_are_the_same_in_every_run() -> None:
    once = draw_pairs(crowd(20, 3))
    again = draw_pairs(crowd(20, 3))
    np.testing.assert_array_equal(once.pictures, again.pictures)


def test_people_with_many_pictures_do_not_decide() -> None:
    pairs = draw_pairs(crowd(4, 30))
    assert pairs.same.sum() == 4 * MOST_PAIRS


def test_pairs_of_one_unit_are_no_pairs() -> None:
    frames = gallery([0, 1, 2, 50], [0, 0, 0, 1], unit=[0, 0, 1, 2])

    pairs = draw_pairs(frames)

    same = pairs.pictures[pairs.same]
    assert sorted(same.tolist()) == [[0, 2], [1, 2]]


@pytest.mark.parametrize(
    ("similarity", "same", "threshold"),
    [
        ([0.1, 0.2, 0.7, 0.9], [False, False, True, True], 0.45),
        # 3 of 4 in two ways: the lowest.
        ([0.1, 0.6, 0.5, 0.9], [False, False, True, True], 0.3),
        ([0.5, 0.5], [True, True], -0.5),
        ([0.5, 0.5], [False, False], 1.5),
    ],
)
def test_the_threshold_tells_most_pairs_right(
    similarity: list[float],
    same: list[bool],
    threshold: float,
) -> None:
    found = best_threshold(np.array(similarity), np.array(same))
    assert found == pytest.approx(threshold)


def test_a_fold_is_judged_by_the_threshold_of_the_others() -> None:
    pairs = Pairs(
        pictures=np.zeros((8, 2), np.intp),
        same=np.array([True, False] * 4),
        fold=np.array([0, 0, 0, 0, 1, 1, 1, 1]),
    )
    # The best threshold is 0.5 in fold 0, and 0.35 in fold 1.
    similarity = np.array([0.9, 0.1, 0.9, 0.1, 0.4, 0.3, 0.8, 0.3])

    right = told_right(pairs, similarity)

    assert right.tolist() == [1, 1, 1, 1, 0, 1, 1, 1]


def test_one_fold_has_nothing_to_choose_a_threshold_on() -> None:
    pairs = Pairs(
        pictures=np.zeros((2, 2), np.intp),
        same=np.array([True, False]),
        fold=np.zeros(2, np.intp),
    )
    right = told_right(pairs, np.array([0.9, 0.1]))
    assert np.isnan(right).all()


def test_impostors_are_all_pairs_of_different_people() -> None:
    assert Impostors.of(crowd(300, 2)).total == 600 * 599 // 2 - 300


@pytest.mark.parametrize("far", [1e-2, 1e-3])
def test_the_threshold_of_a_false_match_rate_is_exact_to_a_bin(far: float) -> None:
    many = crowd(300, 2)
    different = np.triu(many.person[:, None] != many.person, 1)
    cosines = (many.vectors @ many.vectors.T)[different]

    threshold = Impostors.of(many).threshold(far)

    expected = np.quantile(cosines, 1 - far)
    assert threshold == pytest.approx(expected, abs=4 / BINS + 1e-3)
    assert (cosines >= threshold).mean() <= far


def test_too_few_pairs_give_no_rate() -> None:
    impostors = Impostors.of(crowd(40, 2))
    # Of 3,120 pairs three would be false.
    assert np.isnan(impostors.threshold(1e-3))


@pytest.mark.parametrize(
    ("unit", "right"),
    [
        ([0, 1, 2, 3], [1, 1, 0, np.nan]),
        ([0, 0, 1, 2], [0, 0, 0, np.nan]),
    ],
)
def test_the_nearest_picture_of_another_unit_counts(
    unit: list[int], right: list[float]
) -> None:
    # Person 1 has one picture only, and distracts.
    some = gallery([0, 1, 30, 29], [0, 0, 0, 1], unit)
    np.testing.assert_array_equal(nearest_is_same(some), right)


def test_a_missed_face_is_never_right_and_never_wanted() -> None:
    some = gallery([0, 1, 5], [0, 0, 0], found=[False, True, True])
    np.testing.assert_array_equal(nearest_is_same(some), [0, 1, 1])


def test_a_missed_face_is_unlike_any_other() -> None:
    some = gallery([0, 0, 60], [0, 0, 1], found=[True, False, True])
    pairs = np.array([[0, 1], [0, 2]])
    assert some.similarity(pairs) == pytest.approx([NEVER, 0.5])


def test_false_matches_are_listed_once() -> None:
    some = gallery([0, 1, 2, 90], [0, 0, 1, 2])

    pairs, similarity = false_matches(some, 0.9)

    assert pairs.tolist() == [[0, 2], [1, 2]]
    assert similarity == pytest.approx(np.cos(np.radians([2, 1])))


def test_pairs_are_counted_by_their_worse_face() -> None:
    classes = [0, 0, 1, 2, -1, 1]
    person = [0, 1, 1, 2, 3, 0]
    expected = [0, 0, 0]
    for one, other in combinations(range(6), 2):
        lower, higher = sorted([classes[one], classes[other]])
        if person[one] != person[other] and lower >= 0:
            expected[higher] += 1

    found = pairs_by_class(np.array(classes), np.array(person), 3)

    assert found.tolist() == expected
