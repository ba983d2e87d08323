"""Count how often a record stopped the service.

The count outlives restarts in the group's commit notes. Where a process may be killed in the
middle, by its memory limit for example, an attempt is counted before it is made.
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


@dataclass(frozen=True, slots=True)
class Note:
    """Hold what a commit note says beside the offset."""

    handler: str = ""
    """The handler's own note."""
    suspicion: Suspicion | None = None
    done: int | None = None
    """Offset after the last record that was handled, where reading goes on before it."""

    def text(self) -> str:
        """Return the commit note; empty where there is nothing to note."""
        if self == Note():
            return ""
        content: dict[str, str | int] = {"note": self.handler}
        if self.suspicion is not None:
            content["last"] = self.suspicion.last
            content["attempts"] = self.suspicion.attempts
        if self.done is not None:
            content["done"] = self.done
        return json.dumps(content)


def read_note(commit: Commit) -> Note:
    """Return what the note of a commit says."""
    if not commit.note:
        return Note()
    content = json.loads(commit.note)
    suspicion = None
    if "last" in content:
        suspicion = Suspicion(content["last"], content["attempts"])
    return Note(content["note"], suspicion, content.get("done"))
