"""Network cameras that speak RTSP or RTMP."""

from __future__ import annotations

import socket
import time
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Address, Camera
from vitrine.services.ingest.decoding import (
    OLDEST_NS,
    TIMEOUT_S,
    VideoDecoder,
    opened,
    unsupported,
)
from vitrine.services.ingest.rtsp_relay import RtspRelay
from vitrine.services.ingest.shots import Shot, Shots, Unreadable

# Nearly all of the time that one picture is waited for.
SILENCE_NS: Final = round(0.9 * TIMEOUT_S * SECOND_NS)


def stream_shots(camera: Camera) -> Shots:
    """Yield the pictures of a stream as they come, with the monotonic time of their arrival."""
    address = camera.uri
    check_name(address)
    if address.scheme.startswith("rtsp"):
        yield from _relayed(camera)
    else:
        yield from _played(camera, address.url_with_login)


def _relayed(camera: Camera) -> Shots:
    address = camera.uri
    with RtspRelay(address) as relay:
        try:
            yield from _played(camera, relay.url)
        except Unreadable as error:
            if error.cause == "codec" and relay.codec is not None:
                error = unsupported(address, relay.codec)
            raise relay.failure or error from None


def _played(camera: Camera, place: str) -> Shots:
    address = camera.uri
    with opened(address, place, options=_options(camera)) as container:
        yield from live_shots(VideoDecoder(container, address))
    raise Unreadable(f"{address} gives no more pictures", "silent")


def live_shots(decoder: VideoDecoder) -> Shots:
    """Yield the pictures of a live video but those that were held back too long.

    Raises Unreadable when such a one is all that came before the time was up.
    """
    for picture in decoder.pictures(live=True):
        age_ns = time.monotonic_ns() - picture.arrived_ns
        if age_ns <= OLDEST_NS:
            yield Shot(picture.arrived_ns, picture.read)
        elif age_ns >= SILENCE_NS:
            raise Unreadable(f"{decoder.address} has stopped sending", "silent")


def check_name(address: Address) -> None:
    """Raise Unreadable where the name of the host is not known."""
    try:
        socket.getaddrinfo(address.host, address.port_in_use)
    except OSError:
        raise Unreadable(
            f"{address}: no such host; check its name, and the network",
            "unreachable",
        ) from None


def _options(camera: Camera) -> dict[str, str]:
    """Return the options of FFmpeg for a camera's stream."""
    timeout_us = round(TIMEOUT_S * 1e6)
    options = {
        # The frame rate is not needed, and to find it takes up to five seconds.
        "fpsprobesize": "0",
        "analyzeduration": str(timeout_us // 2),
    }
    if camera.uri.scheme.startswith("rtsp"):
        options["rtsp_transport"] = camera.transport
        options["allowed_media_types"] = "video"
        options["timeout"] = str(timeout_us)
    return options
