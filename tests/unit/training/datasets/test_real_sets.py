"""The readers on the real data, and what its description says about it. No name of a person appears here."""

from collections import defaultdict
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from training.datasets.ferplus import majority, read_ferplus
from training.datasets.ibug_xml import read_ibug_xml
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.people import PersonFace, read_people
from training.datasets.pts import read_pts
from training.datasets.splits import Part, part_of, select

pytestmark = pytest.mark.shared


@pytest.fixture(scope="module")
def photos(shared: Path) -> list[PersonFace]:
    return read_people(shared / "data" / "lfw_aligned_144.zip")


@pytest.fixture(scope="module")
def frames(shared: Path) -> list[PersonFace]:
    return read_people(shared / "data" / "youtube_faces_keypoints.zip")


def test_people_are_as_many_as_described(
    photos: list[PersonFace], frames: list[PersonFace]
) -> None:
    assert (len(photos), len({f.person for f in photos})) == (10_619, 4_599)
    assert len({f.video for f in photos}) == len(photos)
    assert photos[0].image().shape == (144, 144, 3)
    assert (
        len(frames),
        len({f.person for f in frames}),
        len({f.video for f in frames}),
    ) == (3_625, 295, 989)


def test_real_people_are_in_one_part_of_all_sets(
    photos: list[PersonFace],
    frames: list[PersonFace],
    shared: Path,
) -> None:
    labelled = read_keypoints_csv(shared / "data" / "youtube_faces_keypoints.zip")
    assert {f.name: f.group for f in labelled} == {f.name: f.group for f in frames}
    assert len({f.group for f in photos} & {f.group for f in frames}) == 226
    sides = {
        part: {face.group for some in (photos, frames) for face in select(some, part)}
        | {face.group for face in select(labelled, part)}
        for part in get_args(Part)
    }
    assert sum(map(len, sides.values())) == len(set[str]().union(*sides.values()))
    videos = defaultdict[str, set[Part]](set)
    for face in frames:
        videos[face.video].add(part_of(face.group))
    assert all(len(parts) == 1 for parts in videos.values())


def test_nobody_is_spelled_in_two_ways(
    photos: list[PersonFace], frames: list[PersonFace]
) -> None:
    spellings = defaultdict[str, set[str]](set)
    for person in {face.person for face in photos + frames}:
        spellings["".join(letter for letter in person.lower() if letter.isalpha())].add(
            person
        )
    assert not [same for same in spellings.values() if len(same) > 1]


def test_both_labels_of_the_photos_agree(shared: Path) -> None:
    path = shared / "data" / "helen_afw_68.zip"
    exact = read_pts(path)
    rounded = {face.name: face for face in read_ibug_xml(path)}
    assert len(exact) == len(rounded) == 1_207
    for face in exact:
        other = rounded[face.name]
        assert (other.group, other.split, other.encoded) == (
            face.group,
            face.split,
            face.encoded,
        )
        np.testing.assert_allclose(other.points, face.points, atol=0.51)
    groups = {
        part: {face.group for face in select(exact, part)} for part in get_args(Part)
    }
    assert sum(map(len, groups.values())) == len(set[str]().union(*groups.values()))


def test_as_many_expressions_have_a_majority_as_published(shared: Path) -> None:
    faces = read_ferplus(shared / "data" / "ferplus.zip")
    kept = defaultdict[str, list[bool]](list)
    for face in faces:
        kept[face.split].append(majority(face.votes) is not None)
    assert {split: (len(some), sum(some)) for split, some in kept.items()} == {
        "FER2013Train": (28_558, 25_045),
        "FER2013Valid": (3_579, 3_191),
    }
    assert faces[0].image().shape == (48, 48)
