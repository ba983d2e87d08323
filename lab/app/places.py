"""Where the app looks for files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """Hold the folders that the command was given."""

    folder: Path
    """Of runs, documents and reports."""
    models: Path | None
    """Of public weights: VITRINE_MODELS."""

    @property
    def runs(self) -> Path:
        """Return the folder of training runs."""
        return self.folder / "runs"

    def page(self, name: str) -> Path:
        """Return the file of a page of the documentation."""
        return self.folder / "docs" / f"{name}.md"

    def reports(self, pattern: str) -> list[Path]:
        """Return what commands left, whose place in the folder matches, the newest first."""
        found = list(self.folder.glob(pattern))
        found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
        return found
