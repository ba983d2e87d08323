"""Compare faces of the synthetic mall with real ones: found, missed, exact, sharp."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from benchmarks.face_samples import (
    FPS,
    HEIGHT,
    WIDTH,
    Face,
    compressed,
    empty_shop,
    shelves,
)
from benchmarks.intervals import Figure, difference, mean_figure
from vitrine.synthetic import SyntheticMall
from vitrine.synthetic.truth import FrameTruth
from vitrine.vision.crop import Image
from vitrine.vision.detectors import Detections, YuNet

SIZES = (24, 40, 70, 200)
"""Bounds of the bins of face height, pixels."""
TURNS = (0, 20, 40, 65)
"""Bounds of the bins of |yaw|, degrees."""
# Chosen, not measured: as many as there are pictures of real shelves.
SHOPS = 50
# Fewer: each has to be drawn until nobody is there.
POSTERS = 8
SHARED_BOX = 0.3
"""Share of their union that a detection and a face must have in common."""
FEWEST = 15
"""Faces below which a bin is not reported."""
FOREHEAD = 0.3
"""Landmarks begin at the brows: a face is by this share of their height taller."""


class Finder:
    """Look at each picture once, also where several faces share it."""

    def __init__(self, detector: YuNet) -> None:
        self._detector = detector
        self._seen: dict[int, tuple[Image, Detections]] = {}

    def __call__(self, picture: Image) -> Detections:
        """Return what the detector finds in a picture."""
        key = id(picture)
        if key not in self._seen:
            found = self._detector.detect(picture)
            # The picture is kept too: its id is its own only while it lives.
            self._seen[key] = (picture, found)
        _, found = self._seen[key]
        return found


@dataclass(frozen=True)
class Row:
    """Hold one line of the report."""

    name: str
    synthetic: Figure
    real: Figure
    lower_is_easier: bool = False

    def verdict(self) -> str:
        """Return which side is easier, by how much, or that no difference is proven."""
        gap, low, high = difference(self.synthetic, self.real)
        if low <= 0 <= high:
            return f"no proven difference ({gap:+.3g}; {low:+.3g} to {high:+.3g})"
        is_easier = (gap < 0) == self.lower_is_easier
        word = "easier" if is_easier else "harder"
        return f"synthetic is {word} by {abs(gap):.3g} ({low:+.3g} to {high:+.3g})"


@dataclass(frozen=True, slots=True)
class Judged:
    """Hold a face with what was measured of it."""

    face: Face
    value: float


def figure_of(judged: Sequence[Judged]) -> Figure:
    """Return the mean value of faces, resampled by their groups."""
    values = [one.value for one in judged]
    groups = [one.face.group for one in judged]
    return mean_figure(values, groups)


def binned_row(
    name: str,
    mall: Sequence[Judged],
    photos: Sequence[Judged],
    is_chosen: Callable[[Face], bool],
    *,
    lower_is_easier: bool = False,
) -> Iterator[Row]:
    """Yield the row of the chosen faces, where both sides have enough of them."""
    synthetic = [one for one in mall if is_chosen(one.face)]
    real = [one for one in photos if is_chosen(one.face)]
    if min(len(synthetic), len(real)) < FEWEST:
        return
    yield Row(
        name=name,
        synthetic=figure_of(synthetic),
        real=figure_of(real),
        lower_is_easier=lower_is_easier,
    )


def recall_rows(
    find: Finder,
    mall: Sequence[Face],
    photos: Sequence[Face],
) -> Iterator[Row]:
    """Yield the share of faces found, by size and yaw."""
    synthetic = [is_found(find, face) for face in mall]
    real = [is_found(find, face) for face in photos]
    for smallest, largest in pairwise(SIZES):
        for least, most in pairwise(TURNS):

            def is_in_bin(
                face: Face,
                sizes: tuple[int, int] = (smallest, largest),
                turns: tuple[int, int] = (least, most),
            ) -> bool:
                return within(face.height, sizes) and within(abs(face.yaw), turns)

            name = f"recall, face {smallest} to {largest} px, yaw {least}° to {most}°"
            yield from binned_row(
                name,
                synthetic,
                real,
                is_in_bin,
            )
    yield Row(
        name="recall, all of these faces",
        synthetic=figure_of(synthetic),
        real=figure_of(real),
    )


def within(value: float, bounds: tuple[float, float]) -> bool:
    """Return whether a value is at least the first bound and below the second."""
    low, high = bounds
    return low <= value < high


def is_found(find: Finder, face: Face) -> Judged:
    """Return 1 for a face that was found, 0 for one that was missed."""
    detections = find(face.picture)
    index = match(face, detections)
    found = index is not None
    return Judged(face, float(found))


def match(face: Face, found: Detections) -> int | None:
    """Return the index of the detection of a face, None if it was missed."""
    left, brows = face.points.min(axis=0)
    right, bottom = face.points.max(axis=0)
    forehead = FOREHEAD * (bottom - brows)
    top = brows - forehead
    width = right - left
    height = bottom - top
    expected = (left, top, width, height)
    shares = [shared(expected, box) for box in found.boxes]
    if not shares or max(shares) < SHARED_BOX:
        return None
    return int(np.argmax(shares))


def shared(one: Sequence[float], other: Sequence[float]) -> float:
    """Return intersection over union of two boxes x, y, width, height."""
    one_left, one_top, one_width, one_height = one
    left, top, width, height = other
    shared_right = min(one_left + one_width, left + width)
    shared_bottom = min(one_top + one_height, top + height)
    shared_width = shared_right - max(one_left, left)
    shared_height = shared_bottom - max(one_top, top)
    # Boxes apart share nothing; two negative sides would give a positive area.
    both = max(0.0, shared_width) * max(0.0, shared_height)
    one_area = one_width * one_height
    area = width * height
    union = one_area + area - both
    return float(both / union)


def false_alarm_rows(find: Finder, data: Path) -> Iterator[Row]:
    """Yield detections per picture without people, in shops without and with posters."""
    real = alarms(find, shelves(data / "shop_shelves_no_faces.zip"))
    empty = [compressed(empty_shop(seed)) for seed in range(SHOPS)]
    yield Row(
        name="false alarms per picture: empty shop, shelves",
        synthetic=alarms(find, empty),
        real=real,
        lower_is_easier=True,
    )
    beside = []
    printed = []
    for seed in range(POSTERS):
        image, truth = picture_with_posters(seed)
        on_poster = hits_of_posters(find, image, truth)
        hits = sum(on_poster)
        printed.append(hits)
        beside.append(len(on_poster) - hits)
    # Each picture is an observation of its own.
    groups = [str(seed) for seed in range(POSTERS)]
    yield Row(
        name="false alarms per picture beside posters, shelves",
        synthetic=mean_figure(beside, groups),
        real=real,
        lower_is_easier=True,
    )
    yield Row(
        name="printed faces found per picture, shelves",
        synthetic=mean_figure(printed, groups),
        real=real,
        lower_is_easier=True,
    )


def picture_with_posters(seed: int) -> tuple[Image, FrameTruth]:
    """Return the first of some moments of a mall with posters in which nobody is there."""
    mall = SyntheticMall.from_uri(
        f"synthetic:?scene=posters&seed={seed}",
        WIDTH,
        HEIGHT,
        FPS,
    )
    # Every second of forty: people come and go meanwhile.
    for number in range(0, 600, 15):
        image, truth = mall.frame(number)
        if not truth.people:
            return image, truth
    raise LookupError(f"somebody is there at all moments of seed {seed}")


def hits_of_posters(
    find: Finder,
    image: Image,
    truth: FrameTruth,
) -> list[bool]:
    """Return for each detection whether it is the printed face of a poster."""
    hits = []
    found = find(compressed(image))
    for box in found.boxes:
        shares = [shared(static_face, box) for static_face in truth.static_faces]
        largest = max(shares, default=0.0)
        hits.append(largest >= SHARED_BOX)
    return hits


def alarms(find: Finder, pictures: Sequence[Image]) -> Figure:
    """Return the number of detections per picture."""
    counts = [len(find(picture).boxes) for picture in pictures]
    numbers = [str(number) for number in range(len(counts))]
    return mean_figure(counts, numbers)
