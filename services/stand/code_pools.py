"""Pools of codes: their files are brought into the store when they change."""

from __future__ import annotations

import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias

from redis import Redis

from vitrine.mall.text import Unreadable, read_text
from vitrine.offers.codes import MOST_POOL_BYTES, read_pool
from vitrine.stores import offers
from vitrine.stores.offers import Mark

logger = logging.getLogger(__name__)

# Chosen, not measured: a copy over a network that pauses for longer is rare.
SETTLED_S: Final = 5.0
"""A file that has been the same for so long is not being written any more."""
# So many numbers of lines fit into a message.
LINES_TOLD: Final = 5

Stamp: TypeAlias = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class _Seen:
    """Hold a state of a file."""

    stamp: Stamp | None
    since_s: float
    """Of the monotonic clock: when it was first seen so."""
    loaded: bool = False
    complete: bool = False
    """True when it was loaded after it had settled."""
    readable: bool = True


class CodePools:
    """Keep the pools in the store as their files are.

    Codes are added and withdrawn at once. A last line without its end is taken when the file has
    settled: one that is being copied lacks its end for a while. Without a file that can be read
    nothing is granted, and the codes wait in the store: the file may be on its way.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._seen: dict[str, _Seen] = {}
        self.problems: dict[str, str] = {}
        """Pool → what is wrong with its file, as a sentence for the operator."""

    def forget(self) -> None:
        """Load all files anew: the store has none of them."""
        self._seen.clear()

    def load(self, redis: Redis, pool: str, mark: Mark) -> bool:
        """Bring a pool's file into the store when it is new or has changed; False without one.

        Raises Emptied and Unavailable.
        """
        path = self._folder / f"{pool}.txt"
        stamp = _stamp(path)
        seen = self._seen.get(pool)
        if seen is None or seen.stamp != stamp:
            seen = _Seen(stamp, time.monotonic())
        complete = _settled(seen)
        if seen.loaded and seen.complete >= complete:
            return seen.readable
        try:
            text = read_text(path, MOST_POOL_BYTES)
        except Unreadable as error:
            # Told once.
            complete = True
            readable = False
            logger.warning(
                "no codes for offers of the pool %s: %s %s", pool, path, error
            )
            self.problems[pool] = (
                f"No codes for offers of the pool {pool}: {path} {error}"
            )
        else:
            readable = True
            self._bring(redis, pool, text, mark, complete=complete)
        self._seen[pool] = _Seen(
            stamp,
            seen.since_s,
            loaded=True,
            complete=complete,
            readable=readable,
        )
        return readable

    def _bring(
        self,
        redis: Redis,
        pool: str,
        text: str,
        mark: Mark,
        *,
        complete: bool,
    ) -> None:
        found = read_pool(text, complete=complete)
        loaded = offers.load_codes(
            redis,
            pool,
            found.codes,
            mark,
        )
        logger.info("pool %s has %d codes left", pool, loaded.left)
        self.problems.pop(pool, None)
        if found.unusable:
            lines = ", ".join(str(line) for line in found.unusable[:LINES_TOLD])
            self.problems[pool] = (
                f"Lines of codes/{pool}.txt can be no code and are left out, such as {lines}"
            )
        if loaded.withdrawn:
            logger.warning("pool %s: %d codes were withdrawn", pool, loaded.withdrawn)
            # They may have moved to another pool, whose file was read before.
            self._seen.clear()


def _settled(seen: _Seen) -> bool:
    """Tell whether a file has been the same for long, by our clock or by its own."""
    if time.monotonic() - seen.since_s >= SETTLED_S:
        return True
    if seen.stamp is None:
        return False
    changed_s = max(seen.stamp[1], seen.stamp[2]) / 1e9
    return time.time() - changed_s >= SETTLED_S


def _stamp(path: Path) -> Stamp | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_ctime_ns, status.st_mtime_ns, status.st_size
