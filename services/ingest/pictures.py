"""Pictures for people who set up a camera: from memory, behind the privacy mask, with a token."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import TypeAlias

from pydantic import SecretStr

from vitrine.telemetry.health import Answer, json_answer
from vitrine.web.tokens import (
    TokenGuard,
    basic_password,
    bearer_token,
)

PAGE = Path(__file__).parent / "pages" / "cameras.html"

# An older picture is not shown: nobody should take it for what is there now.
SHOWN_S = 5.0

# Makes a browser ask; the token is the password.
ASK = {"WWW-Authenticate": 'Basic realm="Vitrine"'}

NEVER_STORED = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
}

Kept: TypeAlias = tuple[float, bytes]
"""Seconds of the clock, and a JPEG."""


class Pictures:
    """Hold the latest picture of each camera; none without a token. Threads may share it."""

    def __init__(self, token: SecretStr | None, clock_s: Callable[[], float]) -> None:
        """Tell the age of pictures by `clock_s`, in seconds of a clock that nobody sets."""
        self._guard = TokenGuard(token)
        self._clock_s = clock_s
        self._latest: dict[str, Kept] = {}
        self._lock = Lock()

    def show(self, camera_id: str, jpeg: bytes) -> None:
        """Replace the camera's picture."""
        if not self._guard.has_token:
            return
        with self._lock:
            self._latest[camera_id] = (self._clock_s(), jpeg)

    def forget(self, camera_id: str) -> None:
        """Drop the picture of a camera that gives none any more."""
        with self._lock:
            self._latest.pop(camera_id, None)

    def answer(self, path: str, authorization: str) -> Answer:
        """Answer `/cameras` (a page), `/cameras/all.json` (their ids), `/cameras/ID.jpg`.

        `authorization` holds the token as `Bearer TOKEN`, or as the password of `Basic`, which
        browsers ask for.
        """
        if not self._guard.has_token:
            problem = "pictures are off; set VITRINE_OPERATOR_TOKEN"
            return json_answer(403, {"error": problem})
        bearer = bearer_token(authorization)
        password = basic_password(authorization)
        if not self._guard.admits(bearer, password):
            problem = "the operator's token is needed"
            return json_answer(401, {"error": problem}, ASK)
        match path.removeprefix("/cameras").strip("/"):
            case "":
                return _page()
            case "all.json":
                names = sorted(self._fresh())
                return json_answer(200, names, NEVER_STORED)
            case name:
                return self._picture(name.removesuffix(".jpg"))

    def _picture(self, camera_id: str) -> Answer:
        jpeg = self._fresh().get(camera_id)
        if jpeg is None:
            problem = f"no picture of this camera in the last {SHOWN_S:g} s"
            return json_answer(404, {"error": problem})
        return Answer(
            200,
            "image/jpeg",
            jpeg,
            NEVER_STORED,
        )

    def _fresh(self) -> dict[str, bytes]:
        since_s = self._clock_s() - SHOWN_S
        fresh = {}
        with self._lock:
            for name, (at_s, jpeg) in self._latest.items():
                if at_s >= since_s:
                    fresh[name] = jpeg
        return fresh


def _page() -> Answer:
    return Answer(
        200,
        "text/html; charset=utf-8",
        PAGE.read_bytes(),
        NEVER_STORED,
    )
