"""The open presences in Redis, for restarts.

engagement:partition:P   hash   writer (which worker has the partition), format, state
                                (JSON, deflated), offset (the record after those that the
                                state rests on); expires

State and offset change in one step. No face can be recognised by them: they hold ids of
tracks, places, glances, sums and the usual expression of a face, and no embedding.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from pydantic import TypeAdapter
from redis import Redis

from vitrine.presence.people import CameraPeople
from vitrine.stores.errors import Superseded
from vitrine.stores.redis import redis_errors

FORMAT: Final = "5"
"""Changes whenever the state does; a state of another format is not read."""

# The faces are on the topic for 10 minutes only; a day lets the presences of before
# an outage still end, and nobody's state stays for longer.
KEPT_S: Final = 86_400

_STATE: Final = TypeAdapter(list[CameraPeople])
_FIELDS: Final = ["format", "offset", "state"]

# KEYS: partition. ARGV: writer, format, offset, state, seconds. A worker that lost the
# partition meanwhile changes nothing. Nobody's name: the key had expired.
_SAVE: Final = """
local writer = redis.call('HGET', KEYS[1], 'writer')
if writer and writer ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'writer', ARGV[1], 'format', ARGV[2],
           'offset', ARGV[3], 'state', ARGV[4])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return 1
"""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Hold a state as it is stored, and the offset of the record after it."""

    offset: int
    state: bytes


@dataclass(frozen=True, slots=True)
class StoredPeople:
    """Hold the people of a partition, and the offset of the record after them."""

    offset: int
    cameras: list[CameraPeople]


class PresenceStore:
    """Store the open presences of the partitions that one worker has.

    Not shared between threads. Every method raises Unavailable.
    """

    def __init__(self, connect: Callable[[], Redis]) -> None:
        self._connect = connect
        self._client: Redis | None = None
        self._writer = uuid4().hex

    @property
    def _redis(self) -> Redis:
        if self._client is None:
            self._client = self._connect()
        return self._client

    def load(self, partitions: Collection[int]) -> dict[int, StoredPeople]:
        """Return what is stored of these partitions; they are this worker's from now on."""
        redis = self._redis
        with redis_errors(redis), redis.pipeline(transaction=True) as pipe:
            for partition in partitions:
                key = _key(partition)
                pipe.hset(key, "writer", self._writer)
                pipe.expire(key, KEPT_S)
                pipe.hmget(key, _FIELDS)
            replies = pipe.execute()
        # Of the three replies for each partition the last one holds the fields.
        found = replies[2::3]
        current = FORMAT.encode()
        stored = {}
        pairs = zip(partitions, found, strict=True)
        for partition, values in pairs:
            form, offset, state = values
            if form != current:
                continue
            people = StoredPeople(
                offset=int(offset),
                cameras=load(state),
            )
            stored[partition] = people
        return stored

    def save(self, checkpoints: Mapping[int, Checkpoint]) -> None:
        """Store the states of partitions; storing one again changes nothing.

        Raises Superseded when another worker has loaded one of them meanwhile; that one
        stays as it is.
        """
        redis = self._redis
        with redis_errors(redis), redis.pipeline(transaction=False) as pipe:
            for partition, checkpoint in checkpoints.items():
                key = _key(partition)
                arguments: list[Any] = [
                    self._writer,
                    FORMAT,
                    checkpoint.offset,
                    checkpoint.state,
                    KEPT_S,
                ]
                pipe.eval(_SAVE, 1, key, *arguments)
            replies = pipe.execute()
        # 0 for a partition that another worker has.
        if not all(replies):
            reason = "another worker has taken over one of these partitions"
            raise Superseded(reason)


def dump(cameras: Sequence[CameraPeople]) -> bytes:
    """Return everything that a restart needs: JSON, deflated."""
    state = _STATE.dump_json(list(cameras))
    return zlib.compress(state, level=1)


def load(state: bytes) -> list[CameraPeople]:
    """Return the cameras that `dump` has written."""
    inflated = zlib.decompress(state)
    return _STATE.validate_json(inflated)


def _key(partition: int) -> str:
    return f"engagement:partition:{partition}"
