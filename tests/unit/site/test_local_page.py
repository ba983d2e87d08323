"""A page of this machine is told at the terminal, and opened where somebody can see it."""

from __future__ import annotations

from io import StringIO

import click
import pytest
from rich.console import Console

from vitrine.site.local_page import when_ready

ADDRESS = "http://127.0.0.1:8000/?token=abc"


def told(browser: bool, monkeypatch: pytest.MonkeyPatch) -> tuple[str, list[str]]:
    """Return what the terminal says, and the addresses that were opened."""
    opened: list[str] = []
    monkeypatch.setattr(click, "launch", opened.append)
    screen = Console(file=StringIO(), width=80)
    ready = when_ready(screen, "Ctrl-C ends it.", browser=browser)
    ready(ADDRESS)
    assert isinstance(screen.file, StringIO)
    return screen.file.getvalue(), opened


def test_address_is_told_and_opened_on_a_screen(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Open the very address that is printed."""
    monkeypatch.setenv("DISPLAY", ":0")
    text, opened = told(browser=True, monkeypatch=monkeypatch)
    assert text == f"Ready. Open  {ADDRESS}\nCtrl-C ends it.\n"
    assert opened == [ADDRESS]


@pytest.mark.parametrize(("display", "browser"), [("", True), (":0", False)])
def test_no_browser_without_a_screen_or_against_the_wish(
    display: str, browser: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Leave the terminal alone: a browser of the terminal would take its place."""
    monkeypatch.setenv("DISPLAY", display)
    monkeypatch.setenv("WAYLAND_DISPLAY", "")
    text, opened = told(browser=browser, monkeypatch=monkeypatch)
    assert ADDRESS in text
    assert opened == []
