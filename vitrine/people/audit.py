"""The audit log: who did what, one line of JSON each, only ever added to."""

from __future__ import annotations

import getpass
import json
import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ValidationError

from vitrine.people.accounts import Person
from vitrine.telemetry.metrics import AUDIT_LOST

logger = logging.getLogger(__name__)

# The owner writes, and a group may collect. Nobody else reads names.
MODE: Final = 0o640
# What is looked through for a page: some 60,000 entries. Chosen, not measured.
TAIL_BYTES: Final = 10_000_000


class Entry(BaseModel):
    """Hold one line."""

    at: datetime
    process: str
    who: str
    role: str
    what: str
    place: str = ""
    """A page, a file, a customer's id, or the machine from which somebody signed in."""


class AuditLog:
    """Add lines to a file; without one, to none. Several processes may share a file.

    A line is handed to the system in one piece. One that cannot be written is counted and
    logged, and work goes on.
    """

    def __init__(self, path: Path | None, process: str) -> None:
        self.path = path
        self._process = process

    def note(
        self,
        what: str,
        person: Person | None,
        *,
        name: str = "unknown",
        place: str = "",
    ) -> None:
        """Add that somebody did something; `name` is for who has no account."""
        if self.path is None:
            return
        entry = Entry(
            at=datetime.now(UTC),
            process=self._process,
            who=person.name if person else name,
            role=person.role if person else "",
            what=what,
            place=place,
        )
        line = json.dumps(entry.model_dump(mode="json")) + "\n"
        try:
            _append(self.path, line.encode())
        except OSError as error:
            AUDIT_LOST.inc()
            logger.error(  # noqa: TRY400 - the message says everything
                "the audit log %s cannot be written (%s); what was to be noted is lost: %s",
                self.path,
                error.strerror or error,
                what,
            )

    def newest(self) -> Iterator[Entry]:
        """Yield entries, the newest first; lines that cannot be read say so.

        Raises OSError.
        """
        if self.path is None:
            return
        try:
            lines = _last_lines(self.path)
        except FileNotFoundError:
            # Nothing was noted yet, or the file was moved away.
            return
        for line in reversed(lines):
            try:
                yield Entry.model_validate_json(line)
            except ValidationError:
                yield UNREADABLE


UNREADABLE: Final = Entry(
    at=datetime.fromtimestamp(0, UTC),
    process="",
    who="",
    role="",
    what="this line of the file cannot be read",
)


def shell_user() -> str:
    """Return the name under which a command of this process is noted."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        # A user of a container has a number only.
        name = str(os.getuid())
    return f"shell user {name}"


def _last_lines(path: Path) -> list[bytes]:
    """Return the whole lines in the last TAIL_BYTES of a file. Raises OSError."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        first = max(0, size - TAIL_BYTES)
        file.seek(first)
        lines = file.read().splitlines()
    if first:
        # The rest of a line.
        del lines[0]
    return lines


def _append(path: Path, line: bytes) -> None:
    """Add a line in one piece. Raises OSError, also where only a part was written."""
    # Opened for each line: what rotates logs may move the file away.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    descriptor = os.open(path, flags, MODE)
    try:
        written = os.write(descriptor, line)
    finally:
        os.close(descriptor)
    if written < len(line):
        raise OSError(f"{written} of {len(line)} bytes were written")
