from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.data_sets import STORED, Contents, folder, picture
from training.datasets.faces import DatasetError
from training.datasets.ferplus import majority, read_ferplus

BOX = '"(0, 0, 48, 48)"'
ROW = f"fer1.jpg,{BOX},4,0,0,1,3,2,0,0,0,0"
GREY = picture(shape=(48, 48))


def votes_of(*rows: str, split: str = "FER2013Valid") -> Contents:
    return {
        f"{split}/label.csv": "\n".join(rows).encode(),
        f"{split}/fer1.jpg": GREY,
    }


@pytest.mark.parametrize("stored", STORED)
def test_all_splits_are_read(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    test, valid = read_ferplus(
        stored(tmp_path, votes_of(ROW, split="FER2013Test") | votes_of(ROW))
    )
    assert (valid.name, valid.split) == ("FER2013Valid/fer1.jpg", "FER2013Valid")
    assert test.split == "FER2013Test"
    assert valid.votes.tolist() == [4, 0, 0, 1, 3, 2, 0, 0, 0, 0]
    assert valid.box == (0, 0, 48, 48)
    assert valid.image().shape == (48, 48)


def test_one_split_may_be_the_folder(tmp_path: Path) -> None:
    folder(tmp_path, votes_of(ROW, split="FER2013Test"))
    (face,) = read_ferplus(tmp_path / "FER2013Test")
    assert face.split == "FER2013Test"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (
            ROW + ",0",
            r"FER2013Valid/label.csv, row 2: expected a name, a box and 10 votes, found 13 fields",
        ),
        (ROW.replace("fer1", "fer2"), r"row 2: no picture FER2013Valid/fer2.jpg"),
        (ROW.replace(",4,", ",-4,"), "row 2: votes are no whole numbers: -4,0"),
        (ROW.replace(",4,", ",4.5,"), "row 2: votes are no whole numbers"),
        (ROW.replace(",4,", ",,"), "row 2: votes are no whole numbers"),
        (ROW.replace(",4,", ",5,"), "row 2: 11 votes, expected 1 to 10"),
        (f"fer1.jpg,{BOX}" + ",0" * 10, "row 2: 0 votes, expected 1 to 10"),
        (ROW.replace(BOX, "all"), "row 2: 'all' is no box"),
        (
            ROW.replace("48, 48", "48, 49"),
            "row 2: the box .* is empty or not inside 48×48 pixels",
        ),
        (
            ROW.replace("0, 0", "48, 0"),
            "row 2: the box .* is empty or not inside 48×48 pixels",
        ),
    ],
)
def test_a_bad_row_is_named(
    row: str,
    message: str,
    tmp_path: Path,
) -> None:
    files = votes_of("fer0.jpg" + ROW[8:], row) | {"FER2013Valid/fer0.jpg": GREY}
    with pytest.raises(DatasetError, match=message):
        read_ferplus(folder(tmp_path, files))


def test_a_picture_that_comes_twice_and_an_empty_table_are_refused(
    tmp_path: Path,
) -> None:
    with pytest.raises(DatasetError, match=r"row 2: fer1.jpg appears a second time"):
        read_ferplus(folder(tmp_path, votes_of(ROW, ROW)))
    with pytest.raises(DatasetError, match=r"no face in its label.csv"):
        read_ferplus(folder(tmp_path, votes_of("")))


def test_a_picture_of_another_size_is_named(tmp_path: Path) -> None:
    files = votes_of(ROW) | {"FER2013Valid/fer1.jpg": picture(shape=(48, 64))}
    (face,) = read_ferplus(folder(tmp_path, files))
    with pytest.raises(
        DatasetError, match=r"FER2013Valid/fer1.jpg: is 64×48 pixels, expected 48×48"
    ):
        face.image()


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        ([10, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0),
        ([0, 0, 0, 0, 0, 0, 0, 6, 0, 4], 7),
        ([5, 0, 0, 1, 1, 1, 1, 1, 0, 0], 0),  # single votes do not count
        ([4, 0, 0, 1, 3, 2, 0, 0, 0, 0], None),  # 4 of 9 are no majority
        ([5, 5, 0, 0, 0, 0, 0, 0, 0, 0], None),
        ([0, 0, 0, 0, 0, 0, 0, 0, 6, 4], None),  # unknown
        ([4, 0, 0, 0, 0, 0, 0, 0, 0, 6], None),  # not a face
        ([1, 1, 1, 1, 1, 1, 1, 1, 1, 1], None),
    ],
)
def test_the_majority_is_that_of_the_authors(
    votes: list[int], label: int | None
) -> None:
    assert majority(np.array(votes)) == label
