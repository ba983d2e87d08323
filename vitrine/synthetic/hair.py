"""Hair, ears and the back of the head: closed shells about the head's axis, each with a painted map.

Model axes as in `vitrine.vision.pose`: x to the image's right, y down, z away from the camera. The unit is
the eye distance, the origin the pivot about which a head turns. A map's columns run about the head from
the back (longitude −180°) over the face (0°) to the back, its rows from the crown downwards.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.synthetic.layer import premultiplied
from vitrine.synthetic.mesh import Floats
from vitrine.vision.crop import Image

COLUMNS = 18
ROWS = 10
MAP: Final = (256, 128)
"""Width and height of a map."""
CENTRE: Final = np.array([0.0, -1.15, 0.15])
UP = 1.35
FRONT = 1.4
BACK = 1.45
"""Radii of the skull."""
NAPE: Final = 0.35
"""How far below the pivot a head without long hair ends."""
HAIRLINE: Final = -0.05
"""How far below the pivot short hair ends behind the ears."""
NATURAL: Final = (
    (22, 24, 28),
    (30, 40, 58),
    (38, 58, 92),
    (66, 100, 140),
    (110, 160, 196),
    (36, 60, 130),
)
GREY: Final = ((120, 122, 126), (190, 192, 196))
"""BGR: black, browns, blond, red; grey, white."""

FRINGE: Final = 0.8
"""Hair that ends less than this above the eyes is a fringe, cut straight; other hairlines have a parting."""
HANGS: Final = 64.0
"""Longitude from which long hair covers the side of the head, degrees."""

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Style:
    """How somebody wears their hair."""

    bald: bool
    volume: float
    """Thickness, eye distances."""
    length: float
    """How far it hangs below the pivot, eye distances; 0: it ends at the nape."""
    fringe: float
    """Where it ends on the forehead, eye distances above the eyes."""
    parting: float
    """Longitude of the highest point of the forehead's hairline, degrees."""
    colour: Colour | None
    """None: that of the texture's own hair."""


@dataclass(frozen=True, eq=False)
class Shell:
    """A surface: `vertices` (V, 3), `places` (V, 2) of them on the maps, `triangles` (T, 3)."""

    vertices: Floats
    places: Floats
    triangles: NDArray[np.int32]
    normals: Floats
    """(V, 3), outwards."""

    def light_map(self) -> Floats:
        """Normals (ROWS, COLUMNS + 1, 3), as coarse as the surface, laid out like the maps."""
        return self.normals.reshape(ROWS, COLUMNS + 1, 3)


def draw_style(rng: np.random.Generator) -> Style:
    """Somebody's hair: bald, cropped, short, to the chin or long; some with a fringe, some grey."""
    kind = rng.choice(5, p=[0.08, 0.22, 0.33, 0.17, 0.2])
    shade = rng.uniform(0.8, 1.2)
    palette = GREY if rng.uniform() < 0.2 else NATURAL
    picked = palette[int(rng.integers(len(palette)))]
    colour = (
        tuple(int(min(255, shade * c)) for c in picked) if rng.uniform() < 0.5 else None
    )
    volume = (
        0.02,
        0.04,
        rng.uniform(0.1, 0.22),
        rng.uniform(0.15, 0.25),
        rng.uniform(0.1, 0.22),
    )[kind]
    length = (0.0, 0.0, 0.0, rng.uniform(0.5, 1.0), rng.uniform(1.3, 2.6))[kind]
    fringe = (
        rng.uniform(0.5, 0.72)
        if kind > 1 and rng.uniform() < 0.35
        else rng.uniform(0.85, 1.15)
    )
    return Style(kind == 0, volume, length, fringe, float(rng.normal(0, 18)), colour)  # type: ignore[arg-type]


@cache
def _turns() -> Floats:
    return np.linspace(-np.pi, np.pi, COLUMNS + 1).astype(np.float32)


def draw_shell(across: float, volume: float = 0.0, length: float = 0.0) -> Shell:
    """The surface of a skull, or of hair: an ellipsoid that goes on below its middle to the nape, or hangs.

    `across` is the skull's radius between the ears; all in eye distances, see Style.
    """
    falling = 4
    angles = np.concatenate(
        [np.linspace(0.02, np.pi / 2, ROWS - falling), [np.pi / 2] * falling]
    )[:, None]
    drop = np.concatenate(
        [np.zeros(ROWS - falling), np.linspace(1 / falling, 1, falling)]
    )[:, None]
    turn = _turns()[None, :]
    narrow = 0.06 * drop if length else -0.2 * drop**2
    wide = (1 + volume * (0.6 + 0.4 * np.cos(angles))) * (1 + narrow)
    ring = np.sin(angles) * wide
    depth = np.where(np.cos(turn) > 0, FRONT, BACK)
    fall = (length or NAPE) - CENTRE[1]
    x = across * ring * np.sin(turn)
    y = CENTRE[1] - UP * (1 + volume) * np.cos(angles) + fall * drop + 0 * turn
    z = CENTRE[2] - depth * ring * np.cos(turn)
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32)
    columns = np.linspace(0, MAP[0] - 1, COLUMNS + 1)
    rows = np.linspace(0, MAP[1] - 1, ROWS)
    places = (
        np.stack(np.meshgrid(columns, rows), axis=-1).reshape(-1, 2).astype(np.float32)
    )
    normals = np.stack(
        [
            np.sin(angles) * np.sin(turn) / across,
            0.3 * drop - np.cos(angles) / UP + 0 * turn,
            -np.sin(angles) * np.cos(turn) / depth,
        ],
        axis=-1,
    ).reshape(-1, 3)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Shell(vertices, places, _grid(), normals.astype(np.float32))


