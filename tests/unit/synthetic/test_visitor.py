from itertools import pairwise
from math import hypot

import numpy as np
import pytest

from vitrine.synthetic.behaviour import FARTHEST, draw_body, draw_plan, draw_visitor
from vitrine.synthetic.scenes import SCENES
from vitrine.synthetic.visitor import Leg, Look, Visitor
from vitrine.synthetic.world import SCREEN, VIEWS


def make_visitor(*looks: Look) -> Visitor:
    """Come from 4 m away to 2 m within 2 s, stand for 6 s and leave to the right."""
    legs = (
        Leg(0, 2, (0, 4), (0, 2), "stop"),
        Leg(2, 8, (0, 2), (0, 2)),
        Leg(8, 10, (0, 2), (3, 2), "go"),
    )
    return Visitor(
        0, 1, 1.6, 1.0, legs, looks or (Look(-1, 0.5, SCREEN.place, 0, 0, 0),), (), 0.0
    )


def draw(seed: int, scene: str = "rush") -> Visitor:
    rng = np.random.default_rng(seed)
    return draw_visitor(
        rng, draw_body(rng, 0, 1), draw_plan(rng, SCENES[scene], 5.0), [], 0
    )


@pytest.fixture(scope="module")
def visitors() -> list[Visitor]:
    return [draw(seed) for seed in range(60)]


@pytest.mark.parametrize(("t", "x", "z"), [(0, 0, 4), (2, 0, 2), (5, 0, 2), (10, 3, 2)])
def test_a_visitor_comes_stands_and_leaves(t: float, x: float, z: float) -> None:
    head = make_visitor().head(t)
    assert (head[0], head[2]) == pytest.approx((x, z), abs=0.02)
    assert head[1] == pytest.approx(-1.6, abs=0.03)


def test_a_head_that_looks_at_the_screen_faces_it_wherever_it_is() -> None:
    visitor = make_visitor()
    for t in (0.5, 1.5, 5.0):
        pose = SCREEN.pose(visitor.head(t), visitor.turned(t))
        assert (pose.yaw, pose.pitch) == pytest.approx((0, 0), abs=2)


def test_a_head_turns_within_the_time_of_its_look() -> None:
    visitor = make_visitor(Look(-1, 0.5, None, 0, 0, 0), Look(4, 0.4, None, 40, -10, 5))
    before = visitor.turned(3.9)
    after = visitor.turned(4.4)
    assert (before.yaw, before.pitch, before.roll) == pytest.approx((0, 0, 0), abs=2)
    assert (after.yaw, after.pitch, after.roll) == pytest.approx((40, -10, 5), abs=2)


def test_visitors_come_from_outside_both_pictures_and_leave_them(
    visitors: list[Visitor],
) -> None:
    for visitor in visitors:
        for t in (visitor.start, visitor.end):
            for view in VIEWS.values():
                x, _, depth = view.project(visitor.head(t), 640)
                assert abs(x) > 320 + 640 * 0.1 / depth


def test_heads_move_smoothly_and_no_camera_sees_their_back(
    visitors: list[Visitor],
) -> None:
    for visitor in visitors[:30]:
        times = np.arange(visitor.start, visitor.end, 1 / 20)
        heads = [visitor.head(t) for t in times]
        turns = [visitor.turned(t) for t in times]
        assert max(hypot(*np.subtract(b, a)) for a, b in pairwise(heads)) < 0.12
        assert max(abs(b.yaw - a.yaw) for a, b in pairwise(turns)) < 25
        for view in VIEWS.values():
            poses = [
                view.pose(head, turn) for head, turn in zip(heads, turns, strict=True)
            ]
            assert max(abs(pose.yaw) for pose in poses) <= 62
            assert max(abs(pose.pitch) for pose in poses) <= 30


def test_visitors_pass_slow_down_or_stand_before_the_screen(
    visitors: list[Visitor],
) -> None:
    assert {len(visitor.legs) for visitor in visitors if visitor.spot is None} == {1, 3}
    spots = [visitor.spot for visitor in visitors if visitor.spot is not None]
    assert len(spots) > 20
    assert all(0.5 < z <= FARTHEST and abs(x) <= 0.5 * z for x, z in spots)
    distances = [z for _, z in spots]
    assert min(distances) < 1
    assert max(distances) > 2.5


def test_who_stays_stands_apart_from_others() -> None:
    others: list[Visitor] = []
    for seed in range(30):
        rng = np.random.default_rng(seed)
        plan = draw_plan(rng, SCENES["rush"], 5.0)
        if plan.kind == "stay" and len(others) < 6:
            others.append(draw_visitor(rng, draw_body(rng, seed, 1), plan, others, 0))
    spots = [other.spot for other in others if other.spot is not None]
    gaps = [
        hypot(a[0] - b[0], a[1] - b[1]) for i, a in enumerate(spots) for b in spots[:i]
    ]
    assert len(spots) == 6
    assert min(gaps) >= 0.55
