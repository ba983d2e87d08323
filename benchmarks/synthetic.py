"""Is the synthetic mall easier than reality? Our own vision code on both, side by side.

    python -m benchmarks.synthetic --shared ../shared [--models ../shared/models] [--json OUT]

Real photos are brought to the face sizes of the mall. Yaw is our head pose's from the labelled points, on
both sides. Intervals are 95 %, by bootstrap over people or photos. Landmarks are judged on people and photos
that their network never saw. All draws are seeded.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.face_samples import (
    FPS,
    HEIGHT,
    WIDTH,
    Face,
    aligned_photos,
    compressed,
    empty_shop,
    mall_faces,
    photo_faces,
    shelves,
    synthetic_identities,
)
from benchmarks.intervals import Figure, difference, mean_figure
from benchmarks.separation import separation
from training.datasets.faces import LabelledFace
from training.datasets.keypoints_csv import read_keypoints_csv
from training.datasets.pts import read_pts
from training.datasets.splits import select
from vitrine.shipped import MODELS
from vitrine.synthetic import SyntheticMall
from vitrine.vision.crop import (
    Image,
    crop_of_box,
    crop_of_points,
    cut,
    network_input,
    to_frame,
)
from vitrine.vision.detectors import Detections, YuNet
from vitrine.vision.embedding import Embedder
from vitrine.vision.models import (
    LANDMARKS_FILE,
    YUNET_FILE,
    embedding_model,
    model_path,
)
from vitrine.vision.networks import Network, load_network
from vitrine.vision.shape import outer_eye_distance

SIZES = (24, 40, 70, 200)
TURNS = (0, 20, 40, 65)
"""Bounds of the bins of face height, pixels, and of |yaw|, degrees."""
SEEDS = 6
FRAMES = 25
PHOTOS = 450
PEOPLE = 250
SHOPS = 50
POSTERS = 8
SHARED_BOX = 0.3
"""Share of their union that a detection and a face must have in common."""
FEWEST = 15
"""Faces below which a bin is not reported."""


class Finder:
    """A detector that looks at each picture once, also where several faces share it."""

    def __init__(self, detector: YuNet) -> None:
        self._detector = detector
        self._seen: dict[int, tuple[Image, Detections]] = {}

    def __call__(self, picture: Image) -> Detections:
        if id(picture) not in self._seen:
            self._seen[id(picture)] = picture, self._detector.detect(picture)
        return self._seen[id(picture)][1]


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    name: str
    synthetic: Figure
    real: Figure
    lower_is_easier: bool = False

    def verdict(self) -> str:
        """Which side is easier, by how much, or that no difference is proven."""
        gap, low, high = difference(self.synthetic, self.real)
        if low <= 0 <= high:
            return f"no proven difference ({gap:+.3g}; {low:+.3g} to {high:+.3g})"
        easier = (gap < 0) == self.lower_is_easier
        return f"synthetic is {'easier' if easier else 'harder'} by {abs(gap):.3g} ({low:+.3g} to {high:+.3g})"


def main() -> None:
    """Print the report."""
    options = _options()
    cv2.setNumThreads(1)
    started = time.monotonic()
    models = options.models or options.shared / "models"
    rows = list(report(options.shared / "data", models))
    table = Table("measure", "synthetic", "real", "verdict")
    for row in rows:
        table.add_row(row.name, _shown(row.synthetic), _shown(row.real), row.verdict())
    Console(width=170).print(table)
    print(f"{time.monotonic() - started:.0f} s")
    if options.json:
        options.json.write_text(
            json.dumps([_as_dict(row) for row in rows], indent=1), encoding="utf-8"
        )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--shared", type=Path, required=True, help="folder with data/ and models/"
    )
    parser.add_argument(
        "--models", type=Path, help="folder with YuNet and MobileFaceNet"
    )
    parser.add_argument("--json", type=Path, help="file for the figures")
    return parser.parse_args()


def _shown(figure: Figure) -> str:
    low, high = figure.interval
    return f"{figure.value:.3g} [{low:.3g}, {high:.3g}] n={figure.count}"


def _as_dict(row: Row) -> dict[str, object]:
    sides = {"synthetic": row.synthetic, "real": row.real}
    numbers = {
        k: {"value": f.value, "interval": f.interval, "count": f.count}
        for k, f in sides.items()
    }
    return {"measure": row.name, **numbers, "verdict": row.verdict()}


def report(data: Path, models: Path) -> Iterator[Row]:
    """All rows."""
    rng = np.random.default_rng(4)
    find = Finder(
        YuNet(load_network(model_path(YUNET_FILE, models)), YuNet.trust.start)
    )
    mall = list(mall_faces("rush", SEEDS, FRAMES))
    heights = np.array([face.height for face in mall], np.float32)
    wild = read_pts(data / "helen_afw_68.zip")
    video = read_keypoints_csv(data / "youtube_faces_keypoints.zip")
    photos = list(photo_faces(_some(wild, PHOTOS, rng), heights, rng))
    yield from recall_rows(find, mall, photos)
    yield from false_alarm_rows(find, data)
    unseen = [
        list(photo_faces(_some(select(s, "held-out"), PHOTOS, rng), heights, rng))
        for s in (wild, video)
    ]
    network = load_network(model_path(LANDMARKS_FILE, MODELS))
    names = ("HELEN/AFW", "YouTube Faces")
    for name, real in zip(names, unseen, strict=True):
        yield from landmark_rows(name, find, network, mall, real)
    for name, real in zip(names, (photos, unseen[1]), strict=True):
        yield from picture_rows(name, mall, real)
    embedding = embedding_model(models)
    embedder = Embedder(load_network(embedding), embedding.stem)
    drawn = separation(embedder, synthetic_identities(PEOPLE))
    real_people = separation(
        embedder, aligned_photos(data / "lfw_aligned_144.zip", PEOPLE, rng)
    )
    for name, figure in drawn.items():
        yield Row(
            f"identity: {name}",
            figure,
            real_people[name],
            name in ("cosine of others", "EER"),
        )


def _some(
    faces: list[LabelledFace], count: int, rng: np.random.Generator
) -> list[LabelledFace]:
    picked = rng.permutation(len(faces))[:count]
    return [faces[i] for i in picked]


def recall_rows(
    find: Finder, mall: Sequence[Face], photos: Sequence[Face]
) -> Iterator[Row]:
    """Share of faces found, by size and yaw."""
    sides = [[(face, match(face, find(face.picture)) is not None) for face in side]
             for side in (mall, photos)]  # fmt: skip
    for low, high in pairwise(SIZES):
        for less, more in pairwise(TURNS):
            chosen = [
                [
                    (found, f.group)
                    for f, found in side
                    if low <= f.height < high and less <= abs(f.yaw) < more
                ]
                for side in sides
            ]
            if min(map(len, chosen)) >= FEWEST:
                synthetic, real = (of_pairs(side) for side in chosen)
                yield Row(
                    f"recall, face {low} to {high} px, yaw {less}° to {more}°",
                    synthetic,
                    real,
                )
    synthetic, real = (
        mean_figure([ok for _, ok in s], [f.group for f, _ in s]) for s in sides
    )
    yield Row("recall, all of these faces", synthetic, real)


def of_pairs(pairs: Sequence[tuple[float, str]]) -> Figure:
    """The mean of values with their groups."""
    return mean_figure([value for value, _ in pairs], [group for _, group in pairs])


def match(face: Face, found: Detections) -> int | None:
    """The index of the detection of a face, None if it was missed."""
    (left, top), (right, bottom) = face.points.min(axis=0), face.points.max(axis=0)
    top -= 0.3 * (bottom - top)
    shares = [
        shared((left, top, right - left, bottom - top), box) for box in found.boxes
    ]
    return int(np.argmax(shares)) if shares and max(shares) >= SHARED_BOX else None


def shared(one: Sequence[float], other: Sequence[float]) -> float:
    """Intersection over union of two boxes x, y, width, height."""
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    both = max(0.0, width) * max(0.0, height)
    return float(both / (one[2] * one[3] + other[2] * other[3] - both))


def false_alarm_rows(find: Finder, data: Path) -> Iterator[Row]:
    """Detections per picture without people; with posters, those beside the printed faces."""
    empty = [compressed(empty_shop(seed)) for seed in range(SHOPS)]
    real = _alarms(find, shelves(data / "shop_shelves_no_faces.zip"))
    yield Row(
        "false alarms per picture: empty shop, shelves",
        _alarms(find, empty),
        real,
        True,
    )
    beside = []
    printed = []
    for seed in range(POSTERS):
        mall = SyntheticMall.from_uri(
            f"synthetic:?scene=posters&seed={seed}", WIDTH, HEIGHT, FPS
        )
        pictures = (mall.frame(n) for n in range(0, 600, 15))
        image, truth = next((p, t) for p, t in pictures if not t.people)
        boxes = find(compressed(image)).boxes
        hits = [
            [shared(face, box) >= SHARED_BOX for face in truth.static_faces]
            for box in boxes
        ]
        beside.append(sum(not any(hit) for hit in hits))
        printed.append(sum(any(hit) for hit in hits))
    groups = [str(seed) for seed in range(POSTERS)]
    yield Row(
        "false alarms per picture beside posters, shelves",
        mean_figure(beside, groups),
        real,
        True,
    )
    yield Row(
        "printed faces found per picture, shelves",
        mean_figure(printed, groups),
        real,
        True,
    )


def _alarms(find: Finder, pictures: Sequence[Image]) -> Figure:
    counts = [len(find(picture).boxes) for picture in pictures]
    return mean_figure(counts, [str(n) for n in range(len(counts))])


def landmark_rows(
    name: str,
    find: Finder,
    network: Network,
    mall: Sequence[Face],
    real: Sequence[Face],
) -> Iterator[Row]:
    """Mean error of the 68 points on found faces, as a share of a length that a turn leaves."""
    sides = [[(f, e) for f in side if (e := landmark_error(find, network, f)) is not None]
             for side in (mall, real)]  # fmt: skip
    for part, column in (("all 68", 0), ("without jaw", 1)):
        for less, more in ((0, 20), (20, 65)):
            chosen = [
                [(e[column], f.group) for f, e in s if less <= abs(f.yaw) < more]
                for s in sides
            ]
            if min(map(len, chosen)) >= FEWEST:
                synthetic, photos = (of_pairs(side) for side in chosen)
                yield Row(
                    f"landmark NME, %, {part}, yaw {less}° to {more}°, {name}",
                    synthetic,
                    photos,
                    True,
                )


def landmark_error(
    find: Finder, network: Network, face: Face
) -> tuple[float, float] | None:
    """Of all points, and of all but the jaw, percent of the eye corners' distance; None if it was not found.

    A frontal face's eye corners are 0.7 of its landmarks' height apart: that is the least divisor, since the
    corners come closer with yaw and the height does not.
    """
    found = find(face.picture)
    index = match(face, found)
    if index is None:
        return None
    crop = crop_of_box(found.boxes[index].tolist(), found.five[index])
    points = to_frame(network.run(network_input([cut(face.picture, crop)]))[0], [crop])[
        0
    ]
    errors = np.linalg.norm(points - face.points, axis=1)
    across = max(float(outer_eye_distance(face.points)), 0.7 * face.height)
    return float(100 * errors.mean() / across), float(100 * errors[17:].mean() / across)


def picture_rows(
    name: str, mall: Sequence[Face], real: Sequence[Face]
) -> Iterator[Row]:
    """Statistics of the landmark network's crops: what is sharper, cleaner, richer in contrast is easier."""
    sides = [
        (np.array([statistics(f) for f in s]), [f.group for f in s])
        for s in (mall, real)
    ]
    for column, (what, lower) in enumerate(
        [
            ("sharpness (variance of the Laplacian)", False),
            ("noise, grey levels", True),
            ("contrast, grey levels", False),
        ]
    ):
        synthetic, photos = (
            mean_figure(values[:, column].tolist(), groups) for values, groups in sides
        )
        yield Row(f"{what}, {name}", synthetic, photos, lower)


def statistics(face: Face) -> tuple[float, float, float]:
    """Sharpness, noise (Immerkær 1996) and contrast of a face's crop at its own resolution."""
    grey = cv2.cvtColor(face.picture, cv2.COLOR_BGR2GRAY)
    (left, top), (right, bottom) = (
        face.points.min(axis=0).astype(int),
        face.points.max(axis=0).astype(int),
    )
    crop = cv2.cvtColor(
        cut(face.picture, crop_of_points(face.points)), cv2.COLOR_BGR2GRAY
    )
    patch = grey[max(top, 0) : bottom + 1, max(left, 0) : right + 1]
    mask = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(patch, cv2.CV_32F, mask))
    noise = float(np.median(response) / 0.6745 / 6)
    return (
        float(cv2.Laplacian(crop, cv2.CV_32F).var()),
        noise,
        float(crop[32:96, 32:96].std()),
    )


if __name__ == "__main__":
    main()
