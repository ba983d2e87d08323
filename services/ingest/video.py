"""Videos, streams and devices by OpenCV."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vitrine.clock import SECOND_NS
from vitrine.mall import Address, Camera
from vitrine.services.ingest.shots import (
    Picture,
    Shot,
    Shots,
    Unreadable,
)
from vitrine.services.ingest.times import StreamTimes

# Network cameras that restart answer within some seconds. Chosen, not measured.
TIMEOUT_MS: Final = 10_000

# Frame rates outside are declared by streams that do not know theirs (FFmpeg then gives
# its time base, 90,000 for example). Chosen, not measured.
SLOWEST_RATE: Final = 1.0
FASTEST_RATE: Final = 240.0

# Declared numbers of pictures are estimates in some containers. A video with less of its
# pictures and of its time was cut short. Chosen, not measured.
COMPLETE: Final = 0.9

# One decoding thread: each further one holds back a picture.
STREAM_OPTIONS: Final = (
    cv2.CAP_PROP_OPEN_TIMEOUT_MSEC,
    TIMEOUT_MS,
    cv2.CAP_PROP_READ_TIMEOUT_MSEC,
    TIMEOUT_MS,
    cv2.CAP_PROP_N_THREADS,
    1,
)


def video_shots(camera: Camera) -> Shots:
    """Yield the pictures of a video file by its own timestamps.

    Without them, by its own rate or else the camera's.
    """
    path = Path(camera.uri.target)
    if not path.is_file():
        raise Unreadable(
            f"{path}: no such file; "
            "give a device index, an address, a video or a folder of images"
        )
    with _capture(str(path), cv2.CAP_FFMPEG) as capture:
        rate = capture.get(cv2.CAP_PROP_FPS)
        if not SLOWEST_RATE <= rate <= FASTEST_RATE:
            rate = camera.fps
        times = StreamTimes(camera.id, rate)
        at_ns = 0
        number = 0
        while capture.grab():
            position_ms = capture.get(cv2.CAP_PROP_POS_MSEC)
            at_ns = times.next_ns(position_ms)
            number += 1
            yield Shot(at_ns, partial(_retrieve, capture))
        declared = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    _check_complete(
        path,
        number,
        at_ns / SECOND_NS * rate,
        declared,
    )


def _check_complete(
    path: Path,
    number: int,
    expected: float,
    declared: float,
) -> None:
    """Raise Unreadable for a video of which pictures are missing.

    `expected` pictures lie between the first and the last one by their timestamps.
    """
    if number == 0:
        raise Unreadable(f"{path} holds no picture that can be decoded; is it a video?")
    enough = COMPLETE * declared
    if number < enough and expected + 1 < enough:
        raise Unreadable(
            f"{path} is damaged: {number} of its {declared:.0f} pictures could be read"
        )


def live_shots(address: Address) -> Shots:
    """Yield pictures of a device or stream as they come.

    Each has the monotonic time of its arrival.
    """
    backend = cv2.CAP_FFMPEG
    options: Sequence[int] = STREAM_OPTIONS
    place: str | int = address.url_with_login
    if address.kind == "device":
        place = address.target
        if place.isdecimal():
            place = int(place)
        backend = cv2.CAP_ANY
        options = ()
    with _capture(place, backend, options) as capture:
        while capture.grab():
            yield Shot(time.monotonic_ns(), partial(_retrieve, capture))
    raise Unreadable(f"{address} gives no more pictures")


@contextmanager
def _capture(
    address: str | int,
    backend: int,
    options: Sequence[int] = (),
) -> Iterator[cv2.VideoCapture]:
    """Open a capture for the block. Raises Unreadable, also for what OpenCV raises in it."""
    name = _name(address)
    try:
        capture = cv2.VideoCapture(address, backend, options)
    except cv2.error as error:
        raise Unreadable(f"{name} cannot be opened: {error}") from error
    try:
        if not capture.isOpened():
            hint = "there, and in a format that FFmpeg reads"
            if isinstance(address, int):
                hint = "plugged in, and free"
            raise Unreadable(f"{name} cannot be opened; is it {hint}?")
        yield capture
    except cv2.error as error:
        raise Unreadable(f"{name}: {error}") from error
    finally:
        capture.release()


def _retrieve(capture: cv2.VideoCapture) -> Picture:
    try:
        good, pixels = capture.retrieve()
    except cv2.error as error:
        raise Unreadable(str(error)) from error
    if not good:
        raise Unreadable("a picture could not be decoded")
    return np.asarray(pixels, np.uint8), None


def _name(address: str | int) -> str:
    if isinstance(address, int):
        return f"camera device {address}"
    return str(Address.parse(address))
