"""The report that compares the synthetic mall with real photos."""

import numpy as np
import pytest

from benchmarks.face_comparison import Row, match, shared
from benchmarks.face_samples import Face
from benchmarks.intervals import difference, mean_figure
from benchmarks.landmark_comparison import statistics
from benchmarks.separation import figures
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections

RNG = np.random.default_rng(0)


def make_figure(mean: float, groups: int = 40) -> tuple[list[float], list[str]]:
    return [mean + (k % 3 - 1) * 0.1 for k in range(3 * groups)], [
        str(k // 3) for k in range(3 * groups)
    ]


@pytest.mark.parametrize(
    ("synthetic", "real", "lower_is_easier", "expected"),
    [
        (0.9, 0.5, False, "synthetic is easier by 0.4"),
        (0.9, 0.5, True, "synthetic is harder by 0.4"),
        (0.5, 0.9, True, "synthetic is easier by 0.4"),
        (0.5, 0.5, False, "no proven difference"),
    ],
)
def test_a_row_says_which_side_is_easier(
    synthetic: float, real: float, lower_is_easier: bool, expected: str
) -> None:
    row = Row(
        "x",
        mean_figure(*make_figure(synthetic)),
        mean_figure(*make_figure(real), 1),
        lower_is_easier,
    )
    assert row.verdict().startswith(expected)


def test_observations_of_one_person_do_not_narrow_the_interval() -> None:
    people = RNG.normal(size=30)
    once = mean_figure(people.tolist(), [str(k) for k in range(30)])
    often = mean_figure(
        np.repeat(people, 50).tolist(), [str(k // 50) for k in range(1500)]
    )
    width, same = (np.ptp(figure.interval) for figure in (once, often))
    assert same == pytest.approx(width, rel=0.05)
    assert once.value == pytest.approx(often.value)


def test_the_interval_of_a_difference_holds_it() -> None:
    one, other = (
        mean_figure(RNG.normal(m, 1, 400).tolist(), [str(k) for k in range(400)], m)
        for m in (2, 1)
    )
    gap, low, high = difference(one, other)
    assert low < 1 < high
    assert gap == pytest.approx(one.value - other.value)
    assert high - low == pytest.approx(2 * 1.96 * np.sqrt(2 / 400), rel=0.2)


def test_people_who_are_told_apart_and_people_who_are_not() -> None:
    everybody = np.arange(50)
    same, other, auc, error, accepted = figures(np.eye(50), everybody)
    assert (same, other, auc, error, accepted) == (1, 0, 1, 0, 1)
    _, _, auc, error, accepted = figures(RNG.uniform(size=(50, 50)), everybody)
    assert auc == pytest.approx(0.5, abs=0.15)
    assert error == pytest.approx(0.5, abs=0.15)
    assert accepted < 0.15


def test_somebody_drawn_twice_is_no_other_person() -> None:
    assert figures(np.eye(3), np.array([0, 0, 1, 2]))[1] == 0


def make_face(picture: Image) -> Face:
    points = np.stack(
        [np.linspace(30, 70, 68), np.linspace(30, 80, 68)], axis=1
    ).astype(np.float32)
    return Face(picture, points, 0.0, "somebody")


def test_a_detection_of_a_face_is_the_one_that_covers_it() -> None:
    face = make_face(np.zeros((100, 100, 3), np.uint8))
    boxes = np.array([[0, 0, 20, 20], [28, 16, 44, 66]], np.float32)
    five = np.zeros((2, 5, 2), np.float32)
    assert match(face, Detections(boxes, np.ones(2, np.float32), five)) == 1
    assert match(face, Detections(boxes[:1], np.ones(1, np.float32), five[:1])) is None


def test_the_shared_part_of_two_boxes() -> None:
    assert shared((0, 0, 10, 10), (0, 0, 10, 10)) == 1
    assert shared((0, 0, 10, 10), (5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert shared((0, 0, 10, 10), (20, 0, 10, 10)) == 0


def test_noise_and_sharpness_grow_with_noise() -> None:
    plain = np.full((100, 100, 3), 128, np.uint8)
    noisy = np.clip(plain + RNG.normal(0, 6, (100, 100, 1)), 0, 255).astype(np.uint8)
    (sharp, noise, _), (sharper, noisier, _) = (
        statistics(make_face(plain)),
        statistics(make_face(noisy)),
    )
    assert noise == 0
    assert noisier == pytest.approx(6, rel=0.2)
    assert sharper > sharp
