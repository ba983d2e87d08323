"""Nobody is on both sides: not a person in two videos, not a person in two data sets."""

import random
from typing import get_args

import numpy as np
import pytest

from training.datasets.faces import LabelledFace
from training.datasets.names import person_and_video, person_of
from training.datasets.people import PersonFace
from training.datasets.splits import Part, part_of, select

PARTS: tuple[Part, ...] = get_args(Part)
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
    """Names of people with what real names have: hyphens, apostrophes, more than two words, accents."""
    draw = random.Random(seed)
    return sorted(
        {
            "_".join("".join(draw.choices(SYLLABLES, k=2)) for _ in "ab")
            for _ in range(count)
        }
    )


def frame(
    person: str,
    video: int,
    number: int,
    split: str = "training",
) -> LabelledFace:
    file = f"{person}_{video}{number}.jpg"
    return LabelledFace(
        f"{split}/{file}", split, person_of(file), np.zeros((68, 2), np.float32), b""
    )


def photo(person: str, number: int) -> PersonFace:
    name = f"{person}/{person}_{number:04d}.jpg"
    return PersonFace(name, *person_and_video(name), b"")


@pytest.mark.parametrize("seed", range(5))
def test_nobody_is_on_both_sides(seed: int) -> None:
    people = names(seed)
    sides = dict[Part, set[str]]()
    frames = [
        frame(p, video, number, split)
        for p in people
        for video in range(3)
        for number in range(2)
        for split in ("training", "test")
    ]
    photos = [photo(p, number) for p in people for number in range(1, 4)]
    for part in PARTS:
        shown = select(frames, part)
        portrayed = select(photos, part)
        sides[part] = {face.group for face in shown}
        assert {face.group for face in portrayed} == sides[
            part
        ]  # the same people, from either set
        assert len(portrayed) == 3 * len(sides[part])  # all photos of each
        both = (
            12 if part == "held-out" else 6
        )  # published test frames are for measuring only
        assert len(shown) == both * len(sides[part])  # all frames of all videos of each
    assert (
        sum(len(side) for side in sides.values())
        == len(set().union(*sides.values()))
        == len(people)
    )


def test_parts_never_change_and_have_their_sizes() -> None:
    parts = [part_of(f"Person_{i}") for i in range(2000)]
    assert [i for i, part in enumerate(parts[:40]) if part == "held-out"] == [
        1,
        3,
        5,
        6,
        34,
    ]
    assert [i for i, part in enumerate(parts[:40]) if part == "validation"] == [14, 32]
    assert parts.count("held-out") == pytest.approx(200, abs=40)
    assert parts.count("validation") == pytest.approx(100, abs=30)


def test_a_published_test_row_is_never_trained_on() -> None:
    faces = [
        frame(f"Person_{i}", 0, 0, split)
        for i in range(100)
        for split in ("training", "test")
    ]
    assert {
        face.split for face in select(faces, "train") + select(faces, "validation")
    } == {"training"}
    assert {face.split for face in select(faces, "held-out")} == {"training", "test"}
