"""Recordings of every kind, made by PyAV for the tests of ingest."""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from tests.ingest_builders import plain_picture
from vitrine.services.ingest.shots import Pixels

TICKS = 1000
"""A second in the time base of the recordings."""


def scene(number: int, *, width: int = 64, height: int = 48) -> Pixels:
    """Return a picture with a white upper left quarter; the rest tells its number in grey."""
    pixels = plain_picture(20 + 2 * number, width=width, height=height)
    pixels[: height // 2, : width // 2] = 255
    return pixels


def scenes(number: int, *, width: int = 64, height: int = 48) -> list[Pixels]:
    """Return so many pictures of a scene."""
    return [scene(n, width=width, height=height) for n in range(number)]


def write_recording(
    path: Path,
    pictures: Sequence[Pixels],
    *,
    fps: float = 25,
    times_ms: Iterable[int] | None = None,
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    muxer: str | None = None,
    options: dict[str, str] | None = None,
    codec_options: dict[str, str] | None = None,
    pixel_aspect: Fraction | None = None,
    rotation: int = 0,
    mirrored: bool = False,
) -> Path:
    """Write a recording, by default at `fps`, with times of its own where `times_ms` has them."""
    height, width = pictures[0].shape[:2]
    if times_ms is None:
        times_ms = [round(n * TICKS / fps) for n in range(len(pictures))]
    with av.open(str(path), "w", format=muxer, options=options) as container:
        stream: Any = container.add_stream(codec, rate=Fraction(fps))
        stream.width = width
        stream.height = height
        stream.pix_fmt = pixel_format
        stream.options = codec_options or {}
        stream.codec_context.time_base = Fraction(1, TICKS)
        if pixel_aspect is not None:
            stream.codec_context.sample_aspect_ratio = pixel_aspect
        if rotation or mirrored:
            stream.set_display_rotation(rotation, hflip=mirrored)
        for pixels, at_ms in zip(pictures, times_ms, strict=True):
            frame = av.VideoFrame.from_ndarray(pixels, format="bgr24")
            frame.pts = at_ms
            frame.time_base = Fraction(1, TICKS)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def write_sound(path: Path) -> Path:
    """Write a recording of silence, without pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=8000)
        samples = np.zeros((1, 1024), np.float32)
        for number in range(10):
            frame = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            frame.sample_rate = 8000
            frame.pts = number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def remuxed(
    path: Path,
    to: Path,
    *,
    from_s: float = 0,
    offset_s: float = 0,
    muxer: str | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Copy a recording without encoding it again, as trimming and remuxing programs do.

    Packets before the key frame at or before `from_s` are left out, and what lies before
    `from_s` gets times below zero: in MP4 an edit list hides it.
    """
    with (
        av.open(str(path)) as source,
        av.open(str(to), "w", format=muxer, options=options) as container,
    ):
        stream = source.streams.video[0]
        copy = container.add_stream_from_template(stream)
        if from_s:
            source.seek(round(from_s * 1e6))
        for packet in source.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            base = packet.time_base or Fraction(1, TICKS)
            shift = round((offset_s - from_s) / base)
            packet.pts += shift
            packet.dts += shift
            packet.stream = copy
            container.mux(packet)
    return to


def joined(to: Path, *parts: Path) -> Path:
    """Write the bytes of several files as one."""
    content = io.BytesIO()
    for part in parts:
        content.write(part.read_bytes())
    to.write_bytes(content.getvalue())
    return to
