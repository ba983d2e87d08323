"""Pictures to look at: a photograph, one frame of a video, a drawn face."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from math import floor
from typing import Final

from av.container import InputContainer
from av.error import FFmpegError

from vitrine.errors import Invalid
from vitrine.lab.archive.photos import open_heic
from vitrine.mall import Address
from vitrine.services.ingest.decoding import VideoDecoder, opened
from vitrine.services.ingest.shots import Unreadable
from vitrine.synthetic.mall import SyntheticMall
from vitrine.synthetic.truth import PersonTruth
from vitrine.vision import photographs
from vitrine.vision.crop import Image

WIDTH: Final = 960
HEIGHT: Final = 540
"""Of drawn pictures, pixels."""
FPS: Final = 5.0
MALLS: Final = 4
"""Drawn malls that are kept: each holds its people's looks."""
UPLOADED: Final = Address("upload", "path", target="upload")
"""Stands for a video that is in memory only."""
AV_TICKS: Final = 1_000_000
"""Of FFmpeg's clock in a second."""
TOLERANCE_S: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Drawn:
    """Hold a drawn picture and who is in it."""

    image: Image
    people: tuple[PersonTruth, ...]


def photograph(content: bytes) -> Image:
    """Return a photograph as (H, W, 3) BGR.

    Raises Invalid with the reason for one that is damaged, too large or of another format.
    """
    if photographs.HEIC.match(content):
        return open_heic(content).image
    return photographs.decode(content)


@lru_cache(MALLS)
def _mall(people: int, seed: int) -> SyntheticMall:
    uri = f"synthetic:?people={people}&seed={seed}"
    return SyntheticMall.from_uri(uri, WIDTH, HEIGHT, FPS)


def drawn(people: int, seed: int, frame: int) -> Drawn:
    """Return a frame of the synthetic mall: the same for the same numbers."""
    image, truth = _mall(people, seed).frame(frame)
    return Drawn(image, truth.people)


def video_times(content: bytes) -> list[float]:
    """Return when the frames of a video are shown, seconds, ascending; nothing is decoded.

    Raises Invalid for what is no video, and for one without any frame.
    """
    times = set()
    with _video(content) as (container, _):
        for packet in container.demux(video=0):
            if packet.size and packet.pts is not None:
                times.add(float(packet.pts * packet.time_base))
    if not times:
        raise Invalid("this video holds no frames")
    return sorted(times)


def video_frame(content: bytes, at_s: float) -> Image:
    """Return the frame of a video that is shown at a time of `video_times`, (H, W, 3) BGR.

    Raises Invalid where it cannot be decoded.
    """
    with _video(content) as (container, decoder):
        # From the key frame before it: later frames are drawn upon that.
        with suppress(FFmpegError):
            container.seek(max(0, floor(at_s * AV_TICKS)))
        for decoded in decoder.pictures(live=False):
            if decoded.seconds is None or decoded.seconds >= at_s - TOLERANCE_S:
                pixels, _ = decoded.read()
                return pixels
    raise Invalid(
        "this video has no frame that can be decoded there; it may be cut off"
    )


@contextmanager
def _video(content: bytes) -> Iterator[tuple[InputContainer, VideoDecoder]]:
    """Open a video in memory for the block. Raises Invalid, also for what the block raises."""
    try:
        with opened(UPLOADED, BytesIO(content), timeout_s=None) as container:
            yield container, VideoDecoder(container, UPLOADED)
    except Unreadable as error:
        raise Invalid(str(error)) from None
