"""Offer `vitrine doctor`: what is there, what answers, and what is missing."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command(short_help="Say what is missing on this machine.")
@click.argument(
    "folder",
    metavar="[DIR]",
    required=False,
    type=click.Path(file_okay=False, path_type=Path),
)
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="STATE_DIRECTORY",
    metavar="DIR",
    help="The site's data folder.  [default: data in DIR]",
)
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
def doctor(folder: Path | None, data: Path | None, as_json: bool) -> None:
    """Look at this machine and say what is missing; exits 1 if something is.

    With DIR it looks at all that `vitrine site DIR` needs. Without, it looks at what the
    environment says: the files in VITRINE_CONFIG, Kafka, Redis and the key file, where they are
    named. Nothing is changed.
    """
    from vitrine.cli.doctor import examine, show, to_json

    findings = examine(folder, data)
    text = to_json(findings) if as_json else show(findings)
    click.echo(text)
    missing = any(finding.state == "missing" for finding in findings)
    sys.exit(int(missing))
