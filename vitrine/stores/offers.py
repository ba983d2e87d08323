"""Offers: granted and redeemed by one atomic step in Redis each, never above budget, no code twice.

Both steps put the event to publish beside their effect, in `PENDING`, where it stays until the bus has it:
a crash in between loses neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Literal

from redis import Redis

from vitrine.errors import ConfigurationError
from vitrine.mall import Campaign, Offer
from vitrine.schemas import Identity, Interaction
from vitrine.stores.redis import redis_errors

Outcome = Literal["granted", "already", "exhausted", "no-codes"]

PENDING = "stand:pending"
KNOWN_CODES = "stand:known-codes"
KEEP_SECONDS = 90 * 86_400
"""How long grants and codes are remembered after they were last written."""

_LOAD = """
for _, code in ipairs(ARGV) do
  if redis.call('SADD', KEYS[1], code) == 1 then redis.call('RPUSH', KEYS[2], code) end
end
return redis.call('LLEN', KEYS[2])
"""

# KEYS: grants, pool, pending. ARGV: grant id, budget, the interaction, seconds to keep, prefix of codes.
_GRANT = """
local code = redis.call('HGET', KEYS[1], ARGV[1])
if code then
  local pending = redis.call('HGET', KEYS[3], ARGV[1])
  if pending then return {'granted', code, pending} end
  return {'already', '', ''}
end
if redis.call('HLEN', KEYS[1]) >= tonumber(ARGV[2]) then return {'exhausted', '', ''} end
code = redis.call('LPOP', KEYS[2])
if not code then return {'no-codes', '', ''} end
redis.call('HSET', KEYS[1], ARGV[1], code)
redis.call('EXPIRE', KEYS[1], ARGV[4])
redis.call('SET', ARGV[5] .. code, ARGV[3], 'EX', ARGV[4])
redis.call('HSET', KEYS[3], ARGV[1], ARGV[3])
return {'granted', code, ARGV[3]}
"""

# KEYS: redeemed mark, pending. ARGV: time, interaction id, the interaction, seconds to keep.
_REDEEM = """
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[4]) then return redis.call('GET', KEYS[1]) end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return false
"""


@dataclass(frozen=True, slots=True)
class Grant:
    """The answer to a wish for an offer; code and event only when granted."""

    outcome: Outcome
    code: str = ""
    shown: Interaction | None = None


class UnknownCode(Exception):
    """No offer with this code was ever granted."""


class AlreadyRedeemed(Exception):
    """The code was used before, at `at_ns`."""

    def __init__(self, at_ns: int) -> None:
        super().__init__(f"redeemed before, at {at_ns}")
        self.at_ns = at_ns


def grant_id(campaign: Campaign, offer: Offer, identity: Identity) -> str:
    """Deterministic: one for each visit, or each visitor. A visitor is of one stand and day, so for anonymous
    people `once_per: campaign` is once a day as well."""
    holder = identity.visit_id if offer.once_per == "visit" else identity.visitor_id
    parts = "\x1f".join((campaign.id, offer.id, holder))
    return f"grant-{blake2b(parts.encode(), digest_size=12).hexdigest()}"


def load_codes(redis: Redis, folder: Path, pool: str) -> int:
    """Put the codes of a pool's file that were never there before into Redis; returns how many are left.

    Raises ConfigurationError without the file, Unavailable without Redis.
    """
    path = folder / f"{pool}.txt"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            f"{path}: {error}; offers with codes: {pool} cannot be granted"
        ) from error
    codes = [
        line.strip() for line in lines if line.strip() and not line.startswith("#")
    ]
    with redis_errors(redis):
        left = redis.eval(_LOAD, 2, KNOWN_CODES, _pool_key(pool), *codes)
    return int(left)


def grant(redis: Redis, offer: Offer, shown: Interaction) -> Grant:
    """Grant an offer, once for `shown.interaction_id`. A repetition before `forget` gives the same code.
    Raises Unavailable."""
    assert shown.campaign_id  # noqa: S101 - offers belong to campaigns
    keys = (
        f"stand:grants:{shown.campaign_id}:{offer.id}",
        _pool_key(offer.codes),
        PENDING,
    )
    with redis_errors(redis):
        answer = redis.eval(
            _GRANT,
            3,
            *keys,
            shown.interaction_id,
            offer.budget,
            shown.to_json(),
            KEEP_SECONDS,
            _code_key(""),
        )
    outcome, code, event = (part.decode() for part in answer)
    return Grant(
        outcome, code, Interaction.model_validate_json(event) if event else None
    )


def redeem(redis: Redis, code: str, at_ns: int) -> Interaction:
    """Use a code up. Raises UnknownCode, AlreadyRedeemed, Unavailable."""
    with redis_errors(redis):
        granted = redis.get(_code_key(code))
        if granted is None:
            raise UnknownCode(code)
        shown = Interaction.model_validate_json(granted)
        redeemed = shown.model_copy(
            update={
                "interaction_id": f"{shown.interaction_id}-redeemed",
                "kind": "offer-redeemed",
                "at_ns": at_ns,
            }
        )
        before = redis.eval(
            _REDEEM,
            2,
            f"stand:redeemed:{code}",
            PENDING,
            at_ns,
            redeemed.interaction_id,
            redeemed.to_json(),
            KEEP_SECONDS,
        )
    if before is not None:
        raise AlreadyRedeemed(int(before))
    return redeemed


def pending(redis: Redis) -> Sequence[Interaction]:
    """Events whose effect took place and that may not be on the bus yet. Raises Unavailable."""
    with redis_errors(redis):
        events = redis.hgetall(PENDING)
    return [Interaction.model_validate_json(event) for event in events.values()]


def forget(redis: Redis, interaction_ids: Sequence[str]) -> None:
    """The events are on the bus. Raises Unavailable."""
    with redis_errors(redis):
        redis.hdel(PENDING, *interaction_ids)


def _pool_key(pool: str) -> str:
    return f"stand:codes:{pool}"


def _code_key(code: str) -> str:
    return f"stand:code:{code}"
