"""k-anonymity of released totals: they advance in steps of at least k people.

No difference of two released values then concerns fewer.
"""

from __future__ import annotations

from collections.abc import Mapping

from vitrine.campaigns.totals import Cell, Totals


def release(
    pending: Mapping[Cell, Totals], k_anonymity: int
) -> tuple[dict[Cell, Totals], dict[Cell, Totals]]:
    """Split what waits into what concerns at least `k_anonymity` different people, and the rest.

    People are counted, not opportunities to see: one visitor may have many of those. The same
    visitor on two local days is two: across days nobody is followed.
    """
    released = {}
    rest = {}
    for cell, totals in pending.items():
        if len(totals.visitors) >= k_anonymity:
            released[cell] = totals
        else:
            rest[cell] = totals
    return released, rest
