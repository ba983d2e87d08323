"""Work beside a block ends with it, and what ends it before is not lost."""

from __future__ import annotations

from threading import Event

import pytest

from vitrine.beside import beside, now_and_then


def test_work_goes_on_until_the_block_ends() -> None:
    begun = Event()
    over = Event()

    def work(ended: Event) -> None:
        begun.set()
        ended.wait()
        over.set()

    stop = Event()
    with beside(work, "work", stop):
        assert begun.wait(10)
        assert not over.is_set()
    assert over.is_set()
    assert not stop.is_set()


def test_an_error_stops_the_service_and_is_raised_at_the_end() -> None:
    def work(_ended: Event) -> None:
        raise ValueError("broken")

    stop = Event()
    with pytest.raises(ValueError, match="broken"), beside(work, "work", stop):
        assert stop.wait(10)


def test_a_look_comes_again_and_again() -> None:
    looks = []
    third = Event()

    def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            third.set()

    with now_and_then(look, 0.001, "look", Event()):
        assert third.wait(10)
