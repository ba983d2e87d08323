"""What the cameras see now, for who sets one up: from memory, behind the privacy mask, with a token."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from pydantic import SecretStr

from vitrine.telemetry.health import Answer, json_answer
from vitrine.web.tokens import TokenGuard, basic_password, bearer_token

PAGE = Path(__file__).parent / "pages" / "cameras.html"
SHOWN_S = 5.0
"""An older picture is not shown: nobody should take it for what is there now."""
ASK = {"WWW-Authenticate": 'Basic realm="Vitrine"'}
"""Makes a browser ask; the token is the password."""
NEVER_STORED = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Pictures:
    """The latest picture of each camera; holds none without a token. Threads may share it."""

    def __init__(
        self, token: SecretStr | None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._guard = TokenGuard(token)
        self._clock = clock
        self._latest: dict[str, tuple[float, bytes]] = {}
        self._lock = Lock()

    def show(self, camera_id: str, jpeg: bytes) -> None:
        """Replace the camera's picture."""
        if self._guard.has_token:
            with self._lock:
                self._latest[camera_id] = self._clock(), jpeg

    def forget(self, camera_id: str) -> None:
        """The camera gives no pictures any more."""
        with self._lock:
            self._latest.pop(camera_id, None)

    def answer(self, path: str, authorization: str) -> Answer:
        """`/cameras` (a page), `/cameras/all.json` (their ids), `/cameras/ID.jpg`.

        `authorization`: the token as `Bearer TOKEN`, or as the password of `Basic`, which browsers ask for.
        """
        if not self._guard.has_token:
            return json_answer(
                403, {"error": "pictures are off; set VITRINE_OPERATOR_TOKEN"}
            )
        bearer = bearer_token(authorization)
        password = basic_password(authorization)
        if not self._guard.admits(bearer, password):
            return json_answer(401, {"error": "the operator's token is needed"}, ASK)
        match path.removeprefix("/cameras").strip("/"):
            case "":
                return Answer(
                    200, "text/html; charset=utf-8", PAGE.read_bytes(), NEVER_STORED
                )
            case "all.json":
                return json_answer(200, sorted(self._fresh()), NEVER_STORED)
            case name:
                jpeg = self._fresh().get(name.removesuffix(".jpg"))
                if jpeg is None:
                    return json_answer(
                        404,
                        {
                            "error": f"no picture of this camera in the last {SHOWN_S:g} s"
                        },
                    )
                return Answer(200, "image/jpeg", jpeg, NEVER_STORED)

    def _fresh(self) -> dict[str, bytes]:
        since = self._clock() - SHOWN_S
        with self._lock:
            return {
                name: jpeg for name, (at, jpeg) in self._latest.items() if at >= since
            }
