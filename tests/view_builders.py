"""What the tests of `vitrine view` share: a synthetic source, and views of given faces."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.builders import make_face
from vitrine.lab.view.analysis import Analysis, Seen
from vitrine.lab.view.kit import OWN, Kit
from vitrine.lab.view.reading import camera_of
from vitrine.mall import Camera
from vitrine.schemas import Face
from vitrine.services.console.people import People
from vitrine.services.console.sights import Sight
from vitrine.services.console.views import described

# People stand in the picture from its first second on.
SYNTHETIC = "synthetic:?scene=rush&people=3&seed=4&seconds=1"
WIDTH = 640
HEIGHT = 360


def make_camera(source: str = SYNTHETIC, fps: float = 5, width: int = 320) -> Camera:
    """Return a camera that is quickly analysed."""
    return camera_of(source, fps, width)


def make_analysis(synthetic: bool = True) -> Analysis:
    """Return an analysis with the product's own networks."""
    return Analysis(Kit(None), "own", OWN, synthetic=synthetic)


def make_view(*faces: Face, **known: Any) -> dict[str, Any]:
    """Return the view of a picture with these faces; `known` is added to each."""
    sight = Sight(
        camera_id="view",
        stand_id="view",
        at_ns=1,
        width=WIDTH,
        height=HEIGHT,
        synthetic=True,
        faces=faces,
        analysed=True,
    )
    view = described(sight, People(), 25.0)
    for face in view["faces"]:
        face.update(known)
    view.update(detector="own", net=OWN, ms=12.3)
    return view


def make_seen(*faces: Face, **known: Any) -> Seen:
    """Return a grey picture with these faces."""
    pixels = np.full((HEIGHT, WIDTH, 3), 90, np.uint8)
    return Seen(pixels, make_view(*(faces or (make_face(),)), **known))
