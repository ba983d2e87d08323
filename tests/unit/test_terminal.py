"""Tables are whole behind a pipe."""

from __future__ import annotations

import io
import sys

import pytest
from rich.table import Table

from vitrine.terminal import console

NAME = "a-name-that-is-longer-than-eighty-columns-" * 3


def printed(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a table with a long name as a program behind a pipe reads it."""
    pipe = io.StringIO()
    monkeypatch.setattr(sys, "stdout", pipe)
    table = Table("name", "value")
    table.add_row(NAME, "1")
    console().print(table)
    return pipe.getvalue()


def test_a_long_name_is_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    assert NAME in printed(monkeypatch)


def test_whoever_wants_short_lines_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    assert NAME not in printed(monkeypatch)
