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

from vitrine.campaigns.totals import Origin, line_of
from vitrine.effects.plan import FrozenPlan, Planned, PlannedLook, look_once
from vitrine.effects.slots import SlotOutcome
from vitrine.stores.redis import redis_errors

PLANS: Final = "analytics:plans"
LOOKS: Final = "analytics:planned"


def freeze_plans(redis: Redis, plans: Mapping[str, FrozenPlan]) -> None:
    """Keep the plans of campaigns that have none yet. Raises Unavailable."""
    with redis_errors(redis):
        for campaign_id, plan in plans.items():
            redis.hsetnx(PLANS, campaign_id, json.dumps(asdict(plan)))


def load_planned(redis: Redis, campaign_id: str, origin: Origin) -> Planned | None:
    """Return the plan of a campaign, with what was found; None without one. Raises Unavailable."""
    with redis_errors(redis):
        plan = cast("bytes | None", redis.hget(PLANS, campaign_id))
        look = cast("bytes | None", redis.hget(LOOKS, line_of(campaign_id, origin)))
    if plan is None:
        return None
    found = PlannedLook(**json.loads(look)) if look is not None else None
    return Planned(FrozenPlan(**json.loads(plan)), found)


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
