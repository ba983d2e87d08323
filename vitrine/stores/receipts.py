"""Receipts of an erasure, signed with the site's key."""

from __future__ import annotations

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

from vitrine.sealing import Sealer

ABOUT: Final = "receipt"


def sign(content: Mapping[str, Any], sealer: Sealer) -> dict[str, Any]:
    """Return the content with a `signature`: its hash, sealed."""
    key_id, sealed = sealer.encrypt(_digest(content), ABOUT)
    return {**content, "signature": f"{key_id}:{sealed}"}


def verify(receipt: Mapping[str, Any], sealer: Sealer) -> bool:
    """Return True for a receipt that is ours and unchanged.

    Raises Invalid when its signature was altered.
    """
    content = dict(receipt)
    signature = str(content.pop("signature"))
    key_id, _, sealed = signature.partition(":")
    return sealer.decrypt(key_id, sealed, ABOUT) == _digest(content)


def _digest(content: Mapping[str, Any]) -> bytes:
    canonical = json.dumps(dict(content), sort_keys=True)
    return sha256(canonical.encode()).digest()
