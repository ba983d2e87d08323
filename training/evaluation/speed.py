"""Milliseconds that a detector takes for a picture."""

import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Final, Protocol

import numpy as np

from training.evaluation.framing import fitted
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detector, detect_scaled

# Chosen, not measured: enough for a median, and no more than seconds for the slowest detector.
TIMED: Final = 50
"""Pictures that are timed."""
TIMES: Final = (
    f"milliseconds: median of up to {TIMED} pictures at their own size, milliseconds_640x360: "
    "scaled to fit a grey frame of 640×360; one thread, this machine, decoding not counted."
)


class Pictured(Protocol):
    """Anything with a picture."""

    def image(self) -> Image: ...


def speed(pictures: Sequence[Pictured], detector: Detector) -> dict[str, float]:
    """Return median milliseconds a picture: see TIMES."""
    step = max(1, len(pictures) // TIMED)
    timed = pictures[::step][:TIMED]
    images = [picture.image() for picture in timed]
    frames = [fitted(image) for image in images]

    def detect(image: Image) -> object:
        return detect_scaled(detector, image)

    return {
        "milliseconds": _milliseconds(detect, images),
        "milliseconds_640x360": _milliseconds(detector.detect, frames),
    }


def _milliseconds(work: Callable[[Image], object], images: Sequence[Image]) -> float:
    """Return the median time of `work`, NaN without pictures."""
    if not images:
        return np.nan
    # The first run allocates memory: not timed.
    work(images[0])
    times_s = [_seconds(work, image) for image in images]
    return 1000 * median(times_s)


def _seconds(work: Callable[[Image], object], image: Image) -> float:
    started = time.perf_counter()
    work(image)
    return time.perf_counter() - started
