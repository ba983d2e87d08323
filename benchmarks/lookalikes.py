"""Print how long it takes to look for the face of somebody who joins among all customers.

    OPENBLAS_NUM_THREADS=1 python -m benchmarks.lookalikes --customers 10000

With three templates each, on embedded stores: all opened for each of them, as before, and from
memory, where the one who joined last is read. Median and 95th percentile, of the processor's time;
in brackets on the clock.
"""

from __future__ import annotations

import argparse
import time
from contextlib import ExitStack
from functools import partial

import numpy as np
from redis import Redis
from rich.console import Console
from rich.table import Table

from benchmarks.gallery_scale import (
    EACH,
    MODEL,
    directions,
    joined,
    timed,
    views_of,
)
from vitrine.clock import SECOND_NS
from vitrine.customers.consents import granted
from vitrine.customers.gallery import Gallery
from vitrine.recognition import RecognitionSettings
from vitrine.sealing import KEY_BYTES, Sealer
from vitrine.services.customers.lookalikes import Lookalikes
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore
from vitrine.stores.embedded import embedded_redis
from vitrine.stores.redis import connect

TRIES_BEFORE = 5
TRIES = 100


class UnsavedKeys(KeyStore):
    """Keep data keys without a snapshot after each, which would take most of the time."""

    def save(self) -> None:
        """Save nothing."""


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--customers", type=int, default=10_000)
    customers = parser.parse_args().customers
    with ExitStack() as stack:
        url = stack.enter_context(embedded_redis())
        keys_url = stack.enter_context(embedded_redis())
        redis = stack.enter_context(connect(url))
        key_redis = stack.enter_context(connect(keys_url))
        Console().print(compared(redis, key_redis, customers))


def compared(redis: Redis, key_redis: Redis, customers: int) -> Table:
    """Return both ways, with so many customers."""
    sealer = Sealer({"k1": bytes(KEY_BYTES)}, "k1")
    store = CustomerStore(redis, sealer, UnsavedKeys(key_redis))
    rng = np.random.default_rng(0)
    people = directions(customers + TRIES + 1, rng)
    views = np.stack([views_of(people, rng) for _ in range(EACH)], axis=1)
    now_ns = time.time_ns()
    consents = granted(
        ["recognise"], at_ns=now_ns, days=1, text_version="1", method="desk"
    )

    def enrol(number: int) -> None:
        store.enrol("", list(views[number]), MODEL, consents, now_ns)

    for number in range(customers):
        enrol(number)
    rules = RecognitionSettings().rules()
    later_ns = now_ns + SECOND_NS

    def opened(number: int) -> None:
        gallery = Gallery(store.templates(later_ns), rules)
        for vector in views[customers + number]:
            gallery.lookalike(vector, MODEL)

    lookalikes = Lookalikes(rules)

    def from_memory(number: int) -> None:
        vectors = list(views[customers + number])
        lookalikes.first_like(store, vectors, MODEL)

    before = timed(opened, TRIES_BEFORE)
    first = timed(from_memory, 1)
    after = []
    for number in range(TRIES):
        enrol(customers + number)
        after.append(timed(partial(lambda one, _: from_memory(one), number + 1), 1))
    table = Table(f"{customers:,} customers", "median", "p95")
    for name, durations in (
        ("all opened for each", before),
        ("from memory, the first one", first),
        ("from memory, after another", joined(after)),
    ):
        table.add_row(name, durations.at(50), durations.at(95))
    return table


if __name__ == "__main__":
    main()
