"""Draw a head in 3D: where its points come to lie in the picture, face and hair warped there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from vitrine.synthetic.hair import Shell
from vitrine.synthetic.layer import Box, Layer, blend, window
from vitrine.synthetic.mesh import (
    EYE_CENTRE,
    EYE_DISTANCE,
    HEIGHT,
    WIDTH,
    Floats,
    Mesh,
    facing,
    sources,
)
from vitrine.synthetic.people import View
from vitrine.vision.crop import Image
from vitrine.vision.pose import HeadPose, rotation
from vitrine.vision.shape import POINT_COUNT

EYE_X, EYE_Y = EYE_CENTRE
PIVOT: Final = (EYE_X, EYE_Y + 0.8 * EYE_DISTANCE)
"""The point of the texture about which a head turns, at depth 0: between the ears and the neck."""
LIGHT: Final = np.array([0.28, -0.5, -0.82])
"""Direction to the lamps, camera axes."""
# Together just above 1 where the lamps shine; chosen by eye.
AMBIENT: Final = 0.66
DIFFUSE: Final = 0.42
COARSE: Final = 4
"""Shading is worked out on every fourth texel."""
# A weaker expression is not seen, and costs a blend. Chosen, not measured.
CALM: Final = 0.02


@dataclass(frozen=True)
class Stance:
    """Tell how one head stands in one frame."""

    pose: HeadPose
    """Relative to the line from camera to head."""
    pivot: tuple[float, float]
    """Where the pivot lies in the picture, pixels."""
    eye_distance: float
    """Pixels between the eyes if the face looked into the camera."""
    smile: float = 0.0
    open_mouth: float = 0.0
    """0 (calm) to 1."""

    def turn(self) -> NDArray[np.float64]:
        """Return the rotation (3, 3)."""
        return rotation(self.pose.yaw, self.pose.pitch, self.pose.roll)


@dataclass(frozen=True, eq=False)
class HeadLook:
    """Hold what a head is made of: the face on its mesh with one person's depth, skull and hair."""

    view: View
    mesh: Mesh
    triangles: NDArray[np.int32]
    """Those of the mesh that the face fills, (T, 3)."""
    normals: Floats
    """(h, w, 3) of the face, outwards, on every fourth texel."""
    skull: Shell
    skin: Image
    """The skull's map (128, 256, 4), premultiplied; it lies below the face."""
    hair: Shell | None
    strands: Image
    """The hair's map likewise; it lies above the face."""


def face_model(view: View, mesh: Mesh, stance: Stance) -> Floats:
    """Return the mesh (V, 3) in model axes and eye distances, with the expression."""
    smile, open_mouth = view.expressions
    points = mesh.texture.copy()
    change = stance.smile * smile + stance.open_mouth * open_mouth
    # Landmarks come first; the other points of the mesh do not move.
    points[: len(change)] = view.shape + change
    # The texture's depth is towards the camera, the model's away from it.
    columns = [points - PIVOT, -mesh.depth]
    model = np.column_stack(columns).astype(np.float32)
    return model / np.float32(EYE_DISTANCE)


def project(
    model: Floats,
    stance: Stance,
    focal: float,
) -> tuple[Floats, Floats]:
    """Project model points (V, 3) into the picture (V, 2), pixels.

    Returns also how far each is from the camera, nearer is less. Full perspective of a camera with
    `focal` pixels, whose view of a head at this size it is.
    """
    turned = model @ stance.turn().T * stance.eye_distance
    depth = turned[:, 2:]
    shrink = focal / (focal + depth)
    places = turned[:, :2] * shrink + stance.pivot
    distance = turned[:, 2]
    return (
        np.asarray(places, np.float32),
        np.asarray(distance, np.float32),
    )


def landmarks(
    look: HeadLook,
    stance: Stance,
    focal: float,
) -> Floats:
    """Return the landmarks (68, 2), pixels."""
    model = face_model(look.view, look.mesh, stance)
    landmarks_only = model[:POINT_COUNT]
    points, _ = project(landmarks_only, stance, focal)
    return points


@dataclass(frozen=True, eq=False)
class _Hull:
    """Hold a shell with its map, and where its vertices lie in the picture."""

    shell: Shell
    image: Image
    points: Floats
    distance: Floats

    def drawn(self, stance: Stance, box: Box) -> Image:
        """Return the shell in its light, premultiplied, in a piece of the picture."""
        x, y, width, height = box
        near = facing(
            self.points,
            self.distance,
            self.shell.triangles,
        )
        maps = sources(
            self.shell.places,
            self.points - (x, y),
            near,
            (width, height),
        )
        normals = self.shell.light_map()
        gain = _brightness(normals, stance)
        lit = _lit(self.image, gain)
        return _remapped(lit, maps)


def _hull(
    shell: Shell,
    image: Image,
    stance: Stance,
    focal: float,
) -> _Hull:
    points, distance = project(shell.vertices, stance, focal)
    return _Hull(shell, image, points, distance)


def draw_head(
    look: HeadLook,
    stance: Stance,
    size: tuple[int, int],
    focal: float,
) -> Layer | None:
    """Draw the head without neck over a picture of `size` (width, height); None outside it."""
    model = face_model(look.view, look.mesh, stance)
    face, distance = project(model, stance, focal)
    hulls = [_hull(look.skull, look.skin, stance, focal)]
    if look.hair:
        hulls.append(_hull(look.hair, look.strands, stance, focal))
    # The face's own triangles only: the mesh goes on to the edge of the texture.
    corners = face[look.triangles].reshape(-1, 2)
    outline = [corners]
    outline.extend(hull.points for hull in hulls)
    box = window(np.concatenate(outline), size)
    if box is None:
        return None
    x, y, width, height = box
    near = facing(face, distance, look.triangles)
    maps = sources(
        look.mesh.texture,
        face - (x, y),
        near,
        (width, height),
    )
    texture = _texture(look.view, stance)
    gain = _relative(look.normals, stance)
    lit = _lit(texture, gain)
    front = _remapped(lit, maps)
    # From back to front: the skull, the face, the hair.
    pixels, *hair = (hull.drawn(stance, box) for hull in hulls)
    for part in (front, *hair):
        blend(part, pixels)
    return Layer(x, y, soft_edge(pixels))


