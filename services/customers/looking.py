"""One picture of somebody who joins: looked at, and forgotten."""

from __future__ import annotations

from typing import Any, Final

from fastapi import HTTPException

from vitrine.customers.challenge import Hint
from vitrine.customers.enrolment import NotOneFace, View
from vitrine.errors import Invalid
from vitrine.services.customers.dependencies import Web
from vitrine.services.customers.joinings import Joining
from vitrine.telemetry import metrics
from vitrine.vision import stills
from vitrine.vision.headers import Bounds

# The page sends 480 × 640 pixels; decoded, the largest has 6 MB. Chosen, not measured.
OF_PHONES: Final = Bounds(side=2_048, pixels=2_000_000)
# Longer than a picture waits for the networks, unless somebody floods them. Chosen, not measured.
WAIT_S: Final = 2.0


def look(web: Web, joining: Joining, picture: bytes) -> dict[str, Any]:
    """Return what to do next: `hint`, a key of the catalogues, and how much is done.

    Raises HTTPException: 503 while too many pictures wait.
    """
    with joining.lock:
        challenge = joining.challenge
        was_passed = challenge.is_passed
        hint = _hint(web, joining, picture)
        is_over = challenge.is_failed
        if challenge.is_passed and not was_passed:
            metrics.CUSTOMER_JOININGS.labels("passed").inc()
        if is_over:
            metrics.CUSTOMER_JOININGS.labels("failed").inc()
        return {
            "hint": "failed" if is_over else hint,
            "share": challenge.share,
            "passed": challenge.is_passed,
            "over": is_over,
        }


def _hint(web: Web, joining: Joining, picture: bytes) -> Hint | str:
    try:
        view = read(web, picture)
    except NotOneFace as error:
        return "several" if error.count else "none"
    except Invalid:
        return "none"
    return joining.challenge.look(view)


def read(web: Web, picture: bytes) -> View:
    """Return what the networks see; one picture after the other, as they share the cores.

    Raises Invalid for what is no picture of a phone, NotOneFace, and HTTPException (503) while too
    many pictures wait.
    """
    image = stills.decode(picture, OF_PHONES)
    if not web.reading.acquire(timeout=WAIT_S):
        raise HTTPException(503, "too many pictures at once", {"Retry-After": "1"})
    try:
        with metrics.CUSTOMER_LOOK_SECONDS.time():
            return web.reader.read(image)
    finally:
        web.reading.release()
