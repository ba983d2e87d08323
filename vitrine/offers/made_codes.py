"""Codes that are made here: signed, short, without look-alikes, and proof against a typing error.

A code is an HMAC of its grant, so that nobody guesses one, and a repetition makes the same one.
"""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

SIGNED: Final = "signed"
"""`codes` of an offer whose codes are made here, in place of the name of a pool."""
# Without 0, 1, I, L and O. Their number is a prime, which the check symbol needs.
ALPHABET: Final = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
# 11 symbols are 54 bits: with a million codes out, one try in 25 thousand million hits one.
SIGNED_SYMBOLS: Final = 11
GROUP: Final = 4
# Chosen, not measured: that a code of another grant is met three times never happens.
CANDIDATES: Final = 3
"""Codes that are made for one grant, of which the first that is free is granted."""


def signed_codes(grant: str, key: bytes) -> list[str]:
    """Return the codes that a grant may have, in the order to try them, as XXXX-XXXX-XXXX."""
    codes = []
    for attempt in range(CANDIDATES):
        message = f"offer code\x1f{grant}\x1f{attempt}"
        digest = hmac.digest(key, message.encode(), sha256)
        codes.append(_spelled(int.from_bytes(digest)))
    return codes


def mistyped(code: str) -> bool:
    """Return True for what looks like a code made here, with one wrong symbol or two exchanged.

    `code` is canonical. The check symbol makes the sum of place times value a multiple of 31: a
    prime above every place, so that one change, or one exchange, never keeps it.
    """
    if len(code) != SIGNED_SYMBOLS + 1:
        return False
    if any(symbol not in ALPHABET for symbol in code):
        return False
    return _checksum(code) != 0


def _spelled(number: int) -> str:
    symbols = ""
    for _ in range(SIGNED_SYMBOLS):
        number, value = divmod(number, len(ALPHABET))
        symbols += ALPHABET[value]
    symbols += _check_symbol(symbols)
    starts = range(0, len(symbols), GROUP)
    groups = [symbols[start : start + GROUP] for start in starts]
    return "-".join(groups)


def _check_symbol(symbols: str) -> str:
    for symbol in ALPHABET:
        if _checksum(symbols + symbol) == 0:
            return symbol
    raise AssertionError("every place has an inverse modulo a prime")


def _checksum(symbols: str) -> int:
    total = 0
    for place, symbol in enumerate(symbols, 1):
        total += place * ALPHABET.index(symbol)
    return total % len(ALPHABET)
