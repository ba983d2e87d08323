"""Where pictures come from: devices, streams, videos, folders of images, synthetic visitors."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import urlsplit, urlunsplit

import cv2
import numpy as np
from numpy.typing import NDArray

from vitrine.mall import Camera

if TYPE_CHECKING:
    from vitrine.synthetic import FrameTruth

Pixels: TypeAlias = NDArray[np.uint8]
"""(height, width, 3) BGR."""

STREAM_SCHEMES = frozenset({"rtsp", "rtsps", "rtmp", "http", "https"})
IMAGE_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp"})


class Unreadable(Exception):
    """A source, or one picture of it, cannot be read; the message says what and, where it can, what to do."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture at the source, not decoded yet."""

    at_ns: int
    """Of a live camera the monotonic clock at its arrival, else its own time since the first picture."""
    read: Callable[[], tuple[Pixels, FrameTruth | None]]
    """Decodes it, at most once and before the next shot is taken. Raises Unreadable for this one picture."""


Shots: TypeAlias = Generator[Shot, None, None]


@dataclass(frozen=True, slots=True)
class Source:
    """A source of pictures, not opened yet."""

    shots: Callable[[], Shots]
    """Opens it; closing the generator closes the source. Raises Unreadable, also in mid-way."""
    live: bool = False
    synthetic: bool = False


def source_of(camera: Camera) -> Source:
    """The source that a camera's `uri` names. Raises nothing: what is wrong shows when it is opened."""
    from vitrine.services.ingest.video import live_shots, video_shots  # noqa: PLC0415 - it builds on this module

    uri = camera.uri
    scheme = urlsplit(uri).scheme
    if uri.isdecimal():
        return Source(partial(live_shots, int(uri)), live=True)
    if scheme in STREAM_SCHEMES:
        return Source(partial(live_shots, uri), live=True)
    if scheme == "synthetic":
        return Source(partial(synthetic_shots, camera), synthetic=True)
    if Path(uri).is_dir():
        return Source(partial(folder_shots, camera))
    return Source(partial(video_shots, camera))


def without_password(uri: str) -> str:
    """The address as it may stand in a log; many cameras take name and password in the query."""
    parts = urlsplit(uri)
    if not parts.netloc:
        return uri
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))


def folder_shots(camera: Camera) -> Shots:
    """The images of a folder in the order of their names, at the camera's rate."""
    folder = Path(camera.uri)
    try:
        paths = sorted(
            path for path in folder.iterdir() if path.suffix.lower() in IMAGE_SUFFIXES
        )
    except OSError as error:
        raise Unreadable(f"folder {folder} cannot be listed: {error}") from error
    if not paths:
        raise Unreadable(
            f"folder {folder} has no images ({', '.join(sorted(IMAGE_SUFFIXES))})"
        )
    for number, path in enumerate(paths):
        yield Shot(round(number * 1e9 / camera.fps), partial(_read_image, path))


def _read_image(path: Path) -> tuple[Pixels, None]:
    try:
        pixels = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error) as error:
        raise Unreadable(f"image {path}: {error}") from error
    if pixels is None:
        raise Unreadable(f"image {path} is damaged or cut off")
    return np.asarray(pixels, np.uint8), None


def synthetic_shots(camera: Camera) -> Shots:
    """Rendered visitors, with who they are, at the camera's width and rate; a day apart where days end."""
    from vitrine.synthetic import SyntheticMall  # noqa: PLC0415 - loads the basis of shapes and textures

    height = round(camera.width * 9 / 32) * 2
    try:
        mall = SyntheticMall.from_uri(
            camera.uri, width=camera.width, height=height, fps=camera.fps
        )
    except ValueError as error:
        raise Unreadable(f"{camera.uri}: {error}") from error
    for number in count() if mall.frames is None else range(mall.frames):
        yield Shot(mall.at_ns(number), partial(mall.frame, number))
