"""Offers in Redis: granted and redeemed by one atomic step each, never above budget, no code twice.

Both steps put the event to publish beside their effect, in `PENDING`, where it stays until the
bus has it: a crash in between loses neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from redis import Redis

from vitrine.offers.due import DueOffer, Grant
from vitrine.offers.redemption import AlreadyRedeemed, UnknownCode, redemption
from vitrine.schemas import Interaction
from vitrine.stores.redis import redis_errors

PENDING: Final = "stand:pending"
KNOWN_CODES: Final = "stand:known-codes"
# Chosen, not measured: a quarter of a year. Every grant of an offer begins the time of its budget
# anew.
KEEP_SECONDS: Final = 90 * 86_400
"""Time that grants and codes are remembered after they were last written."""

# KEYS: codes ever loaded, pool. ARGV: 1 to withdraw what the file does not have, then its codes.
_LOAD = """
local listed = {}
for number = 2, #ARGV do
  local code = ARGV[number]
  listed[code] = true
  if redis.call('SADD', KEYS[1], code) == 1 then redis.call('RPUSH', KEYS[2], code) end
end
local withdrawn = 0
if ARGV[1] == '1' then
  local kept = {}
  for _, code in ipairs(redis.call('LRANGE', KEYS[2], 0, -1)) do
    if listed[code] then
      table.insert(kept, code)
    else
      redis.call('SREM', KEYS[1], code)
      withdrawn = withdrawn + 1
    end
  end
  if withdrawn > 0 then
    redis.call('DEL', KEYS[2])
    for _, code in ipairs(kept) do redis.call('RPUSH', KEYS[2], code) end
  end
end
return {redis.call('LLEN', KEYS[2]), withdrawn}
"""

# KEYS: grants, pool, pending. ARGV: grant id, budget, the interaction, seconds to keep, prefix of
# codes.
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
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'EX', ARGV[4]) then
  return redis.call('GET', KEYS[1])
end
redis.call('HSET', KEYS[2], ARGV[2], ARGV[3])
return false
"""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Hold what became of a pool: codes that are left, and those that were taken out."""

    left: int
    withdrawn: int


def load_codes(
    redis: Redis,
    pool: str,
    codes: Sequence[str],
    *,
    withdraw: bool,
) -> Loaded:
    """Add to a pool the codes that no pool has or had.

    With `withdraw`, codes that are left in the pool and not in `codes` are taken out of it; they
    may come back later. Raises Unavailable.
    """
    with redis_errors(redis):
        left, withdrawn = redis.eval(
            _LOAD,
            2,
            KNOWN_CODES,
            _pool_key(pool),
            int(withdraw),
            *codes,
        )
    return Loaded(int(left), int(withdrawn))


def grant(redis: Redis, due: DueOffer) -> Grant:
    """Grant an offer once for its grant's id. Raises Unavailable.

    A repetition before `forget` gives the same code, for an answer that was lost.
    """
    shown = due.shown
    with redis_errors(redis):
        answer = redis.eval(
            _GRANT,
            3,
            f"stand:grants:{shown.campaign_id}:{due.offer.id}",
            _pool_key(due.offer.codes),
            PENDING,
            shown.interaction_id,
            due.offer.budget,
            shown.to_json(),
            KEEP_SECONDS,
            _code_key(""),
        )
    outcome, code, event = (part.decode() for part in answer)
    if not event:
        return Grant(outcome)
    return Grant(outcome, code, Interaction.model_validate_json(event))


def redeem(
    redis: Redis,
    code: str,
    at_ns: int,
) -> Interaction:
    """Use a code up. Raises UnknownCode, AlreadyRedeemed, Unavailable."""
    with redis_errors(redis):
        granted = redis.get(_code_key(code))
        if granted is None:
            raise UnknownCode(code)
        event = redemption(Interaction.model_validate_json(granted), at_ns)
        redeemed_at = redis.eval(
            _REDEEM,
            2,
            f"stand:redeemed:{code}",
            PENDING,
            at_ns,
            event.interaction_id,
            event.to_json(),
            KEEP_SECONDS,
        )
    if redeemed_at is not None:
        raise AlreadyRedeemed(int(redeemed_at))
    return event


def pending(redis: Redis) -> list[Interaction]:
    """Return the events that may not be on the bus yet. Raises Unavailable."""
    with redis_errors(redis):
        events = redis.hgetall(PENDING)
    return [Interaction.model_validate_json(event) for event in events.values()]


def forget(redis: Redis, interaction_ids: Sequence[str]) -> None:
    """Drop pending events that are on the bus. Raises Unavailable."""
    with redis_errors(redis):
        redis.hdel(PENDING, *interaction_ids)


def _pool_key(pool: str) -> str:
    return f"stand:codes:{pool}"


def _code_key(code: str) -> str:
    return f"stand:code:{code}"
