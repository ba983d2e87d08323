"""Which faces are trained on: a hash of the person's or photo's name decides, so that all programs agree."""

import hashlib
from typing import Literal, Protocol, TypeVar

Part = Literal["train", "validation", "held-out"]


def part_of(group: str) -> Part:
    """About 10 % of groups are held out from everything, 5 % choose the best checkpoint, the rest train."""
    bucket = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") % 100
    return "held-out" if bucket < 10 else "validation" if bucket < 15 else "train"


class Grouped(Protocol):
    """What a split sorts: a picture of some person or photo, in some published split."""

    @property
    def group(self) -> str: ...
    @property
    def split(self) -> str: ...


Kind = TypeVar("Kind", bound=Grouped)


def select(faces: list[Kind], part: Part) -> list[Kind]:
    """The faces of one part. Rows of a published `test` split are never trained on or used to choose."""
    return [
        f
        for f in faces
        if part_of(f.group) == part and (part == "held-out" or f.split != "test")
    ]
