"""A served application, its limits and its end."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event

import httpx
import pytest
from fastapi import Body, FastAPI

from vitrine.errors import ConfigurationError
from vitrine.web.limits import BODY_BYTES
from vitrine.web.server import address_of, listen, web_server


def make_app() -> FastAPI:
    app = FastAPI()

    @app.post("/length")
    async def length(text: str = Body()) -> int:
        return len(text)

    return app


@pytest.fixture
def address() -> Iterator[str]:
    with (
        listen("127.0.0.1", 0, name="stand", variable="VITRINE_STAND_PORT") as listener,
        web_server(make_app(), listener, Event(), name="stand"),
    ):
        yield address_of(listener)


def test_a_body_up_to_the_limit_is_read(address: str) -> None:
    text = "x" * (BODY_BYTES - 2)
    answer = httpx.post(f"{address}/length", json=text)
    assert (answer.status_code, answer.json()) == (200, len(text))


def test_a_larger_body_is_refused(address: str) -> None:
    answer = httpx.post(f"{address}/length", json="x" * BODY_BYTES)
    assert (answer.status_code, answer.json()["detail"]) == (
        413,
        "at most 1000000 bytes",
    )


def test_a_body_without_its_length_is_refused_too(address: str) -> None:
    pieces = (b"x" * 100_000 for _ in range(12))
    answer = httpx.post(
        f"{address}/length",
        content=pieces,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 413


def test_a_taken_port_is_an_error_that_names_its_setting() -> None:
    with listen("127.0.0.1", 0, name="stand", variable="VITRINE_STAND_PORT") as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigurationError, match="set VITRINE_STAND_PORT"):
            listen(
                "127.0.0.1",
                port,
                name="stand",
                variable="VITRINE_STAND_PORT",
            )
