"""The weights: listed with their state, compared with their checksums, fetched."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from vitrine.errors import ConfigurationError
from vitrine.settings import Settings
from vitrine.shipped import MODELS
from vitrine.vision.manifest import (
    Converted,
    Manifest,
    Public,
    Shipped,
    in_use,
    present,
    problems,
    read_manifest,
)
from vitrine.vision.pull import pull as pull_model
from vitrine.vision.pull import pull_converted

# These weights come with their package, so the manifest does not list them.
MTCNN_FILE = "(package mtcnn)"


@dataclass(frozen=True, slots=True)
class Weights:
    """Hold what is said of one file."""

    file: str
    purpose: str
    size_bytes: int | None
    """None where the file comes with a package."""
    licence: str
    state: str

    def row(self) -> tuple[str, ...]:
        """Return the cells of a table."""
        size = ""
        if self.size_bytes is not None:
            size = f"{self.size_bytes / 1e3:,.0f} kB"
        return (self.file, self.purpose, size, self.licence, self.state)

    def plain(self) -> dict[str, str | int | None]:
        """Return the same for JSON."""
        return {
            "file": self.file,
            "purpose": self.purpose,
            "bytes": self.size_bytes,
            "licence": self.licence,
            "state": self.state,
        }


def weights() -> list[Weights]:
    """Return all weights: those that ship, the optional public ones, and MTCNN's."""
    manifest = read_manifest()
    settings = Settings.load()
    configured = settings.models
    used = in_use(manifest, configured, model_set=settings.model_set)
    entries: list[Shipped | Public | Converted] = [
        *manifest.shipped,
        *manifest.fetched,
    ]
    listed = []
    for entry in entries:
        state = state_of(entry, configured, used.get(entry.role, ""))
        one = Weights(
            entry.file,
            entry.purpose,
            entry.size,
            entry.licence,
            state,
        )
        listed.append(one)
    mtcnn = Weights(
        MTCNN_FILE,
        "confirms tracked faces (MTCNN)",
        None,
        "MIT",
        "in use",
    )
    listed.append(mtcnn)
    return listed


def state_of(
    entry: Shipped | Public | Converted,
    configured: Path | None,
    used: str,
) -> str:
    """Say in one phrase that a file is in use, or why not.

    `used` is the file in use for the same role, `configured` the folder of public models.
    """
    if entry.file == used:
        return "in use"
    if isinstance(entry, Shipped):
        if not present(entry, MODELS):
            return "missing"
        if used:
            return f"{used} is used instead"
        return "not of this set"
    if configured is None:
        return "optional; VITRINE_MODELS is not set"
    return f"optional; not in {configured}"


def columns(rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a line for each row, its cells below each other."""
    widths = [0] * len(rows[0])
    for row in rows:
        for column, cell in enumerate(row):
            widths[column] = max(widths[column], len(cell))
    lines = []
    for row in rows:
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        line = "  ".join(cells)
        lines.append(line.rstrip())
    return lines


def verified() -> tuple[list[str], str]:
    """Return a line for each problem, and what is said when there is none."""
    manifest = read_manifest()
    configured = Settings.load().models
    found = list(problems(manifest, configured))
    shipped = len(manifest.shipped)
    public = sum(present(entry, configured) for entry in manifest.fetched)
    return found, f"unchanged: {shipped} files that ship, {public} public"


def pull_all(
    names: Sequence[str],
    model_set: str | None,
    folder: Path | None,
    source: str | None,
) -> None:
    """Fetch models, or all of a set, into `folder`, or else into VITRINE_MODELS.

    Raises ConfigurationError.
    """
    target = folder or Settings.load().models
    if target is None:
        raise ConfigurationError(
            "set VITRINE_MODELS, or say --folder: where are the public models to be?"
        )
    manifest = read_manifest()
    # All names first: a wrong one is reported before anything is fetched.
    entries = [chosen(manifest, name) for name in names]
    entries += [entry for entry in manifest.fetched if model_set in entry.sets]
    for entry in entries:
        path = _pulled(entry, source, target)
        click.echo(f"{path}: {entry.size} bytes, checksum as listed, {entry.licence}")


def _pulled(
    entry: Public | Converted,
    source: str | None,
    target: Path,
) -> Path:
    if isinstance(entry, Converted):
        return pull_converted(entry, source, target)
    bar = click.progressbar(
        length=entry.size,
        label=entry.file,
        file=sys.stderr,
    )
    with bar:
        return pull_model(entry, source, target, bar.update)


def chosen(manifest: Manifest, name: str) -> Public | Converted:
    """Return the one public model whose file name begins so. Raises ConfigurationError."""
    found = [entry for entry in manifest.fetched if entry.file.startswith(name)]
    if len(found) != 1:
        listed = ", ".join(entry.file for entry in manifest.fetched)
        raise ConfigurationError(
            f"{name} names {len(found)} public models; there are: {listed}"
        )
    return found[0]
