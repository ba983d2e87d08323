"""A head in 3D: how it stands, where its points come to lie in the picture, face and hair warped there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import LinearNDInterpolator

from vitrine.synthetic.hair import Shell
from vitrine.synthetic.layer import Layer, blend, window
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

PIVOT: Final = (EYE_CENTRE[0], EYE_CENTRE[1] + 0.8 * EYE_DISTANCE)
"""The point of the texture about which a head turns, at depth 0: between the ears and the neck."""
LIGHT: Final = np.array([0.28, -0.5, -0.82])
"""Direction to the lamps, camera axes."""
AMBIENT = 0.66
DIFFUSE = 0.42
Box = tuple[int, int, int, int]

COARSE: Final = 4
"""Shading is worked out on every fourth texel."""


@dataclass(frozen=True)
class Stance:
    """How one head stands in one frame."""

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
        return rotation(self.pose.yaw, self.pose.pitch, self.pose.roll)


@dataclass(frozen=True, eq=False)
class HeadLook:
    """What a head is made of: the face on its mesh with one person's depth, and what is about it."""

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
    """The mesh (V, 3) in model axes and eye distances, with the expression."""
    points = mesh.texture.copy()
    change = (
        stance.smile * view.expressions[0] + stance.open_mouth * view.expressions[1]
    )
    points[: len(change)] = view.shape + change
    return np.column_stack([points - PIVOT, -mesh.depth]).astype(
        np.float32
    ) / np.float32(EYE_DISTANCE)


def project(model: Floats, stance: Stance, focal: float) -> tuple[Floats, Floats]:
    """Model points (V, 3) in the picture (V, 2) pixels, and how far each is from the camera, nearer is less.

    Full perspective of a camera with `focal` pixels, whose view of a head at this size it is.
    """
    turned = model @ stance.turn().T * stance.eye_distance
    shrink = focal / (focal + turned[:, 2:])
    return np.asarray(turned[:, :2] * shrink + stance.pivot, np.float32), np.asarray(
        turned[:, 2], np.float32
    )


def landmarks(look: HeadLook, stance: Stance, focal: float) -> Floats:
    """(68, 2) pixels."""
    return project(face_model(look.view, look.mesh, stance)[:68], stance, focal)[0]


def draw_head(
    look: HeadLook, stance: Stance, size: tuple[int, int], focal: float
) -> Layer | None:
    """The head without neck over a picture of `size` (width, height); None outside it."""
    face, distance = project(face_model(look.view, look.mesh, stance), stance, focal)
    shells = [(look.skull, look.skin)] + (
        [(look.hair, look.strands)] if look.hair else []
    )
    hulls = [project(shell.vertices, stance, focal) for shell, _ in shells]
    box = window(
        np.concatenate(
            [face[look.triangles].reshape(-1, 2), *(hull for hull, _ in hulls)]
        ),
        size,
    )
    if box is None:
        return None
    x, y, width, height = box
    inner = facing(face, distance, look.triangles)
    maps = sources(look.mesh.texture, face - (x, y), inner, (width, height))
    texture = _lit(_texture(look.view, stance), _relative(look.normals, stance))
    parts = [
        _drawn_shell(*shell, *hull, stance, box)
        for shell, hull in zip(shells, hulls, strict=True)
    ]
    pixels = parts[0]
    for part in (_remapped(texture, maps), *parts[1:]):
        blend(part, pixels)
    return Layer(x, y, soft_edge(pixels))


def draw_inside(
    look: HeadLook, stance: Stance, size: tuple[int, int], focal: float
) -> Layer | None:
    """The far side of hair, seen from within: it lies behind the neck. None without hair or outside."""
    if look.hair is None:
        return None
    hull, distance = project(look.hair.vertices, stance, focal)
    box = window(hull, size)
    if box is None:
        return None
    flipped = replace(look.hair, triangles=look.hair.triangles[:, ::-1])
    pixels = _drawn_shell(flipped, look.strands, hull, distance, stance, box)
    pixels[..., :3] //= 2
    return Layer(box[0], box[1], pixels)


def _drawn_shell(
    shell: Shell, image: Image, hull: Floats, distance: Floats, stance: Stance, box: Box
) -> Image:
    x, y, width, height = box
    near = facing(hull, distance, shell.triangles)
    maps = sources(shell.places, hull - (x, y), near, (width, height))
    return _remapped(_lit(image, _brightness(shell.light_map(), stance)), maps)


def soft_edge(pixels: Image) -> Image:
    """Premultiplied pixels whose outline, a hard one of a mesh, fades over about a pixel, inwards."""
    alpha = pixels[..., 3]
    fade = cv2.blur(alpha, (3, 3), borderType=cv2.BORDER_REPLICATE)
    fade = cv2.addWeighted(fade, 1.5, fade, 0, -128)
    keep = cv2.max(fade, cv2.bitwise_not(alpha))
    return np.asarray(
        cv2.multiply(pixels, cv2.merge([keep] * 4), scale=1 / 255), np.uint8
    )


def _remapped(image: Image, maps: tuple[Floats, Floats]) -> Image:
    return np.asarray(
        cv2.remap(image, *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT),
        np.uint8,
    )


def _brightness(normals: Floats, stance: Stance) -> Floats:
    towards = (LIGHT / np.linalg.norm(LIGHT)) @ stance.turn()
    return np.asarray(
        AMBIENT + DIFFUSE * np.maximum(normals @ towards.astype(np.float32), 0),
        np.float32,
    )


def _relative(normals: Floats, stance: Stance) -> Floats:
    """The face's texture has the light of a frontal face in it already: only the difference counts."""
    calm = Stance(HeadPose(0, 0, 0), (0, 0), 1)
    return np.asarray(
        _brightness(normals, stance) / _brightness(normals, calm), np.float32
    )


def _lit(image: Image, gain: Floats) -> Image:
    """Premultiplied pixels (h, w, 4) brightened by a coarse map; alpha stays."""
    fine = cv2.resize(gain, (image.shape[1], image.shape[0]))
    factors = cv2.merge([fine, fine, fine, np.ones_like(fine)])
    lit = cv2.multiply(image, factors, dtype=cv2.CV_8U)
    return np.asarray(
        cv2.min(lit, cv2.merge([cv2.extractChannel(image, 3)] * 4)), np.uint8
    )


def face_normals(mesh: Mesh) -> Floats:
    """(HEIGHT / 4, WIDTH / 4, 3) unit normals of a face, model axes, smoothed."""
    edge = np.array([(x, y) for x in (-1, WIDTH) for y in (-1, HEIGHT)])
    places = np.vstack([mesh.texture, edge])
    depth = np.append(mesh.depth, [mesh.depth.min()] * len(edge))
    columns, rows = np.meshgrid(
        np.arange(0, WIDTH, COARSE), np.arange(0, HEIGHT, COARSE)
    )
    field = LinearNDInterpolator(places, depth)(columns, rows)
    steps = np.gradient(cv2.GaussianBlur(field, (0, 0), 1.0), COARSE)
    normals = np.dstack([-steps[1], -steps[0], -np.ones_like(field)])
    return np.asarray(
        normals / np.linalg.norm(normals, axis=2, keepdims=True), np.float32
    )


def _texture(view: View, stance: Stance) -> Image:
    calm, smiling, opened = view.textures
    strength = max(stance.smile, stance.open_mouth)
    if strength < 0.02:
        return calm
    other = smiling if stance.smile >= stance.open_mouth else opened
    return np.asarray(cv2.addWeighted(calm, 1 - strength, other, strength, 0), np.uint8)
