"""Reading what `vitrine demo --record` wrote."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from tests.batch_recomputation import FIGURES, read, recompute
from vitrine.mall.folder import load_mall

CONFIG = Path(__file__).parents[1] / "config"
ROUNDING = 0.011
Totals = dict[tuple[str, str, str], dict[str, int]]


def events(folder: Path, topic: str) -> list[dict[str, Any]]:
    """The events of one topic."""
    return [
        json.loads(line)
        for line in (folder / f"{topic}.jsonl").read_text().splitlines()
    ]


def close_to(one: Any, other: Any, apart_from: Collection[str] = ()) -> bool:
    """Equal, numbers within rounding; fields of these names may differ."""
    if isinstance(one, dict):
        same = one.keys() == other.keys()
        return same and all(
            key in apart_from or close_to(one[key], other[key], apart_from)
            for key in one
        )
    if isinstance(one, list | tuple):
        pairs = zip(one, other, strict=False)
        return len(one) == len(other) and all(
            close_to(a, b, apart_from) for a, b in pairs
        )
    if isinstance(one, float):
        return bool(abs(one - other) <= ROUNDING)
    return bool(one == other)


def reported_totals(figures: dict[str, Any]) -> Totals:
    """(campaign, creative, stand) → figures, of the report's JSON."""
    return {
        (campaign["campaign"], cell["creative"], cell["stand"]): {
            name: cell[name] for name in FIGURES
        }
        for campaign in figures["campaigns"]
        for cell in campaign["cells"]
    }


def batch_totals(folder: Path, config: Path = CONFIG) -> Totals:
    """The same, recomputed from the recorded events."""
    zones = {stand.id: stand.time_zone for stand in load_mall(config).stands}
    return {
        key: {name: row[name] for name in FIGURES}
        for key, row in recompute(read(folder), zones).items()
    }
