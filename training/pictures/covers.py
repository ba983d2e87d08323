"""Masks, glasses, scarves and hands drawn over aligned faces, each one by chance.

Places are those of the network's 112 pixels: eyes 52 down, at 38 and 74 across, the mouth 92 down.
How often and how large was chosen by looking at the pictures, not measured.
"""

from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from training.pictures.chance import colour, factor, log_uniform
from vitrine.vision.crop import Image
from vitrine.vision.embedding import SIDE

MIDDLE: Final = 56.0
EYES: Final = ((38.0, 52.0), (74.0, 52.0))
FINER: Final = 4
"""Bits after the point in what OpenCV draws."""

Points = NDArray[np.float64]
Place = Sequence[float] | Points
"""Across and down."""
Shade = NDArray[np.floating]
"""A colour, (3,)."""
Cloth = NDArray[np.float32]
"""A picture of cloth or glass, (s, s, 3), or how much of each pixel it hides, (s, s, 1)."""


def covered(picture: Image, rng: Generator) -> Image:
    """Return an aligned square BGR face that wears something.

    The picture may have room around the 112 pixels that the network sees.
    """
    view = picture.copy()
    worn = rng.random()
    if worn < 0.65:
        cover_mouth(view, rng)
    # A seventh of all wears both.
    if worn > 0.5:
        cover_eyes(view, rng)
    return view


def cover_mouth(picture: Image, rng: Generator) -> None:
    """Draw a mask, more seldom a scarf or a hand, in place."""
    kind = rng.random()
    if kind < 0.8:
        _mask(picture, rng)
    elif kind < 0.9:
        _scarf(picture, rng)
    else:
        _hand(picture, rng)


def _mask(picture: Image, rng: Generator) -> None:
    outline = _mask_outline(rng)
    if rng.random() < 0.7:
        _straps(picture, outline, rng)
    cloth = _cloth(picture.shape[0], rng)
    if rng.random() < 0.6:
        _folds(cloth, rng)
    if rng.random() < 0.3:
        _ridge(cloth, rng)
    shape = _filled(picture, outline)
    _lay(picture, cloth, shape)


def _mask_outline(rng: Generator) -> Points:
    """Draw corners (n, 2), clockwise from the nose: right cheek, jaw, chin, left jaw, cheek."""
    nose = [MIDDLE, rng.uniform(50, 72)]
    cheek = [rng.uniform(86, 100), rng.uniform(54, 72)]
    jaw = [rng.uniform(84, 100), rng.uniform(80, 104)]
    corner = [rng.uniform(68, 86), rng.uniform(100, 113)]
    chin = [MIDDLE, rng.uniform(106, 118)]
    right = np.array([cheek, jaw, corner])
    left = _mirrored(right)[::-1]
    outline = np.vstack([nose, right, chin, left])
    # A head that is turned a little has nose and chin off the middle.
    outline[[0, 4], 0] += rng.normal(0, 4)
    outline += rng.normal(0, 1.5, outline.shape)
    if rng.random() < 0.6:
        return _rounded(outline)
    return outline


def _mirrored(points: Points) -> Points:
    mirrored = points.copy()
    mirrored[:, 0] = 2 * MIDDLE - mirrored[:, 0]
    return mirrored


def _rounded(outline: Points) -> Points:
    """Cut the corners of a closed outline (n, 2) twice (Chaikin 1974); returns (4n, 2)."""
    for _ in range(2):
        following = np.roll(outline, -1, axis=0)
        near = 0.75 * outline + 0.25 * following
        far = 0.25 * outline + 0.75 * following
        both = np.stack([near, far], axis=1)
        outline = both.reshape(-1, 2)
    return outline


def _straps(picture: Image, outline: Points, rng: Generator) -> None:
    """Draw lines from the outermost points of a mask to beyond the picture."""
    shade = _cloth_colour(rng)
    thickness = int(rng.integers(1, 4))
    rise = rng.uniform(-5, 20)
    leftmost = outline[outline[:, 0].argmin()]
    rightmost = outline[outline[:, 0].argmax()]
    for begin, across in ((leftmost, -SIDE), (rightmost, SIDE)):
        # As steep as a strap that rises so much over a cheek of 20 pixels.
        end = begin + np.array([across, -rise * SIDE / 20])
        _line(picture, begin, end, shade, thickness)


