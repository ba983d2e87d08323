"""Draw at random where people at a stand look."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Literal

from vitrine.synthetic.moves import Rng
from vitrine.synthetic.visitor import Floor, Leg, Look
from vitrine.synthetic.world import SCREEN, Point, towards

Kind = Literal["pass", "glance", "stay", "react"]
"""They walk by, slow down for a look, stay, or react as a script says."""

# The numbers of this module are chosen, not measured. People look at the screen longer than away.
ATTENDS_S: Final = (2.5, 8.0)
TURNS_AWAY_S: Final = (0.8, 2.5)


def draw_looks(
    rng: Rng,
    kind: Kind,
    legs: tuple[Leg, ...],
    height: float,
) -> tuple[Look, ...]:
    """Draw the looks of a visit along its way; `height` is that of the head, metres.

    Looks that would begin before the one before has ended are left out.
    """
    kept = []
    busy = float("-inf")
    for look in _looks(rng, kind, legs, height):
        if look.start >= busy:
            busy = look.start + look.turn
            kept.append(look)
    return tuple(kept)


def _looks(
    rng: Rng,
    kind: Kind,
    legs: tuple[Leg, ...],
    height: float,
) -> Iterator[Look]:
    """Yield all looks of a visit."""
    yield _ahead(rng, legs[0].start - 1, legs[0])
    if kind == "glance":
        slow = legs[1]
        begin = slow.start + rng.uniform(-0.3, 0.3)
        longest = max(1.0, slow.end - begin)
        length = rng.uniform(0.8, longest)
        yield _at_screen(rng, begin)
        yield _ahead(rng, begin + length, legs[-1])
    elif kind == "react":
        # They look at the screen all the time, until they go.
        yield _at_screen(rng, max(legs[0].start, legs[0].end - 0.9))
        yield _ahead(rng, legs[-2].end - 0.4, legs[-1])
    elif kind == "stay":
        arrive, stand, go = legs
        # Heads turn to the screen shortly before the feet stop, and away before they go.
        begin = max(arrive.start, arrive.end - 0.9)
        yield from _watching(
            rng,
            begin,
            stand.end - 0.5,
            height,
            stand.origin,
        )
        yield _ahead(rng, stand.end - 0.4, go)


def _watching(
    rng: Rng,
    start: float,
    end: float,
    height: float,
    spot: Floor,
) -> Iterator[Look]:
    """Yield looks to the screen, with small shifts, and now and then somewhere else."""
    t = start
    attends = True
    x, z = spot
    to_screen, _ = towards((x, -height, z), SCREEN.place)
    while t < end:
        shortest, longest = ATTENDS_S if attends else TURNS_AWAY_S
        length = rng.uniform(shortest, longest)
        spell = min(end, t + length)
        # The side with more room before a camera would see only the back of the head.
        lean = to_screen / 100
        chances = [0.5 + lean, 0.5 - lean]
        side = rng.choice([-1, 1], p=chances)
        aside = to_screen + side * rng.uniform(40, 60)
        while t < spell:
            if attends:
                yield _at_screen(rng, t)
            else:
                yield _aside(rng, t, aside)
            t += rng.uniform(0.8, 2.0)
        t = spell
        attends = not attends


def _at_screen(rng: Rng, start: float) -> Look:
    """Look somewhere on the screen; heads follow only a part of the way down."""
    x, y, z = SCREEN.place
    x += float(rng.normal(0, 0.15))
    y -= float(rng.uniform(0.0, 0.25))
    target: Point = (x, y, z)
    # Yaw, pitch and roll, degrees.
    yaw, pitch, roll = rng.normal(0, (4.0, 3.0, 3.0)).tolist()
    turn = rng.uniform(0.3, 0.5)
    return Look(
        start=start,
        turn=float(turn),
        at=target,
        yaw=yaw,
        pitch=pitch,
        roll=roll,
    )


def _aside(rng: Rng, start: float, yaw: float) -> Look:
    return Look(
        start=start,
        turn=0.45,
        at=None,
        yaw=yaw + rng.normal(0, 2.5),
        pitch=rng.normal(-3, 5),
        roll=rng.normal(0, 4),
    )


def _ahead(rng: Rng, start: float, leg: Leg) -> Look:
    return Look(
        start=start,
        turn=0.5,
        at=None,
        yaw=leg.heading + float(rng.normal(0, 4)),
        pitch=float(rng.normal(-3, 3)),
        roll=float(rng.normal(0, 2)),
    )
