"""Videos, streams and devices by OpenCV."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import cv2
import numpy as np

from vitrine.mall import Camera
from vitrine.services.ingest.sources import (
    Pixels,
    Shot,
    Shots,
    Unreadable,
    without_password,
)
from vitrine.services.ingest.times import StreamTimes

TIMEOUT_MS = 10_000
SLOWEST_RATE = 1.0
FASTEST_RATE = 240.0
"""Frame rates of a stream that are believed."""
COMPLETE = 0.9
"""A video with less of its declared pictures and of its declared time was cut short."""


def video_shots(camera: Camera) -> Shots:
    """The pictures of a video file by its own timestamps; without them, by its own rate or the camera's."""
    path = Path(camera.uri)
    if not path.is_file():
        raise Unreadable(
            f"{path}: no such file; give a device index, an address, a video or a folder of images"
        )
    with _capture(str(path), cv2.CAP_FFMPEG) as capture:
        own = capture.get(cv2.CAP_PROP_FPS)
        rate = own if SLOWEST_RATE <= own <= FASTEST_RATE else camera.fps
        times = StreamTimes(camera.id, rate)
        at_ns = 0
        number = 0
        while capture.grab():
            at_ns = times.next_ns(capture.get(cv2.CAP_PROP_POS_MSEC))
            number += 1
            yield Shot(at_ns, partial(_retrieve, capture))
        declared = capture.get(cv2.CAP_PROP_FRAME_COUNT)
        if number == 0:
            raise Unreadable(
                f"{path} holds no picture that can be decoded; is it a video?"
            )
        if (
            number < COMPLETE * declared
            and at_ns * rate / 1e9 + 1 < COMPLETE * declared
        ):
            raise Unreadable(
                f"{path} is damaged: {number} of its {declared:.0f} pictures could be read"
            )


def live_shots(address: str | int) -> Shots:
    """Pictures of a device or stream as they come, each with the monotonic time of its arrival."""
    # One decoding thread: each further one holds back a picture.
    options = [
        *(cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, TIMEOUT_MS),
        *(cv2.CAP_PROP_READ_TIMEOUT_MSEC, TIMEOUT_MS),
        *(cv2.CAP_PROP_N_THREADS, 1),
    ]
    device = isinstance(address, int)
    with _capture(
        address, cv2.CAP_ANY if device else cv2.CAP_FFMPEG, [] if device else options
    ) as capture:
        while capture.grab():
            yield Shot(time.monotonic_ns(), partial(_retrieve, capture))
    raise Unreadable(f"{_name(address)} gives no more pictures")


@contextmanager
def _capture(
    address: str | int, backend: int, options: list[int] | None = None
) -> Iterator[cv2.VideoCapture]:
    # FFmpeg's own lines name addresses with passwords, and a damaged file brings thousands of them.
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    try:
        capture = cv2.VideoCapture(address, backend, options or [])
    except cv2.error as error:
        raise Unreadable(f"{_name(address)} cannot be opened: {error}") from error
    try:
        if not capture.isOpened():
            device = isinstance(address, int)
            hint = (
                "plugged in, and free"
                if device
                else "there, and in a format that FFmpeg reads"
            )
            raise Unreadable(f"{_name(address)} cannot be opened; is it {hint}?")
        yield capture
    except cv2.error as error:
        raise Unreadable(f"{_name(address)}: {error}") from error
    finally:
        capture.release()


def _retrieve(capture: cv2.VideoCapture) -> tuple[Pixels, None]:
    try:
        good, pixels = capture.retrieve()
    except cv2.error as error:
        raise Unreadable(str(error)) from error
    if not good:
        raise Unreadable("a picture could not be decoded")
    return np.asarray(pixels, np.uint8), None


def _name(address: str | int) -> str:
    return (
        f"camera device {address}"
        if isinstance(address, int)
        else without_password(address)
    )
