"""Reactions of a presence: when a face clearly changes, where the stand asks for it."""

from __future__ import annotations

from itertools import pairwise

import pytest

from tests.builders import make_face
from tests.presence_builders import Seconds, film, second_of, there, watch
from vitrine.clock import SECOND_NS
from vitrine.mall import Screen, Stand
from vitrine.presence.reacting import Reacting
from vitrine.schemas import Exposure
from vitrine.services.engagement.settings import EngagementSettings

STAND = Stand(id="north", screen=Screen(camera="centre"), reactions="expression")
CALM = make_face("a")
SMILING = make_face("a", smile=0.25)


def exposures(stand: Stand, yaw: float = 0.0, end: float = 8.0) -> list[Exposure]:
    """Return the parts of somebody who smiles from second 3 to 5."""
    calm = make_face("a", yaw=yaw)
    smiling = make_face("a", yaw=yaw, smile=0.25)
    scene = there((0, 3, calm), (3.1, 5, smiling), (5.1, end, calm))
    return watch(film(end, scene), EngagementSettings().rules(stand, "v1"))


def reactions(parts: list[Exposure]) -> list[Seconds]:
    """Return the reactions of all parts, in seconds."""
    found = []
    for part in parts:
        for first_ns, last_ns in part.reactions or ():
            found.append((second_of(first_ns), second_of(last_ns)))
    return found


def test_a_smile_is_a_reaction_from_its_onset_on() -> None:
    ((first, last),) = reactions(exposures(STAND))
    assert first == pytest.approx(3.3, abs=0.3)
    # The smoothed expression follows the face that is calm again.
    assert last == pytest.approx(5.3, abs=0.3)


def test_somebody_calm_or_turned_away_has_none() -> None:
    assert reactions(exposures(STAND, yaw=60)) == []
    calm = watch(film(8.0, there((0, 8, CALM))), EngagementSettings().rules(STAND, "v"))
    assert [part.reactions for part in calm] == [()]


def test_a_stand_that_does_not_ask_tells_none() -> None:
    off = STAND.model_copy(update={"reactions": "off"})
    (part,) = exposures(off)
    assert part.reactions is None
    assert part.response_max > 0.5


def test_a_reaction_across_a_whole_minute_is_in_both_parts() -> None:
    scene = there((50, 58, CALM), (58.1, 62, SMILING))
    parts = watch(film(63.0, scene), EngagementSettings().rules(STAND, "v1"))
    found = reactions(parts)
    assert len(parts) == 2
    assert [last for _, last in found[:1]] == [60.0]
    assert all(before[1] == after[0] for before, after in pairwise(found))


def test_a_gap_in_what_was_seen_is_no_reaction() -> None:
    reacting = Reacting()
    reacting.observe(0, SECOND_NS // 10, 0.9)
    reacting.observe(SECOND_NS // 10, 2 * SECOND_NS, 0.9)
    assert reacting.spans == [(0, SECOND_NS // 10)]