def _scarf(picture: Image, rng: Generator) -> None:
    """Draw cloth from the nose or the mouth down to the picture's edge."""
    top = rng.uniform(64, 90)
    across = np.linspace(-SIDE, 2 * SIDE, 16)
    heights = top + rng.normal(0, 3, across.shape)
    edge = np.stack([across, heights], axis=1)
    corners = [[2 * SIDE, 2 * SIDE], [-SIDE, 2 * SIDE]]
    outline = np.vstack([edge, corners])
    cloth = _cloth(picture.shape[0], rng)
    _folds(cloth, rng)
    shape = _filled(picture, outline)
    _lay(picture, cloth, shape)


def _hand(picture: Image, rng: Generator) -> None:
    """Draw fingers of the face's own colour over the mouth."""
    skin = _skin(picture)
    light = factor(0.15, rng)
    shade = (skin * light).clip(0, 255)
    width = rng.uniform(8, 12)
    direction = rng.uniform(-0.6, 0.6)
    along = np.array([np.cos(direction), np.sin(direction)])
    across = np.array([-along[1], along[0]])
    middle = np.array([MIDDLE, rng.uniform(80, 100)])
    side = rng.choice([-1, 1])
    for finger in range(4):
        start = middle + (finger - 1.5) * width * across
        tip = start + side * rng.uniform(8, 30) * along
        wrist = start - side * SIDE * along
        # Each finger is a little lighter or darker, or they would be one patch.
        own = (shade * factor(0.06, rng)).clip(0, 255)
        _line(picture, wrist, tip, own, round(width))


def _skin(picture: Image) -> Shade:
    """Return the mean colour between the eyes and the mouth, (3,)."""
    room = _room(picture)
    rows = slice(room + 60, room + 80)
    columns = slice(room + 40, room + 72)
    patch = picture[rows, columns]
    mean: Shade = patch.mean(axis=(0, 1), dtype=np.float32)
    return mean


def cover_eyes(picture: Image, rng: Generator) -> None:
    """Draw glasses, most of them dark, in place."""
    size = rng.uniform([11, 8], [20, 17])
    # 2 is an ellipse; the higher, the squarer.
    power = log_uniform(2, 8, rng)
    lens = _superellipse(size, power)
    down = rng.normal(1.5, 2)
    frame = _glass_colour(rng)
    # One in five has clear glasses.
    opacity = rng.uniform(0.75, 1)
    if rng.random() < 0.2:
        opacity = rng.uniform(0, 0.3)
    glass = _lit(_glass_colour(rng), picture.shape[0], rng)
    thickness = int(rng.integers(1, 4))
    for eye in EYES:
        outline = lens + eye + np.array([0, down])
        shape = _filled(picture, outline)
        _lay(picture, glass, opacity * shape)
        _closed(picture, outline, frame, thickness)
    _bars(picture, size, down, frame, thickness)


def _superellipse(size: Points, power: float) -> Points:
    """Return an outline (n, 2) around (0, 0); `size` holds both half axes."""
    angles = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    round_points = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    bent = np.abs(round_points) ** (2 / power)
    outline: Points = size * np.sign(round_points) * bent
    return outline


def _bars(
    picture: Image,
    size: Points,
    down: float,
    shade: Shade,
    thickness: int,
) -> None:
    """Draw what joins both lenses, and what leads to the ears."""
    left, right = EYES
    height = left[1] + down - size[1] / 3
    inner_left = [left[0] + size[0], height]
    inner_right = [right[0] - size[0], height]
    _line(picture, inner_left, inner_right, shade, thickness)
    outer_left = [left[0] - size[0], height]
    outer_right = [right[0] + size[0], height]
    _line(picture, outer_left, [-SIDE, height], shade, thickness)
    _line(picture, outer_right, [2 * SIDE, height], shade, thickness)


def _glass_colour(rng: Generator) -> Shade:
    """Draw a colour (3,), most often a dark one."""
    brightness = rng.uniform(0.1, 0.6)
    if rng.random() < 0.15:
        brightness = 1.0
    return colour(rng) * brightness


