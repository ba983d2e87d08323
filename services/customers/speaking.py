"""Tell recognition, all the time, whose phones allow it where."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from threading import Event

from redis import Redis

from vitrine.beside import now_and_then
from vitrine.errors import Unavailable
from vitrine.services.customers.dependencies import Web
from vitrine.stores.hand_keys import SAID_EVERY_S, say

logger = logging.getLogger(__name__)


class Speaker:
    """Say it a few times a second; without it nobody is recognised by a key in hand."""

    def __init__(self, redis: Redis, web: Web) -> None:
        self._redis = redis
        self._web = web
        self._away = False

    def running(self, stop: Event) -> AbstractContextManager[None]:
        """Speak in a thread during a block; an error of it sets `stop`."""
        return now_and_then(
            self.speak,
            SAID_EVERY_S,
            "customers-in-hand",
            stop,
        )

    def speak(self) -> None:
        """Say once what is allowed; where no stand asks for keys in hand, nothing."""
        if not self._web.is_in_hand():
            return
        now_ns = self._web.now_ns()
        allowances = self._web.allowances.all(now_ns)
        try:
            say(self._redis, self._web.sealer, allowances, now_ns)
        except Unavailable as error:
            if not self._away:
                logger.warning("nobody hears what phones allow: %s", error)
            self._away = True
            return
        self._away = False
