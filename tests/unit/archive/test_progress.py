"""A change of a face is told where there is one, and seldom where there is none."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from vitrine.lab.archive.progress import (
    MEASURES,
    DatedFace,
    Numbers,
    Progress,
    asymmetry,
    course_of,
    measured,
    progress_of,
)
from vitrine.lab.archive.progress_shown import draw_chart
from vitrine.vision.pose import mean_shape, rotation
from vitrine.vision.shape import EYE_LEFT, EYE_RIGHT, MOUTH_RIGHT

FIRST = date(2024, 1, 1)
# Pixels between the outer eye corners; of them, what the landmark network errs by.
EYES = 120.0
ERROR = 0.015


def make_face(
    day: int,
    *,
    droop: float = 0.0,
    yaw: float = 0.0,
    pitch: float = 0.0,
    rng: np.random.Generator | None = None,
    quality: float = 0.9,
) -> DatedFace:
    """Return the mean face, its right mouth corner lower by a share of the eye distance."""
    shape = mean_shape().copy()
    shape[MOUTH_RIGHT, 1] += droop
    turned = shape @ rotation(yaw, pitch, 0).T
    points = turned[:, :2] * EYES + 300
    if rng is not None:
        points += rng.normal(0, ERROR * EYES, points.shape)
    return DatedFace(FIRST + timedelta(days=day), points, yaw, pitch, 0.0, quality)


def series(
    droop_a_day: float, *, days: int = 30, seed: int = 0, photos: int = 2
) -> list[DatedFace]:
    rng = np.random.default_rng(seed)
    faces = []
    for day in range(days):
        for _ in range(photos):
            yaw, pitch = rng.uniform(-15, 15), rng.uniform(-10, 10)
            droop = droop_a_day * day
            faces.append(
                make_face(10 * day, droop=droop, yaw=yaw, pitch=pitch, rng=rng)
            )
    return faces


def measurable(progress: Progress) -> list[str]:
    return [course.measure for course in progress.courses if course.is_measurable]


def value(face: DatedFace, measure: str) -> float:
    return float(measured(face)[list(MEASURES).index(measure)])


@pytest.mark.parametrize(
    ("yaw", "pitch"), [(0, 0), (18, 0), (-18, 0), (0, 12), (15, -12)]
)
def test_measures_do_not_depend_on_the_pose(yaw: float, pitch: float) -> None:
    straight = measured(make_face(0, droop=0.05))
    turned = measured(make_face(0, droop=0.05, yaw=yaw, pitch=pitch))
    np.testing.assert_allclose(turned, straight, atol=1.5)


def test_a_mouth_corner_that_droops_is_measured_in_eye_distances() -> None:
    before, after = make_face(0), make_face(0, droop=0.05)
    assert value(after, "mouth") - value(before, "mouth") == pytest.approx(5, abs=0.2)
    assert value(after, "asymmetry") > value(before, "asymmetry")


def test_lids_and_brows_are_measured() -> None:
    face = make_face(0)
    closed = face.points.copy()
    for eye in (EYE_LEFT, EYE_RIGHT):
        closed[eye, 1] = closed[eye, 1].mean()
    shut = DatedFace(face.day, closed, 0, 0, 0, 0.9)
    assert value(shut, "eyelids") == pytest.approx(0, abs=0.1)
    assert value(face, "eyelids") > 5
    assert value(face, "brows") > 5


def test_a_tilted_face_is_not_uneven() -> None:
    flat = mean_shape()[:, :2]
    turn = rotation(0, 0, 20)[:2, :2]
    assert asymmetry(flat @ turn.T) == pytest.approx(asymmetry(flat), abs=1e-6)


def test_a_change_is_told_with_its_interval() -> None:
    progress = progress_of(series(0.004))
    (mouth,) = [one for one in progress.courses if one.measure == "mouth"]
    assert mouth.is_measurable
    assert abs(mouth.change - 0.004 * 29 * 100) < mouth.uncertain
    assert mouth.verdict.startswith("changed by +")
    assert "jaw" not in measurable(progress)


def test_without_a_change_none_is_told_95_times_in_100() -> None:
    rng = np.random.default_rng(3)
    days = [FIRST + timedelta(days=7 * number) for number in range(12)]
    mistaken = 0
    for _ in range(400):
        told = False
        for measure in MEASURES:
            values: list[Numbers] = [rng.normal(20, 2, 2) for _ in days]
            told = told or course_of(measure, days, values).is_measurable
        mistaken += told
    assert mistaken <= 0.05 * 400 + 2 * np.sqrt(0.05 * 0.95 * 400)


def test_the_noise_is_what_photos_of_one_day_differ_by() -> None:
    rng = np.random.default_rng(0)
    days = [FIRST + timedelta(days=number) for number in range(200)]
    # Days differ by 5, photos of one day by 2.
    values: list[Numbers] = [rng.normal(rng.normal(20, 5), 2, 3) for _ in days]
    noise = course_of("jaw", days, values).noise
    assert noise == pytest.approx(2, rel=0.1)


def test_days_that_agree_by_chance_are_not_trusted_more_than_their_photos() -> None:
    days = [FIRST + timedelta(days=number) for number in range(6)]
    # The means lie on a line, and the photos of each day far from it.
    values: list[Numbers] = [np.array([n / 10 - 5, n / 10 + 5]) for n in range(6)]
    assert not course_of("jaw", days, values).is_measurable


def test_poor_and_turned_views_and_those_without_a_date_are_left_out() -> None:
    faces = series(0, days=8)
    faces.append(make_face(1, yaw=40))
    faces.append(make_face(1, quality=0.3))
    progress = progress_of(faces, undated=3)
    assert (progress.used, progress.left) == (16, 5)


def test_too_few_days_say_nothing() -> None:
    progress = progress_of(series(0.01, days=5))
    assert progress.courses == []
    assert progress.problem is not None
    assert progress.problem.startswith("5 days")


def test_a_chart_is_drawn() -> None:
    progress = progress_of(series(0.004))
    assert draw_chart(progress, "Ann", "png").startswith(b"\x89PNG")
