"""Who came together, and who is small beside an adult: what neighbours in a picture say."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Final, NamedTuple

from vitrine.clock import SECOND_NS

# Chosen, not measured, as are the other numbers here. A face is some 0.2 m high.
BESIDE_FACES: Final = 4.0
"""People beside each other: within so many face heights (0.8 m) sideways."""
BESIDE_GROWTH: Final = 1.5
"""And so near in size that they stand at about the same distance."""
TOGETHER_START_NS: Final = 5 * SECOND_NS
"""People who came together came within so long of each other."""
TOGETHER_NS: Final = 2 * SECOND_NS
"""And were beside each other for so long."""
CHILD_FACES: Final = 2.0
"""A head so many face heights (0.4 m) below that of an adult beside it may be a child's."""
SAME_DISTANCE: Final = 1.25
"""Heights are compared of faces within this ratio of sizes only."""
CHILD_VIEWS: Final = 5
"""Views that must say so: half a second at ten a second."""
# A camera of two frames a second still adds up the time.
LONGEST_STEP_NS: Final = SECOND_NS


class Neighbour(NamedTuple):
    """Say of a presence where its face is now; `y` grows downwards."""

    presence_id: str
    start_ns: int
    x: float
    y: float
    height_px: float


class Pair(NamedTuple):
    """Hold two presences beside each other."""

    one: str
    other: str
    came_together: bool
    """They began at about the same time."""
    lower: str | None
    """Who is lower by so much as children are; None for nobody."""
    comparable: bool
    """Heights can be compared."""


def pairs_beside(neighbours: Sequence[Neighbour]) -> Iterator[Pair]:
    """Yield those who are beside each other."""
    for one, other in combinations(neighbours, 2):
        larger = max(one.height_px, other.height_px)
        smaller = min(one.height_px, other.height_px)
        aside_faces = abs(one.x - other.x) / larger
        growth = larger / max(smaller, 1.0)
        if aside_faces > BESIDE_FACES or growth > BESIDE_GROWTH:
            continue
        comparable = growth <= SAME_DISTANCE
        lower = None
        below_faces = (one.y - other.y) / larger
        if comparable and abs(below_faces) >= CHILD_FACES:
            lower = one.presence_id if below_faces > 0 else other.presence_id
        yield Pair(
            one=one.presence_id,
            other=other.presence_id,
            came_together=abs(one.start_ns - other.start_ns) <= TOGETHER_START_NS,
            lower=lower,
            comparable=comparable,
        )


def group_sizes(companions: dict[str, list[str]]) -> dict[str, int]:
    """Return for each presence how many belong to its group, itself counted.

    `companions` says with whom each one came; who came with somebody's companion came with him.
    """
    sizes: dict[str, int] = {}
    for first in companions:
        if first in sizes:
            continue
        group = {first}
        waiting = [first]
        while waiting:
            member = waiting.pop()
            for companion in companions.get(member, []):
                if companion in companions and companion not in group:
                    group.add(companion)
                    waiting.append(companion)
        for member in group:
            sizes[member] = len(group)
    return sizes
