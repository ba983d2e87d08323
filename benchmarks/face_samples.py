"""Faces to measure on: of the synthetic mall, and of real photos brought to the same sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

import cv2
import numpy as np

from training.datasets.faces import Files, LabelledFace
from vitrine.synthetic import SyntheticMall
from vitrine.synthetic.figure import draw_figure, draw_look
from vitrine.synthetic.head import Stance
from vitrine.synthetic.light import Light
from vitrine.synthetic.mesh import EYE_DISTANCE, Floats, Mesh, head_mesh
from vitrine.synthetic.noise import Noise
from vitrine.synthetic.people import Basis, load_basis
from vitrine.synthetic.shop import draw_shop
from vitrine.vision.crop import Image
from vitrine.vision.embedding import SIDE, align
from vitrine.vision.pose import HeadPose, head_pose

WIDTH = 640
HEIGHT = 360
FPS = 15
JPEG_QUALITY: Final = 85
SMALLEST = 24.0
LARGEST = 200.0
"""Heights of the landmarks that are measured, pixels."""
VISITS: Final = 2


@dataclass(frozen=True, eq=False)
class Face:
    """A face with its points (68, 2) in a picture; `yaw` by our own head pose from these points."""

    picture: Image
    points: Floats
    yaw: float
    group: str

    @property
    def height(self) -> float:
        return float(np.ptp(self.points[:, 1]))


def compressed(picture: Image) -> Image:
    """The picture as a camera's JPEG gives it."""
    encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1]
    return np.asarray(cv2.imdecode(encoded, cv2.IMREAD_COLOR), np.uint8)


def make_face(picture: Image, points: Floats, group: str) -> Face:
    return Face(
        picture,
        points,
        head_pose(points, picture.shape[1], picture.shape[0]).yaw,
        group,
    )


def mall_faces(scene: str, seeds: int, frames: int) -> Iterator[Face]:
    """Visible faces, whole in the picture, of frames spread over two minutes of each seed."""
    for seed in range(seeds):
        mall = SyntheticMall.from_uri(
            f"synthetic:?scene={scene}&seed={seed}", WIDTH, HEIGHT, FPS
        )
        for number in np.linspace(20, 120, frames) * FPS:
            picture, truth = mall.frame(int(number))
            picture = compressed(picture)
            for person in truth.people:
                whole = (
                    person.points.min() >= 0
                    and (person.points <= (WIDTH - 1, HEIGHT - 1)).all()
                )
                if (
                    person.visible
                    and whole
                    and SMALLEST <= np.ptp(person.points[:, 1]) <= LARGEST
                ):
                    yield make_face(picture, person.points, f"{seed} {person.person}")


@cache
def empty_shop(seed: int) -> Image:
    """A shop without people, in its light and with the camera's noise."""
    rng = np.random.default_rng([seed, 99])
    light = Light(WIDTH, HEIGHT, rng)
    picture = light.over(draw_shop(WIDTH, HEIGHT, rng), float(rng.uniform(0, 300)))
    return Noise(WIDTH, HEIGHT, rng, light.gain).over(picture, 1)


def photo_faces(
    faces: list[LabelledFace], heights: Floats, rng: np.random.Generator
) -> Iterator[Face]:
    """Real faces shrunk to heights drawn from `heights`, those that are large enough, in a shop."""
    for face in faces:
        picture = face.image()
        points = face.points
        scale = float(rng.choice(heights)) / float(np.ptp(points[:, 1]))
        if scale > 1:
            continue
        small = cv2.resize(
            picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA
        )
        small = small[:HEIGHT, :WIDTH]
        canvas = empty_shop(int(rng.integers(50))).copy()
        moved = (points + 0.5) * scale - 0.5
        x, y = (
            int(rng.integers(0, room + 1))
            for room in (WIDTH - small.shape[1], HEIGHT - small.shape[0])
        )
        canvas[y : y + small.shape[0], x : x + small.shape[1]] = small
        placed = np.asarray(moved + np.array([x, y]), np.float32)
        if placed.min() >= 0 and (placed <= (WIDTH - 1, HEIGHT - 1)).all():
            yield make_face(compressed(canvas), placed, face.group)


def synthetic_identities(people: int) -> list[list[Image]]:
    """Aligned pictures (112, 112, 3) of drawn people, one a visit, each with its own light and turn."""
    basis = load_basis()
    mesh = head_mesh(basis.mean_shape)
    return [
        [_portrait(basis, mesh, person, visit) for visit in range(VISITS)]
        for person in range(people)
    ]


def _portrait(basis: Basis, mesh: Mesh, person: int, visit: int) -> Image:
    rng = np.random.default_rng([7, person, visit])
    streams = (
        np.random.default_rng(key)
        for key in ([8, person], [9, person, visit], [10, person, visit])
    )
    look = draw_look(basis, mesh, *streams)
    pose = HeadPose(rng.normal(0, 14), rng.normal(-2, 7), rng.normal(0, 5))
    unit = rng.uniform(60, 110) / float(np.ptp(basis.mean_shape[:, 1])) * EYE_DISTANCE
    stance = Stance(
        pose,
        (WIDTH / 2, HEIGHT / 2),
        unit,
        smile=max(0.0, float(rng.normal(0, 0.5))) % 1.0,
    )
    picture = draw_shop(WIDTH, HEIGHT, rng)
    layers, points = draw_figure(look, stance, stance, (WIDTH, HEIGHT), float(WIDTH))
    for layer in layers:
        layer.paste(picture)
    light = Light(WIDTH, HEIGHT, rng)
    picture = Noise(WIDTH, HEIGHT, rng, light.gain).over(
        light.over(picture, float(rng.uniform(0, 300))), visit
    )
    return align(compressed(picture), points)


def aligned_photos(
    archive: Path, people: int, rng: np.random.Generator
) -> list[list[Image]]:
    """Aligned real pictures (112, 112, 3), two of each of some people, of a `Person/picture.jpg` archive."""
    files = Files(archive)
    by_person: dict[str, list[str]] = defaultdict(list)
    for name in files.names:
        by_person[PurePosixPath(name).parent.name].append(name)
    several = sorted(person for person, names in by_person.items() if len(names) > 1)
    chosen = [several[i] for i in rng.permutation(len(several))[:people]]
    pairs = [rng.permutation(by_person[person])[:2] for person in chosen]
    return [
        [_centre(decoded(files.read(str(name)))) for name in pair] for pair in pairs
    ]


def _centre(picture: Image) -> Image:
    edge = (picture.shape[0] - SIDE) // 2
    return picture[edge : edge + SIDE, edge : edge + SIDE]


def shelves(archive: Path) -> list[Image]:
    """The last 50 pictures of shelves, by name, 640 pixels wide."""
    files = Files(archive)
    pictures = (decoded(files.read(name)) for name in files.names[-50:])
    return [_narrowed(picture) for picture in pictures]


def _narrowed(picture: Image) -> Image:
    scale = WIDTH / picture.shape[1]
    return np.asarray(
        cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA),
        np.uint8,
    )


def decoded(encoded: bytes) -> Image:
    return np.asarray(
        cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR), np.uint8
    )
