"""Serve the page over an archive, on this machine only."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from threading import Event
from typing import Final

from pydantic import SecretStr

from vitrine.errors import ConfigurationError
from vitrine.lab.archive.store import opened
from vitrine.lab.archive.thumbnails import Thumbnails
from vitrine.lab.archive.web import COOKIE, Desk, create_app
from vitrine.web.guard import PageGuard
from vitrine.web.server import address_of, listen, web_server

NAME: Final = "archive"
HOST: Final = "127.0.0.1"
"""Pictures of people: nothing is opened to other machines."""


def run_page(
    archive: Path,
    state: Path | None,
    *,
    port: int,
    token: str,
    stop: Event,
    ready: Callable[[str], None],
) -> None:
    """Serve the page until `stop`; `ready` is told its address. Raises ConfigurationError."""
    with ExitStack() as stack:
        store = stack.enter_context(opened(archive, state))
        if not store.execute("SELECT 1 FROM people LIMIT 1"):
            raise ConfigurationError(
                f"nobody was grouped yet; run: vitrine archive people {archive}"
            )
        desk = Desk(archive.resolve().name, store, Thumbnails(archive))
        app = create_app(desk, PageGuard(COOKIE, SecretStr(token)))
        listener = listen(HOST, port, name=NAME, variable="--port")
        stack.enter_context(listener)
        stack.enter_context(web_server(app, listener, stop, name=NAME))
        ready(f"{address_of(listener)}/?token={token}")
        stop.wait()