def _cloth_colour(rng: Generator) -> Shade:
    """Draw a colour (3,): black to white with a slight cast, or any."""
    if rng.random() < 0.4:
        return colour(rng).astype(np.float64)
    grey = rng.uniform(15, 250)
    cast = rng.normal(0, 15, 3)
    return (grey + cast).clip(0, 255)


def _cloth(side: int, rng: Generator) -> Cloth:
    """Draw cloth (side, side, 3), plain or with a pattern, with light and grain."""
    cloth = _lit(_cloth_colour(rng), side, rng)
    if rng.random() < 0.25:
        cells = int(rng.integers(4, 40))
        pattern = rng.random((cells, cells, 1), np.float32)
        blended = cv2.resize(pattern, (side, side))[..., None]
        other = _lit(_cloth_colour(rng), side, rng)
        cloth += blended * (other - cloth)
    grain = rng.uniform(0, 8)
    cloth += rng.normal(0, grain, cloth.shape)
    return cloth


def _lit(shade: Shade, side: int, rng: Generator) -> Cloth:
    """Return a colour under light that comes from one side and falls off at the edges."""
    line = np.linspace(-1, 1, side)
    slopes = rng.normal(0, 0.15, 2)
    bulge = rng.uniform(0, 0.4)
    across = 1 + slopes[0] * line - bulge * line**2
    light = across + slopes[1] * line[:, None]
    lit: Cloth = (light[..., None] * shade).astype(np.float32)
    return lit


def _folds(cloth: Cloth, rng: Generator) -> None:
    """Draw level folds, lighter or darker than the cloth."""
    for _ in range(rng.integers(1, 5)):
        height = rng.uniform(60, 110)
        slant = rng.normal(0, 3)
        begin = [0.0, height - slant]
        end = [SIDE, height + slant]
        _shade(cloth, begin, end, rng)


def _ridge(cloth: Cloth, rng: Generator) -> None:
    """Draw an upright fold in the middle."""
    across = MIDDLE + rng.normal(0, 3)
    _shade(cloth, [across, 40.0], [across, SIDE], rng)


def _shade(
    cloth: Cloth,
    begin: Place,
    end: Place,
    rng: Generator,
) -> None:
    line = np.zeros(cloth.shape[:2], np.uint8)
    thickness = int(rng.integers(1, 4))
    _line(line, begin, end, np.full(1, 255.0), thickness)
    shape = line[..., None] / np.float32(255)
    cloth += rng.normal(0, 25) * shape


def _room(picture: NDArray[np.generic]) -> int:
    """Return the pixels around what the network sees."""
    side: int = picture.shape[0]
    return (side - SIDE) // 2


def _placed(picture: NDArray[np.generic], points: Points) -> NDArray[np.int32]:
    """Return points in the fixed-point numbers that OpenCV draws."""
    scaled = (points + _room(picture)) * 2**FINER
    return scaled.round().astype(np.int32)


def _filled(picture: Image, outline: Points) -> Cloth:
    """Return how much of each pixel is inside an outline, (s, s, 1), 0…1."""
    inside = np.zeros(picture.shape[:2], np.uint8)
    places = _placed(picture, outline)
    cv2.fillPoly(inside, [places], (255,), cv2.LINE_AA, FINER)
    shares = inside[..., None] / 255
    return shares.astype(np.float32)


def _closed(
    picture: Image,
    outline: Points,
    shade: Shade,
    thickness: int,
) -> None:
    places = _placed(picture, outline)
    cv2.polylines(
        picture,
        [places],
        True,
        shade.tolist(),
        thickness,
        cv2.LINE_AA,
        FINER,
    )


def _line(
    picture: Image,
    begin: Place,
    end: Place,
    shade: Shade,
    thickness: int,
) -> None:
    first, last = _placed(picture, np.array([begin, end]))
    cv2.line(
        picture,
        first.tolist(),
        last.tolist(),
        shade.tolist(),
        thickness,
        cv2.LINE_AA,
        FINER,
    )


def _lay(
    picture: Image,
    cloth: Cloth,
    shape: Cloth,
) -> None:
    """Lay cloth over the picture where `shape` (s, s, 1) has it, in place."""
    laid = picture + shape * (cloth - picture)
    picture[:] = laid.clip(0, 255).astype(np.uint8)
