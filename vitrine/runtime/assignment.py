"""Partitions of one run of a loop: what is committed, suspected and held back in them."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias

from vitrine.bus import Commit, Record, TopicPartition
from vitrine.runtime.poison import (
    Note,
    Suspicion,
    read_note,
    suspect,
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
        self._done: dict[TopicPartition, int] = {}
        """Offset after the last record that was handled, by whomever."""
        self._untried: set[TopicPartition] = set()
        """Partitions of which this process has handled no record that is new to the group."""
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
            self._untried.add(source)
            if commit is None:
                continue
            self._commits[source] = commit
            note = read_note(commit)
            if note.suspicion is not None:
                self._suspicions[source] = note.suspicion
            self._done[source] = commit.offset
            if note.done is not None:
                self._done[source] = note.done
        self.pending.clear()

    def revoke(self, partitions: Sources) -> list[TopicPartition]:
        """Forget partitions with their records; return those that the handler knows, in order."""
        lost = set(partitions)
        known = sorted(lost - self.pending)
        self.held = [record for record in self.held if record.source not in lost]
        for source in lost:
            self._suspicions.pop(source, None)
            self._commits.pop(source, None)
            self._done.pop(source, None)
        self._untried -= lost
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

    def attempt(self, records: Records) -> Commits:
        """Return commits that accuse records before they are handled, and move no offset.

        A process that is killed in the middle cannot say so afterwards. Suspects are accused,
        and the first new records after a start: what ended the process before is among them.
        """
        doubtful = {record.source for record in records if self._is_doubtful(record)}
        parts = [record for record in records if record.source in doubtful]
        return self.accuse(parts)

    def _is_doubtful(self, record: Record) -> bool:
        if self.condemns(record):
            # It is not tried again.
            return False
        suspicion = self._suspicions.get(record.source)
        if suspicion is not None and suspicion.covers(record.offset):
            return True
        if record.source not in self._untried:
            return False
        return record.offset >= self._done.get(record.source, 0)

    def accuse(self, records: Records) -> Commits:
        """Return commits that say which records stopped the process, and move no offset."""
        parts = defaultdict(list)
        for record in records:
            parts[record.source].append(record)
        accusations = {}
        for source, part in parts.items():
            before = self._suspicions.get(source)
            suspicion = suspect(part, before)
            accusations[source] = self._noted(source, part[0].offset, suspicion)
        return accusations

    def withdraw(self, accusations: Commits) -> Commits:
        """Return commits that take accusations back: nothing was wrong with the records."""
        before = {}
        for source, accusation in accusations.items():
            suspicion = self._suspicions.get(source)
            before[source] = self._noted(source, accusation.offset, suspicion)
        return before

    def _noted(
        self, source: TopicPartition, first: int, suspicion: Suspicion | None
    ) -> Commit:
        """Return the last commit, or one of the offset `first`, with another suspicion."""
        commit = self._commits.get(source)
        if commit is None:
            commit = Commit(first)
        note = replace(read_note(commit), suspicion=suspicion)
        return Commit(commit.offset, note.text())

    def progress(self, records: Records, resume: Commits) -> Commits:
        """Return the commits that differ from the last, after these records were handled.

        A partition is read on after its last record, or as `resume` says.
        """
        commits = {}
        for record in records:
            source = record.source
            done = record.offset + 1
            commits[source] = Commit(done)
            self._finish(source, done)
        commits.update(resume)
        changed = {}
        for source, commit in commits.items():
            noted = self._with_note(source, commit)
            last = self._commits.get(source)
            if noted != last:
                changed[source] = noted
        return changed

    def _finish(self, source: TopicPartition, done: int) -> None:
        """Note that the records before the offset `done` were handled."""
        suspicion = self._suspicions.get(source)
        if suspicion is not None and done > suspicion.last:
            del self._suspicions[source]
        # A replay handles again what was handled before: nothing new was tried yet.
        if done > self._done.get(source, 0):
            self._done[source] = done
            self._untried.discard(source)

    def _with_note(self, source: TopicPartition, commit: Commit) -> Commit:
        """Return the handler's commit with all that a restart has to know."""
        done = self._done.get(source)
        if done == commit.offset:
            done = None
        note = Note(commit.note, self._suspicions.get(source), done)
        return Commit(commit.offset, note.text())

    def committed(self, commits: Commits) -> None:
        """Note what was committed."""
        self._commits.update(commits)
