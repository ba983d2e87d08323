"""Missing points: counts, ways to fill, and rows of two sources."""

import numpy as np
import pytest

from tests.unit.training.kaggle15.competition import some_points
from training.datasets.faces import DatasetError
from training.datasets.fifteen import MIRROR, NAMES
from training.datasets.splits import part_of
from training.kaggle15.data import (
    Rows,
    as_source,
    divided,
    prepared,
    rmse,
    targets,
)
from training.kaggle15.derive import FOUR, FOUR_PLACES
from training.kaggle15.files import KeypointRow
from training.kaggle15.missing import FILLS, counts, effects, fit
from training.kaggle15.plots import correlations, heat_maps
from training.kaggle15.task import _mirror


def four_of(points: np.ndarray, rows: slice) -> np.ndarray:
    """Return the points with these rows as the second source has them."""
    some = points.copy()
    others = np.setdiff1d(np.arange(15), FOUR_PLACES)
    some[rows, others[:, None]] = np.nan
    return some


def rows_of(points: np.ndarray) -> Rows:
    return Rows(np.zeros((len(points), 96, 96), np.uint8), points)


def test_missing_points_are_counted() -> None:
    points = four_of(some_points(5), slice(3))
    missing = counts(points)
    assert missing["nose_tip"] == 0
    assert missing["mouth_left_corner"] == 3


def test_regression_finds_what_the_mean_cannot() -> None:
    points = four_of(some_points(60), slice(30))
    figures = effects(points)
    assert list(figures) == list(FILLS)
    # The other points follow from the four exactly, up to rounding.
    assert figures["regression"] < 0.5 < figures["neighbours"] < figures["mean"]


def test_filling_keeps_what_is_known() -> None:
    points = four_of(some_points(20), slice(10))
    for name, make in FILLS.items():
        filled = fit(make, points)(points)
        known = ~np.isnan(points)
        assert not np.isnan(filled).any(), name
        np.testing.assert_allclose(filled[known], points[known], atol=1e-4)


def test_rows_are_prepared_as_sources_says() -> None:
    rows = rows_of(four_of(some_points(20), slice(12)))
    assert len(prepared(rows, "complete", "mean").pictures) == 8
    assert not np.isnan(prepared(rows, "filled", "mean").points).any()
    assert prepared(rows, "masked", "mean") is rows


def test_each_source_has_its_own_head() -> None:
    points = four_of(some_points(3), slice(1))
    learnt = targets(points, heads=True)
    assert learnt.shape == (3, 19, 2)
    assert np.isnan(learnt[0, :15]).all()
    np.testing.assert_array_equal(learnt[0, 15:], points[0, FOUR_PLACES])
    np.testing.assert_array_equal(learnt[1, :15], points[1])
    assert np.isnan(learnt[1, 15:]).all()

    second = np.array([True, False, False])
    found = np.zeros((3, 19, 2), np.float32)
    found[:, 15:] = 7
    answer = as_source(found, second)
    assert (answer[0, FOUR_PLACES] == 7).all()
    assert answer[0].sum() == 7 * 8
    assert not answer[1:].any()


def test_both_heads_are_mirrored() -> None:
    order = _mirror(19)
    np.testing.assert_array_equal(order[:15], MIRROR)
    names = [*NAMES, *FOUR]
    for place, other in enumerate(order[15:], start=15):
        swapped = names[place].replace("left", "RIGHT").replace("right", "left")
        assert names[other] == swapped.replace("RIGHT", "right")


def test_unknown_coordinates_are_not_counted() -> None:
    expected = np.array([[1.0, np.nan, 3.0]])
    found = np.array([[1.0, 90.0, 7.0]])
    assert rmse(found, expected) == pytest.approx(np.sqrt(8))


def test_people_are_kept_apart_where_they_are_known() -> None:
    picture = np.zeros((96, 96), np.uint8)
    points = some_points(1)[0]
    rows = [KeypointRow(number, picture, points) for number in range(2, 42)]
    groups = {row.number: f"Person_{row.number // 2}" for row in rows}
    training, choosing = divided(rows, groups)
    chosen = [row for row in rows if part_of(groups[row.number]) == "validation"]
    assert len(choosing.pictures) == len(chosen) > 0
    assert len(training.pictures) == 40 - len(chosen)
    with pytest.raises(DatasetError, match="too few rows or people"):
        divided(rows, dict.fromkeys(groups, "Person_1"))


def test_heat_maps_peak_at_the_mean_place_and_twins_correlate() -> None:
    points = np.tile(some_points(1), (4, 1, 1))
    points[3, 0] = np.nan
    peaks = heat_maps(points)
    row, column = np.unravel_index(peaks[0].argmax(), (96, 96))
    np.testing.assert_allclose([column, row], points[0, 0], atol=0.51)

    varied = four_of(some_points(40), slice(10))
    table = correlations(varied)
    assert table.shape == (30, 30)
    np.testing.assert_allclose(np.diag(table), 1)
