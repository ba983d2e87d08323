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
    vitrine archive name photos 3 Ann        call one of them Ann
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


@archive.command()
@on_archive
@click.option(
    "--method",
    type=click.Choice(["links", "hac", "dbscan", "whispers"]),
    default="links",
    show_default=True,
    help="How faces are grouped; `links` is ours, and the best by measurement.",
)
@click.option(
    "--least", default=2, show_default=True, help="List who has so many faces."
)
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
def people(
    archive: Path, state: Path | None, method: Any, least: int, as_json: bool
) -> None:
    """Group all faces by person, and list the people.

    Nobody says how many there are. People whom you have named, merged or split keep their
    faces, and new photos join them; all others are grouped anew. `links` alone minds what
    you decided: the other methods are there to compare, and refuse once you have.
    """
    from vitrine.lab.archive.people_shown import group_people

    group_people(archive, state, method, least, as_json=as_json)


@archive.command("name")
@on_archive
@click.argument("person", metavar="PERSON")
@click.argument("name", metavar="NAME")
def name_one(archive: Path, state: Path | None, person: str, name: str) -> None:
    """Call a PERSON (number or name) NAME.

    \b
    vitrine archive name photos 3 "Ann Lee"
    """
    from vitrine.lab.archive.people import name_person, person_of
    from vitrine.lab.archive.store import opened

    with opened(archive, state) as store:
        number = person_of(store, person)
        name_person(store, number, name)
    click.echo(f"person {number} is {name}")


@archive.command()
@on_archive
@click.argument("people", nargs=-1, required=True, metavar="PERSON PERSON…")
def merge(archive: Path, state: Path | None, people: tuple[str, ...]) -> None:
    """Make one person of several; the number of the first stays."""
    from vitrine.lab.archive.people import merge_people, person_of
    from vitrine.lab.archive.store import opened

    with opened(archive, state) as store:
        into, *others = [person_of(store, said) for said in people]
        merge_people(store, into, others)
    click.echo(f"{len(others) + 1} people are person {into} now; `undo` takes it back")


@archive.command()
@on_archive
@click.argument("person", metavar="PERSON")
@click.argument("photos", nargs=-1, required=True, metavar="PHOTO…")
def split(
    archive: Path, state: Path | None, person: str, photos: tuple[str, ...]
) -> None:
    """Make somebody else of the faces of a PERSON on some PHOTOs (paths within DIR)."""
    from vitrine.lab.archive.people import person_of, split_person
    from vitrine.lab.archive.searching import photos_named
    from vitrine.lab.archive.store import opened

    with opened(archive, state) as store:
        chosen = [photo.id for photo in photos_named(store, photos)]
        new = split_person(store, person_of(store, person), chosen)
    click.echo(f"they are person {new} now; `undo` takes it back")


@archive.command()
@on_archive
def undo(archive: Path, state: Path | None) -> None:
    """Take the latest name, merge or split back; again for the one before it."""
    from vitrine.lab.archive.people import undo as undo_step
    from vitrine.lab.archive.store import opened

    with opened(archive, state) as store:
        click.echo(f"undone: {undo_step(store)}")


@archive.command()
@on_archive
@click.argument("people", nargs=-1, required=True, metavar="PERSON…")
@click.option("--any", "anybody", is_flag=True, help="With any of them, not all.")
@click.option(
    "--from", "first", metavar="DATE", help="From this day on, as 2026-11-30."
)
@click.option("--to", "last", metavar="DATE", help="Until this day, it included.")
def search(
    archive: Path,
    state: Path | None,
    people: tuple[str, ...],
    anybody: bool,
    first: str | None,
    last: str | None,
) -> None:
    """List the photos on which all PERSONs are, one path a line, by date.

    \b
    vitrine archive search photos Ann Ben                  both of them
    vitrine archive search photos Ann Ben --any            either
    vitrine archive search photos Ann --from 2024-01-01 | xargs -d '\\n' -I{} cp photos/{} ann/
    """
    import sys

    from vitrine.lab.archive.searching import search_photos
    from vitrine.lab.archive.store import opened

    with opened(archive, state) as store:
        found = search_photos(store, people, anybody=anybody, first=first, last=last)
    for photo in found:
        # As the file system has it: the next program opens it.
        sys.stdout.buffer.write(photo.path + b"\n")
    sys.stdout.buffer.flush()


