"""What the page shows of the faces in a picture."""

from __future__ import annotations

from typing import Any

import numpy as np

from vitrine.calibrate.session import Session, Sight
from vitrine.clock import SECOND_NS
from vitrine.faces.describing import DescribedFace
from vitrine.mall import Camera, Stand, Zone
from vitrine.presence.cone_fit import POINTS, Pose
from vitrine.vision.expression import ExpressionGeometry
from vitrine.vision.pose import HeadPose

STEP_NS = SECOND_NS // 10


def make_face(pose: Pose, height: float = 72, track: str = "a") -> DescribedFace:
    return DescribedFace(
        track_id=track,
        box=np.array([10, 10, 50, height], np.float32),
        score=0.9,
        points=np.zeros((68, 2)),
        pose=HeadPose(*pose, 0.0),
        quality=0.9,
        geometry=ExpressionGeometry(0, 0, 0, 0),
        expression_shown=None,
        groups=None,
        embedding=None,
    )


def make_session() -> Session:
    camera = Camera.model_validate({"id": "north-1", "uri": "0", "stand": "north"})
    zone = Zone(min_face=0.1, max_face=0.5)
    return Session(camera, Stand(id="north", zone=zone))


class Pictures:
    """Show one picture after the other, of 640 x 360 pixels."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self._at_ns = 0

    def see(self, *faces: DescribedFace, count: int = 1) -> dict[str, Any]:
        view: dict[str, Any] = {}
        for _ in range(count):
            self._at_ns += STEP_NS
            view = self.session.see(Sight(self._at_ns, 640, 360, b"", faces, ()))
        return view


def test_a_face_outside_the_zone_does_not_count() -> None:
    pictures = Pictures(make_session())
    view = pictures.see(make_face((0, -10)), make_face((0, 0), 20, "far"))
    near, far = view["faces"]
    assert near["share"] == 0.2
    assert "attending" in near
    assert "attending" not in far


def test_attention_needs_a_quarter_of_a_second_inside_the_cone() -> None:
    pictures = Pictures(make_session())
    looking = make_face((0, -10))
    assert not pictures.see(looking)["faces"][0]["attending"]
    assert pictures.see(looking, count=4)["faces"][0]["attending"]
    away = make_face((60, -10))
    assert not pictures.see(away, count=6)["faces"][0]["attending"]


def test_a_measured_cone_is_tried_out_at_once() -> None:
    session = make_session()
    pictures = Pictures(session)
    aside = make_face((50, 0))
    assert not pictures.see(aside, count=5)["faces"][0]["attending"]
    for point in POINTS:
        session.look_at(point)
        pictures.see(aside, count=40)
    view = pictures.see(aside, count=5)
    assert view["looks"]["fitted"]["yaw"] == 50
    assert view["looks"]["fitted"]["held_before"] == 0
    assert view["faces"][0]["attending"]
    session.forget_looks()
    assert not pictures.see(aside, count=5)["faces"][0]["attending"]