@cache
def _grid() -> NDArray[np.int32]:
    """Triangles over the vertices, clockwise in the picture where they face the camera."""
    wide = COLUMNS + 1
    first = (np.arange(ROWS - 1)[:, None] * wide + np.arange(COLUMNS)).ravel()
    one = np.stack([first, first + 1, first + wide], axis=1)
    other = np.stack([first + 1, first + wide + 1, first + wide], axis=1)
    return np.concatenate([one, other]).astype(np.int32)


def paint_skull(shell: Shell, skin: Colour) -> Image:
    """The map (128, 256, 4), premultiplied, of a head without hair: skin and ears."""
    turn, y = _axes(shell)
    turn = np.abs(turn)
    ear = ((turn - 97) / 11) ** 2 + ((y + 0.5) / 0.42) ** 2
    light = (
        1
        - 0.25 * np.exp(-((ear - 1) ** 2) / 0.1)
        - 0.12 * np.clip((turn - 90) / 60, 0, 1)
    )
    return premultiplied(
        _bytes(np.array(skin) * light[..., None]), np.full(MAP[::-1], 255, np.uint8)
    )


def paint_hair(
    style: Style, shell: Shell, hair: Colour, rng: np.random.Generator
) -> Image:
    """The map (128, 256, 4), premultiplied, of the hair over the head."""
    turn, y = _axes(shell)
    grown = _grown(style, turn, y, rng)
    return premultiplied(_bytes(_strands(hair, rng)), _bytes(255 * grown))


def _axes(shell: Shell) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    """Longitude in degrees and height of each of a map's pixels."""
    width, height = MAP
    rows = shell.vertices.reshape(ROWS, -1, 3)[:, 0, 1]
    y = np.interp(np.linspace(0, ROWS - 1, height), np.arange(ROWS), rows)
    turn, heights = np.meshgrid(np.linspace(-180, 180, width), y)
    return turn, heights


def _bytes(values: NDArray[np.floating]) -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def _grown(
    style: Style,
    turn: NDArray[np.floating],
    y: NDArray[np.floating],
    rng: np.random.Generator,
) -> NDArray[np.floating]:
    """How much hair there is, 0…1, at a longitude in degrees and height `y`."""
    side = np.abs(turn)
    slope = 0.004 * np.abs(turn - style.parting) if style.fringe > FRINGE else 0.0
    forehead = -0.8 - style.fringe + slope
    temples = np.clip((side - 46) / 26, 0, 1)
    ears = np.clip((side - 82) / 22, 0, 1)
    line = forehead + temples * (-0.85 - forehead) + temples**4 * 0.3
    line = line + ears * (HAIRLINE - line)
    if style.length:
        line = np.where(side > HANGS, np.inf, line)
    ragged = cv2.GaussianBlur(rng.normal(0, 1, (1, MAP[0])), (0, 0), 1.5) * 0.08
    grown = np.clip((line + ragged - y) / 0.16 + 0.5, 0, 1)
    if style.length:
        grown *= np.clip((style.length - 0.2 + 1.5 * ragged - y) / 0.12 + 0.5, 0, 1)
    return np.asarray(grown)


def _strands(hair: Colour, rng: np.random.Generator) -> NDArray[np.floating]:
    """Hair with strands that fall and a sheen about the crown."""
    width, height = MAP
    coarse = cv2.GaussianBlur(
        rng.normal(0, 1, (height, width)), (0, 0), sigmaX=1.3, sigmaY=9
    )
    fine = cv2.GaussianBlur(
        rng.normal(0, 1, (height, width)), (0, 0), sigmaX=0.6, sigmaY=5
    )
    light = 1 + 0.9 * coarse + 0.45 * fine
    down = np.linspace(0, 1, height)[:, None]
    light *= 1 + 0.18 * np.exp(-(((down - 0.28) / 0.12) ** 2)) - 0.2 * down
    return np.asarray(np.array(hair, float) * light[..., None])
