"""Count how often a record stopped the service.

The count outlives restarts in the group's commit notes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from vitrine.bus import Commit, Record

# A record may stop the service twice by chance, when memory runs out beside it for
# example. Chosen, not measured.
LIMIT = 3


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Remember that a batch up to the offset `last` stopped the service.

    With `attempts` above 0, the record at `last` was alone and did so that often.
    """

    last: int
    attempts: int

    def covers(self, offset: int) -> bool:
        """Return True for a record that must be handled alone."""
        return offset <= self.last

    def condemns(self, offset: int) -> bool:
        """Return True for the record that stopped the service too often."""
        return offset == self.last and self.attempts >= LIMIT


def suspect(batch: Sequence[Record], before: Suspicion | None) -> Suspicion:
    """Return what to remember of one partition's part of a batch that stopped the service."""
    last = batch[-1].offset
    if len(batch) > 1:
        return Suspicion(last, 0)
    if before is None or before.last != last:
        return Suspicion(last, 1)
    return Suspicion(last, before.attempts + 1)


def to_note(handler_note: str, suspicion: Suspicion | None) -> str:
    """Return both as one commit note; empty where there is nothing to note."""
    content: dict[str, str | int] = {"note": handler_note}
    if suspicion is not None:
        content["last"] = suspicion.last
        content["attempts"] = suspicion.attempts
    elif not handler_note:
        return ""
    return json.dumps(content)


def from_note(commit: Commit) -> tuple[Commit, Suspicion | None]:
    """Return the handler's own commit and the suspicion that a commit note holds."""
    if not commit.note:
        return commit, None
    content = json.loads(commit.note)
    own = Commit(commit.offset, content["note"])
    if "last" not in content:
        return own, None
    return own, Suspicion(content["last"], content["attempts"])
