"""What faces show is smoothed, compared with what is usual for each, and told as a mean."""

from __future__ import annotations

from zlib import decompress

import pytest

from tests.builders import at, make_face, make_frame_faces
from tests.presence_builders import make_camera
from vitrine.mall import Stand
from vitrine.presence.attention import Cone
from vitrine.presence.people import CameraPeople
from vitrine.presence.rules import PresenceRules
from vitrine.presence.shown_groups import Groups, ShownGroups, aggregate
from vitrine.presence.snapshot import snapshot
from vitrine.schemas import StandExpression
from vitrine.stores.presence import dump

NEUTRAL: Groups = (0.0, 0.0, 0.0, 1.0)
SMILE: Groups = (1.0, 0.0, 0.0, 0.0)


def seen(*views: tuple[float, Groups]) -> ShownGroups:
    """Return what is known after these views, each with its second."""
    shown = ShownGroups()
    for second, groups in views:
        shown.observe(at(second), groups)
    return shown


def steady(
    groups: Groups, until: float, start: float = 0.0
) -> list[tuple[float, Groups]]:
    """Return ten views a second."""
    count = round((until - start) * 10)
    return [(start + number / 10, groups) for number in range(count)]


def test_a_smile_passes_a_half_within_a_fifth_of_a_second() -> None:
    before = steady(NEUTRAL, 5)
    assert seen(*before, (5.0, SMILE)).now[0] == pytest.approx(0.393, abs=0.001)
    assert seen(*before, (5.0, SMILE), (5.1, SMILE)).now[0] > 0.6


def test_one_wrong_view_stays_below_a_half() -> None:
    before = steady(NEUTRAL, 5)
    peak = seen(*before, (5.0, SMILE)).now[0]
    after = seen(*before, (5.0, SMILE), (5.1, NEUTRAL)).now[0]
    assert after < peak < 0.5


def test_the_change_is_against_the_own_usual_face() -> None:
    serious = seen(*steady(NEUTRAL, 10), *steady(SMILE, 11, start=10))
    assert serious.positive_change > 0.8
    always_smiles = seen(*steady(SMILE, 11))
    assert always_smiles.positive_change == pytest.approx(0)


def test_after_a_gap_only_the_new_view_counts_and_the_usual_face_stays() -> None:
    shown = seen(*steady(NEUTRAL, 10), (12.0, SMILE))
    assert shown.now == [1, 0, 0, 0]
    assert shown.positive_change == pytest.approx(1)


def test_what_was_judged_half_a_second_ago_is_the_oldest_that_is_told() -> None:
    shown = seen((0.0, SMILE))
    assert shown.is_fresh(at(0.5))
    assert not shown.is_fresh(at(0.6))
    assert not ShownGroups().is_fresh(at(0))


def test_the_mean_of_faces_is_told_with_their_number() -> None:
    told = aggregate([seen((0.0, SMILE)), seen((0.0, NEUTRAL))])
    assert told == StandExpression(
        positive=0.5,
        surprised=0,
        negative=0,
        neutral=0.5,
        positive_change=0,
        faces=2,
    )


def test_without_a_face_nothing_is_told() -> None:
    assert aggregate([]) is None


def rules_of(reactions: str = "expression") -> PresenceRules:
    stand = Stand.model_validate({"id": "north", "reactions": reactions})
    return PresenceRules(
        stand=stand,
        cone=Cone(),
        config_version="v",
        bridge_ns=2_000_000_000,
        count_static_faces=True,
    )


def watched(yaw: float = 0.0, groups: Groups = SMILE) -> CameraPeople:
    """Return a camera after a second with one face that shows this."""
    camera = make_camera()
    for number in range(1, 11):
        frame = make_frame_faces(number / 10, [make_face("a", yaw=yaw)])
        camera.observe(frame, rules_of(), {"a": groups})
    return camera


def expression(
    camera: CameraPeople, seconds: float, reactions: str = "expression"
) -> StandExpression | None:
    return snapshot([camera], at(seconds), rules_of(reactions)).expression


def test_a_snapshot_tells_what_those_show_who_look() -> None:
    told = expression(watched(), 1.0)
    assert told is not None
    assert told.positive == 1
    assert told.faces == 1


def test_a_face_that_is_turned_away_is_not_judged() -> None:
    assert expression(watched(yaw=60), 1.0) is None


def test_what_is_old_is_not_told() -> None:
    assert expression(watched(), 1.6) is None


def test_nothing_is_told_of_a_stand_that_does_not_ask() -> None:
    assert expression(watched(), 1.0, "off") is None


def test_groups_are_never_stored() -> None:
    camera = watched(groups=(0.123456, 0.0, 0.0, 0.876544))
    assert camera.presences[0].shown.now
    stored = decompress(dump([camera])).decode()
    assert "shown" not in stored
    assert "0.1234" not in stored
