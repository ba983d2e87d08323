"""Offer `vitrine models`: list and check weights, fetch public ones."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from vitrine.errors import ConfigurationError
from vitrine.settings import Settings
from vitrine.shipped import MODELS
from vitrine.vision.manifest import (
    Manifest,
    Public,
    Shipped,
    in_use,
    present,
    problems,
    read_manifest,
)
from vitrine.vision.pull import pull as pull_model


@click.group()
def models() -> None:
    """List and check the weights; fetch optional public ones.

    What ships lies in models/, each file with a card. Public models are looked for in the folder
    VITRINE_MODELS.
    """


@models.command("list")
def list_models() -> None:
    """Print all weights: purpose, size, licence, and whether the product uses them.

    In use is what is taken if no setting of a service chooses another.
    """
    manifest = read_manifest()
    configured = Settings.load().models
    used = in_use(manifest, configured)
    entries: list[Shipped | Public] = [*manifest.shipped, *manifest.public]
    rows = [("file", "purpose", "size", "licence", "state")]
    for entry in entries:
        row = (
            entry.file,
            entry.purpose,
            f"{entry.size / 1e3:,.0f} kB",
            entry.licence,
            state_of(entry, configured, used.get(entry.role, "")),
        )
        rows.append(row)
    # These weights come with their package, so the manifest does not list them.
    rows.append(
        (
            "(package mtcnn)",
            "confirms tracked faces (MTCNN)",
            "",
            "MIT",
            "in use",
        )
    )
    for line in _columns(rows):
        click.echo(line)


def state_of(
    entry: Shipped | Public,
    configured: Path | None,
    used: str,
) -> str:
    """Say in one phrase that a file is in use, or why not.

    `used` is the file in use for the same role, `configured` the folder of public models.
    """
    if entry.file == used:
        return "in use"
    if isinstance(entry, Shipped):
        if present(entry, MODELS):
            return f"{used} is used instead"
        return "missing"
    if configured is None:
        return "optional; VITRINE_MODELS is not set"
    return f"optional; not in {configured}"


def _columns(rows: Sequence[Sequence[str]]) -> list[str]:
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


@models.command()
def verify() -> None:
    """Compare every file with its checksum.

    Exits 1 if a file is changed, missing, or has no entry or card.
    """
    manifest = read_manifest()
    configured = Settings.load().models
    found = problems(manifest, configured)
    for line in found:
        click.echo(line, err=True)
    if found:
        sys.exit(1)
    shipped = len(manifest.shipped)
    public = sum(present(entry, configured) for entry in manifest.public)
    click.echo(f"unchanged: {shipped} files that ship, {public} public")


@models.command()
@click.argument(
    "names",
    nargs=-1,
    required=True,
    metavar="NAME...",
)
@click.option(
    "--folder",
    type=click.Path(path_type=Path),
    help="Where to; by default VITRINE_MODELS.",
)
@click.option(
    "--from",
    "source",
    metavar="PLACE",
    help="An address, file or folder to take it from, not its project's.",
)
def pull(
    names: tuple[str, ...],
    folder: Path | None,
    source: str | None,
) -> None:
    """Fetch public models by their file names, or unmistakable beginnings of them.

    A file is installed only if its checksum is the listed one. A folder or an address that ends
    with / holds each file under its own name.
    """
    target = folder or Settings.load().models
    if target is None:
        raise ConfigurationError(
            "set VITRINE_MODELS, or say --folder: where are the public models to be?"
        )
    manifest = read_manifest()
    # All names first: a wrong one is reported before anything is fetched.
    entries = [chosen(manifest, name) for name in names]
    for entry in entries:
        bar = click.progressbar(
            length=entry.size,
            label=entry.file,
            file=sys.stderr,
        )
        with bar:
            path = pull_model(entry, source, target, bar.update)
        click.echo(f"{path}: {entry.size} bytes, checksum as listed, {entry.licence}")


def chosen(manifest: Manifest, name: str) -> Public:
    """Return the one public model whose file name begins so. Raises ConfigurationError."""
    found = [entry for entry in manifest.public if entry.file.startswith(name)]
    if len(found) != 1:
        listed = ", ".join(entry.file for entry in manifest.public)
        raise ConfigurationError(
            f"{name} names {len(found)} public models; there are: {listed}"
        )
    return found[0]
