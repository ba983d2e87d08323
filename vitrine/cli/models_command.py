"""Offer `vitrine models`: list and check weights, fetch public ones."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

HEADINGS = ("file", "purpose", "size", "licence", "state")


@click.group()
def models() -> None:
    """List and check the weights; fetch optional public ones.

    What ships lies in models/, each file with a card. Public models are looked for in the folder
    VITRINE_MODELS. VITRINE_MODEL_SET says which are used: `research` for research and
    demonstration, `commercial` in a mall.
    """


@models.command("list")
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
def list_models(as_json: bool) -> None:
    """Print all weights: purpose, size, licence, and whether the product uses them.

    In use is what is taken if no setting of a service chooses another.
    """
    from vitrine.cli.models import columns, weights

    listed = weights()
    if as_json:
        text = json.dumps([entry.plain() for entry in listed], indent=2)
        click.echo(text)
        return
    rows: list[tuple[str, ...]] = [HEADINGS]
    rows.extend(entry.row() for entry in listed)
    for line in columns(rows):
        click.echo(line)


@models.command()
def verify() -> None:
    """Compare every file with its checksum.

    Exits 1 if a file is changed, missing, or has no entry or card.
    """
    from vitrine.cli.models import verified

    found, summary = verified()
    for line in found:
        click.echo(line, err=True)
    if found:
        sys.exit(1)
    click.echo(summary)


def public_names(
    context: click.Context,  # noqa: ARG001 - part of click's interface
    parameter: click.Parameter,  # noqa: ARG001
    incomplete: str,
) -> list[str]:
    """Return the public models that begin with `incomplete`, for the shell."""
    from vitrine.vision.manifest import read_manifest

    names = [entry.file for entry in read_manifest().fetched]
    return [name for name in names if name.startswith(incomplete)]


@models.command()
@click.argument(
    "names",
    nargs=-1,
    metavar="[NAME]...",
    shell_complete=public_names,
)
@click.option(
    "--set",
    "model_set",
    type=click.Choice(["commercial"]),
    help="All that VITRINE_MODEL_SET=commercial needs and does not ship.",
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
    model_set: str | None,
    folder: Path | None,
    source: str | None,
) -> None:
    """Fetch public models by their file names, or unmistakable beginnings of them.

    A file is installed only if its checksum is the listed one. A folder or an address that ends
    with / holds each file under its own name. Networks that are parts of a package are fetched by
    pip and converted; for them --from is the package's file, or a folder with it.
    """
    from vitrine.cli.models import pull_all

    if bool(names) == bool(model_set):
        raise click.UsageError("say which models: NAME..., or --set commercial")
    pull_all(names, model_set, folder, source)
