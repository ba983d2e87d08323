"""What detector, recogniser and head pose make of the synthetic mall, and what it costs to draw.

    python -m benchmarks.synthetic --models ../shared/models

Each seed is a minute of the default mall, 640×360 at 15 frames a second, of which evenly spread frames are
looked at. Points, poses and identities are the source's truth: the figures judge the picture, not our
landmarks. With `--faces` (what the basis was made from) it also prints how much drawn people resemble them.
"""

from __future__ import annotations

import argparse
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from scipy.optimize import linear_sum_assignment

from training.synthetic_basis import frontal_faces
from vitrine.synthetic import FrameTruth, PersonTruth, SyntheticMall
from vitrine.synthetic.head import Head, draw_head
from vitrine.synthetic.mesh import head_mesh, triangles_under
from vitrine.synthetic.people import draw_person, draw_view, load_basis
from vitrine.vision.crop import Image
from vitrine.vision.detectors import YuNet
from vitrine.vision.embedding import Embedder, align
from vitrine.vision.models import EMBEDDING_FILE, YUNET_FILE, model_path
from vitrine.vision.networks import load_network
from vitrine.vision.pose import HeadPose, head_pose

WIDTH, HEIGHT, FPS, SECONDS = 640, 360, 15, 60
SCORE = 0.6
TURNED, SMALLEST = 45.0, 40.0
"""Faces that a detector should find: yaw at most, height of the landmarks at least."""
OVERLAP = 0.3
"""A detection is of a person when their boxes share this much of their union."""
RECOGNISED_TURN, RECOGNISED_EVERY = 30.0, 5
"""Embedded are found faces turned no further, in every n-th frame that is looked at."""
DRAWN_PEOPLE, DRAWN_SIDE = 100, 320

Vectors = NDArray[np.float32]


@dataclass
class Figures:
    """What was seen in all frames."""

    heights: list[float] = field(default_factory=list)
    found: list[bool] = field(default_factory=list)
    """One for each of `heights`."""
    unmatched: int = 0
    audience: Counter[int] = field(default_factory=Counter)
    """Frames by the number of visible people."""
    attending: list[bool] = field(default_factory=list)
    poses: list[tuple[float, float, float, float]] = field(default_factory=list)
    """True yaw; errors of yaw, pitch and roll."""
    seconds: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    """CPU time of a frame by the number of people in it."""
    faces: list[Image] = field(default_factory=list)
    owners: list[tuple[int, str, int]] = field(default_factory=list)
    """Seed, person and visit of each of `faces`."""


def main() -> None:
    """Print the figures."""
    options = _options()
    cv2.setNumThreads(1)
    detector = YuNet(load_network(model_path(YUNET_FILE, options.models)), SCORE)
    embedder = Embedder(load_network(model_path(EMBEDDING_FILE, options.models)), EMBEDDING_FILE)
    figures = Figures()
    for seed in track(range(options.seeds), "seeds", console=Console(stderr=True)):
        look(figures, seed, options.frames, detector)
    print(f"{options.seeds} seeds × {options.frames} frames of {WIDTH}×{HEIGHT}")
    print_detection(figures)
    print_audience(figures)
    print_pose(figures)
    print_recognition(figures, embedder)
    print_speed(figures)
    if options.faces:
        print_likeness(options.faces, embedder)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", type=Path, required=True, help="folder with YuNet and MobileFaceNet")
    parser.add_argument("--seeds", type=int, default=8, help="default %(default)s")
    parser.add_argument("--frames", type=int, default=150, help="of each seed, default %(default)s")
    parser.add_argument("--faces", type=Path, help="archive of the YouTube Faces keypoints")
    return parser.parse_args()


def look(figures: Figures, seed: int, frames: int, detector: YuNet) -> None:
    """Add the frames of one seed."""
    mall = SyntheticMall.from_uri(f"synthetic:?seed={seed}", WIDTH, HEIGHT, FPS)
    for index, number in enumerate(np.linspace(0, SECONDS * FPS - 1, frames).round().astype(int)):
        started = time.process_time()
        image, truth = mall.frame(int(number))
        figures.seconds[len(truth.people)].append(time.process_time() - started)
        found = detected(truth, detector.detect(image).boxes, figures)
        visible = [(person, seen) for person, seen in zip(truth.people, found, strict=True) if person.visible]
        figures.audience[len(visible)] += 1
        for person, seen in visible:
            judge(figures, person, seen)
            if seen and index % RECOGNISED_EVERY == 0 and abs(person.yaw) < RECOGNISED_TURN:
                figures.faces.append(align(image, person.points))
                figures.owners.append((seed, person.person, person.visit))


def detected(truth: FrameTruth, boxes: NDArray[np.float32], figures: Figures) -> list[bool]:
    """Whether each person was found; a detection is of one person at most, and counted if of none."""
    shares = np.array([[_shared(person.box, box) for box in boxes] for person in truth.people])
    shares = shares.reshape(len(truth.people), len(boxes))
    people, detections = linear_sum_assignment(-shares)
    matched = set(people[shares[people, detections] >= OVERLAP].tolist())
    figures.unmatched += len(boxes) - len(matched)
    return [index in matched for index in range(len(truth.people))]


def _shared(one: Sequence[float], other: NDArray[np.float32]) -> float:
    """Intersection over union of two boxes x, y, width, height."""
    x, y = max(one[0], other[0]), max(one[1], other[1])
    width = min(one[0] + one[2], other[0] + other[2]) - x
    height = min(one[1] + one[3], other[1] + other[3]) - y
    both = max(0.0, width) * max(0.0, height)
    return float(both / (one[2] * one[3] + other[2] * other[3] - both))


