"""Work on many pictures in batches, as many at a time as there are cores, with a progress bar.

Networks run on one thread each. The threads of one network would wait for one another after every
layer, which takes a hundred times as long on a machine that is busy with something else.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import Progress, track

# Chosen, not measured: large enough for the networks, small enough for a moving bar.
BATCH: Final = 16
WORKERS: Final = os.cpu_count() or 1

Item = TypeVar("Item")
Result = TypeVar("Result")


def followed(items: Sequence[Item], what: str) -> Iterable[Item]:
    """Return the items, counted on a bar while they are worked on."""
    return track(items, what, console=Console(stderr=True))


def in_batches(
    work: Callable[[Sequence[Item]], Sequence[Result]],
    items: Sequence[Item],
    what: str,
) -> list[Result]:
    """Return the results of `work` for all items, in their order; it takes some items at a time."""
    starts = range(0, len(items), BATCH)
    batches = [items[start : start + BATCH] for start in starts]
    results: list[Result] = []
    # The figures go to stdout, maybe into a file: the bar must not.
    console = Console(stderr=True)
    with (
        ThreadPoolExecutor(WORKERS) as pool,
        Progress(console=console) as bar,
    ):
        task = bar.add_task(what, total=len(items))
        answers = pool.map(work, batches)
        for batch, answer in zip(
            batches,
            answers,
            strict=True,
        ):
            results += answer
            bar.advance(task, len(batch))
    return results
