"""Recordings: files of video."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from vitrine.mall import Camera
from vitrine.services.ingest.containers import codec_name, is_cut_off
from vitrine.services.ingest.decoding import VideoDecoder, opened, unsupported
from vitrine.services.ingest.shots import Ended, Shot, Shots, Unreadable
from vitrine.services.ingest.sniffing import HEAD_BYTES, what_else
from vitrine.services.ingest.times import StreamTimes

# Frame rates outside are declared by videos that do not know theirs: FFmpeg then gives
# its time base, 90,000 for example. Chosen, not measured.
SLOWEST_RATE: Final = 1 / 60
FASTEST_RATE: Final = 240.0

CUT_OFF: Final = (
    "is cut off, and its index with the rest: it was not copied or recorded to the end"
)

# A playlist or an index may not lead from a file to the network. A playlist without an end is
# not read again: that took two minutes, and a file does not grow here.
FILES_ONLY: Final = {
    "protocol_whitelist": "file",
    "max_reload": "0",
    "m3u8_hold_counters": "0",
}


def video_shots(camera: Camera) -> Shots:
    """Yield the pictures of a video file by its own times.

    Without them, by its own rate or else the camera's.
    """
    address = camera.uri
    path = Path(address.target)
    if not path.is_file():
        raise Unreadable(
            f"{address}: no such file; "
            "give a device index, an address, a video or a folder of images",
            "missing",
        )
    number = 0
    try:
        # Without a timeout, for which FFmpeg would ask Python again and again.
        with opened(
            address,
            f"file:{path}",
            options=FILES_ONLY,
            timeout_s=None,
        ) as container:
            decoder = VideoDecoder(container, address)
            times = StreamTimes(camera.id, usable_rate(decoder, camera))
            for picture in decoder.pictures(live=False):
                number += 1
                yield Shot(times.next_ns(picture.seconds), picture.read)
    except Unreadable as error:
        raise _in_other_words(camera, number, error) from None
    if number == 0:
        raise Unreadable(
            f"{address} holds no picture that can be decoded; is it a video?",
            "no-video",
        )
    if is_cut_off(path):
        raise _damaged(camera, number)


def usable_rate(decoder: VideoDecoder, camera: Camera) -> float:
    """Return the frame rate of a video if it can be true, else that of the camera."""
    rate = decoder.rate
    if rate is None or not SLOWEST_RATE <= rate <= FASTEST_RATE:
        return camera.fps
    return rate


def _in_other_words(
    camera: Camera,
    number: int,
    error: Unreadable,
) -> Unreadable:
    """Return what is known of a file that cannot be read, or read on."""
    if number:
        return _damaged(camera, number)
    path = Path(camera.uri.target)
    words = None
    cause = error.cause
    if cause == "codec":
        return unsupported(camera.uri, codec_name(path))
    if cause == "not-a-stream":
        words = _what_it_is(path)
        if words is None and is_cut_off(path):
            cause = "damaged"
            words = CUT_OFF
    if words is None:
        return error
    return Unreadable(f"{camera.uri} {words}", cause)


def _what_it_is(path: Path) -> str | None:
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    return what_else(head)


def _damaged(camera: Camera, number: int) -> Unreadable:
    return Ended(
        f"{camera.uri} is damaged or cut off: only its first {number} pictures "
        "could be read",
        "damaged",
    )
