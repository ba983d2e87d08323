"""Draw hair, ears and the back of the head: closed shells about its axis, with painted maps.

Model axes as in `vitrine.vision.pose`: x to the image's right, y down, z away from the camera. The
unit is the eye distance, the origin the pivot about which a head turns. A map's columns run about
the head from the back (longitude −180°) over the face (0°) to the back, its rows from the crown
downwards.
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

# As coarse as a head at the largest size allows without corners in its outline. Chosen by eye.
COLUMNS: Final = 18
ROWS: Final = 10
FALLING: Final = 4
"""Rows of a shell below the middle of the skull."""
MAP: Final = (256, 128)
"""Width and height of a map."""
CENTRE: Final = np.array([0.0, -1.15, 0.15])
UP: Final = 1.35
FRONT: Final = 1.4
BACK: Final = 1.45
"""Radii of the skull; chosen by eye, like all proportions of this module."""
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
GREY: Final = (
    (120, 122, 126),
    (190, 192, 196),
)
"""BGR: black, browns, blond, red; grey, white."""
# Shares of bald, cropped, short, to the chin and long. All shares here are chosen, not measured.
KINDS: Final = (0.08, 0.22, 0.33, 0.17, 0.2)
GREY_SHARE: Final = 0.2
OWN_COLOUR: Final = 0.5
"""Share of those with the colour of the texture's own hair."""
FRINGE_SHARE: Final = 0.35
"""Of those whose hair is long enough for one."""

FRINGE: Final = 0.8
"""Hair that ends less than this above the eyes is a fringe, cut straight; others have a parting."""
HANGS: Final = 64.0
"""Longitude from which long hair covers the side of the head, degrees."""

Colour = tuple[int, int, int]
Angles = NDArray[np.floating]


@dataclass(frozen=True)
class Style:
    """Tell how somebody wears their hair."""

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
    """Hold a closed surface."""

    vertices: Floats
    """(V, 3)."""
    places: Floats
    """(V, 2), of the vertices on the maps."""
    triangles: NDArray[np.int32]
    """(T, 3)."""
    normals: Floats
    """(V, 3), outwards."""

    def light_map(self) -> Floats:
        """Return normals (ROWS, COLUMNS + 1, 3), coarse as the surface, laid out like the maps."""
        return self.normals.reshape(ROWS, COLUMNS + 1, 3)


def draw_style(rng: np.random.Generator) -> Style:
    """Draw somebody's hair: bald, cropped, short, to the chin or long; some grey."""
    kind = int(rng.choice(len(KINDS), p=KINDS))
    colour = _colour(rng)
    # All are drawn for every kind, so that what follows does not depend on it.
    volumes = (
        0.02,
        0.04,
        rng.uniform(0.1, 0.22),
        rng.uniform(0.15, 0.25),
        rng.uniform(0.1, 0.22),
    )
    lengths = (
        0.0,
        0.0,
        0.0,
        rng.uniform(0.5, 1.0),
        rng.uniform(1.3, 2.6),
    )
    # Bald and cropped heads have no hair that falls into the forehead.
    if kind > 1 and rng.uniform() < FRINGE_SHARE:
        fringe = rng.uniform(0.5, 0.72)
    else:
        fringe = rng.uniform(0.85, 1.15)
    parting = rng.normal(0, 18)
    return Style(
        bald=kind == 0,
        volume=volumes[kind],
        length=lengths[kind],
        fringe=fringe,
        parting=float(parting),
        colour=colour,
    )


def _colour(rng: np.random.Generator) -> Colour | None:
    """Draw a shade of a natural colour, or grey; half of the time the texture's own."""
    shade = rng.uniform(0.8, 1.2)
    palette: tuple[Colour, ...] = NATURAL
    if rng.uniform() < GREY_SHARE:
        palette = GREY
    number = int(rng.integers(len(palette)))
    shaded = shade * np.array(palette[number])
    # Drawn last, so that the shade is drawn for everybody.
    if rng.uniform() >= OWN_COLOUR:
        return None
    blue, green, red = np.minimum(shaded, 255).astype(int).tolist()
    return blue, green, red


