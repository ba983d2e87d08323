"""Receipts of an erasure, signed with the site's key."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any, Final

from vitrine.sealing import Sealer

ABOUT: Final = "receipt"


Receipt = dict[str, Any]


def sign(content: Receipt, sealer: Sealer) -> Receipt:
    """Return the content with a `signature`: its hash, sealed."""
    digest = _digest(content)
    key_id, sealed = sealer.encrypt(digest, ABOUT)
    signature = f"{key_id}:{sealed}"
    return content | {"signature": signature}


def verify(receipt: Receipt, sealer: Sealer) -> bool:
    """Return True for a receipt that is ours and unchanged.

    Raises Invalid when its signature was altered.
    """
    content = dict(receipt)
    signature = str(content.pop("signature"))
    key_id, _, sealed = signature.partition(":")
    signed = sealer.decrypt(key_id, sealed, ABOUT)
    return signed == _digest(content)


def _digest(content: Receipt) -> bytes:
    canonical = json.dumps(content, sort_keys=True)
    digest = sha256(canonical.encode())
    return digest.digest()
