"""The live state of a stand."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.presence.people import CameraPeople
from vitrine.presence.rules import PresenceRules
from vitrine.presence.shown_groups import ShownGroups, aggregate
from vitrine.schemas import Person, StandEngagement

# Chosen, not measured: the stand decides upon them, and a screen that answers
# within a quarter of a second answers at once.
EVERY_NS: Final = SECOND_NS // 4

# A frame may come a little late of another camera; time that was set back by more
# shows the stand again at once.
SET_BACK_NS: Final = 2 * SECOND_NS

MOST_PEOPLE: Final = 200
"""As many as `StandEngagement` can hold."""


def is_due(at_ns: int, last_ns: int | None) -> bool:
    """Return true where a new quarter of a second began, or time was set back."""
    if last_ns is None or at_ns < last_ns - SET_BACK_NS:
        return True
    now = at_ns // EVERY_NS
    last = last_ns // EVERY_NS
    return now > last


def snapshot(
    cameras: Iterable[CameraPeople],
    at_ns: int,
    rules: PresenceRules,
) -> StandEngagement:
    """Return everybody present at a stand, as of a frame of one of its cameras."""
    people: list[Person] = []
    shown: list[ShownGroups] = []
    synthetic = False
    for camera in cameras:
        synthetic = synthetic or camera.synthetic
        sizes = camera.group_sizes()
        for presence in camera.presences:
            if not presence.liveness.proven:
                continue
            group = sizes[presence.presence_id]
            person = presence.live(rules, group)
            people.append(person)
            # A child's reaction to an advertisement is nobody's business.
            judged = presence.shown.is_fresh(at_ns)
            if person.attending and judged and not person.child:
                shown.append(presence.shown)
    expression = None
    if rules.stand.reactions == "expression":
        expression = aggregate(shown[:MOST_PEOPLE])
    return StandEngagement(
        stand_id=rules.stand.id,
        at_ns=at_ns,
        people=tuple(people[:MOST_PEOPLE]),
        expression=expression,
        synthetic=synthetic,
        config_version=rules.config_version,
    )
