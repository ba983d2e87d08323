"""A store that is away, for what goes on in memory meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import Final

from vitrine.errors import Unavailable

logger = logging.getLogger(__name__)

# Chosen, not measured: a call to a store that is away takes up to two seconds, in which no command
# goes out.
RETRY_S: Final = 30.0
"""Time for which a store that failed is not asked again."""


class StoreAbsence:
    """Keep whether the store is away, and when it is asked again."""

    def __init__(self, kept: str) -> None:
        """`kept` are the words for what is stored there."""
        self._kept = kept
        self._retry_at_s = 0.0
        """Of the monotonic clock."""
        self._problem = ""

    @property
    def lasts(self) -> bool:
        """True while the store is not to be asked."""
        return time.monotonic() < self._retry_at_s

    @property
    def problems(self) -> Sequence[str]:
        """Sentences for the operator."""
        return [self._problem] if self._problem else []

    def begins(self, error: Unavailable) -> None:
        """Take in that the store did not answer; logged the first time."""
        self._retry_at_s = time.monotonic() + RETRY_S
        problem = f"{self._kept} is not stored for now: {error}"
        if not self._problem:
            logger.warning("%s", problem)
        self._problem = problem

    def ends(self) -> None:
        """Take in that the store answers."""
        if self._problem:
            self._problem = ""
            logger.info("%s is stored again", self._kept)
