"""Totals of cells as the store holds them now; `campaigns` has their keys."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, cast

from redis import Redis

from vitrine.campaigns.totals import SECONDS, SUMS, Cell, Totals, add_up
from vitrine.stores.redis import redis_errors


def load_stand(redis: Redis, stand_id: str) -> Totals:
    """Return the released totals of a stand over all campaigns; without figures before the first.

    Synthetic visitors are left out, and who saw nothing. Raises Unavailable.
    """
    prefix = "analytics:released"
    found = []
    with redis_errors(redis):
        for cells in load_cells(redis, prefix).values():
            for cell in cells:
                if cell.stand_id != stand_id or cell.origin != "people":
                    continue
                totals = load_totals(redis, prefix, cell)
                if not totals.synthetic:
                    found.append(totals)
    return add_up(found)


def load_cells(redis: Redis, prefix: str) -> dict[str, list[Cell]]:
    """Return the cells of each campaign and origin, by `Cell.line`."""
    members = cast("set[bytes]", redis.smembers(f"{prefix}:cells"))
    cells: dict[str, list[Cell]] = {}
    for cell in sorted(Cell(*json.loads(member)) for member in members):
        cells.setdefault(cell.line, []).append(cell)
    return cells


def load_totals(
    redis: Redis,
    prefix: str,
    cell: Cell,
) -> Totals:
    """Return the totals of a cell; their span and their visitors are not kept."""
    return load_all_totals(redis, prefix, [cell])[cell]


def load_all_totals(
    redis: Redis,
    prefix: str,
    cells: Sequence[Cell],
) -> dict[Cell, Totals]:
    """Return the totals of cells, asked for in one round trip."""
    with redis.pipeline(transaction=False) as pipe:
        for cell in cells:
            pipe.hgetall(f"{prefix}:total:{json.dumps(cell.to_plain())}")
        found = pipe.execute()
    return {cell: totals_of(plain) for cell, plain in zip(cells, found, strict=True)}


def totals_of(fields: Mapping[bytes, bytes]) -> Totals:
    """Return totals from the fields that the store has."""
    sums: dict[str, Any] = {name: int(fields.get(name.encode(), b"0")) for name in SUMS}
    for name in SECONDS:
        sums[name] = seconds_of(fields, name.encode())
    return Totals(
        advertiser=fields.get(b"advertiser", b"").decode(),
        synthetic=b"synthetic" in fields,
        **sums,
    )


def seconds_of(fields: Mapping[bytes, bytes], name: bytes) -> tuple[int, ...]:
    """Return what fields tell by second, up to the last one that they have."""
    found = {}
    for field, amount in fields.items():
        kind, _, second = field.partition(b" ")
        if kind == name:
            found[int(second)] = int(amount)
    last = max(found, default=-1)
    return tuple(found.get(second, 0) for second in range(last + 1))