@cache
def _turns() -> Floats:
    """Return the longitude of each column, radians."""
    turns = np.linspace(-np.pi, np.pi, COLUMNS + 1)
    return turns.astype(np.float32)


def draw_shell(
    across: float,
    volume: float = 0.0,
    length: float = 0.0,
) -> Shell:
    """Return the surface of a skull, or of hair.

    It is an ellipsoid that goes on below its middle to the nape, or hangs. `across` is the skull's
    radius between the ears; all in eye distances, see Style.
    """
    angles, drop = _profile()
    turn = _turns()[None, :]
    up = np.cos(angles)
    # Long hair spreads as it falls; a skull narrows to the nape.
    spread = 0.06 * drop if length else -0.2 * drop**2
    # Hair is thicker on the crown than at the sides.
    thick = 1 + volume * (0.6 + 0.4 * up)
    ring = np.sin(angles) * (thick * (1 + spread))
    depth = np.where(np.cos(turn) > 0, FRONT, BACK)
    fall = (length or NAPE) - CENTRE[1]
    x = across * ring * np.sin(turn)
    crown = UP * (1 + volume)
    # 0 * turn spreads a column over all columns.
    y = CENTRE[1] - crown * up + fall * drop + 0 * turn
    z = CENTRE[2] - depth * ring * np.cos(turn)
    vertices = np.stack([x, y, z], axis=-1)
    return Shell(
        vertices=vertices.reshape(-1, 3).astype(np.float32),
        places=_places(),
        triangles=_grid(),
        normals=_normals(
            angles,
            drop,
            turn,
            across,
            depth,
        ),
    )


def _profile() -> tuple[Angles, Angles]:
    """Return two columns (ROWS, 1), from the crown down.

    They are the angle from the crown, radians, and the way from the middle of the skull, 0, to the
    end of the shell, 1.
    """
    rounded = ROWS - FALLING
    # Not quite from 0, where all vertices of a row would be one point, and its triangles empty.
    over = np.linspace(0.02, np.pi / 2, rounded)
    straight = np.full(FALLING, np.pi / 2)
    angles = np.concatenate([over, straight])
    below = np.linspace(1 / FALLING, 1, FALLING)
    level = np.zeros(rounded)
    drop = np.concatenate([level, below])
    return angles[:, None], drop[:, None]


def _places() -> Floats:
    """Return the places of all vertices on the map (V, 2)."""
    width, height = MAP
    columns = np.linspace(0, width - 1, COLUMNS + 1)
    rows = np.linspace(0, height - 1, ROWS)
    x, y = np.meshgrid(columns, rows)
    grid = np.stack([x, y], axis=-1)
    return grid.reshape(-1, 2).astype(np.float32)


def _normals(
    angles: Angles,
    drop: Angles,
    turn: Angles,
    across: float,
    depth: Angles,
) -> Floats:
    """Return unit normals (V, 3) of a shell, outwards."""
    out = np.sin(angles)
    # The gradient of the ellipsoid; what falls leans downwards a little, so it gets less light.
    x = out * np.sin(turn) / across
    y = 0.3 * drop - np.cos(angles) / UP + 0 * turn
    z = -out * np.cos(turn) / depth
    normals = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    normals /= length
    return normals.astype(np.float32)


@cache
def _grid() -> NDArray[np.int32]:
    """Return triangles over the vertices, clockwise in the picture where they face the camera."""
    wide = COLUMNS + 1
    row_starts = np.arange(ROWS - 1)[:, None] * wide
    corners = row_starts + np.arange(COLUMNS)
    here = corners.ravel()
    beside = here + 1
    below = here + wide
    across = below + 1
    upper = np.stack([here, beside, below], axis=1)
    lower = np.stack([beside, across, below], axis=1)
    return np.concatenate([upper, lower]).astype(np.int32)


def paint_skull(shell: Shell, skin: Colour) -> Image:
    """Return the map (128, 256, 4), premultiplied, of a head without hair: skin and ears."""
    longitude, y = _axes(shell)
    # Both ears are painted alike.
    turn = np.abs(longitude)
    across = (turn - 97) / 11
    down = (y + 0.5) / 0.42
    # 1 on the outline of the ear.
    ear = across**2 + down**2
    rim = 0.25 * np.exp(-((ear - 1) ** 2) / 0.1)
    behind = 0.12 * np.clip((turn - 90) / 60, 0, 1)
    light = 1 - rim - behind
    colours = np.array(skin) * light[..., None]
    opaque = np.full(MAP[::-1], 255, np.uint8)
    return premultiplied(_bytes(colours), opaque)


