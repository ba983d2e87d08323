"""What people do at a stand: they walk by, slow down for a look, or stay; drawn at random."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot, radians, tan
from typing import Final, Literal

from vitrine.synthetic.moves import Rng, draw_episodes
from vitrine.synthetic.scenes import Scene
from vitrine.synthetic.visitor import Ease, Floor, Leg, Look, Visitor
from vitrine.synthetic.world import SCREEN, VIEWS, Point, towards

Kind = Literal["pass", "glance", "stay"]

NEAREST = 1.0
FARTHEST = 3.8
"""Metres from the screen where people stand."""
OUTSIDE: Final = (7.1, 7.7)
"""So far away is nobody at the stand any more: faces are smaller than the zone's smallest."""
APART: Final = 0.55
"""Metres between people who stand, where there is room."""
WAYS: Final = 20
"""Spots that somebody considers."""


@dataclass(frozen=True)
class Body:
    """Whose visit it is."""

    person: int
    number: int
    height: float
    scale: float


@dataclass(frozen=True)
class Plan:
    """What a group has in common."""

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


def draw_body(rng: Rng, person: int, number: int) -> Body:
    """`rng` belongs to the person: always the same size."""
    return Body(
        person, number, float(rng.uniform(1.42, 1.72)), float(rng.normal(1.0, 0.03))
    )


def draw_plan(rng: Rng, scene: Scene, start: float) -> Plan:
    """How a group spends its time."""
    kind: Kind = "stay"
    chance = rng.uniform()
    if chance < scene.passing:
        kind = "pass"
    elif chance < scene.passing + scene.glancing:
        kind = "glance"
    side, exit_side = (int(s) for s in rng.choice([-1, 1], 2))
    entry, leave = rng.uniform(1.8, 5.5, 2)
    if kind == "pass" and rng.uniform() < 0.2:
        entry = leave = rng.uniform(*OUTSIDE)
    elif kind == "pass":
        entry, leave = rng.uniform(1.2, 5.0, 2)
    shortest, longest = scene.stay
    stay = shortest + (longest - shortest) * rng.beta(1.3, 2.0)
    exit_side = exit_side if kind == "stay" else -side
    return Plan(
        kind,
        start,
        side,
        exit_side,
        float(entry),
        float(leave),
        float(rng.uniform(0.9, 1.4)),
        float(stay),
    )


def draw_visitor(
    rng: Rng, body: Body, plan: Plan, others: Sequence[Visitor], place: int
) -> Visitor:
    """The visit of the `place`-th of a group, among others who are there when it begins."""
    start = plan.start + place * float(rng.uniform(0.3, 0.7))
    entry = _edge(plan.side, plan.entry + 0.45 * place)
    leave = _edge(plan.exit_side, plan.exit + 0.45 * place)
    if plan.kind == "pass":
        legs: tuple[Leg, ...] = (_leg(start, entry, leave, plan.speed),)
    elif plan.kind == "glance":
        legs = _slowly(rng, start, entry, leave, plan.speed)
    else:
        spot = _spot(
            rng, body, others, near=others[-1].spot if place and others else None
        )
        legs = _staying(start, entry, spot, leave, plan)
    return Visitor(
        body.person,
        body.number,
        body.height,
        body.scale,
        legs,
        tuple(_in_order(_looks(rng, plan.kind, legs, body))),
        tuple(draw_episodes(rng, legs[1].start, legs[1].end))
        if plan.kind == "stay"
        else (),
        float(rng.uniform(0, 6.28)),
    )


def _edge(side: int, z: float) -> Floor:
    """Where a way at this distance leaves the last of the pictures."""
    reach = [
        view.place[0] + side * z * tan(radians(26.6 + side * view.turn))
        for view in VIEWS.values()
    ]
    return (max(reach) + 0.4 if side > 0 else min(reach) - 0.4), z


def _leg(start: float, a: Floor, b: Floor, speed: float, ease: Ease = "walk") -> Leg:
    seconds = max(0.4, hypot(b[0] - a[0], b[1] - a[1]) / speed)
    return Leg(start, start + seconds, a, b, ease)


def _slowly(
    rng: Rng, start: float, entry: Floor, leave: Floor, speed: float
) -> tuple[Leg, ...]:
    """A straight way with a slow part in front of the screen."""
    first, second = sorted(rng.uniform(0.3, 0.7, 2))
    second = max(second, first + 0.1)
    points = [
        (entry[0] + s * (leave[0] - entry[0]), entry[1] + s * (leave[1] - entry[1]))
        for s in (0.0, first, second, 1.0)
    ]
    legs: list[Leg] = []
    for (a, b), factor in zip(pairwise(points), (1.0, 0.45, 1.0), strict=True):
        legs.append(_leg(legs[-1].end if legs else start, a, b, speed * factor))
    return tuple(legs)


