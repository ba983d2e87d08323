"""Run the commands of `vitrine lab` about videos of faces."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
)

from vitrine.errors import ConfigurationError
from vitrine.lab.faces.clusters import MOST_GROUPS, Clusters, cluster
from vitrine.lab.faces.face_videos import (
    FaceVideo,
    Refused,
    read_all,
    video_files,
    write_video,
)
from vitrine.lab.faces.generate import Studio
from vitrine.lab.faces.identity import KINDS, find_out
from vitrine.lab.faces.report import (
    SAMPLES,
    Sample,
    explore_page,
    identity_page,
    sample_of,
)
from vitrine.lab.faces.shapes import Shapes, shapes_of, with_two_videos
from vitrine.lab.faces.table import VideoRow, row_of, to_csv, with_counts
from vitrine.lab.faces.tracks import videos_of
from vitrine.output import check_free, free_name, write_output
from vitrine.terminal import console

Advance = Callable[..., None]


def run_generate(
    folder: Path, people: int, videos: int, frames: int, seed: int
) -> None:
    """Draw videos into a folder. Raises ConfigurationError where an earlier one would be lost."""
    if folder.is_dir() and any(folder.glob("*.npz")):
        raise ConfigurationError(f"{folder} holds videos already; name another folder")
    studio = Studio(seed)
    screen = console(stderr=True)
    with _progress(screen, "Drawing", people * videos) as advance:
        for person in range(people):
            for number in range(videos):
                _write(folder, studio.video(person, number, frames))
                advance()
    screen.print(f"{folder}: {people * videos} videos of {people} people")


def run_tracks(recordings: Sequence[Path], folder: Path, part_s: float) -> None:
    """Write the parts of the tracks of recordings into a folder. Raises ConfigurationError."""
    screen = console(stderr=True)
    written = 0
    with _progress(screen, "Following", len(recordings)) as advance:
        for recording in recordings:
            for video in videos_of(recording, part_s):
                _write(folder, video)
                written += 1
            advance()
    if not written:
        raise ConfigurationError(
            "no face was followed for long enough; a part needs ten frames of one track"
        )
    screen.print(f"{folder}: {written} videos")


def _write(folder: Path, video: FaceVideo) -> None:
    try:
        write_video(folder, video)
    except OSError as error:
        raise ConfigurationError(f"{folder} cannot be written: {error}") from None


def run_table(folder: Path, path: Path | None, *, overwrite: bool) -> None:
    """Write the table of a folder. Raises ConfigurationError."""
    if path is not None and not overwrite:
        check_free(path)
    screen = console(stderr=True)
    refused: list[Refused] = []
    rows = [row_of(video) for video in _read(folder, refused, screen)]
    text = to_csv(with_counts(rows))
    if path is None:
        sys.stdout.write(text)
    else:
        write_output(path, text)
        screen.print(f"{path}: {len(rows)} videos")
    _tell(screen, refused)


def run_explore(folder: Path, html: Path | None, *, overwrite: bool) -> None:
    """Write the page about a folder. Raises ConfigurationError."""
    path = _page(html, "explore.html", overwrite=overwrite)
    screen = console(stderr=True)
    refused: list[Refused] = []
    rows: list[VideoRow] = []
    samples: list[Sample] = []

    def looked_at() -> Iterator[FaceVideo]:
        for video in _read(folder, refused, screen):
            rows.append(row_of(video))
            shown = {sample.person for sample in samples}
            if len(samples) < SAMPLES and video.person not in shown:
                samples.append(sample_of(video))
            yield video

    shapes = shapes_of(looked_at())
    clusters = _cluster(shapes, screen)
    page = explore_page(with_counts(rows), samples, clusters, refused)
    write_output(path, page)
    screen.print(f"{path}: {len(rows)} videos")
    _tell(screen, refused)


def run_identity(folder: Path, html: Path | None, *, overwrite: bool) -> None:
    """Train and test the classifiers on a folder, and write the page. Raises ConfigurationError."""
    path = _page(html, "identity.html", overwrite=overwrite)
    screen = console(stderr=True)
    refused: list[Refused] = []
    shapes = with_two_videos(shapes_of(_read(folder, refused, screen)))
    clusters = _cluster(shapes, screen)
    with _progress(screen, "Training", 2 * len(KINDS)) as advance:
        found = find_out(shapes, lambda what: advance(f"Training {what}"))
    write_output(path, identity_page(found, clusters, refused))
    for score in found.scores:
        screen.print(
            f"{score.kind.name:22} study {score.kind.study:.3f}   "
            f"random frames {score.random:.3f}   videos left out {score.apart:.3f}"
        )
    screen.print(f"{path}")
    _tell(screen, refused)


def _page(html: Path | None, name: str, *, overwrite: bool) -> Path:
    if html is None:
        return free_name(Path(name))
    if not overwrite:
        check_free(html)
    return html


def _read(folder: Path, refused: list[Refused], screen: Console) -> Iterator[FaceVideo]:
    """Yield the videos of a folder, with a bar."""
    paths = video_files(folder)
    with _progress(screen, "Reading", len(paths)) as advance:
        for video in read_all(paths, refused):
            yield video
            advance()


def _cluster(shapes: Shapes, screen: Console) -> Clusters:
    with _progress(screen, "Grouping", MOST_GROUPS + 2) as advance:
        return cluster(shapes, advance)


def _tell(screen: Console, refused: Sequence[Refused]) -> None:
    for file in refused:
        screen.print(f"left out: {file.reason}")


@contextmanager
def _progress(screen: Console, what: str, total: int) -> Iterator[Advance]:
    """Show a bar of `total` steps; yield the function that takes one, and may say what it is."""
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=screen,
    )
    with progress:
        task = progress.add_task(what, total=total)

        def advance(what: str | None = None) -> None:
            progress.update(task, advance=1, description=what)

        yield advance
