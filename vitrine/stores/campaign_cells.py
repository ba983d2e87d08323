"""Totals of cells as the store holds them now; `campaigns` has their keys."""

from __future__ import annotations

import json
from typing import Any, cast

from redis import Redis

from vitrine.campaigns.totals import SUMS, Cell, Totals, add_up
from vitrine.stores.redis import plain_hash, redis_errors


def load_stand(redis: Redis, stand_id: str) -> Totals:
    """Return the released totals of a stand over all campaigns; without figures before the first.

    What counts synthetic visitors is left out. Raises Unavailable.
    """
    prefix = "analytics:released"
    found = []
    with redis_errors(redis):
        for cells in load_cells(redis, prefix).values():
            for cell in cells:
                if cell.stand_id != stand_id:
                    continue
                totals = load_totals(redis, prefix, cell)
                if not totals.synthetic:
                    found.append(totals)
    return add_up(found)


def load_cells(redis: Redis, prefix: str) -> dict[str, list[Cell]]:
    """Return the cells of each campaign."""
    members = cast("set[bytes]", redis.smembers(f"{prefix}:cells"))
    cells: dict[str, list[Cell]] = {}
    for cell in sorted(Cell(*json.loads(member)) for member in members):
        cells.setdefault(cell.campaign_id, []).append(cell)
    return cells


def load_totals(
    redis: Redis,
    prefix: str,
    cell: Cell,
) -> Totals:
    """Return the totals of a cell; their span and their visitors are not kept."""
    plain = plain_hash(redis, f"{prefix}:total:{json.dumps(cell)}")
    sums: dict[str, Any] = {name: int(plain.get(name, "0")) for name in SUMS}
    return Totals(
        advertiser=plain.get("advertiser", ""),
        synthetic="synthetic" in plain,
        **sums,
    )
