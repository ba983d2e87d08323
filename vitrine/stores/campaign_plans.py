"""Plans of experiments in Redis: the first one that is configured stays, and so does its one look.

analytics:plans       hash   campaign → plan as it was frozen (JSON)
analytics:planned     hash   `Cell.line` → what the look found (JSON)
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final, cast

from redis import Redis

from vitrine.campaigns.totals import ORIGINS, Origin, campaign_of, line_of
from vitrine.effects.plan import FrozenPlan, Planned, PlannedLook, look_once
from vitrine.effects.slots import SlotOutcome
from vitrine.stores.redis import plain_hash, redis_errors

PLANS: Final = "analytics:plans"
LOOKS: Final = "analytics:planned"


def freeze_plans(redis: Redis, plans: Mapping[str, FrozenPlan]) -> None:
    """Keep the plans of campaigns that have none yet. Raises Unavailable."""
    with redis_errors(redis):
        for campaign_id, plan in plans.items():
            redis.hsetnx(PLANS, campaign_id, json.dumps(asdict(plan)))


def load_all_planned(redis: Redis) -> dict[str, Planned]:
    """Return the plans of all campaigns by `Cell.line`, with what was found. Raises Unavailable."""
    with redis_errors(redis):
        plans = plain_hash(redis, PLANS)
        looks = plain_hash(redis, LOOKS)
    found = {}
    for campaign_id, text in plans.items():
        for origin in ORIGINS:
            line = line_of(campaign_id, origin)
            look = looks.get(line)
            found[line] = planned_from(text, look)
    return found


def restore_planned(redis: Redis, planned: Mapping[str, Planned]) -> None:
    """Keep plans by `Cell.line`, and what was found, where the store lost them.

    Raises Unavailable.
    """
    freeze_plans(redis, {campaign_of(line): one.plan for line, one in planned.items()})
    with redis_errors(redis):
        for line, one in planned.items():
            if one.look is not None:
                redis.hsetnx(LOOKS, line, json.dumps(asdict(one.look)))


def planned_from(plan: str | bytes, look: str | bytes | None) -> Planned:
    """Return a plan as the store has it."""
    found = PlannedLook(**json.loads(look)) if look is not None else None
    return Planned(FrozenPlan(**json.loads(plan)), found)


def load_planned(redis: Redis, campaign_id: str, origin: Origin) -> Planned | None:
    """Return the plan of a campaign, with what was found; None without one. Raises Unavailable."""
    with redis_errors(redis):
        plan = cast("bytes | None", redis.hget(PLANS, campaign_id))
        look = cast("bytes | None", redis.hget(LOOKS, line_of(campaign_id, origin)))
    if plan is None:
        return None
    return planned_from(plan, look)


def look_as_planned(
    redis: Redis,
    campaign_id: str,
    origin: Origin,
    slots: Sequence[SlotOutcome],
) -> None:
    """Look at released slots once the plan says that it is time. Raises Unavailable."""
    planned = load_planned(redis, campaign_id, origin)
    if planned is None or planned.look is not None:
        return
    look = look_once(planned.plan, slots)
    if look is not None:
        with redis_errors(redis):
            line = line_of(campaign_id, origin)
            redis.hsetnx(LOOKS, line, json.dumps(asdict(look)))
