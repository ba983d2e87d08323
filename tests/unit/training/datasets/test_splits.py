"""Nobody is in two parts: not a person in two videos, not a person in two data sets."""

import random
from collections.abc import Iterable
from itertools import product
from typing import get_args

import numpy as np
import pytest

from training.datasets.faces import LabelledFace
from training.datasets.names import person_and_video, person_of
from training.datasets.people import PersonFace
from training.datasets.splits import Grouped, Part, part_of, select

PARTS: tuple[Part, ...] = get_args(Part)
# Hyphens, apostrophes, more than two words and accents, as in real names.
SYLLABLES = (
    "An",
    "bo",
    "Ce",
    "di",
    "El",
    "O'Fa",
    "Al-Gu",
    "Hu_",
    "I",
    "van_Jo",
    "É",
    "Mc",
)


def names(seed: int, count: int = 400) -> list[str]:
    """Return names of people, at most `count`."""
    draw = random.Random(seed)
    found = set()
    for _ in range(count):
        first = "".join(draw.choices(SYLLABLES, k=2))
        last = "".join(draw.choices(SYLLABLES, k=2))
        found.add(f"{first}_{last}")
    return sorted(found)


def frame(
    person: str,
    video: int,
    number: int,
    split: str = "training",
) -> LabelledFace:
    file = f"{person}_{video}{number}.jpg"
    return LabelledFace(
        name=f"{split}/{file}",
        split=split,
        group=person_of(file),
        points=np.zeros((68, 2), np.float32),
        encoded=b"",
    )


def frames_of(person: str) -> list[LabelledFace]:
    """Return two frames of three videos in both published splits."""
    found = []
    for video, number, split in product(range(3), range(2), ("training", "test")):
        found.append(frame(person, video, number, split))
    return found


def photo(person: str, number: int) -> PersonFace:
    path = f"{person}/{person}_{number:04d}.jpg"
    name, video = person_and_video(path)
    return PersonFace(path, name, video, b"")


def groups(faces: Iterable[Grouped]) -> set[str]:
    return {face.group for face in faces}


def splits(faces: Iterable[Grouped]) -> set[str]:
    return {face.split for face in faces}


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_in_two_parts(seed: int) -> None:
    people = names(seed)
    faces = [frame(person, 0, 0) for person in people]

    found: list[str] = []
    for part in PARTS:
        found += groups(select(faces, part))

    assert len(found) == len(people)
    assert len(set(found)) == len(people)


@pytest.mark.parametrize("part", PARTS)
def test_all_sets_have_the_same_people_in_a_part_with_all_they_have(part: Part) -> None:
    people = names(0)
    frames: list[LabelledFace] = []
    photos: list[PersonFace] = []
    for person in people:
        frames += frames_of(person)
        photos += [photo(person, number) for number in range(1, 4)]

    shown = select(frames, part)
    portrayed = select(photos, part)

    assert groups(shown) == groups(portrayed)
    count = len(groups(shown))
    # Published test frames are for measuring only.
    frames_each = 12 if part == "held-out" else 6
    assert len(shown) == frames_each * count
    assert len(portrayed) == 3 * count


def test_parts_never_change() -> None:
    parts = [part_of(f"Person_{number}") for number in range(40)]
    held_out = [number for number, part in enumerate(parts) if part == "held-out"]
    validation = [number for number, part in enumerate(parts) if part == "validation"]
    assert held_out == [1, 3, 5, 6, 34]
    assert validation == [14, 32]


def test_parts_have_their_sizes() -> None:
    parts = [part_of(f"Person_{number}") for number in range(2000)]
    assert parts.count("held-out") == pytest.approx(200, abs=40)
    assert parts.count("validation") == pytest.approx(100, abs=30)


@pytest.mark.parametrize(
    ("part", "expected"),
    [
        ("train", {"training"}),
        ("validation", {"training"}),
        ("held-out", {"training", "test"}),
    ],
)
def test_a_published_test_row_is_never_trained_on(
    part: Part, expected: set[str]
) -> None:
    faces: list[LabelledFace] = []
    for number in range(100):
        faces += frames_of(f"Person_{number}")
    assert splits(select(faces, part)) == expected
