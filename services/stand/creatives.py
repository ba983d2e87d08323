"""The files of creatives: their kinds, their addresses, and the ones that are missing."""

from __future__ import annotations

import logging
from collections.abc import Collection
from pathlib import Path
from typing import Final
from urllib.parse import quote

from vitrine.mall import Campaign, Creative, Mall
from vitrine.mall.creative_files import KINDS, Kind, creative_fault
from vitrine.programme.playlist import HOUSE
from vitrine.services.stand.whole_pages import is_whole

logger = logging.getLogger(__name__)

HOUSE_URL: Final = "/static/house.html"


class Creatives:
    """Check the folder `creatives` of the configuration.

    A file that is missing or of no known kind is skipped.
    """

    def __init__(self, folder: Path, allowed_hosts: Collection[str] = ()) -> None:
        self._folder = folder
        self._allowed = frozenset(allowed_hosts)
        self.problems: dict[str, str] = {}
        """File → its fault as a sentence, of the configuration last checked."""
        self.shut_in: list[str] = []
        """A sentence for each campaign with hosts that are not allowed: it is shown without."""

    def check(self, mall: Mall) -> None:
        """Look at every file that the campaigns name; a new problem is logged once."""
        found: dict[str, str] = {}
        for campaign in mall.campaigns:
            for creative in campaign.creatives:
                file = creative.file
                fault = creative_fault(self._folder, file)
                if fault is not None:
                    found[file] = f"creative {creative.id} is skipped: {file} {fault}"
        for file, problem in found.items():
            if file not in self.problems:
                logger.warning("campaign %s", problem)
        self.problems = found
        self._check_hosts(mall)

    def _check_hosts(self, mall: Mall) -> None:
        shut_in = []
        for campaign in mall.campaigns:
            missing = sorted(set(campaign.hosts) - self._allowed)
            if missing:
                hosts = ",".join(missing)
                shut_in.append(
                    f"campaign {campaign.id} may not reach {hosts}; if it shall, "
                    "add that to VITRINE_STAND_CREATIVE_HOSTS"
                )
        for problem in shut_in:
            if problem not in self.shut_in:
                logger.warning("%s", problem)
        self.shut_in = shut_in

    def usable(self, campaign: Campaign, creative: Creative) -> bool:
        """Return True for a creative that can be shown."""
        if campaign is HOUSE:
            return True
        return creative.file not in self.problems

    def keepable(self, campaign: Campaign, creative: Creative) -> bool:
        """Return True for what a browser that keeps its file can show without the stand."""
        if campaign is HOUSE or kind(creative) != "html":
            return True
        return is_whole(self._folder / creative.file)


def kind(creative: Creative) -> Kind:
    """Return the way a player shows a creative."""
    suffix = Path(creative.file).suffix.lower()
    return KINDS[suffix]


def url(campaign: Campaign, creative: Creative) -> str:
    """Return the address from which a player loads a creative."""
    if campaign is HOUSE:
        return HOUSE_URL
    return f"/creatives/{quote(creative.file)}"