def paint_hair(
    style: Style,
    shell: Shell,
    hair: Colour,
    rng: np.random.Generator,
) -> Image:
    """Return the map (128, 256, 4), premultiplied, of the hair over the head."""
    turn, y = _axes(shell)
    grown = _grown(style, turn, y, rng)
    strands = _strands(hair, rng)
    alpha = _bytes(255 * grown)
    return premultiplied(_bytes(strands), alpha)


def _axes(shell: Shell) -> tuple[Angles, Angles]:
    """Return longitude in degrees and height of each of a map's pixels."""
    width, height = MAP
    vertices = shell.vertices.reshape(ROWS, -1, 3)
    # All vertices of a row are equally high.
    height_of_row = vertices[:, 0, 1]
    rows = np.linspace(0, ROWS - 1, height)
    y = np.interp(rows, np.arange(ROWS), height_of_row)
    longitudes = np.linspace(-180, 180, width)
    turn, heights = np.meshgrid(longitudes, y)
    return turn, heights


def _bytes(values: NDArray[np.floating]) -> Image:
    return np.asarray(np.clip(values, 0, 255), np.uint8)


def _grown(
    style: Style,
    turn: Angles,
    y: Angles,
    rng: np.random.Generator,
) -> NDArray[np.floating]:
    """Return how much hair there is, 0…1, at a longitude in degrees and height `y`."""
    ragged = 0.08 * _noise((1, MAP[0]), rng)
    above = _hairline(style, turn) + ragged - y
    grown = _ramp(above / 0.16 + 0.5)
    if style.length:
        # The shell goes on below the tips, so that they do not end on its edge.
        end = style.length - 0.2
        tips = end + 1.5 * ragged - y
        grown *= _ramp(tips / 0.12 + 0.5)
    return grown


def _ramp(values: Angles) -> NDArray[np.floating]:
    """Return the values, at least 0 and at most 1."""
    return np.asarray(np.clip(values, 0, 1))


def _hairline(style: Style, turn: Angles) -> NDArray[np.floating]:
    """Return the height at which hair ends, by longitude; endless where long hair hangs."""
    side = np.abs(turn)
    slope: Angles | float = 0.0
    if style.fringe > FRINGE:
        slope = 0.004 * np.abs(turn - style.parting)
    # The eyes are 0.8 above the pivot (`head.PIVOT`).
    forehead = -0.8 - style.fringe + slope
    temples = _ramp((side - 46) / 26)
    ears = _ramp((side - 82) / 22)
    level = temples * (-0.85 - forehead)
    line = forehead + level + temples**4 * 0.3
    line = line + ears * (HAIRLINE - line)
    if style.length:
        line = np.where(side > HANGS, np.inf, line)
    return np.asarray(line)


def _noise(
    shape: tuple[int, int],
    rng: np.random.Generator,
    across: float = 1.5,
    down: float = 1.5,
) -> NDArray[np.floating]:
    """Return normal noise, softened by so many pixels."""
    noise = rng.normal(0, 1, shape)
    soft = cv2.GaussianBlur(
        noise,
        (0, 0),
        sigmaX=across,
        sigmaY=down,
    )
    return np.asarray(soft)


def _strands(hair: Colour, rng: np.random.Generator) -> NDArray[np.floating]:
    """Return hair (128, 256, 3) with strands that fall and a sheen about the crown."""
    width, height = MAP
    shape = (height, width)
    coarse = _noise(shape, rng, across=1.3, down=9)
    fine = _noise(shape, rng, across=0.6, down=5)
    light = 1 + 0.9 * coarse + 0.45 * fine
    down = np.linspace(0, 1, height)[:, None]
    beside = (down - 0.28) / 0.12
    sheen = 0.18 * np.exp(-(beside**2))
    light *= 1 + sheen - 0.2 * down
    colour = np.array(hair, float)
    return np.asarray(colour * light[..., None])
