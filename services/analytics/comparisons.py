"""Creatives compared, in words: which holds attention for longer, or why that cannot be told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Final

from vitrine.campaigns.summary import CampaignFigures
from vitrine.effects.creatives import Difference
from vitrine.mall.names import Names

MOST_PAIRS: Final = 12
"""That a page tells one by one; files have all. Chosen, not measured."""


def comparisons(campaign: CampaignFigures, names: Names) -> list[str]:
    """Return a sentence for each pair of creatives, discoveries first."""
    found = sorted(campaign.creatives, key=by_news)
    texts = [sentence(one, campaign.campaign_id, names) for one in found[:MOST_PAIRS]]
    left = len(found) - len(texts)
    if left:
        texts.append(f"{left} more pairs are in the report's JSON.")
    return texts


def by_news(one: Difference) -> tuple[bool, bool, str, str]:
    """Return the key by which pairs follow each other."""
    return not one.discovered, one.estimate is None, one.first, one.second


def sentence(one: Difference, campaign_id: str, names: Names) -> str:
    """Return what is known of a pair of creatives."""
    first = names.creative(campaign_id, one.first)
    second = names.creative(campaign_id, one.second)
    if one.estimate is None or one.lower is None or one.upper is None:
        return f"{first} and {second}: nothing can be said, {one.reason}."
    interval = (
        f"between {signed(one.lower)} and {signed(one.upper)} (95 %, at every look)"
    )
    if not one.discovered:
        return (
            f"{first} and {second}: no difference is shown so far; the estimate is "
            f"{signed(one.estimate)} of attention a view, {interval}."
        )
    better, worse = (first, second) if one.estimate > 0 else (second, first)
    return (
        f"{better} holds attention for {abs(one.estimate):.2f} s a view longer than {worse}; "
        f"{first} less {second} is {interval}."
    )


def signed(seconds: float) -> str:
    """Return seconds with their sign."""
    return f"{seconds:+.2f} s".replace("-", "−")


def comparisons_to_json(
    found: Sequence[Difference],
) -> list[dict[str, Any]]:
    """Return all pairs."""
    return [asdict(one) for one in found]
