"""A whole person in a picture: head, neck and body, blurred by their motion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vitrine.synthetic.body import (
    body_layer,
    clothing,
    draw_body,
    draw_neck,
    neck_layer,
)
from vitrine.synthetic.hair import draw_shell, draw_style, paint_hair, paint_skull
from vitrine.synthetic.head import (
    HeadLook,
    Stance,
    draw_head,
    draw_inside,
    face_normals,
    landmarks,
)
from vitrine.synthetic.layer import Layer
from vitrine.synthetic.mesh import (
    EYE_DISTANCE,
    Floats,
    Mesh,
    Relief,
    own_depth,
    triangles_under,
)
from vitrine.synthetic.motion import smeared
from vitrine.synthetic.people import Basis, draw_person, draw_view
from vitrine.vision.crop import Image
from vitrine.vision.shape import JAW

Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Look:
    """How a person looks on a visit."""

    head: HeadLook
    neck: Image
    body: Image
    long_hair: bool


def draw_look(basis: Basis, mesh: Mesh, person: Rng, visit: Rng, clothes: Rng) -> Look:
    """`person` decides what stays: face, profile, hair; `visit` what a day and its light change."""
    view = draw_view(basis, draw_person(basis, person), visit)
    relief = Relief(*np.clip(person.standard_normal(4), -1.8, 1.8))
    style = draw_style(person)
    jaw = float(np.ptp(view.shape[JAW, 0])) / EYE_DISTANCE
    across = max(1.1, 0.52 * jaw)
    skull = draw_shell(across)
    hair = None if style.bald else draw_shell(across, style.volume, style.length)
    strands = paint_hair(style, hair or skull, style.colour or view.hair, person)
    own = Mesh(mesh.texture, own_depth(mesh, relief), mesh.triangles)
    triangles = triangles_under(own, view.textures[0][..., 3])
    head = HeadLook(
        view,
        own,
        triangles,
        face_normals(own),
        skull,
        paint_skull(skull, view.skin),
        hair,
        strands,
    )
    return Look(
        head,
        draw_neck(view.skin),
        draw_body(view.skin, *clothing(clothes)),
        style.length > 0,
    )


def draw_figure(
    look: Look, stance: Stance, earlier: Stance, size: tuple[int, int], focal: float
) -> tuple[list[Layer], Floats]:
    """Layers from back to front, and the landmarks (68, 2) in pixels of a picture of `size`.

    `earlier` is how the person stood when the exposure of this frame began: what moved since is blurred.
    """
    points = landmarks(look.head, stance, focal)
    began = landmarks(look.head, earlier, focal)
    turned = (points - began).mean(axis=0)
    walked = np.subtract(stance.pivot, earlier.pivot)
    parts = [
        (
            draw_inside(look.head, stance, size, focal) if look.long_hair else None,
            walked,
        ),
        (body_layer(look.body, stance, size), walked),
        (neck_layer(look.neck, stance, size), walked),
        (draw_head(look.head, stance, size, focal), turned),
    ]
    return [
        smeared(layer, motion, size) for layer, motion in parts if layer is not None
    ], points