@archive.command()
@on_archive
@click.argument(
    "folder", type=click.Path(file_okay=False, path_type=Path), metavar="FOLDER"
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["folders", "xmp"]),
    default="folders",
    show_default=True,
    help="A folder of copies for each person, or a sidecar with face tags for each photo.",
)
def export(archive: Path, state: Path | None, folder: Path, kind: Any) -> None:
    """Write who is on which photo into FOLDER, for other programs.

    `folders`: the photos of each named person, copied into a folder of that name. `xmp`: a
    file PHOTO.xmp for each photo that shows a named person, with the name and the place of
    the face as the Metadata Working Group has it: digiKam reads it beside the photo, and
    Lightroom where the photo is RAW. FOLDER may be DIR itself then; a sidecar that another
    program wrote is left alone.
    """
    from vitrine.lab.archive.exporting import export_people
    from vitrine.lab.archive.store import opened

    with opened(archive, state) as store:
        done = export_people(archive, store, folder, kind)
    click.echo(done)


@archive.command()
@on_archive
@click.option("--write", is_flag=True, help="Change the files; a copy of each is kept.")
@click.option(
    "--undo", is_flag=True, help="Bring the files of the latest --write back."
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the changes as CSV too.",
)
def dates(
    archive: Path,
    state: Path | None,
    write: bool,
    undo: bool,
    report: Path | None,
) -> None:
    """Find wrong capture dates, and mend them in the metadata of JPEG files.

    A date is wrong that is missing, before digital cameras, in the future, more than 26
    hours off the time in the file's name, or against the order of the camera's numbers. A
    likelier one comes from the name, from the camera's order, or from the file's time
    unless many were copied then. Without --write nothing is changed.

    --write changes the characters of the date and no other byte, and keeps a copy of each
    file in the state folder. --undo brings them back, and leaves alone what was changed
    since.
    """
    from vitrine.lab.archive.dates_shown import show_dates

    show_dates(archive, state, write=write, undo=undo, report=report)


@archive.command()
@on_archive
@click.argument("person", metavar="PERSON")
@click.option(
    "--chart",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Draw it as .svg, .png or .pdf.",
)
@click.option("--json", "as_json", is_flag=True, help="For other programs.")
def progress(
    archive: Path, state: Path | None, person: str, chart: Path | None, as_json: bool
) -> None:
    """Say how the face of a PERSON changed over time: symmetry, lids, brows, mouth, jaw.

    Good views from nearly the front count, on six days or more; the pose is corrected. A
    change is told only where it is larger than what photos of the same face differ by
    anyway: five measures together are wrong 5 times in 100 at most. Everything else is
    "no measurable change". It is no medical finding: expression, lens and age of a photo
    come in, and the 68 points have an error of their own.
    """
    from vitrine.lab.archive.progress_shown import show_progress

    show_progress(archive, state, person, chart, as_json=as_json)


@archive.command()
@on_archive
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="Of the page.  [default: a free one]",
)
@click.option("--no-browser", is_flag=True, help="Do not open the page in a browser.")
def page(archive: Path, state: Path | None, port: int, no_browser: bool) -> None:
    """Open a page on this machine: people, photos, a map of all faces.

    Name, merge and split people there, look for photos with several of them, and see the
    progress of a face. Small pictures are made from your photos while you look, and kept
    in memory only. Nothing is opened to other machines; Ctrl-C ends it.

    \b
    vitrine archive page photos --port 8020
    ssh -L 8020:127.0.0.1:8020 MACHINE        to see the page of another machine
    """
    import secrets
    from threading import Event

    from vitrine.terminal import console

    screen = console(stderr=True)
    with screen.status("Starting: loading libraries …"):
        from vitrine.lab.archive.page_shown import run_page
        from vitrine.site.interrupts import interrupts
        from vitrine.site.local_page import when_ready
        from vitrine.telemetry.logs import configure_logs

    configure_logs("WARNING", "text")

    ready = when_ready(screen, "Ctrl-C ends it.", browser=not no_browser)
    stop = Event()
    with interrupts(stop):
        run_page(
            archive,
            state,
            port=port,
            token=secrets.token_urlsafe(32),
            stop=stop,
            ready=ready,
        )
