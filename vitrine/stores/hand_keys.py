"""Keys in the hands of customers: how a phone keeps one, and how `customers` tells `identity`.

The store has a hand key only sealed with what the phone keeps, or with the words of recovery. One
that is allowed to be used travels over a channel of Redis, which writes nothing to a disk, sealed
with the site's key; it is said again all the time, and forgotten by those who hear it no more.
"""

from __future__ import annotations

import logging
import secrets
from base64 import b64decode, b64encode
from collections.abc import Sequence
from typing import Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import BaseModel, ConfigDict
from redis import Redis

from vitrine.customers.hands import Allowance
from vitrine.errors import Invalid, Unavailable
from vitrine.sealing import KEY_BYTES, Sealer
from vitrine.stores.redis import redis_errors

logger = logging.getLogger(__name__)

CHANNEL: Final = "customers:in-hand"
HAND: Final = "hand"

# Two are missed before a key is forgotten. Chosen, not measured: recognition stops within this
# time after a customer ended it.
SAID_EVERY_S: Final = 0.3
HEARD_FOR_NS: Final = 1_000_000_000

# Between the clocks of two machines. What is older was said by somebody who kept it. Chosen, not
# measured.
CLOCKS_NS: Final = 5_000_000_000


def new_hand_key() -> bytes:
    """Return a key for a customer's hand."""
    return secrets.token_bytes(KEY_BYTES)


def hand_sealer(hand_key: bytes) -> Sealer:
    """Return what seals and opens templates with a hand key."""
    return Sealer({HAND: hand_key}, HAND)


def wrapped(hand_key: bytes, secret: str, customer_id: str) -> str:
    """Return a hand key sealed with a secret of the customer: a phone's, or recovery's."""
    _, sealed = _by(secret).encrypt(hand_key, _about(customer_id))
    return sealed


def unwrapped(sealed: str, secret: str, customer_id: str) -> bytes:
    """Return the hand key that `wrapped` sealed. Raises Invalid with another secret."""
    return _by(secret).decrypt(HAND, sealed, _about(customer_id))


def _by(secret: str) -> Sealer:
    # RFC 5869. The secret has 128 bits or more, so that it needs no slow function.
    derive = HKDF(SHA256(), KEY_BYTES, salt=None, info=b"vitrine: key in hand")
    return Sealer({HAND: derive.derive(secret.encode())}, HAND)


def _about(customer_id: str) -> str:
    return f"{customer_id}|key in hand"


class _Said(BaseModel):
    """Hold an allowance as it travels."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    customer_id: str
    stand_id: str | None
    until_ns: int
    key: str


class _Message(BaseModel):
    """Hold all that is allowed at a moment."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_ns: int
    allowances: tuple[_Said, ...]


def say(
    redis: Redis,
    sealer: Sealer,
    allowances: Sequence[Allowance],
    now_ns: int,
) -> None:
    """Tell all who listen what is allowed now. Raises Unavailable."""
    said = []
    for each in allowances:
        key = b64encode(each.key).decode()
        allowance = _Said(
            customer_id=each.customer_id,
            stand_id=each.stand_id,
            until_ns=each.until_ns,
            key=key,
        )
        said.append(allowance)
    message = _Message(at_ns=now_ns, allowances=tuple(said))
    key_id, sealed = sealer.encrypt(message.model_dump_json().encode(), CHANNEL)
    with redis_errors(redis):
        redis.publish(CHANNEL, f"{key_id} {sealed}")


class Listener:
    """Hear what customers allow; what is not said again for a second is forgotten."""

    def __init__(self, redis: Redis, sealer: Sealer) -> None:
        self._redis = redis
        self._sealer = sealer
        self._channel = redis.pubsub()  # type: ignore[no-untyped-call]
        self._allowances: list[Allowance] = []
        self._said_ns = 0
        """The speaker's time of the newest message."""
        self._heard_ns = 0
        """When it was heard."""

    def heard(self, now_ns: int) -> list[Allowance]:
        """Return what is allowed now. Raises Unavailable."""
        try:
            with redis_errors(self._redis):
                self._hear(now_ns)
        except Unavailable:
            self._channel.close()
            raise
        if now_ns - self._heard_ns > HEARD_FOR_NS:
            self._allowances = []
        return [each for each in self._allowances if now_ns < each.until_ns]

    def _hear(self, now_ns: int) -> None:
        if not self._channel.subscribed:
            self._channel.subscribe(CHANNEL)
        while (got := self._channel.get_message()) is not None:
            if got["type"] == "message":
                self._take(got["data"], now_ns)

    def _take(self, data: bytes, now_ns: int) -> None:
        """Take a message, unless somebody else wrote it, or says an old one again."""
        try:
            key_id, sealed = data.decode().split()
            plain = self._sealer.decrypt(key_id, sealed, CHANNEL)
            message = _Message.model_validate_json(plain)
            allowances = [_allowance(each) for each in message.allowances]
        except (ValueError, Invalid):
            logger.warning("a message about keys in hand cannot be read")
            return
        is_old = message.at_ns <= self._said_ns
        if is_old or abs(now_ns - message.at_ns) > CLOCKS_NS:
            return
        self._allowances = allowances
        self._said_ns = message.at_ns
        self._heard_ns = now_ns


def _allowance(said: _Said) -> Allowance:
    return Allowance(
        said.customer_id, said.stand_id, said.until_ns, b64decode(said.key)
    )
