"""Draw a whole person in a picture: head, neck and body, blurred by their motion."""

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
from vitrine.synthetic.hair import (
    Style,
    draw_shell,
    draw_style,
    paint_hair,
    paint_skull,
)
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
from vitrine.synthetic.people import Basis, View, draw_person, draw_view
from vitrine.vision.crop import Image
from vitrine.vision.shape import JAW

Rng = np.random.Generator


@dataclass(frozen=True, eq=False)
class Look:
    """Hold how a person looks on a visit."""

    head: HeadLook
    neck: Image
    body: Image
    long_hair: bool


def draw_look(
    basis: Basis,
    mesh: Mesh,
    person: Rng,
    visit: Rng,
    clothes: Rng,
) -> Look:
    """Draw a person's look.

    `person` decides what stays: face, profile, hair; `visit` what a day and its light change.
    """
    identity = draw_person(basis, person)
    view = draw_view(basis, identity, visit)
    # Beyond 1.8 deviations profiles are caricatures.
    relief = Relief(*np.clip(person.standard_normal(4), -1.8, 1.8))
    style = draw_style(person)
    own = Mesh(
        texture=mesh.texture,
        depth=own_depth(mesh, relief),
        triangles=mesh.triangles,
    )
    return Look(
        head=_head(view, own, style, person),
        neck=draw_neck(view.skin),
        body=draw_body(view.skin, *clothing(clothes)),
        long_hair=style.length > 0,
    )


def _head(
    view: View,
    mesh: Mesh,
    style: Style,
    person: Rng,
) -> HeadLook:
    """Draw skull and hair around a face."""
    jaw = float(np.ptp(view.shape[JAW, 0])) / EYE_DISTANCE
    # The skull is a little wider than the jaw, and never too thin for the eyes.
    across = max(1.1, 0.52 * jaw)
    skull = draw_shell(across)
    hair = None
    if not style.bald:
        hair = draw_shell(across, style.volume, style.length)
    strands = paint_hair(
        style,
        hair or skull,
        style.colour or view.hair,
        person,
    )
    calm = view.textures[0]
    return HeadLook(
        view=view,
        mesh=mesh,
        triangles=triangles_under(mesh, calm[..., 3]),
        normals=face_normals(mesh),
        skull=skull,
        skin=paint_skull(skull, view.skin),
        hair=hair,
        strands=strands,
    )


def draw_figure(
    look: Look,
    stance: Stance,
    earlier: Stance,
    size: tuple[int, int],
    focal: float,
) -> tuple[list[Layer], Floats]:
    """Draw layers from back to front, and tell the landmarks (68, 2) in pixels of the picture.

    `size` is the width and height of the picture.
    `earlier` is how the person stood when the exposure of this frame began: what moved since is
    blurred.
    """
    points = landmarks(look.head, stance, focal)
    began = landmarks(look.head, earlier, focal)
    turned = (points - began).mean(axis=0)
    walked = np.subtract(stance.pivot, earlier.pivot)
    inside = None
    if look.long_hair:
        inside = draw_inside(look.head, stance, size, focal)
    parts = (
        (inside, walked),
        (body_layer(look.body, stance, size), walked),
        (neck_layer(look.neck, stance, size), walked),
        (draw_head(look.head, stance, size, focal), turned),
    )
    layers = []
    for layer, motion in parts:
        if layer is not None:
            layers.append(smeared(layer, motion, size))
    return layers, points
