"""Offer `vitrine config`: check, describe and begin a site's files."""

from __future__ import annotations

from pathlib import Path

import click

_FOLDER = click.Path(file_okay=False, path_type=Path)


@click.group(short_help="Check and begin the files of a site.")
def config() -> None:
    """Check the files of a site, describe them to editors, begin new ones.

    The files are cameras.yaml, stands.yaml and campaigns.yaml in the folder VITRINE_CONFIG;
    docs/configuration.md has every field.
    """


@config.command()
@click.argument("folder", type=_FOLDER, metavar="[DIR]", required=False)
def check(folder: Path | None) -> None:
    """Print every mistake in the files, and what is allowed but probably not meant.

    Exits 1 if there is a mistake, 0 with warnings only. DIR is VITRINE_CONFIG unless given.
    """
    from vitrine.cli.config import check_folder

    check_folder(folder)


@config.command()
def schema() -> None:
    """Print the JSON Schema of the files, for editors.

    `vitrine config init` puts it beside the files, which name it in their first line.
    """
    from vitrine.mall.document import schema_text

    click.echo(schema_text(), nl=False)


@config.command()
@click.argument("folder", type=_FOLDER, metavar="DIR")
def init(folder: Path) -> None:
    """Write a site to start from into DIR: commented files, creatives and codes.

    Nothing that is there is overwritten.
    """
    from vitrine.cli.config import begin_folder

    begin_folder(folder)


@config.command()
@click.argument("folder", type=_FOLDER, metavar="[DIR]", required=False)
def show(folder: Path | None) -> None:
    """Print what is in force: settings of the environment and the files, secrets masked.

    When the files have a mistake, it is the last good configuration.
    """
    from vitrine.cli.config import show_folder

    show_folder(folder)
