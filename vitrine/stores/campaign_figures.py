"""Campaign figures as the store holds them now; `campaigns` has its keys."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Sequence
from typing import Literal, cast

from redis import Redis

from vitrine.campaigns.repeats import Classes
from vitrine.campaigns.summary import CampaignFigures, Figures, Kind, Step
from vitrine.campaigns.totals import SUMS, Cell, Origin, Totals
from vitrine.effects.creatives import Difference, differences
from vitrine.effects.effect import Effect, effects
from vitrine.effects.plan import Planned
from vitrine.mall.names import Names
from vitrine.stores.campaign_cells import load_all_totals, load_cells
from vitrine.stores.campaign_plans import load_planned
from vitrine.stores.campaign_repeats import load_repeats
from vitrine.stores.campaign_slots import load_slots
from vitrine.stores.campaigns import NAMES, released_reach
from vitrine.stores.redis import plain_hash, redis_errors

ReachQuality = Literal["exact", "estimated"]


def load_figures(
    redis: Redis,
    kind: Kind = "released",
    campaign: str | Collection[str] | None = None,
    *,
    details: bool = True,
) -> Figures:
    """Return the figures of all campaigns, of one or some; the details are steps and effects.

    They take by far the longest. Raises Unavailable.
    """
    prefix = f"analytics:{kind}"
    if isinstance(campaign, str):
        campaign = (campaign,)
    with redis_errors(redis):
        cells = load_cells(redis, prefix)
        found = []
        for line in sorted(cells):
            own = cells[line]
            if campaign is not None and own[0].campaign_id not in campaign:
                continue
            found.append(load_campaign(redis, kind, own, details=details))
        names = Names(plain_hash(redis, NAMES))
        return Figures(kind, tuple(found), names)


def load_changes(redis: Redis) -> dict[str, int]:
    """Return how often something was added to what is released, by `CampaignFigures.line`.

    Raises Unavailable.
    """
    with redis_errors(redis):
        counts = plain_hash(redis, "analytics:released:changes")
    return {name: int(count) for name, count in counts.items()}


def released_campaigns(redis: Redis) -> list[tuple[str, Origin]]:
    """Return the campaigns and origins of which something was released. Raises Unavailable."""
    with redis_errors(redis):
        lines = load_cells(redis, "analytics:released").values()
    return sorted((cells[0].campaign_id, cells[0].origin) for cells in lines)


def load_campaign(
    redis: Redis,
    kind: Kind,
    cells: Sequence[Cell],
    *,
    details: bool,
) -> CampaignFigures:
    """Return one campaign by its cells, which are of one origin."""
    prefix = f"analytics:{kind}"
    one = cells[0]
    totals = load_all_totals(redis, prefix, cells)
    advertisers = [known.advertiser for known in totals.values() if known.advertiser]
    added: list[Step] = []
    found: Sequence[Effect] = ()
    creatives: Sequence[Difference] = ()
    planned: Planned | None = None
    repeats: Classes = Counter()
    if details:
        added = load_steps(redis, prefix, one)
        repeats = load_repeats(redis, one.line, kind)
        slots = load_slots(redis, one.campaign_id, kind, one.origin)
        found = effects(slots)
        creatives = differences(slots)
        planned = load_planned(redis, one.campaign_id, one.origin)
    reach, quality = load_reach(redis, kind, one.line)
    return CampaignFigures(
        campaign_id=one.campaign_id,
        origin=one.origin,
        advertiser=advertisers[-1] if advertisers else "",
        cells=totals,
        steps=added,
        reach=reach,
        reach_quality=quality,
        effects=found,
        creatives=creatives,
        planned=planned,
        repeats=repeats,
    )


def load_reach(
    redis: Redis,
    kind: Kind,
    line: str,
) -> tuple[int, ReachQuality]:
    """Return the number of different visitors of a `Cell.line`, and how well it is known.

    The released one was counted as it was released. The exact one is exact only while the sets of
    all its days are there: the visitors of a set that has expired would be missing from the union.
    """
    if kind == "released":
        stands = plain_hash(redis, released_reach(line))
        return sum(int(visitors) for visitors in stands.values()), "exact"
    prefix = "analytics:exact"
    keys = []
    for place in plain_hash(redis, f"{prefix}:days:{line}"):
        stand_id, day = json.loads(place)
        keys.append(f"{prefix}:reach:{line}:{stand_id}:{day}")
    if not keys:
        return 0, "exact"
    if redis.exists(*keys) == len(keys):
        visitors = cast("set[bytes]", redis.sunion(keys))
        return len(visitors), "exact"
    return redis.pfcount(f"{prefix}:reach:{line}"), "estimated"


def load_steps(
    redis: Redis,
    prefix: str,
    one: Cell,
) -> list[Step]:
    """Return what was added to the totals of a cell's campaign and origin, by event time."""
    entries = cast(
        "list[tuple[bytes, dict[bytes, bytes]]]",
        redis.xrange(f"{prefix}:steps:{one.line}"),
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
        cell = one._replace(
            creative_id=entry[b"creative"].decode(),
            stand_id=entry[b"stand"].decode(),
        )
        totals = Totals(
            start_ns=int(entry[b"start"]),
            end_ns=int(entry[b"end"]),
            **sums,
        )
        steps.append(Step(cell, totals))
    return sorted(steps, key=by_time)


def by_time(step: Step) -> tuple[int, int, Cell]:
    """Return the key by which steps follow each other."""
    return step.totals.start_ns, step.totals.end_ns, step.cell
