"""The competition's files: what is derived is read again; bad rows are told, the rest goes on."""

from pathlib import Path

import numpy as np
import pytest

from tests.unit.training.kaggle15.competition import (
    small_files,
    training_line,
    training_table,
)
from training.datasets.faces import DatasetError
from training.datasets.splits import part_of
from training.kaggle15.derive import FOUR_PLACES, TEST_ROWS, _asked
from training.kaggle15.files import (
    PIXELS,
    read_groups,
    read_lookup,
    read_test,
    read_training,
    read_truth,
)
from training.pictures.drawn import SIDE, drawn_faces


def test_derived_files_are_read_again(tmp_path: Path) -> None:
    files = small_files(tmp_path)
    training = read_training(files)
    assert len(training.rows) == 60
    assert not training.problems
    counts = {int((~np.isnan(row.points[:, 0])).sum()) for row in training.rows}
    assert counts == {4, 15}
    for row in training.rows:
        # The faces are bright dots: a point that is off lies on the dark ground.
        x, y = np.rint(row.points[FOUR_PLACES[2]]).astype(int)
        assert row.picture[y, x] > 120

    # As in the competition: eyes at a height of 37 of 96.
    eyes = np.mean([row.points[0, 1] for row in training.rows])
    assert 33 < eyes < 41

    groups = read_groups(files)
    assert groups is not None
    assert {row.number for row in training.rows} == set(groups)
    assert "held-out" not in {part_of(group) for group in groups.values()}

    tests = read_test(files)
    lookup = read_lookup(files)
    truth = read_truth(files)
    assert truth is not None
    assert [row.image_id for row in tests.rows] == [1, 2, 3, 4]
    assert len(lookup.rows) == 4 * 30
    assert set(truth) <= {question.row_id for question in lookup.rows}
    x_of_nose = next(q for q in lookup.rows if q.feature == "nose_tip_x")
    assert x_of_nose.place == (10, 0)


def test_as_many_locations_are_asked_as_in_the_competition() -> None:
    rng = np.random.default_rng(0)
    asked = [len(_asked(image_id, rng)) for image_id in range(1, TEST_ROWS + 1)]
    assert sum(asked) == 27_124
    assert set(asked) == {8, 20, 30}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (training_line("1 2 3"), "expected 9216 pixels, found 3"),
        (
            training_line("9 " * (PIXELS - 1) + "x"),
            "a pixel is no whole number: 'x'",
        ),
        (training_line("9 " * (PIXELS - 1) + "256"), "a pixel is outside 0…255"),
        (training_line("9 " * (PIXELS - 1) + "1" * 30), "a pixel"),
        (training_line(nose_tip_x="left"), "nose_tip_x is no number: 'left'"),
        (training_line(nose_tip_y="97"), "nose_tip_y is 97, outside the picture"),
        (training_line() + ",1", "expected 31 columns, found 32"),
    ],
)
def test_a_bad_row_is_told_and_the_others_are_read(
    tmp_path: Path, line: str, reason: str
) -> None:
    good = training_line(nose_tip_x="40", nose_tip_y="50")
    read = read_training(training_table(tmp_path, good, line, good))
    assert [row.number for row in read.rows] == [2, 4]
    [problem] = read.problems
    assert str(problem).startswith(f"training.csv, row 3: {reason}")


def test_half_a_point_is_missing(tmp_path: Path) -> None:
    line = training_line(nose_tip_x="40")
    [row] = read_training(training_table(tmp_path, line)).rows
    assert np.isnan(row.points).all()


def test_missing_columns_and_a_table_without_rows_end_the_reading(
    tmp_path: Path,
) -> None:
    (tmp_path / "training.csv").write_text("nose_tip_x,Image\n1,2\n")
    with pytest.raises(DatasetError, match="row 1: 29 columns are missing: left_eye"):
        read_training(tmp_path)
    training_table(tmp_path, training_line("1"))
    with pytest.raises(DatasetError, match="no row of 1 can be used; the first: "):
        read_training(tmp_path)


def test_drawn_people_are_the_same_every_time_and_inside_their_pictures() -> None:
    first, other = drawn_faces(people=2, each=1)
    again = next(iter(drawn_faces(people=1, each=1)))
    assert first.encoded == again.encoded
    assert first.group != other.group
    assert first.image().shape == (SIDE, SIDE, 3)
    assert (first.points > 0).all()
    assert (first.points < SIDE).all()
