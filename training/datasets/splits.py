"""Which faces are trained on: a hash of the person's or photo's name decides, so that all programs agree."""

import hashlib
from typing import Literal

from training.datasets.faces import LabelledFace

Part = Literal["train", "validation", "held-out"]


def part_of(group: str) -> Part:
    """About 10 % of groups are held out from everything, 5 % choose the best checkpoint, the rest train."""
    bucket = int.from_bytes(hashlib.sha256(group.encode()).digest()[:8], "big") % 100
    return "held-out" if bucket < 10 else "validation" if bucket < 15 else "train"


def select(faces: list[LabelledFace], part: Part) -> list[LabelledFace]:
    """The faces of one part. Rows of a published `test` split are never trained on or used to choose."""
    return [f for f in faces if part_of(f.group) == part and (part == "held-out" or f.split != "test")]
