"""Lists for networks: those of several cameras together, long ones in parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

# Faces in one run of a network. Chosen, not measured: it bounds memory.
BATCH: Final = 32


def batches(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield the items in order, at most BATCH at once."""
    for start in range(0, len(items), BATCH):
        yield items[start : start + BATCH]


def together(
    groups: Sequence[Sequence[Item]], work: Callable[[Sequence[Item]], Sequence[Result]]
) -> list[list[Result]]:
    """Return the results of one call of `work` for all groups, grouped as the items were."""
    items: list[Item] = []
    for group in groups:
        items += group
    results = work(items)
    grouped = []
    start = 0
    for group in groups:
        end = start + len(group)
        grouped.append(list(results[start:end]))
        start = end
    return grouped
