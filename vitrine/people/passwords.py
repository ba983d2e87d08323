"""Keep passwords so that whoever reads the file does not have them."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from typing import Final

# OWASP's Password Storage Cheat Sheet has this among its equal choices for scrypt: 16 MB,
# and 0.13 s on a shared core of an AMD EPYC.
COST: Final = 2**14
BLOCKS: Final = 8
LANES: Final = 5
SCHEME: Final = "scrypt-14-8-5"
SALT_BYTES: Final = 16
FORM: Final = rf"^{SCHEME}\$[0-9a-f]{{32}}\$[0-9a-f]{{128}}$"
"""What `hashed` returns."""

# NIST SP 800-63B-4, section 3.1.1.2, where a password is all that somebody brings.
SHORTEST: Final = 15
GENERATED_BYTES: Final = 15
"""For 20 letters, digits and signs."""


def generated() -> str:
    """Return a new password that nobody can guess."""
    return secrets.token_urlsafe(GENERATED_BYTES)


def hashed(password: str) -> str:
    """Return what to keep of a password, with a salt of its own."""
    salt = secrets.token_hex(SALT_BYTES)
    return f"{SCHEME}${salt}${_digest(password, salt)}"


def is_password(password: str, kept: str) -> bool:
    """Return True for the password of which `kept` was made."""
    _, salt, digest = kept.split("$")
    return hmac.compare_digest(_digest(password, salt), digest)


def _digest(password: str, salt: str) -> str:
    # Keyboards and systems write the same letter in several ways.
    text = unicodedata.normalize("NFKC", password)
    return hashlib.scrypt(
        text.encode(errors="surrogatepass"),
        salt=bytes.fromhex(salt),
        n=COST,
        r=BLOCKS,
        p=LANES,
    ).hex()


NOBODYS: Final = f"{SCHEME}${'0' * 32}${'0' * 128}"
"""Checked in place of an account that does not exist: that takes as long, and fails."""
