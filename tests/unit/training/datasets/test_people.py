from collections.abc import Callable
from pathlib import Path

import pytest

from tests.data_sets import STORED, Contents, folder, pictures
from training.datasets.faces import DatasetError
from training.datasets.names import person_and_video, person_name, person_of
from training.datasets.people import read_people


@pytest.mark.parametrize("stored", STORED)
def test_a_folder_for_each_person(
    stored: Callable[[Path, Contents], Path], tmp_path: Path
) -> None:
    names = [
        "Bo_Ek/Bo_Ek_0001.jpg",
        "Ann_Lee/Ann_Lee_0001.jpg",
        "Ann_Lee/Ann_Lee_0002.PNG",
        "notes.txt",
    ]
    faces = read_people(stored(tmp_path, pictures(*names)))
    assert [(face.person, face.video) for face in faces] == [
        ("Ann_Lee", "Ann_Lee/0001"),
        ("Ann_Lee", "Ann_Lee/0002"),
        ("Bo_Ek", "Bo_Ek/0001"),
    ]
    assert [face.group for face in faces] == ["Ann_Lee", "Ann_Lee", "Bo_Ek"]
    assert [face.split for face in faces] == ["", "", ""]
    assert faces[0].image().shape == (40, 60, 3)


def test_frames_side_by_side(tmp_path: Path) -> None:
    names = ["training/Ann_Lee_00.jpg", "test/Ann_Lee_01.jpg", "test/Ann_Lee_10.jpg"]
    faces = read_people(folder(tmp_path, pictures(*names)))
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
        ("Ann_Lee/ann_lee_41.jpg", "Ann_Lee", "4"),
        ("Ann_Lee/Ann_Lee_41.jpg", "Ann_Lee", "4"),  # keypoint files: video, frame
        ("Ann_Lee/41.jpg", "Ann_Lee", "4"),
        ("training/Ann_Lee_41.jpg", "Ann_Lee", "4"),
        ("set/Test/Ann_Lee_41.jpg", "Ann_Lee", "4"),
        ("Ann_Lee_41.jpg", "Ann_Lee", "4"),
        ("Ann_Lee_0041.jpg", "Ann_Lee", "0041"),
        ("Ann_Lee/0.123.jpg", "Ann_Lee", "0"),  # YouTube Faces: frames
        ("Ann_Lee/Ann_Lee_0.123.jpg", "Ann_Lee", "0"),
        ("n000045/0007_01.jpg", "n000045", "0007"),  # VGGFace2: photo, face
        ("faces/0000045/0007.jpg", "0000045", "0007"),
        ("Ann_Lee/Ann_Lee_3_0012.jpg", "Ann_Lee", "3"),
        ("Ann_Lee/Ann_Lee_holiday_12.jpg", "Ann_Lee", "holiday"),
        ("Ann_Lee/clip-a-frame12.jpg", "Ann_Lee", "clip-a"),
        ("Ann_Lee/portrait.jpg", "Ann_Lee", "portrait"),
        ("Ann Lee/Ann Lee_41.jpg", "Ann_Lee", "4"),
        ("Lumi/Lumi_0003.jpg", "Lumi", "0003"),
        ("Eva_Marie_Berg/Eva_Marie_Berg_0002.jpg", "Eva_Marie_Berg", "0002"),
        ("training/Tor_Berg-Hansen_21.jpg", "Tor_Berg-Hansen", "2"),
        ("Ida_O'Berg/Ida_O'Berg_0001.jpg", "Ida_O'Berg", "0001"),
    ],
)
def test_person_and_video_come_from_the_name(
    path: str,
    person: str,
    video: str,
) -> None:
    assert person_and_video(path) == (person, f"{person}/{video}")


def test_a_folder_for_each_video(tmp_path: Path) -> None:
    names = [
        "set/Ann_Lee/0/0.123.jpg",
        "set/Ann_Lee/2/aligned_detect_2.7.jpg",
        "set/Bo_Ek/0/12.jpg",
    ]
    faces = read_people(folder(tmp_path, pictures(*names)))
    assert [face.video for face in faces] == ["Ann_Lee/0", "Ann_Lee/2", "Bo_Ek/0"]
    assert [face.person for face in faces] == ["Ann_Lee", "Ann_Lee", "Bo_Ek"]


@pytest.mark.parametrize("above", ["", "faces/", "training/"])
def test_people_may_be_numbered(above: str, tmp_path: Path) -> None:
    names = [f"{above}0000045/001.jpg", f"{above}0000046/001.jpg"]
    faces = read_people(folder(tmp_path, pictures(*names)))
    assert [face.person for face in faces] == ["0000045", "0000046"]


@pytest.mark.parametrize(
    "path",
    [
        "portrait.jpg",
        "training/Ann_Lee.jpg",
        "_41.jpg",
        "test/12.jpg",
        "Ann_Lee/Ann_Lee_.jpg",
    ],
)
def test_a_picture_of_nobody_is_named(path: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=path):
        read_people(folder(tmp_path, pictures(path)))


def test_names_are_spelled_alike() -> None:
    assert person_of("Eva_Marie_Berg_41.jpg") == "Eva_Marie_Berg"
    assert person_of("Lumi_0003.jpg") == "Lumi"
    two_characters = "Jose\N{COMBINING ACUTE ACCENT} Lee"
    one_character = "Jos\N{LATIN SMALL LETTER E WITH ACUTE}_Lee"
    assert person_name(two_characters) == one_character
