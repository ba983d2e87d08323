"""The data keys of customers, in a Redis of their own, which keeps no log of what it was told.

Hash `customer-keys`: for each customer the key that opens their record. `key-store`: which store
this is. Each change is on the disk before the answer, in a snapshot that is written whole: what
was removed is then in no file. An append-only file, a replica or a backup would keep it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Final, Self, cast

from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from redis import Redis
from redis.exceptions import NoPermissionError, ResponseError

from vitrine.errors import ConfigurationError, Invalid, Unavailable
from vitrine.sealing import KEY_BYTES, Sealer
from vitrine.stores.redis import connect, redis_errors

logger = logging.getLogger(__name__)

VARIABLE: Final = "VITRINE_KEYS_URL"
HOW_TO: Final = (
    f"set {VARIABLE}: the Redis that keeps the data keys of customers, with `appendonly no` and "
    '`save ""` (docs/operations.md)'
)
KEEPS_LOG: Final = (
    f"the Redis of {VARIABLE} keeps an append-only file, and with it the keys of those who were "
    "erased: set `appendonly no`, and remove the file"
)
KEYS: Final = "customer-keys"
STORE: Final = "key-store"
# As long as the ids of customers: nobody guesses one.
ID_BYTES: Final = 12
# A snapshot waits for the disk: 0.2 s for 10,000 keys (`python -m benchmarks.erasure`), and more
# than 2 s for 100,000 on a machine that is busy otherwise. Chosen with room above that.
SAVE_LIMIT_S: Final = 15.0
# A withdrawal and a rotation may meet. Chosen, not measured.
REPLACE_TRIES: Final = 5
# The id under which a data key seals: there is one only.
DATA: Final = "data"

# Only what is still as it was read: the customer may be erased meanwhile.
_REPLACE: Final = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
"""


class DataKey(BaseModel):
    """Hold the data key of a customer, sealed with a key of the site."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key_id: str
    """Of the site's key."""
    sealed: str
    pseudonym: str
    """What the customer is called where nothing may lead to them: with visits and offers."""
    least_version: int = 1
    """An older record was put back, and counts for nothing."""
    added_at_ns: int

    @classmethod
    def new(cls, sealer: Sealer, customer_id: str, now_ns: int) -> DataKey:
        """Make the key of a new customer."""
        pseudonym = secrets.token_hex(ID_BYTES)
        plain = secrets.token_bytes(KEY_BYTES)
        key_id, sealed = sealer.encrypt(plain, _about(customer_id, pseudonym))
        return cls(
            key_id=key_id,
            sealed=sealed,
            pseudonym=pseudonym,
            added_at_ns=now_ns,
        )

    def opened(self, sealer: Sealer, customer_id: str) -> Sealer:
        """Return what seals and opens with the data key. Raises Invalid without the site's key."""
        plain = self._plain(sealer, customer_id)
        if len(plain) != KEY_BYTES:
            raise Invalid("this is no data key")
        return Sealer({DATA: plain}, DATA)

    def sealed_anew(self, sealer: Sealer, customer_id: str) -> DataKey:
        """Return the same key, sealed with the active key of the site. Raises Invalid."""
        plain = self._plain(sealer, customer_id)
        key_id, sealed = sealer.encrypt(plain, _about(customer_id, self.pseudonym))
        return self.model_copy(update={"key_id": key_id, "sealed": sealed})

    def _plain(self, sealer: Sealer, customer_id: str) -> bytes:
        about = _about(customer_id, self.pseudonym)
        return sealer.decrypt(self.key_id, self.sealed, about)


