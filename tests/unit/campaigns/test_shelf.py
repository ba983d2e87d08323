"""Pages: what they hold, what they are found by, and that they come back from the store."""

from __future__ import annotations

from vitrine.campaigns.shelf import Page, Shelf, mark_of, new_page
from vitrine.clock import SECOND_NS

MINUTE_NS = 60 * SECOND_NS


def shelf_with(**pages: list[int]) -> Shelf:
    """A shelf with a page of each minute `mN`, found by marks."""
    shelf = Shelf()
    for name, marks in pages.items():
        start_ns = int(name[1:]) * MINUTE_NS
        shelf.put({start_ns: new_page([name.encode()], marks)})
    return shelf


def minutes(windows: list[int]) -> list[int]:
    return sorted(start_ns // MINUTE_NS for start_ns in windows)


def test_a_page_returns_its_lines_also_from_the_store() -> None:
    page = new_page([b"one", b"two"], [7, 3, 7])
    assert page.lines() == [b"one", b"two"]
    again = Page.from_bytes(page.to_bytes())
    assert again == page
    # Each mark once, four bytes long.
    assert len(again.marks) == 8


def test_pages_are_found_by_their_marks() -> None:
    shelf = shelf_with(m1=[5, 2**32 - 1], m2=[5, 9], m3=[0])
    assert minutes(shelf.find(5)) == [1, 2]
    assert minutes(shelf.find(2**32 - 1)) == [1]
    assert minutes(shelf.find(0)) == [3]
    assert shelf.find(6) == []


def test_a_new_page_of_a_window_replaces_the_old_one() -> None:
    shelf = shelf_with(m1=[5], m2=[5])
    shelf.put({MINUTE_NS: new_page([b"new"], [6])})
    assert minutes(shelf.find(5)) == [2]
    assert minutes(shelf.find(6)) == [1]
    assert shelf.lines(MINUTE_NS) == [b"new"]


def test_a_page_that_is_taken_away_is_not_found() -> None:
    shelf = shelf_with(m1=[5], m2=[5])
    shelf.put({MINUTE_NS: None, 9 * MINUTE_NS: None})
    assert minutes(shelf.find(5)) == [2]
    assert (len(shelf), shelf.lines(MINUTE_NS)) == (1, [])
    assert MINUTE_NS not in shelf


def test_windows_before_a_moment_are_told() -> None:
    shelf = shelf_with(m3=[1], m1=[1], m2=[1])
    assert shelf.before(3 * MINUTE_NS) == [MINUTE_NS, 2 * MINUTE_NS]


def test_marks_differ_by_every_word() -> None:
    marks = {mark_of("plays a"), mark_of("plays b"), mark_of("coverage a")}
    assert len(marks) == 3
    # The same in every process: the store has them.
    assert mark_of("plays a") == 1_171_378_938
