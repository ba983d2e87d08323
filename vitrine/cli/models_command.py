"""`vitrine models`: which weights there are, whether they are unchanged, and fetching public ones."""

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
    """All weights: purpose, size, terms, and whether the product uses them.

    In use is what is taken if no setting of a service chooses another.
    """
    manifest = read_manifest()
    configured = Settings.load().models
    used = in_use(manifest, configured)
    entries: list[Shipped | Public] = [*manifest.shipped, *manifest.public]
    rows = [
        (
            e.file,
            e.purpose,
            f"{e.size / 1e3:,.0f} kB",
            e.terms,
            state_of(e, configured, used.get(e.role, "")),
        )
        for e in entries
    ]
    rows.append(
        ("(package mtcnn)", "confirms tracked faces (MTCNN)", "", "MIT", "in use")
    )
    for line in _columns([("file", "purpose", "size", "terms", "state"), *rows]):
        click.echo(line)


def state_of(entry: Shipped | Public, configured: Path | None, used: str) -> str:
    """One phrase: in use, and if not, why not. `used` is the file in use for the same role."""
    if entry.file == used:
        return "in use"
    if isinstance(entry, Shipped):
        return f"{used} is used instead" if present(entry, MODELS) else "missing"
    if configured is None:
        return "optional; VITRINE_MODELS is not set"
    return f"optional; not in {configured}"


def _columns(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]


@models.command()
def verify() -> None:
    """Compare every file with its checksum; exits 1 if one is changed, missing, or has no entry or card."""
    manifest = read_manifest()
    configured = Settings.load().models
    found = problems(manifest, configured)
    for line in found:
        click.echo(line, err=True)
    if not found:
        public = sum(present(entry, configured) for entry in manifest.public)
        click.echo(
            f"unchanged: {len(manifest.shipped)} files that ship, {public} public"
        )
    sys.exit(1 if found else 0)


@models.command()
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
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
def pull(names: tuple[str, ...], folder: Path | None, source: str | None) -> None:
    """Fetch public models by their file names, or unmistakable beginnings of them.

    A file is installed only if its checksum is the listed one. A folder or an address that ends with / holds
    each file under its own name.
    """
    target = folder or Settings.load().models
    if target is None:
        raise ConfigurationError(
            "set VITRINE_MODELS, or say --folder: where are the public models to be?"
        )
    manifest = read_manifest()
    for entry in [chosen(manifest, name) for name in names]:
        with click.progressbar(
            length=entry.size, label=entry.file, file=sys.stderr
        ) as bar:
            path = pull_model(entry, source, target, bar.update)
        click.echo(f"{path}: {entry.size} bytes, checksum as listed, {entry.terms}")


def chosen(manifest: Manifest, name: str) -> Public:
    """The one public model whose file name begins so. Raises ConfigurationError."""
    found = [entry for entry in manifest.public if entry.file.startswith(name)]
    if len(found) != 1:
        listed = ", ".join(entry.file for entry in manifest.public)
        raise ConfigurationError(
            f"{name} names {len(found)} public models; there are: {listed}"
        )
    return found[0]
