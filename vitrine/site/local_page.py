"""A page that is for this machine: its address at the terminal, and the browser that opens it."""

from __future__ import annotations

import os
from collections.abc import Callable

import click
from rich.console import Console


def has_screen() -> bool:
    """Return True where a browser opens a window.

    Without one, a browser of the terminal would take the place of the progress bar.
    """
    x11 = os.environ.get("DISPLAY")
    wayland = os.environ.get("WAYLAND_DISPLAY")
    return bool(x11 or wayland)


def when_ready(
    screen: Console, last_line: str, *, browser: bool
) -> Callable[[str], None]:
    """Return what tells the page's address once it answers, and opens it if `browser`.

    `last_line` says how the page ends.
    """

    def ready(address: str) -> None:
        screen.print(f"Ready. Open  [bold]{address}[/]", soft_wrap=True)
        screen.print(last_line)
        if browser and has_screen():
            click.launch(address)

    return ready
