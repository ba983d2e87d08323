"""How often people saw campaigns, in Redis.

analytics:repeats:T:L         hash   opportunities to see → visitors, of a `Cell.line`; T: `exact`,
                                     `released`
analytics:repeats:S:waiting   hash   line → what waits for release at a stand (JSON)
"""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from redis import Redis
from redis.client import Pipeline

from vitrine.campaigns.repeats import Classes, RepeatChange
from vitrine.campaigns.summary import Kind
from vitrine.stores.redis import plain_hash


def queue_repeats(pipe: Pipeline, stand_id: str, change: RepeatChange) -> None:
    """Queue what final days add, and what waits."""
    kinds: dict[Kind, dict[str, Classes]] = {
        "exact": change.counted,
        "released": change.released,
    }
    for kind, lines in kinds.items():
        for line, classes in lines.items():
            for number, visitors in classes.items():
                pipe.hincrby(f"analytics:repeats:{kind}:{line}", str(number), visitors)
    if change.waiting:
        waiting: dict[Any, Any] = {
            line: json.dumps(classes) for line, classes in change.waiting.items()
        }
        pipe.hset(f"analytics:repeats:{stand_id}:waiting", mapping=waiting)


def load_waiting(redis: Redis, stand_id: str) -> dict[str, Classes]:
    """Return what waits for release at a stand."""
    found = plain_hash(redis, f"analytics:repeats:{stand_id}:waiting")
    return {line: classes_of(json.loads(text)) for line, text in found.items()}


def load_repeats(redis: Redis, line: str, kind: Kind) -> Classes:
    """Return how many visitors of a line had how many opportunities to see."""
    return classes_of(plain_hash(redis, f"analytics:repeats:{kind}:{line}"))


def classes_of(plain: dict[str, Any]) -> Classes:
    """Return classes from the text or JSON that the store has."""
    return Counter({int(number): int(visitors) for number, visitors in plain.items()})
