"""Pictures of recordings and streams by FFmpeg's decoders, through PyAV."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from typing import Any, Final

import av
import av.error
import numpy as np
from av.codec import CodecContext
from av.container import InputContainer
from av.packet import Packet
from av.sidedata.sidedata import Type
from av.stream import Disposition, Stream
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from vitrine.clock import SECOND_NS
from vitrine.mall import Address
from vitrine.services.ingest.causes import unreadable
from vitrine.services.ingest.shots import Picture, Pixels, Reader, Unreadable
from vitrine.services.ingest.stills import check_still
from vitrine.services.ingest.upright import as_shown, square_size
from vitrine.vision.headers import OF_CAMERAS

# Network cameras that restart answer within some seconds. Chosen, not measured.
TIMEOUT_S: Final = 10.0

SUPPORTED: Final = "H.264, HEVC, AV1, VP8, VP9 and MJPEG are"

# What was held back while a camera hung is no news. Chosen, not measured: reordering holds
# back a few pictures, which is less than a second at five a second.
OLDEST_NS: Final = SECOND_NS

# Codecs of which each packet is a whole picture that states its own size.
STILL_CODECS: Final = frozenset({"mjpeg", "png", "webp"})

# What FFmpeg's decoders allocate at most, also while it looks into a stream.
WITHIN_BOUNDS: Final = {"max_pixels": str(OF_CAMERAS.pixels)}

# Pixel shapes outside are mistakes of the writer: the widest in use, of anamorphic film, is 2.
SLIMMEST_PIXEL: Final = 0.25
WIDEST_PIXEL: Final = 4.0

# Packets that a decoder holds back at most, until the pictures before them are complete:
# H.264 and HEVC reorder 16.
MOST_HELD_BACK: Final = 32


@dataclass(frozen=True, slots=True)
class Decoded:
    """Hold a picture of a video, its colours not converted yet."""

    seconds: float | None
    """Its own time in the video, where it has one."""
    arrived_ns: int
    """When its packet came, by the monotonic clock; 0 in a recording."""
    read: Reader


@contextmanager
def opened(
    address: Address,
    place: Any,
    *,
    format_name: str | None = None,
    options: dict[str, str] | None = None,
    io_open: Callable[..., Any] | None = None,
    timeout_s: float | None = TIMEOUT_S,
) -> Iterator[InputContainer]:
    """Open a video for the block: an address or path for FFmpeg, or a file of Python.

    Raises Unreadable, also for what FFmpeg raises in the block, and after `timeout_s` for opening
    or for a packet. Nothing of the video is valid after the block.
    """
    try:
        with av.open(
            place,
            "r",
            format=format_name,
            options={**WITHIN_BOUNDS, **(options or {})},
            metadata_errors="replace",
            timeout=timeout_s,
            io_open=io_open,
        ) as container:
            yield container
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise unreadable(address, error) from None


class VideoDecoder:
    """Decode the video of an open container."""

    def __init__(self, container: InputContainer, address: Address) -> None:
        """Raises Unreadable where there is no video, or no decoder for it."""
        self.address = address
        self._container = container
        self._stream = _video_stream(container, address)
        # One thread: each further one holds back a picture.
        self._stream.codec_context.thread_count = 1
        self._stream.codec_context.options = WITHIN_BOUNDS
        self._is_of_stills = self._stream.codec_context.name in STILL_CODECS
        self._tick_s: float | None = None
        if self._stream.time_base:
            self._tick_s = float(self._stream.time_base)
        # Kept from picture to picture: a new one costs as much as a conversion.
        self._converter = VideoReformatter()
        self._arrivals: OrderedDict[int, int] = OrderedDict()
        self._last_ns: int | None = None
        self._last_s: float | None = None

    @property
    def rate(self) -> float | None:
        """Return the frame rate that the video declares or FFmpeg guesses."""
        rate = self._stream.guessed_rate or self._stream.average_rate
        if not rate:
            return None
        return float(rate)

    @property
    def has_duration(self) -> bool:
        """True for a recording that says how long it is."""
        duration = self._container.duration
        return duration is not None and duration > 0

    def pictures(self, *, live: bool) -> Iterator[Decoded]:
        """Yield the pictures in the order of their times.

        One that cannot be decoded is there, and raises Unreadable when it is read. At the end of
        a live stream, what the decoder holds back is lost: it is older than it would seem.
        """
        for packet in self._container.demux(self._stream):
            if live and not packet.size:
                return
            arrived_ns = 0
            if live:
                arrived_ns = self._arrival_ns(packet)
                self._note_arrival(packet, arrived_ns)
            yield from self._decoded(packet, arrived_ns)

    def _arrival_ns(self, packet: Packet[VideoStream]) -> int:
        """Return when a packet came.

        FFmpeg tells where a packet ends by the next one, or when it gives up waiting for it. After
        a pause that the packet's own time does not know, it came before the pause.
        """
        now_ns = time.monotonic_ns()
        before_ns = self._last_ns
        before_s = self._last_s
        self._last_ns = now_ns
        self._last_s = self._seconds(packet.pts)
        if before_ns is None or before_s is None or self._last_s is None:
            return now_ns
        step_ns = round((self._last_s - before_s) * SECOND_NS)
        if now_ns - before_ns - step_ns > OLDEST_NS:
            return before_ns
        return now_ns

    def _decoded(
        self,
        packet: Packet[VideoStream],
        arrived_ns: int,
    ) -> Iterator[Decoded]:
        try:
            if self._is_of_stills and packet.size:
                check_still(bytes(packet))
            frames = self._stream.decode(packet)
        except (Unreadable, av.error.FFmpegError):
            seconds = self._seconds(packet.pts)
            yield Decoded(seconds, arrived_ns, _undecodable)
            return
        for frame in frames:
            yield Decoded(
                self._seconds(frame.pts),
                self._arrivals.pop(frame.pts or 0, arrived_ns),
                partial(self._read, frame),
            )

    def _seconds(self, pts: int | None) -> float | None:
        if pts is None or self._tick_s is None:
            return None
        return pts * self._tick_s

    def _note_arrival(self, packet: Packet[VideoStream], arrived_ns: int) -> None:
        if packet.pts is None:
            return
        self._arrivals[packet.pts] = arrived_ns
        if len(self._arrivals) > MOST_HELD_BACK:
            self._arrivals.popitem(last=False)

    def _read(self, frame: VideoFrame) -> Picture:
        try:
            return self._pixels(frame), None
        except (av.error.FFmpegError, ValueError):
            raise Unreadable(
                "the colours of a picture could not be read", "damaged"
            ) from None

    def _pixels(self, frame: VideoFrame) -> Pixels:
        """Return a frame as BGR, its pixels square, as its metadata says that it is shown."""
        size = square_size(
            frame.width,
            frame.height,
            _pixel_aspect(self._stream.sample_aspect_ratio),
        )
        converted = self._converter.reformat(
            frame,
            *size,
            format="bgr24",
            threads=1,
        )
        pixels = np.asarray(converted.to_ndarray(), np.uint8)
        # PyAV's types take the mapping for one of its values.
        side_data: Any = frame.side_data
        matrix = side_data.get(Type.DISPLAYMATRIX)
        if matrix is None:
            return pixels
        return as_shown(pixels, np.frombuffer(matrix, np.int32))


def _video_stream(container: InputContainer, address: Address) -> VideoStream:
    """Return the largest video that has a decoder; the cover of a song is none."""
    best: VideoStream | None = None
    without_decoder = False
    for stream in container.streams.video:
        if stream.disposition & Disposition.attached_pic:
            continue
        if not has_decoder(stream):
            without_decoder = True
        elif best is None or _area(stream) > _area(best):
            best = stream
    if best is not None:
        return best
    if without_decoder:
        raise unsupported(address)
    raise Unreadable(f"{address} holds no video", "no-video")


def unsupported(address: Address, codec: str = "of unknown name") -> Unreadable:
    """Return that there is no decoder for a camera's codec, and for which there are."""
    return Unreadable(
        f"{address} is in codec {codec}, which is not supported; {SUPPORTED}",
        "codec",
    )


def has_decoder(stream: Stream) -> bool:
    """Return True where FFmpeg can decode the stream."""
    # PyAV leaves the context out, which its types do not say.
    context: CodecContext | None = stream.codec_context
    return context is not None


def _area(stream: VideoStream) -> int:
    return stream.codec_context.width * stream.codec_context.height


def _pixel_aspect(ratio: Fraction | None) -> float:
    """Return width over height of a pixel; 1 where it is unknown or cannot be."""
    if not ratio:
        return 1.0
    aspect = float(ratio)
    if not SLIMMEST_PIXEL <= aspect <= WIDEST_PIXEL:
        return 1.0
    return aspect


def _undecodable() -> Picture:
    raise Unreadable("a picture could not be decoded", "damaged")
