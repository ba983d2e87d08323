"""The code that a play shows in a corner of the picture, for a camera that sees the screen."""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

CODE_BITS: Final = 36
"""Bits of a code: six rows of six cells."""
# Chosen, not measured: with creatives of eight seconds a code comes about once a minute.
ONE_PLAY_IN: Final = 8
"""One of so many plays shows a code: which, its id says."""


def probe_code(play_id: str) -> int | None:
    """Return the code that a play shows, below 2**36; None for a play that shows none.

    Stand and checker derive it from the id alone. The id is made with the command, so that nobody
    can know the code before.
    """
    digest = blake2b(play_id.encode(), digest_size=8, person=b"display-probe").digest()
    number = int.from_bytes(digest, "big")
    if number % ONE_PLAY_IN != 0:
        return None
    # The high bits: the low ones chose the play.
    return number >> (64 - CODE_BITS)
