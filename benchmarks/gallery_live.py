"""Print how soon `identity` knows who joins, or forgets who leaves, in a large store.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.gallery_live --templates 1000000

All customers are enrolled in embedded stores, three templates each (`benchmarks.gallery_scale`).
Then the gallery is read as `identity` reads it, and some join and leave. A look is what stands
between two batches of faces; the next one begins a quarter of a second later at most. Times are
the processor's of this process, in brackets on the clock. Memory is what is more than before the
start was read, and the most meanwhile; that of the stores is beside it.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from redis import Redis
from rich.console import Console
from rich.progress import track
from rich.table import Table

from benchmarks.gallery_scale import (
    EACH,
    MEGABYTE,
    MODEL,
    Durations,
    directions,
    joined,
    resident,
    timed,
    views_of,
)
from benchmarks.lookalikes import UnsavedKeys
from vitrine.customers.consents import granted
from vitrine.customers.gallery import Gallery
from vitrine.recognition import RecognitionSettings
from vitrine.sealing import KEY_BYTES, Sealer
from vitrine.stores.customers import CustomerStore
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.enrolled import Enrolled
from vitrine.stores.redis import connect

CHANGES: Final = 20
"""Customers who join, and leave again."""
KIB: Final = 1024
ERRORS: Final = Console(stderr=True)


@dataclass(frozen=True, slots=True)
class Memory:
    """Hold what reading took, in MB: once it was done, and the most meanwhile."""

    then: float
    most: float


@dataclass(frozen=True, slots=True)
class Shop:
    """Hold the store, and the gallery that follows it."""

    store: CustomerStore
    enrolled: Enrolled
    views: NDArray[np.float32]
    """(people, EACH, 128)."""

    def enrol(self, number: int) -> str:
        """Enrol one of the people, and return the id."""
        now_ns = time.time_ns()
        consents = granted(
            ["recognise"], at_ns=now_ns, days=1, text_version="1", method="desk"
        )
        vectors = list(self.views[number])
        return self.store.enrol("", vectors, MODEL, consents, now_ns)

    def look(self) -> Gallery:
        """Return the gallery as it is now."""
        return self.enrolled.up_to_date(self.store)


def shop_at(redis: Redis, key_redis: Redis, people: int) -> Shop:
    """Return an empty shop with people who may enrol."""
    rules = RecognitionSettings().rules()
    sealer = Sealer({"k1": bytes(KEY_BYTES)}, "k1")
    rng = np.random.default_rng(0)
    drawn = directions(people, rng)
    views = np.stack([views_of(drawn, rng) for _ in range(EACH)], axis=1)
    return Shop(
        store=CustomerStore(redis, sealer, UnsavedKeys(key_redis)),
        enrolled=Enrolled(lambda templates: Gallery(templates, rules), time.time_ns),
        views=views,
    )


def once(work: Callable[[], object]) -> Durations:
    """Return how long something took."""
    return timed(lambda _: work(), 1)


def live(shop: Shop, customers: int) -> Table:
    """Return what a start, those who join and those who leave take, after so many customers."""
    for number in track(range(customers), "enrolling", console=ERRORS):
        shop.enrol(number)
    before = resident()
    start = once(shop.look)
    memory = Memory(resident() - before, highest() - before)
    quiet = timed(lambda _: shop.look(), CHANGES)
    sweep = once(lambda: shop.store.sweep(time.time_ns()))
    joining = []
    leaving = []
    ids = []
    for number in range(customers, customers + CHANGES):
        ids.append(shop.enrol(number))
        joining.append(once(shop.look))
        match = shop.look().match(shop.views[number, 0], MODEL)
        if match is None or match.customer_id != ids[-1]:
            raise SystemExit("who joined is not known")
    for customer_id in ids:
        shop.store.erase(customer_id, time.time_ns())
        leaving.append(once(shop.look))
        if customer_id in shop.look().customers:
            raise SystemExit("who left is still known")
    table = Table(f"{customers * EACH:,} templates", "median", "longest")
    for name, durations in (
        ("read at the start", start),
        ("a look, nothing new", quiet),
        ("a look, somebody joined", joined(joining)),
        ("a look, somebody left", joined(leaving)),
        ("a sweep of `customers`", sweep),
    ):
        table.add_row(name, durations.at(50), durations.at(100))
    table.add_row(
        "memory, then and most", f"{memory.then:.0f} MB", f"{memory.most:.0f} MB"
    )
    return table


def size_of(redis: Redis) -> str:
    """Return the memory of a store, as text."""
    megabytes = redis.info("memory")["used_memory_rss"] / MEGABYTE
    return f"{megabytes:.0f} MB"


def highest() -> float:
    """Return the most memory that the process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KIB / MEGABYTE


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--templates", type=int, default=1_000_000)
    customers = parser.parse_args().templates // EACH
    with ExitStack() as stack:
        url = stack.enter_context(embedded_redis())
        keys_url = stack.enter_context(embedded_redis())
        redis = stack.enter_context(connect(url))
        key_redis = stack.enter_context(connect(keys_url))
        shop = shop_at(redis, key_redis, customers + CHANGES)
        table = live(shop, customers)
        table.add_row(
            "memory of the stores: records, keys", size_of(redis), size_of(key_redis)
        )
        Console().print(table)


if __name__ == "__main__":
    main()
