"""A limit on how many wrong tokens an address may try."""

from __future__ import annotations

import logging
from typing import Final

from fastapi import HTTPException
from starlette.requests import HTTPConnection

from vitrine.telemetry.metrics import HTTP_REFUSED
from vitrine.web.addresses import client_address
from vitrine.web.rate import Rate

logger = logging.getLogger(__name__)

# Chosen, not measured: people mistype once in some seconds, and programs with an old token wait
# between two tries. At this rate nobody guesses 16 characters.
WRONG_A_SECOND: Final = 5
"""Wrong tokens that one address may bring to one door in a second."""


class WrongTokens:
    """Count wrong tokens at one door, by address. Thread-safe.

    In a second with too many no token of that address is looked at, also no right one: the answer
    would say which it is. Cookies, which nobody guesses, go on.
    """

    def __init__(self, door: str) -> None:
        self._door = door
        self._rate = Rate(WRONG_A_SECOND)

    def check(self, request: HTTPConnection) -> None:
        """Raise 429 where the address has brought too many."""
        if not self._rate.full(client_address(request)):
            return
        HTTP_REFUSED.labels("tries").inc()
        problem = "too many wrong tokens came from this address; wait a second"
        raise HTTPException(429, problem, {"Retry-After": "1"})

    def note(self, request: HTTPConnection) -> None:
        """Count a wrong token, and log where it came from."""
        address = client_address(request)
        self._rate.count(address)
        logger.warning("a wrong token for %s came from %s", self._door, address)
