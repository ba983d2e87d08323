"""Give faces to measure on: of the synthetic mall, and of real photos at the same sizes."""

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
# Chosen, not measured: what cameras usually send.
JPEG_QUALITY: Final = 85
SMALLEST = 24.0
LARGEST = 200.0
"""Heights of the landmarks that are measured, pixels."""
# The fewest that tell whether a person is recognised again.
VISITS: Final = 2


@dataclass(frozen=True, eq=False)
class Face:
    """Hold a face with its points (68, 2) in a picture.

    `yaw` is our own head pose's, from these points.
    """

    picture: Image
    points: Floats
    yaw: float
    group: str

    @property
    def height(self) -> float:
        """Return the height of the landmarks in pixels."""
        return float(np.ptp(self.points[:, 1]))


def compressed(picture: Image) -> Image:
    """Return the picture as a camera's JPEG gives it."""
    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
    _, jpeg = cv2.imencode(".jpg", picture, options)
    seen = cv2.imdecode(jpeg, cv2.IMREAD_COLOR)
    return np.asarray(seen, np.uint8)


def make_face(
    picture: Image,
    points: Floats,
    group: str,
) -> Face:
    """Return a face with its yaw."""
    height, width = picture.shape[:2]
    pose = head_pose(points, width, height)
    return Face(
        picture,
        points,
        pose.yaw,
        group,
    )


def is_inside(points: Floats) -> bool:
    """Return whether all points are in the picture."""
    last = (WIDTH - 1, HEIGHT - 1)
    inside = (points >= 0) & (points <= last)
    return bool(inside.all())


def mall_faces(
    scene: str,
    seeds: int,
    frames: int,
) -> Iterator[Face]:
    """Yield visible faces, whole in the picture, of frames spread over two minutes of each seed."""
    for seed in range(seeds):
        mall = SyntheticMall.from_uri(
            f"synthetic:?scene={scene}&seed={seed}",
            WIDTH,
            HEIGHT,
            FPS,
        )
        # The span was chosen, not measured.
        for at_s in np.linspace(20, 120, frames):
            number = int(at_s * FPS)
            drawn, truth = mall.frame(number)
            picture = compressed(drawn)
            for person in truth.people:
                points = person.points
                if not person.visible or not is_inside(points):
                    continue
                height = np.ptp(points[:, 1])
                if SMALLEST <= height <= LARGEST:
                    group = f"{seed} {person.person}"
                    yield make_face(picture, points, group)


@cache
def empty_shop(seed: int) -> Image:
    """Return a shop without people, in its light and with the camera's noise."""
    rng = np.random.default_rng([seed, 99])
    light = Light(WIDTH, HEIGHT, rng)
    shop = draw_shop(WIDTH, HEIGHT, rng)
    # Any moment of five minutes, over which the light changes.
    at_s = float(rng.uniform(0, 300))
    picture = light.over(shop, at_s)
    noise = Noise(
        WIDTH,
        HEIGHT,
        rng,
        light.gain,
    )
    return noise.over(picture, 1)


def photo_faces(
    faces: list[LabelledFace],
    heights: Floats,
    rng: np.random.Generator,
) -> Iterator[Face]:
    """Yield real faces in a shop, shrunk to heights drawn from `heights`.

    Faces that are smaller than their drawn height are left out.
    """
    for face in faces:
        picture = face.image()
        points = face.points
        wanted = float(rng.choice(heights))
        own_height = float(np.ptp(points[:, 1]))
        scale = wanted / own_height
        if scale > 1:
            continue
        small = shrunk(picture, scale)[:HEIGHT, :WIDTH]
        # Fifty shops: `empty_shop` keeps those that it drew. Chosen, not measured.
        seed = int(rng.integers(50))
        canvas = empty_shop(seed).copy()
        corner = put(small, canvas, rng)
        # Pixels are squares: the middle of the first one is at 0.5.
        moved = (points + 0.5) * scale - 0.5
        placed = np.asarray(moved + corner, np.float32)
        if is_inside(placed):
            yield make_face(
                compressed(canvas),
                placed,
                face.group,
            )


def put(
    small: Image,
    canvas: Image,
    rng: np.random.Generator,
) -> tuple[int, int]:
    """Copy a picture to anywhere in a larger one; return its left and upper edge."""
    height, width = small.shape[:2]
    x = int(rng.integers(0, WIDTH - width + 1))
    y = int(rng.integers(0, HEIGHT - height + 1))
    rows = slice(y, y + height)
    columns = slice(x, x + width)
    canvas[rows, columns] = small
    return x, y


