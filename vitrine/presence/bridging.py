"""Bridging: new tracks go on with people who were lost nearby."""

from __future__ import annotations

from collections.abc import Sequence
from math import hypot
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.presence.liveness import place_of
from vitrine.presence.presence import Presence
from vitrine.schemas import Face

# All constants here are chosen, not measured one by one; what they reach is in
# docs/fieldtest.md (people told apart, tracks joined).
NEAR_FACES: Final = 1.5
NEAR_GROWTH: Final = 1.5
"""A new track goes on with a lost one within so many face heights, and within this ratio
of its size."""

# A person who walks by at 1 m a second goes some four face heights a second.
AT_ONCE_FACES: Final = 0.6
FACES_A_SECOND: Final = 4.0
AT_ONCE_GROWTH: Final = 1.2
GROWTH_A_SECOND: Final = 1.0
"""Right after the gap began the limits are less, and grow: nobody is suddenly elsewhere."""

# Heads of a group differ in height more reliably than in where they stand.
RISE: Final = 2.0
"""People keep their height: up and down counts as so many times as far."""

# Walkers turn and stop: a second is some half of the gap that is bridged.
LONGEST_WALK_S: Final = 1.0
"""Lost people are expected to have gone on for so long as they went."""


def nearest_first(
    lost: Sequence[Presence],
    new: Sequence[Face],
    at_ns: int,
) -> dict[str, Presence]:
    """Return the lost presence that each new track goes on with, by track.

    The nearest pairs are joined first, each presence and each track once.
    """
    pairs = []
    for i, presence in enumerate(lost):
        for j, face in enumerate(new):
            distance = distance_faces(presence, face, at_ns)
            if distance is not None:
                pairs.append((distance, i, j))
    joined: dict[str, Presence] = {}
    taken: set[int] = set()
    for _, i, j in sorted(pairs):
        track = new[j].track_id
        if i in taken or track in joined:
            continue
        taken.add(i)
        joined[track] = lost[i]
    return joined


def distance_faces(
    presence: Presence,
    face: Face,
    at_ns: int,
) -> float | None:
    """Return how far a face is from where a lost person would be by now.

    In heights of the larger face; None if too far, or of too different a size.
    """
    x, y, height_px = place_of(face)
    larger_px = max(height_px, presence.height_px)
    smaller_px = min(height_px, presence.height_px)
    gap_ns = at_ns - presence.seen_ns
    gap_s = gap_ns / SECOND_NS
    walk_s = min(gap_s, LONGEST_WALK_S)
    expected_x = presence.x + presence.speed * walk_s
    aside_px = x - expected_x
    rise_px = y - presence.y
    away_px = hypot(aside_px, RISE * rise_px)
    distance = away_px / larger_px
    reach = AT_ONCE_FACES + FACES_A_SECOND * gap_s
    if distance > min(NEAR_FACES, reach):
        return None
    growth = AT_ONCE_GROWTH + GROWTH_A_SECOND * gap_s
    if larger_px > smaller_px * min(NEAR_GROWTH, growth):
        return None
    return distance
