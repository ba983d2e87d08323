"""Draw at random what people do at a stand: walk by, slow down for a look, or stay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, radians, tan
from typing import Final

from vitrine.synthetic.looks import Kind, draw_looks
from vitrine.synthetic.moves import Episode, Rng, draw_episodes, scripted_episode
from vitrine.synthetic.scenes import Scene
from vitrine.synthetic.visitor import Ease, Floor, Leg, Visitor
from vitrine.synthetic.world import VIEWS

# The numbers of this module are chosen, not measured: no recording of a mall gives them. What comes
# out of them is held against videos in docs/synthetic.md.
NEAREST: Final = 1.0
FARTHEST: Final = 3.8
"""Metres from the screen where people stand."""
OUTSIDE: Final = (7.1, 7.7)
"""So far away is nobody at the stand any more: faces are smaller than the zone's smallest."""
PASS_OUTSIDE: Final = 0.2
"""Share of those who walk by who do so there."""
APART: Final = 0.55
"""Metres between people who stand, where there is room."""
WAYS: Final = 20
"""Spots that somebody considers."""
REACH: Final = 0.42
"""Largest distance to a side of people who stand, as a share of the distance from the screen."""
CLOSE: Final = 0.08
"""Share of those who go as close as the camera above still sees them."""
BEYOND: Final = 0.4
"""Metres outside a picture where ways begin and end."""
ADULT_M: Final = (1.42, 1.72)
CHILD_M: Final = (0.95, 1.25)
"""Height of a head's middle above the floor."""
CHILD_HEAD: Final = 0.92
"""Size of a child's head, of an adult's."""
BEHIND: Final = 0.45
"""Metres from one of a group to the next, on their way."""
BACK: Final = (3.0, 3.6)
COMES_CLOSER: Final = (1.5, 1.7)
"""Scripted: metres from the screen at first, and how many times nearer people come."""
STANDS_BACK_S: Final = 9.0
HALF_VIEW: Final = 26.6
"""Degrees from the middle of a picture to its edge: half as wide as far."""


@dataclass(frozen=True)
class Body:
    """Tell whose visit it is."""

    person: int
    number: int
    height: float
    scale: float
    child: bool = False


@dataclass(frozen=True)
class Plan:
    """Hold what a group has in common."""

    kind: Kind
    start: float
    side: int
    """-1 to come from the left, 1 from the right."""
    exit_side: int
    entry: float
    exit: float
    """Metres from the screen."""
    speed: float
    """Metres a second."""
    stay: float


def draw_body(
    rng: Rng,
    person: int,
    number: int,
    children: float = 0.0,
) -> Body:
    """Draw a person's size; `rng` belongs to the person, so it is always the same.

    `children` is the share of people who are children.
    """
    height = rng.uniform(*ADULT_M)
    scale = rng.normal(1.0, 0.03)
    child = bool(rng.uniform() < children)
    if child:
        height = rng.uniform(*CHILD_M)
        scale *= CHILD_HEAD
    return Body(
        person=person,
        number=number,
        height=float(height),
        scale=float(scale),
        child=child,
    )


def draw_plan(rng: Rng, scene: Scene, start: float) -> Plan:
    """Draw how a group spends its time."""
    kind = _kind(rng, scene)
    side, exit_side = rng.choice([-1, 1], 2).tolist()
    entry, leave = rng.uniform(1.8, 5.5, 2)
    if kind == "pass":
        if rng.uniform() < PASS_OUTSIDE:
            entry = rng.uniform(*OUTSIDE)
            # Along the wall, so that they stay outside the zone all the way.
            leave = entry
        else:
            entry, leave = rng.uniform(1.2, 5.0, 2)
    shortest, longest = scene.stay
    share = rng.beta(1.3, 2.0)
    stay = shortest + (longest - shortest) * share
    if kind != "stay":
        # Who walks on leaves at the other side.
        exit_side = -side
    return Plan(
        kind=kind,
        start=start,
        side=side,
        exit_side=exit_side,
        entry=float(entry),
        exit=float(leave),
        speed=float(rng.uniform(0.9, 1.4)),
        stay=float(stay),
    )


def _kind(rng: Rng, scene: Scene) -> Kind:
    if scene.scripted:
        return "react"
    chance = rng.uniform()
    if chance < scene.passing:
        return "pass"
    if chance < scene.passing + scene.glancing:
        return "glance"
    return "stay"


def draw_visitor(
    rng: Rng,
    body: Body,
    plan: Plan,
    others: Sequence[Visitor],
    place: int,
) -> Visitor:
    """Draw the visit of the `place`-th of a group, among others who are there when it begins."""
    legs = _way(rng, body, plan, others, place)
    looks = draw_looks(rng, plan.kind, legs, body.height)
    episodes: list[Episode] = []
    if plan.kind == "react":
        episodes.append(scripted_episode(legs[1].start))
    if plan.kind == "stay":
        standing = legs[1]
        episodes += draw_episodes(rng, standing.start, standing.end)
    return Visitor(
        person=body.person,
        number=body.number,
        height=body.height,
        scale=body.scale,
        child=body.child,
        party=plan.start,
        legs=legs,
        looks=looks,
        episodes=tuple(episodes),
        phase=float(rng.uniform(0, 6.28)),
    )


