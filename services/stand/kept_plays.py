"""Finished plays that a player keeps until the stand has them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from threading import Condition

from vitrine.programme.commands import PlayReport


class KeptPlays:
    """In memory, and with a path also in a file, one JSON object a line, that survives the process."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._reports: dict[str, tuple[str, PlayReport]] = {}
        """Play id → stand and report, oldest first."""
        self._changed = Condition()

    def load(self) -> None:
        """Take up what an earlier process left; a last line that was cut off by a crash is dropped."""
        if self._path is None or not self._path.exists():
            return
        with self._changed:
            for line in self._path.read_text(encoding="utf-8").split("\n")[:-1]:
                stand_id, _, content = line.partition(" ")
                report = PlayReport.model_validate_json(content)
                self._reports[report.play_id] = (stand_id, report)
        self.drop(())

    def add(self, stand_id: str, report: PlayReport) -> None:
        """Keep one."""
        with self._changed:
            self._reports[report.play_id] = (stand_id, report)
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as file:
                    file.write(f"{stand_id} {report.model_dump_json()}\n")
                    file.flush()
                    os.fsync(file.fileno())
            self._changed.notify_all()

    def drop(self, play_ids: Collection[str]) -> None:
        """These need no keeping any more."""
        with self._changed:
            for play_id in play_ids:
                self._reports.pop(play_id, None)
            if self._path is not None:
                lines = (
                    f"{stand} {report.model_dump_json()}\n"
                    for stand, report in self._reports.values()
                )
                new = self._path.with_suffix(".new")
                new.write_text("".join(lines), encoding="utf-8")
                new.replace(self._path)
            self._changed.notify_all()

    def next(
        self, timeout_s: float, at_most: int
    ) -> tuple[str, Sequence[PlayReport]] | None:
        """The oldest, with others of the same stand; waits for one, None after the timeout."""
        with self._changed:
            self._changed.wait_for(lambda: self._reports, timeout_s)
            if not self._reports:
                return None
            first = next(iter(self._reports.values()))[0]
            same = [
                report for stand, report in self._reports.values() if stand == first
            ]
            return first, same[:at_most]

    def __len__(self) -> int:
        with self._changed:
            return len(self._reports)