def judge(figures: Figures, person: PersonTruth, found: bool) -> None:
    """Add one visible person of one frame."""
    height = float(np.ptp(person.points[:, 1]))
    if abs(person.yaw) <= TURNED and height >= SMALLEST:
        figures.heights.append(height)
        figures.found.append(found)
    figures.attending.append(person.attending)
    pose = head_pose(person.points, WIDTH, HEIGHT)
    errors = pose.yaw - person.yaw, pose.pitch - person.pitch, pose.roll - person.roll
    figures.poses.append((person.yaw, *errors))


def print_detection(figures: Figures) -> None:
    share, count = 100 * np.mean(figures.found), len(figures.found)
    print(f"YuNet at {SCORE}, visible faces with yaw within {TURNED:.0f}°, at least {SMALLEST:.0f} px high:")
    print(f"  found {share:.1f} % of {count}; {figures.unmatched} detections in all frames are of nobody")


def print_audience(figures: Figures) -> None:
    low, middle, high = np.percentile(figures.heights, [5, 50, 95])
    print(f"  height: median {middle:.0f} px, 90 % within {low:.0f} to {high:.0f} px")
    frames = figures.audience.total()
    shares = (f"{n} in {100 * count / frames:.0f} %" for n, count in sorted(figures.audience.items()))
    print(f"people visible in a frame: {', '.join(shares)}")
    print(f"  {100 * np.mean(figures.attending):.0f} % of them attend")


def print_pose(figures: Figures) -> None:
    poses = np.array(figures.poses)
    turns = np.abs(poses[:, 0])
    print("head pose from the true points, mean error of yaw, pitch, roll:")
    for name, chosen in (("within 20°", turns <= 20), ("20° to 45°", (turns > 20) & (turns <= TURNED))):
        yaw, pitch, roll = np.abs(poses[chosen, 1:]).mean(axis=0)
        print(f"  yaw {name}: {yaw:.1f}°, {pitch:.1f}°, {roll:.1f}° ({chosen.sum()} faces)")


def embedded(embedder: Embedder, aligned: Iterable[Image]) -> Vectors:
    """One after the other: a batch of hundreds would need gigabytes."""
    return np.concatenate([embedder.embed([one]) for one in aligned])


def print_recognition(figures: Figures, embedder: Embedder) -> None:
    """Rank 1 among all faces but those of the same visit, for faces of people who came more than once."""
    vectors = embedded(embedder, figures.faces)
    similar = np.asarray(vectors @ vectors.T)
    seeds, names, visits = (np.array(column) for column in zip(*figures.owners, strict=True))
    same = (seeds[:, None] == seeds) & (names[:, None] == names)
    same_visit = same & (visits[:, None] == visits)
    again = same & ~same_visit
    asked = again.any(axis=1)
    nearest = np.where(same_visit, -1, similar).argmax(axis=1)
    right = 100 * same[np.arange(len(same)), nearest][asked].mean()
    people = len(set(zip(seeds, names, strict=True)))
    print(f"MobileFaceNet, {people} people, {len(vectors)} faces:")
    print(f"  nearest face of another visit is of the same person: {right:.1f} % of {asked.sum()}")
    for name, chosen in (("same person, another visit", again), ("different people", ~same)):
        print(f"  cosine, {name}: {similar[chosen].mean():.2f} ± {similar[chosen].std():.2f}")


def print_speed(figures: Figures) -> None:
    """The median keeps out the frames in which somebody new is drawn for the first time."""
    rates = (f"{n} people {1 / np.median(times):.0f}" for n, times in sorted(figures.seconds.items()))
    print(f"frames per CPU second: {', '.join(rates)}")


def print_likeness(archive: Path, embedder: Embedder) -> None:
    """How like the most similar real person is to drawn people, and to real ones."""
    faces, _, _ = frontal_faces(archive)
    real = embedded(embedder, (align(face.image(), face.points) for face in faces))
    owners = np.array([face.group for face in faces])
    same = owners[:, None] == owners
    similar = np.asarray(real @ real.T)
    firsts = np.unique(owners, return_index=True)[1]
    others = np.where(same, -1, similar)[firsts].max(axis=1)
    own = np.where(same & ~np.eye(len(same), dtype=bool), similar, -1)[firsts].max(axis=1)
    drawn = embedded(embedder, map(portrait, range(DRAWN_PEOPLE)))
    print(f"cosine to the most similar of {len(firsts)} real people:")
    for name, values in (
        (f"{DRAWN_PEOPLE} drawn people", (drawn @ real.T).max(axis=1)),
        ("another real person", others),
        ("another picture of a real person", own[own > -1]),
    ):
        print(f"  {name}: median {np.median(values):.2f}, at most {values.max():.2f}")


def portrait(seed: int) -> Image:
    """A drawn person who looks into the camera, aligned for the embedding."""
    rng = np.random.default_rng(seed)
    basis = load_basis()
    mesh = head_mesh(basis.mean_shape)
    view = draw_view(basis, draw_person(basis, rng), rng)
    triangles = triangles_under(mesh, view.textures[0][..., 3])
    pivot = DRAWN_SIDE * 0.5, DRAWN_SIDE * 0.6
    head = Head(view, triangles, HeadPose(0, 0, 0), pivot, DRAWN_SIDE / 4)
    face, points = draw_head(head, mesh, (DRAWN_SIDE, DRAWN_SIDE), 4.0 * DRAWN_SIDE)
    picture = np.full((DRAWN_SIDE, DRAWN_SIDE, 3), 128, np.uint8)
    if face is not None:
        face.paste(picture)
    return align(picture, points)


if __name__ == "__main__":
    main()
