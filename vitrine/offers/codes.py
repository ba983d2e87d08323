"""Pools of codes, as advertisers write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LONGEST_CODE: Final = 100
# Half a million codes of 20 characters.
MOST_POOL_BYTES: Final = 10_000_000
COMMENT: Final = re.compile(r"(^|\s)#.*")
# As the store's `[%c%s%-]` finds them, which knows no other letters than those of ASCII.
LEFT_OUT: Final = re.compile(rb"[\x00-\x20\x7f-]")


def canonical(code: str) -> str:
    """Return a code as it is looked up, however a person or a scanner has typed it.

    Letters of ASCII become capitals; spaces, hyphens, line ends and control characters go.
    """
    capitals = code.encode().upper()
    return LEFT_OUT.sub(b"", capitals).decode()


@dataclass(frozen=True, slots=True)
class Pool:
    """Hold the codes of a pool's file, in its order, each once."""

    codes: Sequence[str]
    doubled: int = 0
    """Lines that repeat a code, as a till reads it."""
    unusable: Sequence[int] = ()
    """Numbers of lines that can be no code: too long, or with characters that cannot be seen."""


def read_pool(text: str, *, complete: bool = True) -> Pool:
    """Return the codes of a pool's file, one a line.

    Empty lines and comments are skipped; a comment begins with # at the start of a line or after
    a space. With `complete` false the file is still being written: its last line counts only
    when its line end is there.
    """
    codes: dict[str, str] = {}
    doubled = 0
    unusable = []
    # Files come from spreadsheets: with a mark of the encoding, any line ends, and spaces.
    lines = text.removeprefix("\ufeff").splitlines(keepends=True)
    for number, line in enumerate(lines, 1):
        if not complete and line == line.rstrip("\r\n"):
            break
        code = COMMENT.sub("", line).strip()
        if not code:
            continue
        looked_up = canonical(code)
        if not looked_up or len(code) > LONGEST_CODE or not code.isprintable():
            unusable.append(number)
        elif looked_up in codes:
            doubled += 1
        else:
            codes[looked_up] = code
    return Pool(tuple(codes.values()), doubled, tuple(unusable))
