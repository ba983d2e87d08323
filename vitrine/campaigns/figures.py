"""Campaign figures as the store holds them now."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import reduce
from typing import Literal, cast

from redis import Redis

from vitrine.campaigns.measure import Sums
from vitrine.campaigns.uplift import Uplift, slots_of, uplift
from vitrine.stores.campaigns import plain_hash, sums_from
from vitrine.stores.redis import redis_errors

Totals = Literal["released", "exact"]
"""Released totals advance in steps of k people and never fall; exact ones are for the operator only."""


@dataclass(frozen=True, slots=True)
class CellFigures:
    """One creative at one stand."""

    creative_id: str
    stand_id: str
    sums: Sums
    synthetic: bool


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """What was added to the totals of one creative at one stand, and the span that it concerns."""

    start_ns: int
    end_ns: int
    creative_id: str
    stand_id: str
    sums: Sums


@dataclass(frozen=True, slots=True)
class CampaignFigures:
    """One campaign over all its time and stands."""

    campaign_id: str
    advertiser: str
    cells: tuple[CellFigures, ...]
    steps: tuple[Step, ...]
    reach: int
    reach_quality: Literal["exact", "estimated"]
    """Exact as long as the visitors of all its days are remembered, then by HyperLogLog (±0.8 %)."""
    uplift: Uplift

    @property
    def sums(self) -> Sums:
        """Over all creatives and stands."""
        return add(self.cells)

    @property
    def synthetic(self) -> bool:
        """Whether synthetic visitors are counted."""
        return any(cell.synthetic for cell in self.cells)

    def by_creative(self) -> dict[str, Sums]:
        """Over all stands."""
        names = sorted({cell.creative_id for cell in self.cells})
        return {
            name: add(tuple(c for c in self.cells if c.creative_id == name))
            for name in names
        }


@dataclass(frozen=True, slots=True)
class Figures:
    """All campaigns."""

    totals: Totals
    campaigns: tuple[CampaignFigures, ...]

    @property
    def synthetic(self) -> bool:
        """Whether any figure counts synthetic visitors."""
        return any(campaign.synthetic for campaign in self.campaigns)


def add(cells: tuple[CellFigures, ...]) -> Sums:
    """The sums of several cells."""
    return reduce(Sums.plus, (cell.sums for cell in cells), Sums())


def ratio(part: float, whole: float) -> float | None:
    """None where there is nothing to divide by."""
    return part / whole if whole else None


def load_figures(
    redis: Redis,
    totals: Totals = "released",
    campaign: str | None = None,
    *,
    steps: bool = True,
) -> Figures:
    """Figures of all campaigns, or of one; `steps` take by far the longest. Raises Unavailable."""
    prefix = f"analytics:{totals}"
    with redis_errors(redis):
        members = cast("set[bytes]", redis.smembers(f"{prefix}:cells"))
        cells: dict[str, list[tuple[str, str, str]]] = {}
        for text in sorted(member.decode() for member in members):
            campaign_id, creative_id, stand_id = json.loads(text)
            cells.setdefault(campaign_id, []).append((creative_id, stand_id, text))
        wanted = [name for name in sorted(cells) if campaign in {None, name}]
        found = (
            load_campaign(redis, prefix, name, cells[name], steps=steps)
            for name in wanted
        )
        return Figures(totals, tuple(found))


def load_campaign(
    redis: Redis,
    prefix: str,
    campaign_id: str,
    cells: list[tuple[str, str, str]],
    *,
    steps: bool,
) -> CampaignFigures:
    """One campaign from its cells (creative, stand, key)."""
    found = []
    advertiser = ""
    for creative_id, stand_id, text in cells:
        plain = plain_hash(redis, f"{prefix}:total:{text}")
        advertiser = plain.get("advertiser", advertiser)
        found.append(
            CellFigures(creative_id, stand_id, sums_from(plain), "synthetic" in plain)
        )
    slots = plain_hash(redis, f"{prefix}:slots:{campaign_id}")
    reach, quality = load_reach(redis, prefix, campaign_id)
    return CampaignFigures(
        campaign_id,
        advertiser,
        tuple(found),
        load_steps(redis, prefix, campaign_id) if steps else (),
        reach,
        quality,
        uplift(
            slots_of((*json.loads(key), int(value)) for key, value in slots.items())
        ),
    )


def load_reach(
    redis: Redis, prefix: str, campaign_id: str
) -> tuple[int, Literal["exact", "estimated"]]:
    """Different visitors of a campaign."""
    days = [
        json.loads(key) for key in plain_hash(redis, f"{prefix}:days:{campaign_id}")
    ]
    keys = [f"{prefix}:reach:{campaign_id}:{stand_id}:{day}" for stand_id, day in days]
    if not keys:
        return 0, "exact"
    if redis.exists(*keys) == len(keys):
        return len(cast("set[bytes]", redis.sunion(keys))), "exact"
    return redis.pfcount(f"{prefix}:reach:{campaign_id}"), "estimated"


def load_steps(redis: Redis, prefix: str, campaign_id: str) -> tuple[Step, ...]:
    """What was added when, by event time."""
    entries = cast(
        "list[tuple[bytes, dict[bytes, bytes]]]",
        redis.xrange(f"{prefix}:steps:{campaign_id}"),
    )
    steps = [
        Step(
            int(entry[b"start"]),
            int(entry[b"end"]),
            entry[b"creative"].decode(),
            entry[b"stand"].decode(),
            Sums(*json.loads(entry[b"sums"])),
        )
        for _, entry in entries
    ]
    return tuple(sorted(steps))
