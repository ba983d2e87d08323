"""The split of all sets: a hash of the person's or photo's name, so that all programs agree."""

import hashlib
from collections.abc import Sequence
from typing import Final, Literal, Protocol, TypeVar

Part = Literal["train", "validation", "held-out"]
# Chosen, not measured. A change would measure shipped weights on people they were trained on.
HELD_OUT: Final = 10
"""Percent of groups that are held out from everything."""
VALIDATION: Final = 5
"""Percent of groups that choose the best checkpoint."""


def part_of(group: str) -> Part:
    """Return the part of a person or photo; those that are in no other part train."""
    digest = hashlib.sha256(group.encode()).digest()
    # 64 bits: a remainder of 100 is as good as even.
    number = int.from_bytes(digest[:8], "big")
    bucket = number % 100
    if bucket < HELD_OUT:
        return "held-out"
    if bucket < HELD_OUT + VALIDATION:
        return "validation"
    return "train"


class Grouped(Protocol):
    """A picture of some person or photo, in some published split."""

    @property
    def group(self) -> str: ...
    @property
    def split(self) -> str: ...


Kind = TypeVar("Kind", bound=Grouped)


def select(faces: Sequence[Kind], part: Part) -> list[Kind]:
    """Return the faces of one part.

    Rows of a published `test` split are never trained on or used to choose.
    """
    chosen = []
    for face in faces:
        is_test = face.split == "test"
        if is_test and part != "held-out":
            continue
        if part_of(face.group) == part:
            chosen.append(face)
    return chosen
