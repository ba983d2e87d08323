"""Counting how often a record stopped the service, across restarts, in the group's commit notes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from vitrine.bus import Commit, Record

LIMIT = 3


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A batch up to `last` stopped the service; if `attempts` > 0, the record at `last` itself did."""

    last: int
    attempts: int

    def covers(self, offset: int) -> bool:
        """Whether the record must be handled alone."""
        return offset <= self.last

    def condemns(self, offset: int) -> bool:
        """Whether the record has stopped the service too often."""
        return offset == self.last and self.attempts >= LIMIT


def suspect(batch: Sequence[Record], before: Suspicion | None) -> Suspicion:
    """What to remember of one partition's part of a batch that stopped the service."""
    last = batch[-1].offset
    if len(batch) > 1:
        return Suspicion(last, 0)
    attempts = before.attempts if before and before.last == last else 0
    return Suspicion(last, attempts + 1)


def to_note(handler_note: str, suspicion: Suspicion | None) -> str:
    """Both notes as one commit note."""
    if suspicion is None:
        return json.dumps({"note": handler_note}) if handler_note else ""
    return json.dumps(
        {"note": handler_note, "last": suspicion.last, "attempts": suspicion.attempts}
    )


def from_note(commit: Commit) -> tuple[Commit, Suspicion | None]:
    """The handler's commit and the suspicion that a commit note holds."""
    if not commit.note:
        return commit, None
    content = json.loads(commit.note)
    suspicion = (
        Suspicion(content["last"], content["attempts"]) if "last" in content else None
    )
    return Commit(commit.offset, content["note"]), suspicion
