"""Partitions of one run of a loop: what is committed, suspected and held back in them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeAlias

from vitrine.bus import Commit, Record, TopicPartition
from vitrine.runtime.poison import (
    Suspicion,
    from_note,
    suspect,
    to_note,
)

Records: TypeAlias = Sequence[Record]
Sources: TypeAlias = Iterable[TopicPartition]
Commits: TypeAlias = Mapping[TopicPartition, Commit]
KnownCommits: TypeAlias = Mapping[TopicPartition, Commit | None]
"""None for partitions of which the group committed nothing yet."""


class Assignment:
    """Keep the partitions that the group gave to this process, and what is known of each."""

    def __init__(self) -> None:
        self.owned: set[TopicPartition] = set()
        self.pending: set[TopicPartition] = set()
        """Partitions that the handler has not been told of yet."""
        self.held: list[Record] = []
        """Records that were polled, but wait until a suspect before them is handled."""
        self._commits: dict[TopicPartition, Commit] = {}
        self._suspicions: dict[TopicPartition, Suspicion] = {}
        self._revoked_at = time.monotonic()

    @property
    def unchanged_s(self) -> float:
        """Seconds since the group took partitions away, or since the start.

        Soon after that, owning nothing says little: the group may still be sharing out.
        """
        return time.monotonic() - self._revoked_at

    def assign(self, partitions: Sources) -> None:
        """Add partitions; `adopt` follows once their commits are known."""
        self.pending.update(partitions)
        self.owned.update(partitions)

    def adopt(self, commits: Mapping[TopicPartition, Commit | None]) -> None:
        """Take over what the group committed for the pending partitions."""
        for source, commit in commits.items():
            if commit is None:
                continue
            self._commits[source] = commit
            _, suspicion = from_note(commit)
            if suspicion is not None:
                self._suspicions[source] = suspicion
        self.pending.clear()

    def revoke(self, partitions: Sources) -> list[TopicPartition]:
        """Forget partitions with their records; return those that the handler knows, in order."""
        lost = set(partitions)
        known = sorted(lost - self.pending)
        self.held = [record for record in self.held if record.source not in lost]
        for source in lost:
            self._suspicions.pop(source, None)
            self._commits.pop(source, None)
        self.pending -= lost
        self.owned -= lost
        self._revoked_at = time.monotonic()
        return known

    def admit(self, records: Records) -> list[Record]:
        """Return the records to handle now and hold the rest: a suspect is handled alone."""
        for place, record in enumerate(records):
            suspicion = self._suspicions.get(record.source)
            if suspicion is None:
                continue
            if suspicion.covers(record.offset):
                cut = max(1, place)
                self.held = list(records[cut:])
                return list(records[:cut])
        self.held = []
        return list(records)

    def condemns(self, record: Record) -> bool:
        """Return True for a record that stopped the process too often."""
        suspicion = self._suspicions.get(record.source)
        if suspicion is None:
            return False
        return suspicion.condemns(record.offset)

    def accuse(self, records: Records) -> Commits:
        """Return commits that say which records stopped the process, and move no offset."""
        parts = defaultdict(list)
        for record in records:
            parts[record.source].append(record)
        accusations = {}
        for source, part in parts.items():
            commit = self._commits.get(source)
            if commit is None:
                commit = Commit(part[0].offset)
            own, _ = from_note(commit)
            before = self._suspicions.get(source)
            suspicion = suspect(part, before)
            note = to_note(own.note, suspicion)
            accusations[source] = Commit(commit.offset, note)
        return accusations

    def progress(self, records: Records, resume: Commits) -> Commits:
        """Return the commits that differ from the last, after these records were handled.

        A partition is read on after its last record, or as `resume` says.
        """
        commits = {}
        for record in records:
            source = record.source
            commits[source] = Commit(record.offset + 1)
            suspicion = self._suspicions.get(source)
            if suspicion is not None and record.offset >= suspicion.last:
                del self._suspicions[source]
        commits.update(resume)
        changed = {}
        for source, commit in commits.items():
            suspicion = self._suspicions.get(source)
            note = to_note(commit.note, suspicion)
            noted = Commit(commit.offset, note)
            last = self._commits.get(source)
            if noted != last:
                changed[source] = noted
        return changed

    def committed(self, commits: Commits) -> None:
        """Note what was committed."""
        self._commits.update(commits)
