"""Tags that may be told of a customer: only those that do not single one out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace

from vitrine.customers.records import Agreement


def with_shared_tags(
    agreements: Mapping[str, Agreement],
    least: int,
) -> dict[str, Agreement]:
    """Return the agreements by customer, without tags that fewer than `least` customers have."""
    counts: Counter[str] = Counter()
    for agreement in agreements.values():
        counts.update(set(agreement.tags))
    shared = {}
    for customer_id, agreement in agreements.items():
        tags = tuple(tag for tag in agreement.tags if counts[tag] >= least)
        shared[customer_id] = replace(agreement, tags=tags)
    return shared