def _way(
    rng: Rng,
    body: Body,
    plan: Plan,
    others: Sequence[Visitor],
    place: int,
) -> tuple[Leg, ...]:
    later = place * float(rng.uniform(0.3, 0.7))
    start = plan.start + later
    behind = BEHIND * place
    entry = _edge(plan.side, plan.entry + behind)
    leave = _edge(plan.exit_side, plan.exit + behind)
    if plan.kind == "pass":
        return (_leg(start, entry, leave, plan.speed),)
    if plan.kind == "glance":
        return _slowly(rng, start, entry, leave, plan.speed)
    if plan.kind == "react":
        return _reacting(rng, start, entry, leave, plan)
    near = None
    if place and others:
        # The last of the others is the one before in the group.
        near = others[-1].spot
    spot = _spot(rng, body, others, near)
    return _staying(start, entry, spot, leave, plan)


def _edge(side: int, z: float) -> Floor:
    """Return where a way at this distance leaves the last of the pictures."""
    edges = []
    for view in VIEWS.values():
        angle = radians(HALF_VIEW + side * view.turn)
        across = side * z * tan(angle)
        edges.append(view.place[0] + across)
    if side > 0:
        return max(edges) + BEYOND, z
    return min(edges) - BEYOND, z


def _leg(
    start: float,
    origin: Floor,
    target: Floor,
    speed: float,
    ease: Ease = "walk",
) -> Leg:
    across = target[0] - origin[0]
    along = target[1] - origin[1]
    # A leg without length would divide by 0.
    seconds = max(0.4, hypot(across, along) / speed)
    return Leg(start, start + seconds, origin, target, ease)


def _slowly(
    rng: Rng,
    start: float,
    entry: Floor,
    leave: Floor,
    speed: float,
) -> tuple[Leg, ...]:
    """Return a straight way with a slow part in front of the screen."""
    first, second = sorted(rng.uniform(0.3, 0.7, 2))
    second = max(second, first + 0.1)
    entry_x, entry_z = entry
    leave_x, leave_z = leave
    points = []
    for share in (0.0, first, second, 1.0):
        x = entry_x + share * (leave_x - entry_x)
        z = entry_z + share * (leave_z - entry_z)
        points.append((x, z))
    legs: list[Leg] = []
    factors = (1.0, 0.45, 1.0)
    for (origin, target), factor in zip(pairwise(points), factors, strict=True):
        leg = _leg(start, origin, target, speed * factor)
        start = leg.end
        legs.append(leg)
    return tuple(legs)


def _staying(
    start: float,
    entry: Floor,
    spot: Floor,
    leave: Floor,
    plan: Plan,
) -> tuple[Leg, ...]:
    """Return the way to a spot, the stay there, and the way out."""
    speed = 0.75 * plan.speed
    arrive = _leg(start, entry, spot, speed, "stop")
    stand = Leg(arrive.end, arrive.end + plan.stay, spot, spot)
    go = _leg(stand.end, spot, leave, speed, "go")
    return arrive, stand, go


def _reacting(
    rng: Rng,
    start: float,
    entry: Floor,
    leave: Floor,
    plan: Plan,
) -> tuple[Leg, ...]:
    """Return the way to a spot far back, closer to the screen, and out."""
    speed = 0.75 * plan.speed
    z = float(rng.uniform(*BACK))
    x = plan.side * float(rng.uniform(0.1, 0.3)) * z
    far = (x, z)
    closer = float(rng.uniform(*COMES_CLOSER))
    near = (x / closer, z / closer)
    arrive = _leg(start, entry, far, speed, "stop")
    back = Leg(arrive.end, arrive.end + STANDS_BACK_S, far, far)
    approach = _leg(back.end, far, near, speed, "stop")
    stand = Leg(approach.end, approach.end + 5.0, near, near)
    go = _leg(stand.end, near, leave, speed, "go")
    return arrive, back, approach, stand, go


def _spot(
    rng: Rng,
    body: Body,
    others: Sequence[Visitor],
    near: Floor | None,
) -> Floor:
    """Return a spot with room: beside the group, or where the screen is well seen."""
    taken = [other.spot for other in others if other.spot is not None]
    best = (0.0, FARTHEST)
    room = -1.0
    for _ in range(WAYS):
        spot = _beside(rng, near) if near else _before(rng, body)
        gaps = [hypot(spot[0] - x, spot[1] - z) for x, z in taken]
        free = min(gaps, default=9.0)
        if free >= APART:
            return spot
        if free > room:
            best = spot
            room = free
    return best


def _beside(rng: Rng, near: Floor) -> Floor:
    """Return a spot at arm's length of somebody, not too far to a side."""
    near_x, near_z = near
    side = rng.choice([-1, 1])
    x = near_x + side * rng.uniform(0.5, 0.7)
    z = max(near_z + rng.uniform(-0.25, 0.25), NEAREST)
    farthest = REACH * z
    x = min(farthest, float(x))
    return max(-farthest, x), float(z)


def _before(rng: Rng, body: Body) -> Floor:
    """Return a spot in front of the screen; now and then close to it."""
    if rng.uniform() < CLOSE:
        # As close as the camera above still sees them.
        _, y, _ = VIEWS[1].place
        below = -y - body.height
        # The lower edge of its picture is some 26 degrees down; at 21 the chin is still inside.
        close = below / tan(radians(21))
        x = rng.uniform(-0.1, 0.15)
        return float(x), max(0.6, close)
    share = rng.beta(1.3, 1.7)
    z = NEAREST + (FARTHEST - NEAREST) * share
    x = rng.uniform(-REACH, REACH) * z
    return float(x), float(z)
