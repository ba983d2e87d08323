"""`vitrine archive`: find, group and name the people of a photo archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

DIR = click.argument(
    "archive",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
)
STATE = click.option(
    "--state",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where what was found is kept.  [default: DIR/.vitrine]",
)


def on_archive(command: Any) -> Any:
    """Give a command the archive and the folder of its state."""
    return DIR(STATE(command))


@click.group(short_help="People and dates of a photo archive.")
def archive() -> None:
    """Find the people of a photo archive, group and name them, mend dates, follow one face.

    \b
    vitrine archive draw photos              an archive of drawn people, to try it
    vitrine archive scan photos              find the faces; again after photos came
    vitrine archive people photos            group them by person
    vitrine archive page photos              look at people, photos and map, name them
    vitrine archive search photos Ann Ben    photos that show both
    vitrine archive dates photos             wrong capture dates: what would be changed

    Everything stays on this machine. Photos are only read, but by `dates --write`, which
    keeps a copy of what it changes. What is found lies in DIR/.vitrine (or --state), for
    its owner only; delete that folder, and nothing is known any more.
    """


@archive.command()
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), metavar="DIR"
)
@click.option("--people", default=6, show_default=True, type=click.IntRange(1, 200))
@click.option("--photos", default=60, show_default=True, type=click.IntRange(1, 5000))
@click.option("--seed", default=0, show_default=True, help="Another one draws others.")
@click.option(
    "--size",
    type=click.Choice(["2mp", "small"]),
    default="2mp",
    show_default=True,
    help="Of the photos: 1632×1224 or 640×480 pixels.",
)
def draw(
    folder: Path,
    people: int,
    photos: int,
    seed: int,
    size: str,
) -> None:
    """Draw an archive of people who do not exist into DIR, with some wrong dates.

    Who is on which photo, and when it was really taken, stands in DIR/truth.csv.
    """
    from rich.progress import track

    from vitrine.lab.archive.drawn import draw_archive
    from vitrine.terminal import console

    drawn = draw_archive(folder, people=people, photos=photos, seed=seed, size=size)
    screen = console(stderr=True)
    for _ in track(drawn, "drawing", total=photos, console=screen):
        pass
    click.echo(f"{photos} photos of {people} people in {folder}")


@archive.command()
@on_archive
@click.option(
    "--detector",
    type=click.Choice(["own", "mtcnn", "yunet", "auto"]),
    default="own",
    show_default=True,
    help="Who finds the faces; yunet needs its file in VITRINE_MODELS.",
)
@click.option(
    "--threads",
    type=click.IntRange(1, 64),
    help="Photos read at once.  [default: the cores of this machine]",
)
def scan(archive: Path, state: Path | None, detector: Any, threads: int | None) -> None:
    """Find the faces of all photos in DIR; what was read already is not read again.

    JPEG, PNG, WebP, BMP, TIFF, GIF, AVIF; HEIC with the package pillow-heif; of RAW files
    the preview that the camera put in. A file that cannot be read is named with the
    reason, and the rest goes on. Ctrl-C or a power cut loses a few photos of work: run it
    again.
    """
    from vitrine.lab.archive.scan_shown import scan_archive

    scan_archive(archive, state, detector, threads)
