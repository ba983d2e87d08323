import numpy as np
import pytest

from vitrine.synthetic.world import (
    SCREEN,
    VIEWS,
    Point,
    Viewpoint,
    towards,
    within_view,
)
from vitrine.vision.pose import HeadPose

AHEAD: Point = (0.0, -1.9, 2.0)


def test_a_camera_sees_right_on_the_right_and_nearer_things_larger() -> None:
    camera = Viewpoint((0.0, -1.5, 0.0))
    assert camera.project((0.5, -1.0, 2.0), 640) == pytest.approx((160, 160, 2))
    assert camera.project((0.5, -1.0, 1.0), 640) == pytest.approx((320, 320, 1))


def test_a_camera_that_looks_down_sees_things_higher_and_one_turned_right_more_left() -> (
    None
):
    assert Viewpoint((0.0, -1.9, 0.0), tilt=10).project(AHEAD, 640)[1] == pytest.approx(
        -112.8, abs=0.1
    )
    assert Viewpoint((0.0, -1.9, 0.0), turn=10).project(AHEAD, 640)[0] == pytest.approx(
        -112.8, abs=0.1
    )


@pytest.mark.parametrize("view", VIEWS.values())
@pytest.mark.parametrize(
    "head", [(0.0, -1.6, 1.5), (0.8, -1.5, 2.5), (-1.0, -1.75, 3.0)]
)
def test_who_looks_into_a_camera_has_no_yaw_and_no_pitch_for_it(
    view: Viewpoint, head: Point
) -> None:
    pose = view.pose(head, HeadPose(*towards(head, view.place), 0.0))
    assert (pose.yaw, pose.pitch) == pytest.approx((0, 0), abs=1e-6)
    assert abs(pose.roll) < 4


def test_angles_are_those_of_the_head_pose() -> None:
    camera = Viewpoint((0.0, -1.9, 0.0))
    turned = camera.pose(AHEAD, HeadPose(30, -10, 5))
    assert (turned.yaw, turned.pitch, turned.roll) == pytest.approx((30, -10, 5))


def test_the_axes_of_a_view_are_a_rotation() -> None:
    for view in VIEWS.values():
        assert view.axes @ view.axes.T == pytest.approx(np.eye(3))
        assert np.linalg.det(view.axes) == pytest.approx(1)


def test_two_metres_before_the_screen_the_views_see_its_middle_where_their_mounts_say() -> (
    None
):
    """Within 4° of the centres of the cones that docs/metrics.md defines for these mounts."""
    head = (0.0, -1.6, 2.0)
    looking = HeadPose(*towards(head, SCREEN.place), 0.0)
    above, beside = (VIEWS[view].pose(head, looking) for view in (1, 2))
    assert (above.yaw, above.pitch) == pytest.approx((0, -9.9), abs=4)
    assert (beside.yaw, beside.pitch) == pytest.approx((-16.7, 0), abs=4)


@pytest.mark.parametrize(
    "head", [(0.0, -1.6, 0.6), (2.5, -1.5, 2.5), (-4.0, -1.7, 4.0)]
)
@pytest.mark.parametrize(("yaw", "pitch"), [(90, 0), (-150, -40), (0, 30)])
def test_no_camera_sees_a_head_turned_too_far(
    head: Point, yaw: float, pitch: float
) -> None:
    turned = HeadPose(*within_view(head, yaw, pitch), 0.0)
    for view in VIEWS.values():
        seen = view.pose(head, turned)
        assert abs(seen.yaw) <= 60
        assert abs(seen.pitch) <= 30
