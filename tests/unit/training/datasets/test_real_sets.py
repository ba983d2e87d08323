"""The readers on the real data, against its description. No name of a person appears here."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from training.datasets.ferplus import majority, read_ferplus
from training.datasets.ibug_xml import read_ibug_xml
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.people import PersonFace, read_people
from training.datasets.pts import read_pts
from training.datasets.splits import Grouped, Part, part_of, select

pytestmark = pytest.mark.shared

PARTS: tuple[Part, ...] = get_args(Part)


@pytest.fixture(scope="module")
def photos(shared: Path) -> list[PersonFace]:
    return read_people(shared / "data" / "lfw_aligned_144.zip")


@pytest.fixture(scope="module")
def frames(shared: Path) -> list[PersonFace]:
    return read_people(shared / "data" / "youtube_faces_keypoints.zip")


def groups(faces: Iterable[Grouped]) -> set[str]:
    return {face.group for face in faces}


def videos(faces: Iterable[PersonFace]) -> set[str]:
    return {face.video for face in faces}


def test_there_are_as_many_photos_of_people_as_described(
    photos: list[PersonFace],
) -> None:
    assert len(photos) == 10_619
    assert len(groups(photos)) == 4_599
    assert len(videos(photos)) == len(photos)
    assert photos[0].image().shape == (144, 144, 3)


def test_there_are_as_many_frames_of_people_as_described(
    frames: list[PersonFace],
) -> None:
    assert len(frames) == 3_625
    assert len(groups(frames)) == 295
    assert len(videos(frames)) == 989


def test_both_readers_of_the_frames_know_the_same_people(
    frames: list[PersonFace], shared: Path
) -> None:
    labelled = read_keypoints_csv(shared / "data" / "youtube_faces_keypoints.zip")
    by_labels = {face.name: face.group for face in labelled}
    by_pictures = {face.name: face.group for face in frames}
    assert by_labels == by_pictures


def test_real_people_are_in_one_part_of_all_sets(
    photos: list[PersonFace], frames: list[PersonFace]
) -> None:
    in_both = groups(photos) & groups(frames)
    assert len(in_both) == 226
    found: list[str] = []
    for part in PARTS:
        found += groups(select(photos, part)) | groups(select(frames, part))
    assert len(found) == len(set(found))


def test_real_videos_are_in_one_part(frames: list[PersonFace]) -> None:
    parts = {(face.video, part_of(face.group)) for face in frames}
    assert len(parts) == 989


def test_nobody_is_spelled_in_two_ways(
    photos: list[PersonFace], frames: list[PersonFace]
) -> None:
    people = groups(photos) | groups(frames)
    spellings = set()
    for person in people:
        letters = filter(str.isalpha, person.lower())
        spellings.add("".join(letters))
    assert len(spellings) == len(people)


def test_both_labels_of_the_photos_agree(shared: Path) -> None:
    path = shared / "data" / "helen_afw_68.zip"
    exact = read_pts(path)
    rounded = {face.name: face for face in read_ibug_xml(path)}
    assert len(exact) == 1_207
    assert len(rounded) == 1_207
    for face in exact:
        other = rounded[face.name]
        assert other.group == face.group
        assert other.split == face.split
        assert other.encoded == face.encoded
        np.testing.assert_allclose(other.points, face.points, atol=0.51)


def test_real_photos_are_in_one_part(shared: Path) -> None:
    photos = read_pts(shared / "data" / "helen_afw_68.zip")
    found: list[str] = []
    for part in PARTS:
        found += groups(select(photos, part))
    assert len(found) == len(set(found))


def test_as_many_expressions_have_a_majority_as_published(shared: Path) -> None:
    faces = read_ferplus(shared / "data" / "ferplus.zip")
    count: dict[str, int] = defaultdict(int)
    kept: dict[str, int] = defaultdict(int)
    for face in faces:
        count[face.split] += 1
        kept[face.split] += majority(face.votes) is not None
    assert count == {"FER2013Train": 28_558, "FER2013Valid": 3_579}
    assert kept == {"FER2013Train": 25_045, "FER2013Valid": 3_191}
    assert faces[0].image().shape == (48, 48)
