"""How long an erasure takes: a key store that is written whole, or a log that is rewritten.

python -m benchmarks.erasure --customers 10000
"""

from __future__ import annotations

import argparse
import secrets
import statistics
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from redis import Redis

from tests.brokers import LOGGED, SNAPSHOTS, RedisServer
from vitrine.sealing import KEY_BYTES, Sealer
from vitrine.stores.data_keys import KEYS, DataKey, KeyStore
from vitrine.stores.redis import connect

# Of a record, and of one of three templates of 128 numbers, as they lie in Redis.
RECORD_BYTES = 500
TEMPLATE_BYTES = 720
AT_ONCE = 1_000
TRIES = 10
ANSWER_LIMIT_S = 120.0
TICK_S = 0.002


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=10_000)
    customers = parser.parse_args().customers
    ids = [secrets.token_hex(12) for _ in range(customers)]
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        redis = started(stack, folder / "data", LOGGED)
        key_redis = started(stack, folder / "keys", SNAPSHOTS)
        fill(redis, key_redis, ids)
        keys = KeyStore(key_redis)
        removed = iter(ids)
        report(
            "a key removed, and the key store written",
            lambda: keys.remove(next(removed)),
        )
        report("the log rewritten (BGREWRITEAOF)", lambda: rewrite(redis))
        report("all keys read", keys.entries)


def started(stack: ExitStack, folder: Path, options: tuple[str, ...]) -> Redis:
    """Start a Redis in a folder, and return a client."""
    folder.mkdir()
    server = RedisServer(folder, options)
    server.start()
    stack.callback(server.stop)
    client: Redis = connect(server.url, answer_limit_s=ANSWER_LIMIT_S)
    return client


def fill(redis: Redis, key_redis: Redis, ids: list[str]) -> None:
    """Write customers as large as real ones, and their keys."""
    sealer = Sealer({"k": bytes(KEY_BYTES)}, "k")
    for start in range(0, len(ids), AT_ONCE):
        step = redis.pipeline(transaction=False)
        keys: dict[Any, Any] = {}
        for customer_id in ids[start : start + AT_ONCE]:
            record = secrets.token_urlsafe(RECORD_BYTES)
            templates = [secrets.token_urlsafe(TEMPLATE_BYTES) for _ in range(3)]
            step.hset(f"customer:{customer_id}", "record", record)
            step.rpush(f"customer:{customer_id}:templates", *templates)
            key = DataKey.new(sealer, customer_id, 0)
            keys[customer_id] = key.model_dump_json()
        step.execute()
        key_redis.hset(KEYS, mapping=keys)


def rewrite(redis: Redis) -> None:
    """Let Redis write its log anew, and wait for the end."""
    redis.bgrewriteaof()
    while True:
        state: Any = redis.info("persistence")
        if not (state["aof_rewrite_in_progress"] or state["aof_rewrite_scheduled"]):
            return
        time.sleep(TICK_S)


def report(what: str, work: Callable[[], object]) -> None:
    """Print how long something takes, the median and the longest of some tries."""
    seconds = []
    for _ in range(TRIES):
        begun = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begun)
    print(
        f"{what}: {statistics.median(seconds) * 1e3:.0f} ms, at most {max(seconds) * 1e3:.0f} ms"
    )


if __name__ == "__main__":
    main()
