"""Work on many pictures, with a progress bar on stderr: in batches, as many at a time as there are cores.

Networks run on one thread each. The threads of one network would wait for one another after every layer,
which takes a hundred times as long on a machine that is busy with something else.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, TypeVar

from rich.console import Console
from rich.progress import Progress, track

BATCH: Final = 16
WORKERS: Final = os.cpu_count() or 1

Item = TypeVar("Item")
Result = TypeVar("Result")


def followed(items: Sequence[Item], what: str) -> Iterable[Item]:
    """The items, counted on a bar while they are worked on."""
    return track(items, what, console=Console(stderr=True))


def in_batches(
    work: Callable[[Sequence[Item]], Sequence[Result]], items: Sequence[Item], what: str
) -> list[Result]:
    """The results of `work` for all items, in their order; `work` takes some items at a time."""
    batches = [items[start : start + BATCH] for start in range(0, len(items), BATCH)]
    results: list[Result] = []
    with (
        ThreadPoolExecutor(WORKERS) as pool,
        Progress(console=Console(stderr=True)) as bar,
    ):
        task = bar.add_task(what, total=len(items))
        for batch, some in zip(batches, pool.map(work, batches), strict=True):
            results += some
            bar.advance(task, len(batch))
    return results
