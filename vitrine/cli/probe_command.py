"""Offer `vitrine probe`: which plays pictures of a screen show."""

from __future__ import annotations

from pathlib import Path

import click

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(short_help="Say which plays pictures of a screen show.")
@click.argument("plays", type=_FILE)
@click.argument("pictures", type=_FILE, nargs=-1, required=True)
def probe(plays: Path, pictures: tuple[Path, ...]) -> None:
    """Look in PICTURES of a screen for the codes of PLAYS, and print which were seen.

    \b
    vitrine probe plays.jsonl phone.mp4 photograph.jpg

    PLAYS are records of the topic `plays`, one in a line of JSON, as `vitrine demo --record` writes
    them. PICTURES are photographs or videos of the screen. Where stands.yaml has `display_probe:
    true`, one play in eight shows a code for three seconds. Exits 1 when no code was seen.
    """
    from vitrine.cli.probe import look_for_codes

    look_for_codes(plays, pictures)
