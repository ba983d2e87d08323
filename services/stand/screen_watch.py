"""Follow the list of screens in the store, and write there when each was used."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager
from threading import Event
from typing import Final

from redis import Redis

from vitrine.beside import now_and_then
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.services.stand.screens import Screens
from vitrine.services.stand.switchboard import Switchboard
from vitrine.stores import screens as stored

logger = logging.getLogger(__name__)

# Chosen, not measured: a screen that was revoked plays for so long at most, and a call that the
# store does not answer takes as long again.
LOOK_EVERY_S: Final = 2.0
# Chosen, not measured: an operator wants to know of days, and the store writes to a disk.
WRITE_EVERY_S: Final = 60
"""Time between two writes of one screen's last use."""


class ScreenWatch:
    """Keep the list of screens up to date, and send those away that were revoked.

    While the store is away, the last list stays in force.
    """

    def __init__(
        self,
        redis: Redis,
        screens: Screens,
        switchboard: Switchboard,
    ) -> None:
        self._redis = redis
        self._screens = screens
        self._switchboard = switchboard
        self._written_s: dict[str, int] = {}
        self._away = False

    def running(self, stop: Event) -> AbstractContextManager[None]:
        """Follow the store in a thread during a block; an error of it sets `stop`."""
        return now_and_then(
            self.look,
            LOOK_EVERY_S,
            "stand-screens",
            stop,
        )

    def look(self) -> None:
        """Read the list once, and write what was used."""
        try:
            known = stored.listed(self._redis)
            self._write_uses()
        except (Unavailable, ConfigurationError) as error:
            if not self._away:
                logger.warning("the screens that were known stay let in: %s", error)
            self._away = True
            return
        if self._away:
            logger.info("the list of screens is read again")
        self._away = False
        self._screens.know(known)
        # Every time: a stream may have opened while the list changed.
        self._switchboard.admit_only(self._screens.admits)

    def _write_uses(self) -> None:
        due = {}
        for screen_id, used_s in self._screens.uses().items():
            written_s = self._written_s.get(screen_id)
            if written_s is None or used_s >= written_s + WRITE_EVERY_S:
                due[screen_id] = used_s
        if due:
            stored.note_uses(self._redis, due)
            self._written_s |= due