def shrunk(picture: Image, scale: float) -> Image:
    """Return the picture `scale` times as large."""
    small = cv2.resize(
        picture,
        None,
        fx=scale,
        fy=scale,
        interpolation=cv2.INTER_AREA,
    )
    return np.asarray(small, np.uint8)


def synthetic_identities(people: int) -> list[list[Image]]:
    """Return aligned pictures (112, 112, 3) of drawn people, one a visit.

    Each visit has its own light and turn.
    """
    basis = load_basis()
    mesh = head_mesh(basis.mean_shape)
    found = []
    for person in range(people):
        visits = [
            _portrait(
                basis,
                mesh,
                person,
                visit,
            )
            for visit in range(VISITS)
        ]
        found.append(visits)
    return found


def _portrait(
    basis: Basis,
    mesh: Mesh,
    person: int,
    visit: int,
) -> Image:
    rng = np.random.default_rng([7, person, visit])
    # What stays of a person, what a day changes, and clothes have streams of their own.
    look = draw_look(
        basis,
        mesh,
        np.random.default_rng([8, person]),
        np.random.default_rng([9, person, visit]),
        np.random.default_rng([10, person, visit]),
    )
    pose = HeadPose(
        yaw=rng.normal(0, 14),
        pitch=rng.normal(-2, 7),
        roll=rng.normal(0, 5),
    )
    height = rng.uniform(60, 110)
    shape_height = float(np.ptp(basis.mean_shape[:, 1]))
    unit = height / shape_height * EYE_DISTANCE
    # Half of the people do not smile.
    drawn_smile = float(rng.normal(0, 0.5))
    smile = max(0.0, drawn_smile) % 1.0
    middle = (WIDTH / 2, HEIGHT / 2)
    stance = Stance(
        pose,
        middle,
        unit,
        smile=smile,
    )
    picture = draw_shop(WIDTH, HEIGHT, rng)
    layers, points = draw_figure(
        look,
        stance,
        stance,
        (WIDTH, HEIGHT),
        float(WIDTH),
    )
    for layer in layers:
        layer.paste(picture)
    light = Light(WIDTH, HEIGHT, rng)
    noise = Noise(
        WIDTH,
        HEIGHT,
        rng,
        light.gain,
    )
    at_s = float(rng.uniform(0, 300))
    lit = light.over(picture, at_s)
    noisy = noise.over(lit, visit)
    seen = compressed(noisy)
    return align(seen, points)


def aligned_photos(
    archive: Path,
    people: int,
    rng: np.random.Generator,
) -> list[list[Image]]:
    """Return aligned real pictures (112, 112, 3), two of each of some people.

    The archive holds files `Person/picture.jpg`.
    """
    files = Files(archive)
    by_person: dict[str, list[str]] = defaultdict(list)
    for name in files.names:
        person = PurePosixPath(name).parent.name
        by_person[person].append(name)
    several = sorted(person for person, names in by_person.items() if len(names) > 1)
    picked = rng.permutation(len(several))[:people]
    pairs = []
    for index in picked:
        person = several[index]
        shuffled = rng.permutation(by_person[person])
        pair = [aligned_photo(files, str(name)) for name in shuffled[:2]]
        pairs.append(pair)
    return pairs


def aligned_photo(files: Files, name: str) -> Image:
    """Return the middle (112, 112, 3) of an aligned picture."""
    picture = decoded(files.read(name))
    edge = (picture.shape[0] - SIDE) // 2
    inner = slice(edge, edge + SIDE)
    return picture[inner, inner]


def shelves(archive: Path) -> list[Image]:
    """Return the last 50 pictures of shelves, by name, 640 pixels wide."""
    files = Files(archive)
    # The detector was trained on the first 100: see TRAINED_SHELVES.
    names = files.names[-50:]
    pictures = (decoded(files.read(name)) for name in names)
    return [_narrowed(picture) for picture in pictures]


def _narrowed(picture: Image) -> Image:
    scale = WIDTH / picture.shape[1]
    return shrunk(picture, scale)


def decoded(encoded: bytes) -> Image:
    """Return a picture from its JPEG."""
    raw = np.frombuffer(encoded, np.uint8)
    picture = cv2.imdecode(raw, cv2.IMREAD_COLOR)
    return np.asarray(picture, np.uint8)
