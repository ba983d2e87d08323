"""Creatives that a player could not show; they are left out for a while."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from vitrine.mall import Campaign, Creative
from vitrine.programme.playlist import HOUSE, Usable
from vitrine.services.stand.creatives import Creatives
from vitrine.services.stand.protocol import FailureReason
from vitrine.telemetry import metrics

logger = logging.getLogger(__name__)

# Chosen, not measured: a file that failed because the network was slow comes back soon, and one
# that is broken costs a try every two minutes.
REST_S: Final = 120.0
"""Time for which a creative is left out at the stand whose player could not show it."""

IN_WORDS: Final[dict[FailureReason, str]] = {
    "does-not-load": "does not load in the player's browser: damaged, or of an unknown format",
    "takes-too-long": "was not loaded within two seconds",
    "throws": "has an error in its script",
}

Place = tuple[str, str]
"""Stand and file."""


@dataclass(frozen=True, slots=True)
class _Rest:
    until_s: float
    version: tuple[int, int] | None
    """Time and size of the file; another one is tried at once."""
    problem: str


class Resting:
    """Keep what rests at which stand; times are of the monotonic clock."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._rests: dict[Place, _Rest] = {}

    def begin(
        self,
        stand_id: str,
        creative: Creative,
        reason: FailureReason,
        now_s: float,
    ) -> None:
        """Leave a creative out at a stand from now on."""
        file = creative.file
        problem = (
            f"creative {creative.id} is left out at stand {stand_id} for two minutes: "
            f"{file} {IN_WORDS[reason]}"
        )
        logger.warning(problem)
        metrics.CREATIVES_FAILED.labels(stand_id, reason).inc()
        self._rests[stand_id, file] = _Rest(
            until_s=now_s + REST_S,
            version=self._version(file),
            problem=problem,
        )

    def end(self, now_s: float) -> None:
        """Let go of those whose time is over, or whose file was replaced."""
        for place, rest in list(self._rests.items()):
            _, file = place
            replaced = self._version(file) != rest.version
            if replaced or now_s >= rest.until_s:
                del self._rests[place]

    def rests(
        self,
        stand_id: str,
        campaign: Campaign,
        creative: Creative,
    ) -> bool:
        """Return True for a creative that is left out at a stand."""
        if campaign is HOUSE:
            return False
        return (stand_id, creative.file) in self._rests

    def usable_at(self, stand_id: str, creatives: Creatives) -> Usable:
        """Return the test whether a creative can be shown at a stand now."""

        def usable(campaign: Campaign, creative: Creative) -> bool:
            if self.rests(stand_id, campaign, creative):
                return False
            return creatives.usable(campaign, creative)

        return usable

    def problems(self, stand_id: str) -> list[str]:
        """Return a sentence for each creative that rests at a stand."""
        found = []
        for (resting_at, _), rest in self._rests.items():
            if resting_at == stand_id:
                found.append(rest.problem)
        return found

    def _version(self, file: str) -> tuple[int, int] | None:
        try:
            status = (self._folder / file).stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_size
