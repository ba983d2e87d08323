"""Exact figures in Redis, and who waits for their release: for operators only.

`campaigns` has the keys.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import cast

from redis import Redis

from vitrine.campaigns.ledger_json import ledger_from_json
from vitrine.campaigns.summary import CampaignFigures
from vitrine.campaigns.totals import Cell, Visitor
from vitrine.mall.names import Names
from vitrine.stores.campaign_figures import load_figures, load_steps
from vitrine.stores.redis import redis_errors

Waiting = Mapping[Cell, frozenset[Visitor]]


@dataclass(frozen=True, slots=True)
class ExactCampaign:
    """Hold one campaign's exact figures of one origin, and what of them is released."""

    exact: CampaignFigures
    released: CampaignFigures | None
    """Without cells before the first step; None of a part of the days, as steps cross them."""
    waiting: Waiting
    """Visitors of whom no step is released, by creative and stand."""


@dataclass(frozen=True, slots=True)
class ExactFigures:
    """Hold all campaigns, or one of them."""

    campaigns: tuple[ExactCampaign, ...] = ()
    names: Names = field(default_factory=Names)


def load_exact(
    redis: Redis,
    campaign: str | None = None,
    *,
    steps: bool = True,
) -> ExactFigures:
    """Return exact figures; steps say when they were, and take the longest. Raises Unavailable."""
    exact = load_figures(redis, "exact", campaign, details=False)
    known = load_figures(redis, "released", campaign, details=False)
    released = {one.line: one for one in known.campaigns}
    found = []
    with redis_errors(redis):
        for one in exact.campaigns:
            cells = list(one.cells)
            whole = one
            if steps:
                added = load_steps(redis, "analytics:exact", cells[0])
                whole = replace(one, steps=added)
            nothing = replace(one, cells={}, reach=0)
            known_of_it = released.get(one.line, nothing)
            waiting = load_waiting(redis, cells)
            found.append(ExactCampaign(whole, known_of_it, waiting))
    return ExactFigures(tuple(found), exact.names)


def load_waiting(redis: Redis, cells: Iterable[Cell]) -> Waiting:
    """Return the visitors of each cell who wait; none of a cell whose visitors are all released."""
    # The creatives of a campaign at a stand share a ledger, which is read once.
    sharing: defaultdict[tuple[str, str], list[Cell]] = defaultdict(list)
    for cell in cells:
        sharing[cell.stand_id, cell.line].append(cell)
    found = {}
    for (stand_id, line), some in sharing.items():
        key = f"analytics:stand:{stand_id}:ledgers"
        text = cast("bytes | None", redis.hget(key, line))
        if text is None:
            continue
        accounts = ledger_from_json(text).accounts
        for cell in some:
            account = accounts.get(cell.creative_id)
            if account is not None and account.people:
                found[cell] = frozenset(account.people)
    return found
