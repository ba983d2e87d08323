"""Turn what is known at a choice into the features of the model."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from math import cos, pi, sin
from typing import Final, TypeAlias
from zoneinfo import ZoneInfo

from vitrine.clock import SECOND_NS
from vitrine.schemas import ChoiceContext, Person

Features: TypeAlias = tuple[float, ...]
"""One number for each of NAMES, in that order; each is between -1 and 1."""

NAMES: Final = (
    "base",
    "hour-sine",
    "hour-cosine",
    "people",
    "attending",
    "grouped",
    "positive",
)
# Chosen, not measured: more people than that are a crowd, whatever their number.
MANY_PEOPLE: Final = 5


def context_of(people: Sequence[Person], at_ns: int, time_zone: str) -> ChoiceContext:
    """Return the context of a choice at `at_ns` with these people present, children left out."""
    zone = ZoneInfo(time_zone)
    moment = datetime.fromtimestamp(at_ns / SECOND_NS, UTC)
    local = moment.astimezone(zone)
    hour = local.hour + local.minute / 60
    adults = [person for person in people if not person.child]
    attending = sum(person.attending for person in adults)
    grouped = sum(person.group > 1 for person in adults)
    count = max(1, len(adults))
    return ChoiceContext(
        hour=round(hour, 2),
        people=len(adults),
        attending=round(attending / count, 4),
        grouped=round(grouped / count, 4),
    )


def features(context: ChoiceContext) -> Features:
    """Return the features of a context, bounded so that no single one can rule the model.

    The hour goes round a circle, so that midnight is near both evening and morning.
    """
    angle = 2 * pi * context.hour / 24
    return (
        1.0,
        sin(angle),
        cos(angle),
        min(context.people, MANY_PEOPLE) / MANY_PEOPLE,
        context.attending,
        context.grouped,
        context.positive,
    )
