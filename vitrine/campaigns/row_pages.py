"""The rows of closed windows of one stand, as many as late events may still revise, on pages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from pydantic_core import from_json, to_json

from vitrine.campaigns.rows import Row, row_from_plain, row_to_plain
from vitrine.campaigns.shelf import Page, Shelf, mark_of, new_page
from vitrine.campaigns.totals import Cell, Visitor

Reached: TypeAlias = tuple[str, Visitor]
"""Campaign and origin (`Cell.line`), and visitor."""


class RowPages:
    """Keep the rows of one stand. What was read is in memory until pages change."""

    def __init__(self) -> None:
        self.shelf = Shelf()
        self._read: dict[int, dict[Cell, Row]] = {}

    def __len__(self) -> int:
        """Return the number of windows with rows."""
        return len(self.shelf)

    def of(self, start_ns: int) -> Mapping[Cell, Row]:
        """Return the rows of a window."""
        if start_ns not in self.shelf:
            return {}
        if start_ns not in self._read:
            self._read[start_ns] = rows_of(self.shelf.lines(start_ns))
        return self._read[start_ns]

    def counting(self, reached: Reached) -> Iterator[tuple[int, Cell]]:
        """Yield window and cell of each row that counts a visitor."""
        line, visitor = reached
        for start_ns in self.shelf.find(visitor_mark(line, visitor)):
            for cell, row in self.of(start_ns).items():
                if cell.line == line and visitor in row.totals.visitors:
                    yield start_ns, cell

    def put(self, pages: Mapping[int, Page | None]) -> None:
        """Add pages, or replace those of their windows; None takes one away."""
        self._read.clear()
        self.shelf.put(pages)


def rows_of(lines: list[bytes]) -> dict[Cell, Row]:
    """Return the rows that the lines of a page hold."""
    rows = {}
    for line in lines:
        names, plain = from_json(line)
        rows[Cell(*names)] = row_from_plain(plain)
    return rows


def visitor_mark(line: str, visitor: Visitor) -> int:
    """Return what rows that count a visitor are found by."""
    day, name = visitor
    return mark_of(f"{line} {day} {name}")


def page_of_rows(rows: Mapping[Cell, Row]) -> Page:
    """Return a page of the rows of a window, found by those who were reached."""
    lines = []
    marks = []
    for cell in sorted(rows):
        row = rows[cell]
        line = [cell.to_plain(), row_to_plain(row)]
        lines.append(to_json(line))
        visitors = row.totals.visitors
        marks += [visitor_mark(cell.line, visitor) for visitor in visitors]
    return new_page(lines, marks)
