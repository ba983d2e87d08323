"""When the figures of a campaign are shown: from its first day until a week after its last."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from zlib import crc32

from vitrine.campaigns.totals import Cell, Origin
from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign, Mall
from vitrine.mall.days import day_start_s

# What comes late is released within a day (the horizon), and people look at figures in the week
# after. Chosen, not measured.
SHOWN_AFTER_S: Final = 7 * 24 * 3600
SYNTHETIC: Final = "synthetic"


@dataclass(frozen=True, slots=True)
class Life:
    """Hold when a campaign begins and ends anywhere, seconds of UTC."""

    start_s: int
    end_s: int

    def shows(self, now_s: float) -> bool:
        """Tell whether figures are shown: they begin at 0, and leave a week after the end."""
        return self.start_s <= now_s < self.end_s + SHOWN_AFTER_S


def life_of(campaign: Campaign, mall: Mall) -> Life:
    """Return the time from the first midnight to the last one, by the clocks of its stands."""
    after = campaign.to + timedelta(days=1)
    starts = []
    ends = []
    for stand_id in campaign.stands:
        zone = time_zone(stand_id, mall)
        starts.append(day_start_s(campaign.from_, zone))
        ends.append(day_start_s(after, zone))
    return Life(min(starts), max(ends))


def time_zone(stand_id: str, mall: Mall) -> str:
    """Return the zone of a stand; UTC of one that is not configured."""
    stand = mall.stand(stand_id)
    if stand is None:
        return "UTC"
    return stand.time_zone


def shows(
    campaign_id: str,
    last_ns: int,
    mall: Mall,
    now_s: float,
) -> bool:
    """Tell whether released figures are shown now; `last_ns` is the end of the time they concern.

    A campaign that was taken out of the configuration leaves a week after its last figure.
    """
    for campaign in mall.campaigns:
        if campaign.id == campaign_id:
            return life_of(campaign, mall).shows(now_s)
    return now_s < last_ns // SECOND_NS + SHOWN_AFTER_S


def running(mall: Mall, now_s: float) -> Iterator[Campaign]:
    """Yield the configured campaigns whose figures are shown now."""
    for campaign in mall.campaigns:
        if life_of(campaign, mall).shows(now_s):
            yield campaign


def cells_of(campaign: Campaign, mall: Mall) -> Iterator[Cell]:
    """Yield what a campaign may count before a page: each creative at each stand."""
    drawn = synthetic_stands(mall)
    for creative in campaign.creatives:
        for stand_id in campaign.stands:
            origin: Origin = "synthetic" if stand_id in drawn else "people"
            yield Cell(campaign.id, creative.id, stand_id, origin)


def synthetic_stands(mall: Mall) -> frozenset[str]:
    """Return the stands before which a camera draws its visitors."""
    found = set()
    for camera in mall.cameras:
        if camera.uri.scheme == SYNTHETIC:
            found.add(camera.stand)
    return frozenset(found)


def fingerprint(campaign: Campaign) -> int:
    """Return a number that changes with what is configured of a campaign."""
    content = campaign.model_dump_json().encode()
    return crc32(content)
