"""Views of several cameras come out by their time, in whatever order they came in."""

from __future__ import annotations

from vitrine.clock import SECOND_NS
from vitrine.customers.in_order import BEHIND_NS, InOrder


def make_order(*cameras: str) -> InOrder[str]:
    order: InOrder[str] = InOrder()
    order.expect(cameras, 0)
    return order


def test_of_one_camera_nothing_waits() -> None:
    order = make_order("one")
    order.add("one", 5, "a")
    order.reach("one", 5)
    assert order.ready() == ["a"]
    assert order.ready() == []


def test_where_no_camera_is_known_nothing_waits() -> None:
    order = make_order()
    order.add("one", 5, "a")
    assert order.ready() == ["a"]


def test_what_the_other_camera_may_still_come_before_waits() -> None:
    order = make_order("one", "two")
    order.add("one", 5, "later")
    order.reach("one", 5)
    assert order.ready() == []
    order.add("two", 4, "earlier")
    order.reach("two", 4)
    assert order.ready() == ["earlier"]
    order.reach("two", 5)
    assert order.ready() == ["later"]


def test_at_one_time_the_name_of_the_camera_decides() -> None:
    order = make_order("one", "two")
    order.add("two", 5, "c")
    order.reach("two", 5)
    order.add("one", 5, "b")
    order.add("one", 5, "a")
    order.reach("one", 5)
    assert order.ready() == ["b", "a", "c"]


def test_who_ended_is_not_waited_for() -> None:
    order = make_order("one", "two")
    order.add("one", 5, "a")
    order.reach("one", 5)
    order.end("two")
    assert order.ready() == ["a"]


def test_who_is_more_than_a_second_behind_is_not_waited_for() -> None:
    order = make_order("one", "two")
    order.add("one", BEHIND_NS, "a")
    order.reach("one", BEHIND_NS)
    assert order.ready() == []
    order.reach("one", BEHIND_NS + 1)
    assert order.ready() == ["a"]


def test_who_comes_back_is_waited_for_again() -> None:
    order = make_order("one", "two")
    order.reach("one", 9 * SECOND_NS)
    order.reach("two", 9 * SECOND_NS - 1)
    order.add("one", 9 * SECOND_NS, "a")
    assert order.ready() == []


def test_a_camera_does_not_go_backwards() -> None:
    order = make_order("one", "two")
    order.reach("one", 5)
    order.reach("two", 5)
    order.reach("two", 3)
    order.add("one", 5, "a")
    assert order.ready() == ["a"]


def test_what_is_forgotten_does_not_come() -> None:
    order = make_order()
    order.add("one", 5, "a")
    order.clear()
    assert order.ready() == []
