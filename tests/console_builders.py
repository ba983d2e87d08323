"""Read the console's answers, and give its parts a clock that the test turns."""

from __future__ import annotations

import json
from typing import Any


class HandClock:
    """Tell the seconds that a test sets."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def opened(answer: bytes) -> tuple[dict[str, Any], list[bytes]]:
    """Return the JSON of an answer of `/cameras/news`, and the JPEG of each view."""
    length = int.from_bytes(answer[:4], "big")
    head: dict[str, Any] = json.loads(answer[4 : 4 + length])
    start = 4 + length
    jpegs = []
    for view in head["views"]:
        end = start + view["jpeg_bytes"]
        jpegs.append(answer[start:end])
        start = end
    assert start == len(answer)
    return head, jpegs