def _staying(
    start: float, entry: Floor, spot: Floor, leave: Floor, plan: Plan
) -> tuple[Leg, ...]:
    arrive = _leg(start, entry, spot, 0.75 * plan.speed, "stop")
    stand = Leg(arrive.end, arrive.end + plan.stay, spot, spot)
    return arrive, stand, _leg(stand.end, spot, leave, 0.75 * plan.speed, "go")


def _spot(rng: Rng, body: Body, others: Sequence[Visitor], near: Floor | None) -> Floor:
    """Where there is room: beside the group, or where the screen is well seen; now and then close to it."""
    taken = [other.spot for other in others if other.spot is not None]
    best = (0.0, FARTHEST)
    room = -1.0
    for _ in range(WAYS):
        spot = _beside(rng, near) if near else _before(rng, body)
        free = min((hypot(spot[0] - x, spot[1] - z) for x, z in taken), default=9.0)
        if free >= APART:
            return spot
        if free > room:
            best = spot
            room = free
    return best


def _beside(rng: Rng, near: Floor) -> Floor:
    x = near[0] + rng.choice([-1, 1]) * rng.uniform(0.5, 0.7)
    z = near[1] + rng.uniform(-0.25, 0.25)
    z = max(z, NEAREST)
    return max(-0.42 * z, min(0.42 * z, float(x))), float(z)


def _before(rng: Rng, body: Body) -> Floor:
    if rng.uniform() < 0.08:
        # As close as the camera above still sees them.
        close = (-VIEWS[1].place[1] - body.height) / tan(radians(21))
        return float(rng.uniform(-0.1, 0.15)), max(0.6, close)
    z = NEAREST + (FARTHEST - NEAREST) * rng.beta(1.3, 1.7)
    return float(rng.uniform(-0.42, 0.42) * z), float(z)


def _looks(rng: Rng, kind: Kind, legs: tuple[Leg, ...], body: Body) -> Iterator[Look]:
    yield _ahead(rng, legs[0].start - 1, legs[0])
    if kind == "glance":
        slow = legs[1]
        begin = slow.start + rng.uniform(-0.3, 0.3)
        length = rng.uniform(0.8, max(1.0, slow.end - begin))
        yield _at_screen(rng, begin)
        yield _ahead(rng, begin + length, legs[-1])
    elif kind == "stay":
        arrive, stand, go = legs
        yield from _watching(
            rng,
            max(arrive.start, arrive.end - 0.9),
            stand.end - 0.5,
            body,
            stand.origin,
        )
        yield _ahead(rng, stand.end - 0.4, go)


def _watching(
    rng: Rng, start: float, end: float, body: Body, spot: Floor
) -> Iterator[Look]:
    """To the screen, with small shifts, and now and then somewhere else."""
    t = start
    attends = True
    to_screen, _ = towards((spot[0], -body.height, spot[1]), SCREEN.place)
    while t < end:
        spell = min(
            end, t + (rng.uniform(2.5, 8) if attends else rng.uniform(0.8, 2.5))
        )
        # The side with more room before a camera would see only the back of the head.
        side = rng.choice([-1, 1], p=[0.5 + to_screen / 100, 0.5 - to_screen / 100])
        aside = to_screen + side * rng.uniform(40, 60)
        while t < spell:
            if attends:
                yield _at_screen(rng, t)
            else:
                yield Look(
                    t,
                    0.45,
                    None,
                    aside + rng.normal(0, 2.5),
                    rng.normal(-3, 5),
                    rng.normal(0, 4),
                )
            t += rng.uniform(0.8, 2.0)
        t = spell
        attends = not attends


def _at_screen(rng: Rng, start: float) -> Look:
    """Somewhere on it; heads follow only a part of the way down."""
    x, y, z = SCREEN.place
    target: Point = (
        x + float(rng.normal(0, 0.15)),
        y - float(rng.uniform(0.0, 0.25)),
        z,
    )
    yaw, pitch, roll = rng.normal(0, (4.0, 3.0, 3.0))
    return Look(
        start,
        float(rng.uniform(0.3, 0.5)),
        target,
        float(yaw),
        float(pitch),
        float(roll),
    )


def _ahead(rng: Rng, start: float, leg: Leg) -> Look:
    return Look(
        start,
        0.5,
        None,
        leg.heading + float(rng.normal(0, 4)),
        float(rng.normal(-3, 3)),
        float(rng.normal(0, 2)),
    )


def _in_order(looks: Iterator[Look]) -> Iterator[Look]:
    """Leaves out those that would begin before the one before has ended."""
    busy = float("-inf")
    for look in looks:
        if look.start >= busy:
            busy = look.start + look.turn
            yield look
