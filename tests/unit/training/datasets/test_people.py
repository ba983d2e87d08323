from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data_sets import STORED, Contents, folder, picture
from training.datasets.faces import DatasetError
from training.datasets.names import person_and_video, person_name, person_of
from training.datasets.people import read_people


@pytest.mark.parametrize("stored", STORED)
def test_a_folder_for_each_person(stored: Callable[[Path, Contents], Path], tmp_path: Path) -> None:
    names = ["Bo_Ek/Bo_Ek_0001.jpg", "Ann_Lee/Ann_Lee_0001.jpg", "Ann_Lee/Ann_Lee_0002.PNG", "notes.txt"]
    faces = read_people(stored(tmp_path, {name: picture() for name in names}))
    assert [(face.person, face.video) for face in faces] == [
        ("Ann_Lee", "Ann_Lee/0001"),
        ("Ann_Lee", "Ann_Lee/0002"),
        ("Bo_Ek", "Bo_Ek/0001"),
    ]
    assert {(face.group, face.split) for face in faces} == {("Ann_Lee", ""), ("Bo_Ek", "")}
    assert faces[0].image().shape == (40, 60, 3)


def test_frames_side_by_side(tmp_path: Path) -> None:
    names = ["training/Ann_Lee_00.jpg", "test/Ann_Lee_01.jpg", "test/Ann_Lee_10.jpg"]
    faces = read_people(folder(tmp_path, {name: picture() for name in names}))
    assert [(face.split, face.video) for face in faces] == [
        ("test", "Ann_Lee/0"),
        ("test", "Ann_Lee/1"),
        ("training", "Ann_Lee/0"),
    ]
    assert {face.group for face in faces} == {"Ann_Lee"}


@pytest.mark.parametrize(
    ("path", "person", "video"),
    [
        ("Ann_Lee/Ann_Lee_0001.jpg", "Ann_Lee", "0001"),  # LFW: photos
        ("lfw/Ann_Lee/Ann_Lee_0001.jpg", "Ann_Lee", "0001"),
        ("Ann_Lee/Ann_Lee_41.jpg", "Ann_Lee", "4"),  # keypoint files: video, frame
        ("Ann_Lee/41.jpg", "Ann_Lee", "4"),
        ("training/Ann_Lee_41.jpg", "Ann_Lee", "4"),
        ("set/Test/Ann_Lee_41.jpg", "Ann_Lee", "4"),
        ("Ann_Lee_41.jpg", "Ann_Lee", "4"),
        ("Ann_Lee_0041.jpg", "Ann_Lee", "0041"),
        ("Ann_Lee/0.123.jpg", "Ann_Lee", "0"),  # YouTube Faces: frames
        ("Ann_Lee/Ann_Lee_0.123.jpg", "Ann_Lee", "0"),
        ("Ann_Lee/2/2.123.jpg", "Ann_Lee", "2"),
        ("Ann_Lee/2/aligned_detect_2.123.jpg", "Ann_Lee", "2"),
        ("Ann_Lee/Ann_Lee_3_0012.jpg", "Ann_Lee", "3"),
        ("Ann_Lee/Ann_Lee_holiday_12.jpg", "Ann_Lee", "holiday"),
        ("Ann_Lee/clip-a-frame12.jpg", "Ann_Lee", "clip-a"),
        ("Ann_Lee/portrait.jpg", "Ann_Lee", "portrait"),
        ("Ann Lee/Ann Lee_41.jpg", "Ann_Lee", "4"),
        ("Bono/Bono_0003.jpg", "Bono", "0003"),
        ("Erin_Hershey_Presley/Erin_Hershey_Presley_0002.jpg", "Erin_Hershey_Presley", "0002"),
        ("training/Terje_Roed-Larsen_21.jpg", "Terje_Roed-Larsen", "2"),
        ("Jen_O'Neil/Jen_O'Neil_0001.jpg", "Jen_O'Neil", "0001"),
    ],
)
def test_person_and_video_come_from_the_name(path: str, person: str, video: str) -> None:
    assert person_and_video(path) == (person, f"{person}/{video}")


@pytest.mark.parametrize(
    "path", ["portrait.jpg", "training/Ann_Lee.jpg", "_41.jpg", "3/1.jpg", "test/12.jpg"]
)
def test_a_picture_of_nobody_is_named(path: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=path):
        read_people(folder(tmp_path, {path: picture()}))


def test_names_are_spelled_alike() -> None:
    assert person_of("Erin_Hershey_Presley_41.jpg") == "Erin_Hershey_Presley"
    assert person_of("Bono_0003.jpg") == "Bono"
    assert person_name("Jose\N{COMBINING ACUTE ACCENT} Lee") == person_name(
        "Jos\N{LATIN SMALL LETTER E WITH ACUTE}_Lee"
    )
