"""False alarms of earlier weights: what counts as one, and how they are kept."""

from pathlib import Path

import pytest
from numpy.testing import assert_array_equal

from tests.unit.training.detector.builders import found_at, make_empty, make_person
from training.config import Source
from training.detector.alarms import mine, read_mined, write_mined
from training.detector.picture import overlaps
from training.detector.task import Config, DetectorTask
from vitrine.errors import ConfigurationError
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections

SHELF = (10, 10, 30, 30)
POSTER = (300, 300, 40, 40)


def test_mined_are_only_what_neither_label_nor_teacher_knows() -> None:
    person = make_person(400)
    x, y, width, height = person.boxes[0].tolist()

    def detect(image: Image) -> Detections:
        if len(image) != 400:
            return found_at()
        return found_at((x, y, width, height), SHELF, POSTER)

    def teacher(_: Image) -> Detections:
        return found_at(POSTER)

    (piece,) = mine([person], detect, teacher)
    assert piece.image.shape == (320, 320, 3)
    assert overlaps(person.boxes[0], piece.boxes) == pytest.approx([1])
    assert piece.ignored.tolist() == [list(POSTER)]


def test_mined_pieces_can_be_stored(tmp_path: Path) -> None:
    path = tmp_path / "mined.npz"
    write_mined([make_person(), make_empty()], path)
    person, empty = read_mined(path)
    assert_array_equal(person.boxes, make_person().boxes)
    assert_array_equal(person.five, make_person().five)
    assert not empty.has_labels
    assert empty.image.shape == (200, 200, 3)


def test_the_first_round_has_nobodys_false_alarms_to_learn(tmp_path: Path) -> None:
    config = Config(
        run=tmp_path,
        data=[Source(path=tmp_path, format="pts")],
        aligned=tmp_path,
        shelves=tmp_path,
        teacher=tmp_path,
        malls=0,
        tiles=2,
        false_alarms="new",
        seed=1,
        epochs=1,
        batch=2,
        learning_rate=0.1,
        weight_decay=0,
    )
    with pytest.raises(ConfigurationError, match="has no weights whose false alarms"):
        DetectorTask(config)
