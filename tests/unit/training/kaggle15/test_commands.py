"""The commands, from derived files to a submission."""

import csv
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import Tensor, nn

from tests.unit.training.kaggle15.competition import people, small_files
from tests.unit.training.small import labelled_faces
from training.__main__ import main
from training.export import RUN_FILE
from training.kaggle15.derive import SQUARE
from training.kaggle15.files import AskedPicture, Question
from training.kaggle15.predict import (
    Trained,
    answers_to,
    on_photo,
    rmse_of,
    write_submission,
)
from training.pictures.drawn import drawn_faces
from training.task import Product
from vitrine.lab.app.nets import NetForm, form_of
from vitrine.vision.detectors import load_detector


def run(*arguments: object) -> str:
    """Run a command and return what it says."""
    words = [str(argument) for argument in arguments]
    result = CliRunner().invoke(main, ["kaggle15", *words])
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


class Constant(nn.Module):
    """Answer the upper edge for each of 15 points, and the middle for the second head's four."""

    def forward(self, x: Tensor) -> Tensor:
        answer = torch.zeros(len(x), 19, 2)
        answer[:, :15, 1] = -1
        return answer.flatten(1)


CONSTANT = Trained(Constant(), Product("constant.onnx", (1, 96, 96), ("points",)))


def test_from_files_to_a_submission(tmp_path: Path) -> None:
    faces = labelled_faces(tmp_path, people())
    files = tmp_path / "files"
    said = run(
        "derive",
        files,
        "--data",
        faces,
        "keypoints-csv",
        "--rows",
        40,
        "--test-rows",
        3,
    )
    assert "40 rows to train on, 3 to test on" in said
    # One bad row is left out and told; the rest goes on.
    with (files / "training.csv").open("a") as table:
        table.write("1,2\n")

    own = tmp_path / "run"
    small = ("--epochs", 1, "--batch", 8, "--threads", 1, "--network", "lenet")
    said = run("train", files, "--run", own, *small)
    assert "training.csv, row 42: expected 31 columns, found 2: left out" in said
    head, row = (own / "metrics.csv").read_text().splitlines()
    assert head == "epoch,loss,rmse,rmse_15,rmse_4"
    assert "nan" not in row
    form = form_of(own / RUN_FILE)
    assert form == NetForm(side=96, grey=True, points=15, square=SQUARE)

    output = tmp_path / "submission.csv"
    said = run("submit", files, output, "--run", own)
    assert "90 rows" in said
    assert "RMSE" in said
    with output.open() as file:
        rows = list(csv.DictReader(file))
    assert [*rows[0]] == ["RowId", "ImageId", "FeatureName", "Location"]
    assert [int(row["RowId"]) for row in rows] == list(range(1, 91))
    assert all(0 <= float(row["Location"]) <= 96 for row in rows)

    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"no picture")
    said = run("predict", files, tmp_path / "seen", "--run", own, "--photo", broken)
    assert "broken.jpg: not a readable picture: left out" in said
    assert (tmp_path / "seen" / "test.png").exists()


def test_exploring_draws_and_counts(tmp_path: Path) -> None:
    files = small_files(tmp_path)
    said = run("explore", files, tmp_path / "pictures")
    assert "60 rows; missing:" in said
    assert "regression" in said
    drawn = {path.stem for path in (tmp_path / "pictures").glob("*.png")}
    assert drawn == {"missing", "fills", "correlations", "heat-maps", "faces"}


def test_a_run_without_weights_says_what_to_do(tmp_path: Path) -> None:
    files = small_files(tmp_path, rows=20, test_rows=1)
    arguments = ["kaggle15", "submit", str(files), str(tmp_path / "s.csv")]
    result = CliRunner().invoke(main, [*arguments, "--run", str(tmp_path / "none")])
    assert "train first" in str(result.exception)


def test_who_is_asked_for_four_points_is_answered_by_the_second_head(
    tmp_path: Path,
) -> None:
    picture = np.zeros((96, 96), np.uint8)
    tests = [AskedPicture(1, picture), AskedPicture(2, picture)]
    names = [f"{name}_y" for name in ("nose_tip", "left_eye_center")]
    four = [Question(row, 1, name) for row, name in enumerate(names, start=1)]
    many = ("nose_tip", "mouth_left_corner", "mouth_right_corner", "left_eye_center")
    whole = [*many, "right_eye_center"]
    all_of = [Question(row, 2, f"{name}_y") for row, name in enumerate(whole, start=3)]
    lost = [Question(8, 3, "nose_tip_y")]
    questions = [*four, *all_of, *lost]
    answers = answers_to(CONSTANT, tests, questions)
    locations, unread = write_submission(answers, questions, tmp_path / "s.csv")
    assert locations[1] == locations[2] == pytest.approx(47.5)
    # −1 is half a pixel before the first one's middle, and kept inside.
    assert locations[3] == 0
    assert unread == {3}
    assert locations[8] == pytest.approx(47.5 / 2)
    assert rmse_of(locations, {1: 45.5, 3: 0.0}) == pytest.approx(np.sqrt(2))


def test_points_are_drawn_where_the_face_of_a_photo_is() -> None:
    [face] = drawn_faces(people=1, each=1)
    photo = face.image()
    shown, faces = on_photo(CONSTANT, photo, load_detector(None))
    assert faces == 1
    rows, columns = np.nonzero((shown != photo).any(axis=2))
    # All points are in the middle of the crop's upper edge, above the face.
    left, top = face.points.min(axis=0)
    right, _ = face.points.max(axis=0)
    assert len(rows)
    assert left < columns.mean() < right
    assert rows.max() < top + 10
    assert np.ptp(rows) < 12
