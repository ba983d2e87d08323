"""Write a watched source as a video, with everything that is drawn over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from threading import Event
from typing import Final

import av
import cv2
import numpy as np
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from vitrine.clock import SECOND_NS
from vitrine.errors import ConfigurationError
from vitrine.lab.view.analysis import Analysis
from vitrine.lab.view.reading import Reading
from vitrine.lab.view.screen import draw_screen
from vitrine.mall import Camera
from vitrine.synthetic.options import parse_options
from vitrine.vision.crop import Image

# Width of the film. Labels of 12 pixels are read well in it.
WIDTH: Final = 960
# A film's clock: milliseconds, as sources have times that no frame rate explains.
CLOCK: Final = Fraction(1, 1000)
MILLISECOND_NS: Final = 1_000_000
# Pixel sizes of H.264 in its common form are even.
EVEN: Final = 2


class Film:
    """Write pictures of one size with their times into a file that players and browsers take."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        """Raises ConfigurationError where no such file can be written."""
        try:
            self._container = av.open(str(path), "w")
            self._stream = self._container.add_stream("libx264", rate=30)
        except (av.FFmpegError, OSError, ValueError) as error:
            raise ConfigurationError(f"{path} cannot be written: {error}") from None
        self._stream.width = width - width % EVEN
        self._stream.height = height - height % EVEN
        self._stream.pix_fmt = "yuv420p"
        self._stream.time_base = CLOCK
        self._stream.codec_context.time_base = CLOCK
        self._first_ns: int | None = None

    def add(self, picture: Image, at_ns: int) -> None:
        """Append a picture (H, W, 3) BGR of a time later than the one before."""
        if self._first_ns is None:
            self._first_ns = at_ns
        size = (self._stream.width, self._stream.height)
        # Pictures of a folder differ in shape; a film has one, and its sides are even.
        whole = np.asarray(cv2.resize(picture, size), np.uint8)
        frame = av.VideoFrame.from_ndarray(whole, format="bgr24")
        frame.pts = (at_ns - self._first_ns) // MILLISECOND_NS
        frame.time_base = CLOCK
        self._container.mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what is left, and the index that players need."""
        self._container.mux(self._stream.encode(None))
        self._container.close()


def write_film(
    path: Path,
    analysis: Analysis,
    reading: Reading,
    camera: Camera,
    seconds: float | None,
    screen: Console,
    stop: Event,
) -> int:
    """Analyse every picture, draw it and write it; return how many there were.

    Ends at `stop` with a whole file. Raises ConfigurationError.
    """
    expected_s = seconds or length_s(camera)
    film: Film | None = None
    written = 0
    try:
        with _progress(screen, expected_s) as advance:
            for picture in reading.pictures(seconds):
                if stop.is_set():
                    break
                seen = analysis.see(picture)
                canvas = draw_screen(seen, WIDTH / picture.pixels.shape[1])
                if film is None:
                    height, width = canvas.shape[:2]
                    film = Film(path, width, height)
                film.add(canvas, picture.at_ns)
                written += 1
                advance(picture.at_ns / SECOND_NS)
    finally:
        if film is not None:
            film.close()
    return written


def length_s(camera: Camera) -> float | None:
    """Return how long a source plays, in seconds; None for one that nobody knows of."""
    if camera.uri.scheme == "synthetic":
        try:
            return parse_options(camera.uri.text).seconds
        except ValueError:
            return None
    if camera.uri.kind != "path":
        return None
    try:
        with av.open(camera.uri.target) as container:
            if container.duration is None:
                return None
            return container.duration / av.time_base
    except (av.FFmpegError, OSError):
        # What is wrong with it is told by whoever reads it.
        return None


@contextmanager
def _progress(
    screen: Console, expected_s: float | None
) -> Iterator[Callable[[float], None]]:
    progress = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} s of the source"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=screen,
    )
    with progress:
        task = progress.add_task("Writing", total=expected_s)
        yield lambda at_s: progress.update(task, completed=at_s)
