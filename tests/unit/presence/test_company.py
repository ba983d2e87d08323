"""Who came together, and who is small beside an adult."""

from __future__ import annotations

import pytest

from tests.builders import at, make_face
from tests.presence_builders import film, make_camera, there
from vitrine.mall import Stand
from vitrine.presence.attention import Cone
from vitrine.presence.company import group_sizes
from vitrine.presence.rules import PresenceRules
from vitrine.presence.snapshot import snapshot
from vitrine.schemas import Face, Person

RULES = PresenceRules(
    stand=Stand(id="north"),
    cone=Cone(),
    config_version="v",
    bridge_ns=2_000_000_000,
    count_static_faces=False,
)
LEFT = make_face("a", x=200, size=60)


def people(*visits: tuple[float, float, Face], until: float = 4.0) -> list[Person]:
    """Return those present at the end, by the names of their tracks."""
    camera = make_camera()
    for frame in film(until, there(*visits), start=0.1):
        camera.observe(frame, RULES)
    present = snapshot([camera], at(until), RULES).people
    return sorted(present, key=lambda person: person.track_id)


def groups(*visits: tuple[float, float, Face], until: float = 4.0) -> list[int]:
    return [person.group for person in people(*visits, until=until)]


def test_two_who_come_and_stay_beside_each_other_are_a_group() -> None:
    beside = make_face("b", x=380, size=60)
    assert groups((0.1, 9, LEFT), (0.5, 9, beside)) == [2, 2]


def test_a_group_needs_two_seconds() -> None:
    beside = make_face("b", x=380, size=60)
    assert groups((0.1, 9, LEFT), (0.5, 9, beside), until=2.0) == [1, 1]


def test_who_comes_later_comes_alone() -> None:
    beside = make_face("b", x=380, size=60)
    late = groups((0.1, 20, LEFT), (5.5, 20, beside), until=12.0)
    assert late == [1, 1]


def test_who_stands_apart_is_alone() -> None:
    aside = make_face("b", x=460, size=60)
    assert groups((0.1, 9, LEFT), (0.1, 9, aside)) == [1, 1]


def test_who_stands_far_behind_is_alone() -> None:
    behind = make_face("b", x=260, size=35)
    assert groups((0.1, 9, LEFT), (0.1, 9, behind)) == [1, 1]


def test_friends_of_friends_are_one_group() -> None:
    assert group_sizes({"a": ["b"], "b": ["a", "c"], "c": ["b"], "d": []}) == {
        "a": 3,
        "b": 3,
        "c": 3,
        "d": 1,
    }


def test_who_left_is_not_counted() -> None:
    assert group_sizes({"a": ["gone"]}) == {"a": 1}


@pytest.mark.parametrize(
    ("below", "size", "child"),
    [(2.2, 60, True), (1.5, 60, False), (2.2, 45, False)],
    ids=["beside", "a short adult", "further away"],
)
def test_a_head_far_below_an_adults_beside_it_is_a_childs(
    below: float, size: float, child: bool
) -> None:
    adult = make_face("a", x=200, y=100, size=60)
    small = make_face("b", x=330, y=100 + below * 60, size=size)
    found = people((0.1, 9, adult), (0.1, 9, small))
    assert [person.child for person in found] == [False, child]


def test_somebody_alone_is_no_child() -> None:
    low = make_face("a", y=300, size=60)
    assert [person.child for person in people((0.1, 9, low))] == [False]


def test_a_person_has_the_height_of_the_face() -> None:
    (person,) = people((0.1, 9, LEFT))
    assert person.face == pytest.approx(60 / 360, abs=1e-4)
