"""Records of screens and tills in Redis, each with the hash of its token: id → record.

The hash is plain SHA-256: a token has 256 random bits, which nobody finds by trying, so that a slow
hash, made for what people think up, would protect no better.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Generic, TypeVar, cast

from pydantic import BaseModel, ConfigDict, ValidationError
from redis import Redis

from vitrine.errors import ConfigurationError
from vitrine.schemas import Id
from vitrine.stores.redis import redis_errors

TOKEN_BYTES: Final = 32
ID_BYTES: Final = 6


class TokenRecord(BaseModel):
    """Hold what is known of something at a stand that has a token; never the token."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stand_id: Id
    name: str
    token_hash: str
    added_s: int
    """Of UTC, as the other times."""
    revoked_s: int | None = None

    @property
    def is_revoked(self) -> bool:
        """True once its token opens nothing any more."""
        return self.revoked_s is not None


KnownT = TypeVar("KnownT", bound=TokenRecord)


@dataclass(frozen=True, slots=True)
class TokenRecords(Generic[KnownT]):
    """Keep the records of one kind in a hash of Redis. All raise Unavailable."""

    key: str
    kind: type[KnownT]
    word: str
    """The word for one of them; `vitrine WORDs` lists and revokes them."""

    def find(self, redis: Redis, record_id: str) -> KnownT | None:
        """Return one, also if it was revoked. Raises ConfigurationError if it cannot be read."""
        with redis_errors(redis):
            record = cast("bytes | None", redis.hget(self.key, record_id))
        if record is None:
            return None
        return self._read(record_id, record)

    def put(self, redis: Redis, record_id: str, record: KnownT) -> None:
        """Store one."""
        text = record.model_dump_json()
        with redis_errors(redis):
            redis.hset(self.key, record_id, text)

    def listed(self, redis: Redis) -> list[KnownT]:
        """Return all by stand and time, also those that were revoked.

        Raises ConfigurationError for a record that cannot be read: without it, the stand of a
        screen would be taken for one that has no screens of its own, and open for others.
        """
        with redis_errors(redis):
            records = cast("dict[bytes, bytes]", redis.hgetall(self.key))
        found = [self._read(name.decode(), record) for name, record in records.items()]
        return sorted(found, key=lambda record: (record.stand_id, record.added_s))

    def revoke(self, redis: Redis, record_id: str, now_s: int) -> KnownT | None:
        """Revoke a token. The record stays, so that the token is known for a revoked one.

        One that cannot be read is removed; None then. Raises ConfigurationError for an unknown one.
        """
        try:
            record = self.find(redis, record_id)
        except ConfigurationError:
            with redis_errors(redis):
                redis.hdel(self.key, record_id)
            return None
        if record is None:
            raise ConfigurationError(
                f"no {self.word} {record_id}; `vitrine {self.word}s list` shows all"
            )
        if record.is_revoked:
            return record
        revoked = record.model_copy(update={"revoked_s": now_s})
        self.put(redis, record_id, revoked)
        return revoked

    def _read(self, record_id: str, record: bytes) -> KnownT:
        try:
            return self.kind.model_validate_json(record)
        except ValidationError:
            raise ConfigurationError(
                f"what the store has of {self.word} {record_id} cannot be read; "
                f"`vitrine {self.word}s revoke {record_id}` removes it"
            ) from None


def token_hash(token: str) -> str:
    """Return what is stored in place of a token."""
    return sha256(token.encode()).hexdigest()
