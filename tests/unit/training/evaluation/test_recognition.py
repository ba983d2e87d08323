import numpy as np
import pytest
from numpy.typing import NDArray

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
    """Embeddings in a plane, at these angles."""
    angles = np.radians(degrees)
    vectors = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
    return Gallery(
        vectors,
        np.array(found or [True] * len(degrees)),
        np.array(person),
        np.arange(len(degrees)) if unit is None else np.array(unit),
    )


def crowd(people: int, pictures: int) -> Gallery:
    vectors = (
        np.random.default_rng(1).normal(size=(people * pictures, 16)).astype(np.float32)
    )
    vectors /= np.linalg.norm(
        vectors,
        axis=1,
        keepdims=True,
    )
    return Gallery(
        vectors,
        np.ones(len(vectors), np.bool_),
        np.arange(people).repeat(pictures),
        np.arange(people * pictures),
    )


def test_folds_share_nobody_and_hold_as_many_pairs_of_both_kinds() -> None:
    many = crowd(60, 3)
    pairs = draw_pairs(many)
    whose = many.person[pairs.pictures]
    assert ((whose[:, 0] == whose[:, 1]) == pairs.same).all()
    assert pairs.same.sum() == (~pairs.same).sum() == 60 * 3
    people = [set(whose[pairs.fold == fold].reshape(-1).tolist()) for fold in range(10)]
    assert sum(len(some) for some in people) == len(set.union(*people)) == 60


def test_pairs_are_the_same_in_every_run() -> None:
    assert (
        draw_pairs(crowd(20, 3)).pictures == draw_pairs(crowd(20, 3)).pictures
    ).all()


def test_people_with_many_pictures_do_not_decide() -> None:
    pairs = draw_pairs(crowd(4, 30))
    assert pairs.same.sum() == 4 * MOST_PAIRS


def test_pairs_of_one_unit_are_no_pairs() -> None:
    frames = gallery([0, 1, 2, 50], [0, 0, 0, 1], unit=[0, 0, 1, 2])
    pairs = draw_pairs(frames)
    assert {tuple(p) for p in pairs.pictures[pairs.same].tolist()} == {(0, 2), (1, 2)}


@pytest.mark.parametrize(
    ("similarity", "same", "threshold"),
    [
        ([0.1, 0.2, 0.7, 0.9], [False, False, True, True], 0.45),
        (
            [0.1, 0.6, 0.5, 0.9],
            [False, False, True, True],
            0.3,
        ),  # 3 of 4 in two ways: the lowest
        ([0.5, 0.5], [True, True], -0.5),
        ([0.5, 0.5], [False, False], 1.5),
    ],
)
def test_the_threshold_tells_most_pairs_right(
    similarity: list[float],
    same: list[bool],
    threshold: float,
) -> None:
    assert best_threshold(np.array(similarity), np.array(same)) == pytest.approx(
        threshold
    )


def test_a_fold_is_judged_by_the_threshold_of_the_others() -> None:
    pairs = Pairs(
        np.zeros((8, 2), np.intp),
        np.array([True, False] * 4),
        np.array([0, 0, 0, 0, 1, 1, 1, 1]),
    )
    similarity = np.array(
        [0.9, 0.1, 0.9, 0.1, 0.4, 0.3, 0.8, 0.3]
    )  # best in fold 0: 0.5, in fold 1: 0.35
    assert told_right(pairs, similarity).tolist() == [1, 1, 1, 1, 0, 1, 1, 1]


def test_one_fold_has_nothing_to_choose_a_threshold_on() -> None:
    pairs = Pairs(
        np.zeros((2, 2), np.intp), np.array([True, False]), np.zeros(2, np.intp)
    )
    assert np.isnan(told_right(pairs, np.array([0.9, 0.1]))).all()


def test_the_threshold_of_a_false_match_rate_is_exact_to_a_bin() -> None:
    many = crowd(300, 2)
    impostors = Impostors.of(many)
    assert impostors.total == 600 * 599 // 2 - 300
    cosines = many.vectors @ many.vectors.T
    different = np.triu(many.person[:, None] != many.person, 1)
    for far in (1e-2, 1e-3):
        expected = np.quantile(cosines[different], 1 - far)
        assert impostors.threshold(far) == pytest.approx(expected, abs=4 / BINS + 1e-3)
        assert (cosines[different] >= impostors.threshold(far)).mean() <= far


def test_too_few_pairs_give_no_rate() -> None:
    assert np.isnan(
        Impostors.of(crowd(40, 2)).threshold(1e-3)
    )  # 3,120 pairs: three would be false


def test_the_nearest_picture_of_another_video_counts() -> None:
    degrees = [0.0, 1.0, 30.0, 29.0]
    person = [0, 0, 0, 1]
    right = nearest_is_same(gallery(degrees, person))
    np.testing.assert_array_equal(
        right, [1, 1, 0, np.nan]
    )  # one picture only: person 1 distracts
    right = nearest_is_same(gallery(degrees, person, unit=[0, 0, 1, 2]))
    np.testing.assert_array_equal(right, [0, 0, 0, np.nan])


def test_a_missed_face_is_never_right_and_never_wanted() -> None:
    right = nearest_is_same(gallery([0, 1, 5], [0, 0, 0], found=[False, True, True]))
    np.testing.assert_array_equal(right, [0, 1, 1])


def test_a_missed_face_is_unlike_any_other() -> None:
    some = gallery([0, 0, 60], [0, 0, 1], found=[True, False, True])
    assert some.similarity(np.array([[0, 1], [0, 2]])) == pytest.approx([NEVER, 0.5])


def test_false_matches_are_listed_once() -> None:
    pairs, how = false_matches(gallery([0, 1, 2, 90], [0, 0, 1, 2]), 0.9)
    assert pairs.tolist() == [[0, 2], [1, 2]]
    assert how == pytest.approx(np.cos(np.radians([2, 1])))


def test_pairs_are_counted_by_their_worse_face() -> None:
    classes = np.array([0, 0, 1, 2, -1, 1])
    person = np.array([0, 1, 1, 2, 3, 0])
    expected = np.zeros(3, np.int64)
    for a, b in _different(person):
        if min(classes[a], classes[b]) >= 0:
            expected[max(classes[a], classes[b])] += 1
    assert pairs_by_class(classes, person, 3).tolist() == expected.tolist()


def _different(person: NDArray[np.intp]) -> list[tuple[int, int]]:
    count = len(person)
    return [
        (a, b)
        for a in range(count)
        for b in range(a + 1, count)
        if person[a] != person[b]
    ]
