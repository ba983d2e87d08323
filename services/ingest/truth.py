"""The truth about each synthetic frame, as JSON lines."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import TextIO

from vitrine.schemas import FrameMeta
from vitrine.services.ingest.shots import Truth

logger = logging.getLogger(__name__)

OF_THE_FRAME = {"camera_id", "stand_id", "captured_at_ns", "width", "height"}


class TruthFile:
    """Write who is in the frames, beside what the cameras publish.

    A disk that is full ends the file, never the cameras.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.error: OSError | None = None
        self._file: TextIO | None = None
        self._lock = Lock()

    def open(self) -> None:
        """Start the file anew."""
        with self._lock:
            try:
                folder = self.path.parent
                folder.mkdir(parents=True, exist_ok=True)
                self._file = self.path.open(
                    "w",
                    encoding="utf-8",
                    buffering=1,
                )
            except OSError as error:
                self._give_up(error)

    def write(self, meta: FrameMeta, truth: Truth) -> None:
        """Add the truth of a published frame; the cameras' threads share the file."""
        content = meta.model_dump(include=OF_THE_FRAME)
        content.update(truth.to_dict())
        line = json.dumps(content) + "\n"
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.write(line)
            except OSError as error:
                self._give_up(error)

    def close(self) -> None:
        """End the file."""
        with self._lock:
            if self._file is None:
                return
            try:
                self._file.close()
            except OSError as error:
                self._give_up(error)

    def _give_up(self, error: OSError) -> None:
        logger.error("the truth in %s is incomplete: %s", self.path, error)
        self.error = error
        file = self._file
        self._file = None
        if file is not None:
            # It would try to write the rest once more.
            with suppress(OSError):
                file.close()
