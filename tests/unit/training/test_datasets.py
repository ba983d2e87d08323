import zipfile
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.builders import face_points
from training.datasets.faces import DatasetError, LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.names import person_of
from training.datasets.pts import read_pts
from training.datasets.splits import part_of, select

HEADER = "," + ",".join(str(i) for i in range(136))


def jpeg(value: int = 90) -> bytes:
    return cv2.imencode(".jpg", np.full((40, 60, 3), value, np.uint8))[1].tobytes()


def row(name: str, points: np.ndarray | None = None) -> str:
    values = face_points() if points is None else points
    return name + "," + ",".join(str(v) for v in values.reshape(-1))


def csv_files(split: str, *rows: str, pictures: tuple[str, ...] = ("Ann_Lee_00.jpg",)) -> dict[str, bytes]:
    table = {f"{split}_frames_keypoints.csv": "\n".join([HEADER, *rows]).encode()}
    return table | {f"{split}/{name}": jpeg() for name in pictures}


def pts(points: np.ndarray | None = None, head: str = "version: 1\nn_points: 68\n") -> bytes:
    values = face_points() if points is None else points
    return (head + "{\n" + "\n".join(f"{x:.3f} {y:.3f}" for x, y in values) + "\n}\n").encode()


def folder(path: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_bytes(content)
    return path


def archive(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path / "faces.zip", "w") as target:
        for name, content in files.items():
            target.writestr(name, content)
    return path / "faces.zip"


@pytest.mark.parametrize("stored", [folder, archive])
def test_keypoint_tables_are_read_from_a_folder_or_an_archive(stored: type, tmp_path: Path) -> None:
    files = csv_files("training", row("Ann_Lee_00.jpg")) | csv_files("test", row("Ann_Lee_00.jpg"))
    test, training = read_keypoints_csv(stored(tmp_path, files))
    assert (training.name, training.split, training.group) == (
        "training/Ann_Lee_00.jpg",
        "training",
        "Ann_Lee",
    )
    assert (test.name, test.split) == ("test/Ann_Lee_00.jpg", "test")
    assert training.image().shape == (40, 60, 3)
    np.testing.assert_allclose(training.points, face_points(), rtol=1e-6)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            (row("Ann_Lee_00.jpg") + ",7",),
            r"training_frames_keypoints.csv, row 2: expected 136 coordinates, found 137",
        ),
        ((row("Ann_Lee_00.jpg"), row("Bo_Ek_00.jpg")), r"row 3: no picture training/Bo_Ek_00.jpg"),
        ((row("Ann_Lee_00.jpg"), row("Ann_Lee_00.jpg")), r"row 3: Ann_Lee_00.jpg appears a second time"),
        ((row("Ann_Lee_00.jpg").replace("345.0", "left"),), r"row 2: a coordinate is no number"),
        ((row("Ann_Lee_00.jpg").replace("345.0", "nan"),), r"row 2: a coordinate is not finite"),
        ((row("Ann_Lee_00.jpg", np.zeros((68, 2))),), r"row 2: all points lie on one line"),
    ],
)
def test_a_bad_row_is_named(rows: tuple[str, ...], message: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=message):
        read_keypoints_csv(folder(tmp_path, csv_files("training", *rows)))


def test_a_picture_that_does_not_decode_is_named(tmp_path: Path) -> None:
    files = csv_files("test", row("Ann_Lee_00.jpg")) | {"test/Ann_Lee_00.jpg": b"no jpeg"}
    (face,) = read_keypoints_csv(folder(tmp_path, files))
    with pytest.raises(DatasetError, match=r"test/Ann_Lee_00.jpg: not a readable picture"):
        face.image()


@pytest.mark.parametrize("reader", [read_keypoints_csv, read_pts])
def test_what_is_no_data_set_is_refused(reader: type, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"holds no \*"):
        reader(tmp_path)
    with pytest.raises(DatasetError, match="neither a folder nor a zip archive"):
        reader(tmp_path / "missing.zip")
    (tmp_path / "text.zip").write_text("text")
    with pytest.raises(DatasetError, match="neither a folder nor a zip archive"):
        reader(tmp_path / "text.zip")


@pytest.mark.parametrize("stored", [folder, archive])
def test_pts_files_are_read_with_their_pictures(stored: type, tmp_path: Path) -> None:
    files = {
        "helen/12_1.pts": pts(),
        "helen/12_1.jpg": jpeg(),
        "helen/12_2.pts": pts(),
        "helen/12_2.jpg": jpeg(),
    }
    first, second = read_pts(stored(tmp_path, files))
    assert (first.name, first.split, first.group) == ("helen/12_1.jpg", "helen", "helen/12")
    assert second.group == first.group
    np.testing.assert_allclose(first.points, face_points(), atol=1e-3)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"version: 1\nn_points: 68\n", r"helen/1_1.pts: has no \{ … \} block"),
        (pts(head="version: 1\nn_points: 29\n"), "n_points is 29, expected 68"),
        (pts(head="version: 1\n"), "n_points is missing"),
        (pts(face_points()[:-1]), "expected 136 coordinates, found 134"),
        (b"\xff\xfe", "is not UTF-8 text"),
    ],
)
def test_a_bad_pts_file_is_named(content: bytes, message: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=message):
        read_pts(folder(tmp_path, {"helen/1_1.pts": content, "helen/1_1.jpg": jpeg()}))


def test_a_pts_file_without_picture_is_named(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"helen/1_1.pts: no picture helen/1_1"):
        read_pts(folder(tmp_path, {"helen/1_1.pts": pts()}))


def test_people_are_known_by_all_of_their_name() -> None:
    assert person_of("Erin_Hershey_Presley_41.jpg") == "Erin_Hershey_Presley"


def test_a_person_is_in_one_part_only_and_about_a_tenth_are_held_out() -> None:
    parts = [part_of(f"Person_{i}") for i in range(2000)]
    assert parts == [part_of(f"Person_{i}") for i in range(2000)]
    assert parts.count("held-out") == pytest.approx(200, abs=40)
    assert parts.count("validation") == pytest.approx(100, abs=30)


def test_a_published_test_row_is_never_trained_on() -> None:
    names = [f"Person_{i}" for i in range(100)]
    faces = [
        LabelledFace(f"{s}/{n}_00.jpg", s, n, np.zeros((68, 2), np.float32), b"")
        for n in names
        for s in ("training", "test")
    ]
    assert {face.split for face in select(faces, "train") + select(faces, "validation")} == {"training"}
    held_out = select(faces, "held-out")
    assert {face.split for face in held_out} == {"training", "test"}
    assert not {face.group for face in held_out} & {face.group for face in select(faces, "train")}
