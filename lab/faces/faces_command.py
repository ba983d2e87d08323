"""The commands of `vitrine lab` about videos of faces."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., object])

FOLDER = click.argument(
    "folder",
    metavar="FOLDER",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
)
OVERWRITE = click.option("--overwrite", is_flag=True, help="Replace an earlier page.")


def to_page(name: str) -> Callable[[Command], Command]:
    """Return the option that says where a command writes its page, `name` without it."""
    return click.option(
        "--html",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="OUT",
        help=f"[default: {name}, or the next free name]",
    )


@click.command(short_help="Draw videos of people who do not exist.")
@click.argument(
    "folder", metavar="FOLDER", type=click.Path(file_okay=False, path_type=Path)
)
@click.option("--people", type=click.IntRange(1, 999), default=20, show_default=True)
@click.option(
    "--videos",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    help="Of each person: other light, another camera, another day.",
)
@click.option(
    "--frames",
    type=click.IntRange(1, 1000),
    default=40,
    show_default=True,
    help="Of a video at most; the shortest have half of them.",
)
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True)
def generate(folder: Path, people: int, videos: int, frames: int, seed: int) -> None:
    """Draw videos with the heads of the synthetic mall into FOLDER, in the form of YouTube Faces.

    Points are true, in 2D and in 3D. The same options give the same pictures.

    \b
    vitrine lab generate faces
    vitrine lab generate faces --people 50 --videos 4 --seed 7
    """
    from vitrine.lab.faces.running import run_generate

    run_generate(folder, people, videos, frames, seed)


@click.command(short_help="Make videos of faces from recordings.")
@click.argument(
    "recordings",
    nargs=-1,
    required=True,
    metavar="VIDEO...",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
)
@click.option(
    "--part",
    "part_s",
    type=click.FloatRange(0.5, 600),
    default=2,
    show_default=True,
    help="Seconds of a track that become one video.",
)
def tracks(recordings: tuple[Path, ...], folder: Path, part_s: float) -> None:
    """Follow the faces of recordings, and write each part of each track as a video into FOLDER.

    A track counts as a person; the depth of 3D points is that of the mean face. FOLDER then holds
    cuts of the people in the recordings.
    """
    from vitrine.lab.faces.running import run_tracks

    run_tracks(recordings, folder, part_s)


@click.command(short_help="Write the table of videos.")
@FOLDER
@click.option(
    "--to",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="OUT.csv",
    help="[default: standard output]",
)
@OVERWRITE
def table(folder: Path, path: Path | None, overwrite: bool) -> None:
    """Write what is in the videos of FOLDER: a row for each, in the columns of the study.

    videoID, personName, imageHeight, imageWidth, videoDuration (frames), averageFaceSize (mean of
    the boxes' sides in pixels), numVideosForPerson.
    """
    from vitrine.lab.faces.running import run_table

    run_table(folder, path, overwrite=overwrite)


@click.command(short_help="Show what is in a folder of videos.")
@FOLDER
@to_page("explore.html")
@OVERWRITE
def explore(folder: Path, html: Path | None, overwrite: bool) -> None:
    """Write a page about the videos of FOLDER: how many of whom, durations, sizes of pictures and
    faces, shapes, their groups, sample frames.

    The page shows the people in the videos: keep it where the videos may be.
    """
    from vitrine.lab.faces.running import run_explore

    run_explore(folder, html, overwrite=overwrite)


@click.command(short_help="Find out how far landmarks tell people apart.")
@FOLDER
@to_page("identity.html")
@OVERWRITE
def identity(folder: Path, html: Path | None, overwrite: bool) -> None:
    """Train the study's classifiers on the landmarks of FOLDER, and write a page.

    Each is tested twice: on frames drawn at random, as in the study, and on whole videos that it
    has not seen. People with one video are left out.
    """
    from vitrine.lab.faces.running import run_identity

    run_identity(folder, html, overwrite=overwrite)
