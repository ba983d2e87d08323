"""Sign what is sent to somebody's server, so that it can tell us from others."""

from __future__ import annotations

import hmac
from hashlib import sha256
from typing import Final

SIGNATURE: Final = "Vitrine-Signature"


def signature(body: bytes, secret: bytes, at_s: int) -> str:
    """Return `t=SECOND,v1=HEX`: HMAC-SHA256 of the second, a full stop and the body."""
    digest = hmac.new(secret, f"{at_s}.".encode() + body, sha256)
    return f"t={at_s},v1={digest.hexdigest()}"
