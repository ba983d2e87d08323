"""Campaign figures as the store holds them now; `campaigns` has its keys."""

from __future__ import annotations

import json
from typing import Literal, cast

from redis import Redis

from vitrine.campaigns.effects import slots_of, uplift
from vitrine.campaigns.summary import CampaignFigures, Figures, Kind
from vitrine.campaigns.totals import SUMS, Cell, Totals
from vitrine.mall.names import Names
from vitrine.stores.campaign_cells import load_cells, load_totals
from vitrine.stores.campaigns import NAMES
from vitrine.stores.redis import plain_hash, redis_errors

ReachQuality = Literal["exact", "estimated"]


def load_figures(
    redis: Redis,
    kind: Kind = "released",
    campaign: str | None = None,
    *,
    steps: bool = True,
) -> Figures:
    """Return the figures of all campaigns, or of one; `steps` take by far the longest.

    Raises Unavailable.
    """
    prefix = f"analytics:{kind}"
    with redis_errors(redis):
        cells = load_cells(redis, prefix)
        found = []
        for name in sorted(cells):
            if campaign is not None and campaign != name:
                continue
            found.append(
                load_campaign(
                    redis,
                    prefix,
                    name,
                    cells[name],
                    steps=steps,
                )
            )
        names = Names(plain_hash(redis, NAMES))
        return Figures(kind, tuple(found), names)


def load_campaign(
    redis: Redis,
    prefix: str,
    campaign_id: str,
    cells: list[Cell],
    *,
    steps: bool,
) -> CampaignFigures:
    """Return one campaign with its cells."""
    totals = {
        cell: load_totals(
            redis,
            prefix,
            cell,
        )
        for cell in cells
    }
    advertisers = [found.advertiser for found in totals.values() if found.advertiser]
    counts = []
    for key, count in plain_hash(redis, f"{prefix}:slots:{campaign_id}").items():
        stand_id, slot_ns, arm, figure = json.loads(key)
        counts.append((stand_id, slot_ns, arm, figure, int(count)))
    added: list[Totals] = []
    if steps:
        added = load_steps(redis, prefix, campaign_id)
    reach, quality = load_reach(redis, prefix, campaign_id)
    return CampaignFigures(
        campaign_id=campaign_id,
        advertiser=advertisers[-1] if advertisers else "",
        cells=totals,
        steps=added,
        reach=reach,
        reach_quality=quality,
        uplift=uplift(slots_of(counts)),
    )


def load_reach(
    redis: Redis,
    prefix: str,
    campaign_id: str,
) -> tuple[int, ReachQuality]:
    """Return the number of different visitors of a campaign, and how well it is known.

    Exact only while the sets of all its days are there: the visitors of a set that has expired
    would be missing from the union.
    """
    keys = []
    for place in plain_hash(redis, f"{prefix}:days:{campaign_id}"):
        stand_id, day = json.loads(place)
        keys.append(f"{prefix}:reach:{campaign_id}:{stand_id}:{day}")
    if not keys:
        return 0, "exact"
    if redis.exists(*keys) == len(keys):
        visitors = cast("set[bytes]", redis.sunion(keys))
        return len(visitors), "exact"
    return redis.pfcount(f"{prefix}:reach:{campaign_id}"), "estimated"


def load_steps(
    redis: Redis,
    prefix: str,
    campaign_id: str,
) -> list[Totals]:
    """Return what was added to the totals, by event time."""
    entries = cast(
        "list[tuple[bytes, dict[bytes, bytes]]]",
        redis.xrange(f"{prefix}:steps:{campaign_id}"),
    )
    steps = []
    for _, entry in entries:
        sums = dict(
            zip(
                SUMS,
                json.loads(entry[b"sums"]),
                # What was stored before a sum was added lacks it.
                strict=False,
            )
        )
        start_ns = int(entry[b"start"])
        end_ns = int(entry[b"end"])
        steps.append(
            Totals(
                start_ns=start_ns,
                end_ns=end_ns,
                **sums,
            )
        )
    return sorted(steps, key=lambda step: (step.start_ns, step.end_ns))
