"""The latest picture of each camera: only with the token, only fresh, only after the mask."""

from __future__ import annotations

import json
import time
from base64 import b64encode

import cv2
import httpx
import numpy as np
import pytest
from pydantic import SecretStr

from tests.ingest_builders import (
    make_camera,
    make_run,
    make_shared,
    make_shot,
    make_source,
)
from vitrine.services.ingest.pictures import SHOWN_S, Pictures
from vitrine.telemetry.health import Health, health_server

TOKEN = "an operator's token"  # noqa: S105
BEARER = f"Bearer {TOKEN}"
BASIC = "Basic " + b64encode(f"me:{TOKEN}".encode()).decode()


class Now:
    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def pictures() -> Pictures:
    return Pictures(SecretStr(TOKEN), time.monotonic)


@pytest.mark.parametrize("authorization", [BEARER, BASIC])
def test_the_latest_picture_is_shown_to_who_has_the_token(
    pictures: Pictures, authorization: str
) -> None:
    pictures.show("north-1", b"old")
    pictures.show("north-1", b"new")
    answer = pictures.answer("/cameras/north-1.jpg", authorization)
    assert (answer.status, answer.content_type, answer.body) == (
        200,
        "image/jpeg",
        b"new",
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(pictures.answer("/cameras/all.json", authorization).body) == [
        "north-1"
    ]
    assert b"<h1>Cameras" in pictures.answer("/cameras", authorization).body


@pytest.mark.parametrize(
    "authorization", ["", "Bearer wrong", "Basic %%%", "Basic " + TOKEN, TOKEN]
)
@pytest.mark.parametrize(
    "path", ["/cameras", "/cameras/all.json", "/cameras/north-1.jpg"]
)
def test_nobody_else_sees_anything(
    pictures: Pictures,
    path: str,
    authorization: str,
) -> None:
    pictures.show("north-1", b"secret")
    answer = pictures.answer(path, authorization)
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert b"secret" not in answer.body
    assert b"north-1" not in answer.body


def test_without_a_token_nothing_is_held() -> None:
    pictures = Pictures(None, time.monotonic)
    pictures.show("north-1", b"secret")
    assert pictures.answer("/cameras/north-1.jpg", "Bearer ").status == 403
    assert pictures._latest == {}


def test_an_old_picture_and_that_of_a_camera_that_ended_are_not_shown() -> None:
    now = Now()
    pictures = Pictures(SecretStr(TOKEN), now)
    pictures.show("a", b"a")
    pictures.show("b", b"b")
    pictures.forget("b")
    assert pictures.answer("/cameras/b.jpg", BEARER).status == 404
    now.seconds = SHOWN_S + 0.1
    assert pictures.answer("/cameras/a.jpg", BEARER).status == 404


def test_what_is_shown_is_what_the_mask_leaves(monkeypatch: pytest.MonkeyPatch) -> None:
    pictures = Pictures(SecretStr(TOKEN), time.monotonic)
    camera = make_camera(mask=[(0, 0), (0.5, 0), (0.5, 1), (0, 1)])
    seen: list[bytes] = []
    monkeypatch.setattr(pictures, "show", lambda _, jpeg: seen.append(jpeg))
    white = np.full((48, 64, 3), 255, np.uint8)
    make_run(
        make_source([make_shot(0, white)]), make_shared(pictures=pictures), camera
    ).run()
    picture = cv2.imdecode(np.frombuffer(seen[0], np.uint8), cv2.IMREAD_COLOR)
    assert picture is not None
    assert picture[:, :28].max() < 30
    assert picture[:, 36:].min() > 225


def test_the_health_server_serves_them(pictures: Pictures) -> None:
    pictures.show("north-1", b"jpeg")
    with health_server(Health(), "127.0.0.1", 0, {"/cameras": pictures.answer}) as port:
        address = f"http://127.0.0.1:{port}/cameras/north-1.jpg"
        assert httpx.get(address).status_code == 401
        answer = httpx.get(f"{address}?1", auth=("anybody", TOKEN))
        assert (answer.status_code, answer.content) == (200, b"jpeg")