def draw_inside(
    look: HeadLook,
    stance: Stance,
    size: tuple[int, int],
    focal: float,
) -> Layer | None:
    """Draw the far side of hair, seen from within, which lies behind the neck.

    None without hair or outside the picture.
    """
    if look.hair is None:
        return None
    # In the other order the corners of a triangle are clockwise from within.
    inwards = look.hair.triangles[:, ::-1]
    flipped = replace(look.hair, triangles=inwards)
    hull = _hull(flipped, look.strands, stance, focal)
    box = window(hull.points, size)
    if box is None:
        return None
    pixels = hull.drawn(stance, box)
    # Little light gets there.
    pixels[..., :3] //= 2
    x, y, _, _ = box
    return Layer(x, y, pixels)


def soft_edge(pixels: Image) -> Image:
    """Fade the hard outline of premultiplied pixels over about a pixel, inwards."""
    alpha = pixels[..., 3]
    mean = cv2.blur(
        alpha,
        (3, 3),
        borderType=cv2.BORDER_REPLICATE,
    )
    # From 255 inside to about a quarter on the outline, where half of the neighbours are empty.
    fade = cv2.addWeighted(
        mean,
        1.5,
        mean,
        0,
        -128,
    )
    # What is transparent inside, as between strands, is no outline and stays.
    keep = cv2.max(fade, cv2.bitwise_not(alpha))
    factors = cv2.merge([keep] * 4)
    soft = cv2.multiply(
        pixels,
        factors,
        scale=1 / 255,
    )
    return np.asarray(soft, np.uint8)


def _remapped(image: Image, maps: tuple[Floats, Floats]) -> Image:
    columns, rows = maps
    moved = cv2.remap(
        image,
        columns,
        rows,
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
    )
    return np.asarray(moved, np.uint8)


def _brightness(normals: Floats, stance: Stance) -> Floats:
    """Return the light that falls on a surface with these normals, about 1."""
    direction = LIGHT / np.linalg.norm(LIGHT)
    # The lamps as seen from the head: cheaper than to turn all normals.
    towards = direction @ stance.turn()
    cosine = normals @ towards.astype(np.float32)
    facing_lamps = np.maximum(cosine, 0)
    light = AMBIENT + DIFFUSE * facing_lamps
    return np.asarray(light, np.float32)


def _relative(normals: Floats, stance: Stance) -> Floats:
    """Return the change of light by the turn: a frontal face's light is in the texture."""
    calm = Stance(
        pose=HeadPose(0, 0, 0),
        pivot=(0, 0),
        eye_distance=1,
    )
    light = _brightness(normals, stance)
    frontal = _brightness(normals, calm)
    return np.asarray(light / frontal, np.float32)


def _lit(image: Image, gain: Floats) -> Image:
    """Brighten premultiplied pixels (h, w, 4) by a coarse map; alpha stays."""
    height, width = image.shape[:2]
    fine = cv2.resize(gain, (width, height))
    unchanged = np.ones_like(fine)
    factors = cv2.merge([fine, fine, fine, unchanged])
    lit = cv2.multiply(
        image,
        factors,
        dtype=cv2.CV_8U,
    )
    # Premultiplied colours are never above alpha.
    alpha = cv2.extractChannel(image, 3)
    bounded = cv2.min(lit, cv2.merge([alpha] * 4))
    return np.asarray(bounded, np.uint8)


def face_normals(mesh: Mesh) -> Floats:
    """Return unit normals (HEIGHT / 4, WIDTH / 4, 3) of a face, model axes, smoothed."""
    # Corners outside the texture, so that every texel lies between points.
    corners = [
        (-1, -1),
        (-1, HEIGHT),
        (WIDTH, -1),
        (WIDTH, HEIGHT),
    ]
    places = np.vstack([mesh.texture, corners])
    deepest = [mesh.depth.min()] * len(corners)
    depth = np.append(mesh.depth, deepest)
    x = np.arange(0, WIDTH, COARSE)
    y = np.arange(0, HEIGHT, COARSE)
    columns, rows = np.meshgrid(x, y)
    depth_at = LinearNDInterpolator(places, depth)
    surface = depth_at(columns, rows)
    smooth = cv2.GaussianBlur(surface, (0, 0), 1.0)
    down, across = np.gradient(smooth, COARSE)
    outwards = -np.ones_like(surface)
    normals = np.dstack([-across, -down, outwards])
    length = np.linalg.norm(
        normals,
        axis=2,
        keepdims=True,
    )
    return np.asarray(normals / length, np.float32)


def _texture(view: View, stance: Stance) -> Image:
    """Return the texture with the stronger of the two expressions."""
    calm, smiling, opened = view.textures
    strength = max(stance.smile, stance.open_mouth)
    if strength < CALM:
        return calm
    expressive = opened
    if stance.smile >= stance.open_mouth:
        expressive = smiling
    mixed = cv2.addWeighted(
        calm,
        1 - strength,
        expressive,
        strength,
        0,
    )
    return np.asarray(mixed, np.uint8)
