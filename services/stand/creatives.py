"""The files of creatives: what kind each is, where it is served, and which are missing."""

from __future__ import annotations

import logging
from pathlib import Path
from urllib.parse import quote

from vitrine.mall import Campaign, Creative, Mall
from vitrine.programme.playlist import HOUSE
from vitrine.services.stand.live import Kind

logger = logging.getLogger(__name__)

HOUSE_URL = "/static/house.html"
KINDS: dict[str, Kind] = {
    ".html": "html",
    ".mp4": "video",
    ".webm": "video",
    ".svg": "image",
    ".png": "image",
    ".jpg": "image",
    ".jpeg": "image",
    ".webp": "image",
    ".gif": "image",
}


class Creatives:
    """The folder `creatives` of the configuration. A file that is missing or of no known kind is skipped."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.problems: dict[str, str] = {}
        """File → what is wrong with it, of the configuration last checked."""

    def check(self, mall: Mall) -> None:
        """Look at every file that the campaigns name; a new problem is logged once."""
        found = {}
        for campaign in mall.campaigns:
            for creative in campaign.creatives:
                if reason := self._wrong(creative.file):
                    found[creative.file] = (
                        f"creative {creative.id} is skipped: {creative.file} {reason}"
                    )
        for file in found.keys() - self.problems.keys():
            logger.warning("campaign %s", found[file])
        self.problems = found

    def _wrong(self, file: str) -> str | None:
        if Path(file).suffix.lower() not in KINDS:
            return f"is none of {', '.join(KINDS)}"
        path = (self._folder / file).resolve()
        if not path.is_relative_to(self._folder.resolve()):
            return "lies outside the folder of creatives"
        return None if path.is_file() else "is missing"

    def usable(self, campaign: Campaign, creative: Creative) -> bool:
        """Whether a creative can be shown."""
        return campaign is HOUSE or creative.file not in self.problems


def kind(creative: Creative) -> Kind:
    """How a player shows it."""
    return KINDS[Path(creative.file).suffix.lower()]


def url(campaign: Campaign, creative: Creative) -> str:
    """Where a player loads it from."""
    return HOUSE_URL if campaign is HOUSE else f"/creatives/{quote(creative.file)}"