class KeyStore:
    """Keep data keys. Each call may raise Unavailable."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    @classmethod
    def at(
        cls, url: SecretStr | None, answer_limit_s: float = SAVE_LIMIT_S
    ) -> KeyStore:
        """Return the key store at an address, unconnected. Raises ConfigurationError without."""
        if url is None:
            raise ConfigurationError(HOW_TO)
        return cls(connect(url.get_secret_value(), VARIABLE, answer_limit_s))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._redis.close()

    def entry(self, customer_id: str) -> DataKey | None:
        """Return the key of a customer; None without one, or one that cannot be read."""
        with redis_errors(self._redis, VARIABLE):
            stored = cast("bytes | None", self._redis.hget(KEYS, customer_id))
        if stored is None:
            return None
        return _read(stored)

    def entries(self) -> dict[str, DataKey | None]:
        """Return all keys by customer; None for one that cannot be read."""
        with redis_errors(self._redis, VARIABLE):
            stored = cast("Mapping[bytes, bytes]", self._redis.hgetall(KEYS))
        found = {}
        for customer_id, text in stored.items():
            found[customer_id.decode()] = _read(text)
        return found

    def add(self, customer_id: str, key: DataKey) -> None:
        """Keep the key of a new customer."""
        with redis_errors(self._redis, VARIABLE):
            self._redis.hset(KEYS, customer_id, key.model_dump_json())
        self.save()

    def remove(self, *customer_ids: str) -> None:
        """Remove keys for good, also where an earlier attempt did not come to the disk."""
        if customer_ids:
            with redis_errors(self._redis, VARIABLE):
                self._redis.hdel(KEYS, *customer_ids)
        self.save()

    def replace(self, customer_id: str, change: Callable[[DataKey], DataKey]) -> bool:
        """Change a key that is there, without `save`; return False where nothing was changed.

        Raises what `change` raises, and Unavailable where others change it all the time.
        """
        for _ in range(REPLACE_TRIES):
            with redis_errors(self._redis, VARIABLE):
                stored = cast("bytes | None", self._redis.hget(KEYS, customer_id))
            key = _read(stored) if stored is not None else None
            if stored is None or key is None:
                return False
            changed = change(key)
            if changed == key:
                return False
            text = changed.model_dump_json()
            with redis_errors(self._redis, VARIABLE):
                done = self._redis.eval(_REPLACE, 1, KEYS, customer_id, stored, text)
            if done:
                return True
        raise Unavailable("others change the data key of a customer all the time")

    def save(self) -> None:
        """Bring to the disk what was changed."""
        with redis_errors(self._redis, VARIABLE):
            try:
                self._redis.save()
            except NoPermissionError:
                raise
            except ResponseError as error:
                # A full disk, or another snapshot that is being written.
                raise Unavailable(
                    f"the key store wrote no snapshot: {error}"
                ) from error

    def unsaved(self) -> bool:
        """Return True where something was changed since the last snapshot."""
        return self._persistence("rdb_changes_since_last_save") > 0

    def keeps_log(self) -> bool:
        """Return True for a Redis that writes down whatever it is told."""
        return self._persistence("aof_enabled") > 0

    def _persistence(self, name: str) -> int:
        with redis_errors(self._redis, VARIABLE):
            found = self._redis.info("persistence")
        return int(found[name])

    def name(self) -> str | None:
        """Return which key store this is; None for a new one."""
        with redis_errors(self._redis, VARIABLE):
            found = cast("bytes | None", self._redis.get(STORE))
        if found is None:
            return None
        return found.decode()

    def begin(self) -> str:
        """Make a new store one that can be told from others, and return its name."""
        with redis_errors(self._redis, VARIABLE):
            self._redis.set(STORE, secrets.token_hex(ID_BYTES), nx=True)
        self.save()
        with redis_errors(self._redis, VARIABLE):
            name = cast("bytes", self._redis.get(STORE))
        return name.decode()


def _read(stored: bytes) -> DataKey | None:
    try:
        return DataKey.model_validate_json(stored)
    except ValidationError:
        logger.warning("the data key of a customer cannot be read")
        return None


def _about(customer_id: str, pseudonym: str) -> str:
    """Return what a sealed key belongs to: copied to another customer, it does not open."""
    return f"{customer_id}|data key|{pseudonym}"
