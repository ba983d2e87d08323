"""Finished plays that a player keeps until the stand has them."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from pathlib import Path
from threading import Condition

from vitrine.programme.commands import PlayReport


class KeptPlays:
    """Keep reports in memory, and with a path also in a file that survives the process.

    A line of the file holds a stand's id, a space, and the report as JSON. Thread-safe.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._reports: dict[str, tuple[str, PlayReport]] = {}
        """Play id → stand and report, oldest first."""
        self._changed = Condition()

    def load(self) -> None:
        """Take up what an earlier process left; a last line that a crash cut off is dropped."""
        if self._path is None or not self._path.exists():
            return
        text = self._path.read_text(encoding="utf-8")
        lines = text.split("\n")
        with self._changed:
            # After the last complete line comes an empty one, or one that was cut off.
            for line in lines[:-1]:
                stand_id, _, content = line.partition(" ")
                report = PlayReport.model_validate_json(content)
                self._reports[report.play_id] = (stand_id, report)
        self.drop(())

    def add(self, stand_id: str, report: PlayReport) -> None:
        """Keep a report; on return it is on the disk, if there is a file."""
        with self._changed:
            self._reports[report.play_id] = (stand_id, report)
            if self._path is not None:
                self._append(self._path, stand_id, report)
            self._changed.notify_all()

    def _append(
        self,
        path: Path,
        stand_id: str,
        report: PlayReport,
    ) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(_line(stand_id, report))
            file.flush()
            # A play is owed once it was shown, also after a power cut.
            os.fsync(file.fileno())

    def drop(self, play_ids: Collection[str]) -> None:
        """Forget reports that the stand has, or refused for ever."""
        with self._changed:
            for play_id in play_ids:
                self._reports.pop(play_id, None)
            if self._path is not None:
                self._rewrite(self._path)
            self._changed.notify_all()

    def _rewrite(self, path: Path) -> None:
        """Replace the file at once, so that a crash leaves the old one or the new one."""
        new = path.with_suffix(".new")
        with new.open("w", encoding="utf-8") as file:
            for stand_id, report in self._reports.values():
                file.write(_line(stand_id, report))
        new.replace(path)

    def next(
        self, timeout_s: float, at_most: int
    ) -> tuple[str, Sequence[PlayReport]] | None:
        """Return the oldest report's stand, and its oldest reports.

        Waits for one; None after the timeout.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._reports, timeout_s)
            kept = list(self._reports.values())
        if not kept:
            return None
        first_stand, _ = kept[0]
        reports = []
        for stand_id, report in kept:
            if stand_id == first_stand:
                reports.append(report)
        return first_stand, reports[:at_most]

    def __len__(self) -> int:
        with self._changed:
            return len(self._reports)


def _line(stand_id: str, report: PlayReport) -> str:
    return f"{stand_id} {report.model_dump_json()}\n"
