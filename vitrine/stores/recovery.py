"""Codes in Redis with which customers make a new phone theirs.

`customers:recovery:HASH` has the customer of a code, a field `recovery` of `customer:ID` the hash,
and both go with the customer. The store knows no code. A field `recovery-proof` has the code bound
to the customer's data key: who can write to Redis alone can make no code somebody's.
"""

from __future__ import annotations

import hmac
import secrets
from base64 import b32encode
from hashlib import sha256
from typing import Final, cast

from redis import Redis

from vitrine.stores.customer_keys import customer_key
from vitrine.stores.redis import redis_errors

CODE_BYTES: Final = 16
"""128 bits, which nobody guesses; 26 letters and digits."""
GROUP: Final = 4
# What people read in place of a letter of base32 (RFC 4648, 6), which has no 0, 1 and 8.
MISREAD: Final = str.maketrans("018", "OIB", " -\t\n")

# KEYS 1 customer, 2 code. ARGV 1 customer's id, 2 hash, 3 proof. The code before is good for
# nothing more. Without a record nobody would remove it.
_KEEP: Final = """
if redis.call('HEXISTS', KEYS[1], 'record') == 0 then return 0 end
local before = redis.call('HGET', KEYS[1], 'recovery')
if before then redis.call('DEL', 'customers:recovery:' .. before) end
redis.call('HSET', KEYS[1], 'recovery', ARGV[2], 'recovery-proof', ARGV[3])
redis.call('SET', KEYS[2], ARGV[1])
local left = redis.call('PTTL', KEYS[1])
if left > 0 then redis.call('PEXPIRE', KEYS[2], left) end
return 1
"""

# KEYS 1 customer.
_PROLONG: Final = """
local digest = redis.call('HGET', KEYS[1], 'recovery')
local left = redis.call('PTTL', KEYS[1])
if digest and left > 0 then redis.call('PEXPIRE', 'customers:recovery:' .. digest, left) end
"""


def new_code() -> str:
    """Return a code, in groups of letters and digits."""
    code = b32encode(secrets.token_bytes(CODE_BYTES)).decode().rstrip("=")
    starts = range(0, len(code), GROUP)
    return "-".join(code[start : start + GROUP] for start in starts)


def plain(code: str) -> str:
    """Return a code without its groups, as it was made: people misread it, and add blanks."""
    return code.upper().translate(MISREAD)


def keep_code(
    redis: Redis,
    customer_id: str,
    code: str,
    bound: str,
) -> bool:
    """Make a code a customer's, in place of one before; return False without such a customer.

    `bound` is the plain code, bound to the customer. Raises Unavailable.
    """
    digest = _digest(plain(code))
    with redis_errors(redis):
        kept = redis.eval(
            _KEEP,
            2,
            customer_key(customer_id),
            _code_key(digest),
            customer_id,
            digest,
            bound,
        )
    return bool(kept)


def prolong(redis: Redis, customer_id: str) -> None:
    """Let a customer's code be good for as long as the customer is there. Raises Unavailable."""
    with redis_errors(redis):
        redis.eval(_PROLONG, 1, customer_key(customer_id))


def customer_of(redis: Redis, code: str) -> str | None:
    """Return the customer of a code as people type it; None for one that is nobody's.

    Raises Unavailable.
    """
    digest = _digest(plain(code))
    with redis_errors(redis):
        found = cast("bytes | None", redis.get(_code_key(digest)))
    return found.decode() if found is not None else None


def has_code(redis: Redis, customer_id: str) -> bool:
    """Return True for a customer of whom a code was kept. Raises Unavailable."""
    with redis_errors(redis):
        return bool(redis.hexists(customer_key(customer_id), "recovery-proof"))


def is_code_of(redis: Redis, customer_id: str, bound: str) -> bool:
    """Return True when the code of this `bound` was kept for the customer. Raises Unavailable."""
    with redis_errors(redis):
        found = redis.hget(customer_key(customer_id), "recovery-proof")
    proof = cast("bytes | None", found)
    return proof is not None and hmac.compare_digest(proof.decode(), bound)


def _digest(code: str) -> str:
    return sha256(f"recovery code\x1f{code}".encode()).hexdigest()


def _code_key(digest: str) -> str:
    return f"customers:recovery:{digest}"
