"""Pictures of addresses of HTTP, in whatever way they are sent there."""

from __future__ import annotations

import time
from contextlib import closing
from functools import partial
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Camera
from vitrine.services.ingest.decoding import VideoDecoder, opened
from vitrine.services.ingest.hls import HLS_OPTIONS, PlaylistFiles
from vitrine.services.ingest.http_body import HttpBody
from vitrine.services.ingest.http_camera import HttpCamera
from vitrine.services.ingest.multipart import LARGEST_PART, parts
from vitrine.services.ingest.shots import (
    Ended,
    Picture,
    Shot,
    Shots,
    Unreadable,
)
from vitrine.services.ingest.sniffing import is_image, is_playlist, what_else
from vitrine.services.ingest.stills import decode_still
from vitrine.services.ingest.streams import live_shots
from vitrine.services.ingest.times import StreamTimes
from vitrine.services.ingest.video import usable_rate

# A stream that is later than this has paused: its times are counted anew from now on.
# Segments of HLS come in bursts, so less is no pause. Chosen, not measured.
PAUSE_NS: Final = SECOND_NS


class HttpSource:
    """Open what a camera's address of HTTP names, again and again.

    What has an end is played once at its own pace: its shots end without an error.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._was_live = False

    def shots(self) -> Shots:
        """Yield the pictures; of recordings at times to come, of others when they arrive."""
        address = self._camera.uri
        with closing(HttpCamera(address)) as client:
            body = HttpBody(client, address.url)
            with closing(body):
                try:
                    yield from self._by_kind(client, body)
                except Unreadable as error:
                    raise _named(self._camera, error) from None

    def _by_kind(self, client: HttpCamera, body: HttpBody) -> Shots:
        if body.content_type.startswith("multipart/"):
            return self._parts(body)
        head = body.head()
        reason = what_else(head)
        if reason is not None:
            raise Unreadable(reason, "not-a-stream")
        if head.lstrip().startswith(b"--"):
            return self._parts(body)
        if is_image(head) and body.length is not None:
            return self._snapshots(client, body)
        if is_playlist(head):
            return self._playlist(client)
        return self._video(body)

    def _parts(self, body: HttpBody) -> Shots:
        """Yield the pictures of a camera that sends one after the other."""
        for part in parts(body):
            yield Shot(time.monotonic_ns(), partial(_still, part))
        raise Unreadable("gives no more pictures", "silent")

    def _snapshots(self, client: HttpCamera, body: HttpBody) -> Shots:
        """Ask for a single picture at the camera's rate."""
        snapshots = Snapshots(client, self._camera.uri.url, body)
        period_ns = round(SECOND_NS / self._camera.fps)
        due_ns = time.monotonic_ns()
        while True:
            yield Shot(due_ns, snapshots.read)
            snapshots.check()
            due_ns = max(due_ns + period_ns, time.monotonic_ns())

    def _playlist(self, client: HttpCamera) -> Shots:
        """Yield the pictures of HLS, of a camera or of a recording."""
        address = self._camera.uri
        files = PlaylistFiles(client)
        with opened(
            address,
            address.url,
            format_name="hls",
            options=HLS_OPTIONS,
            io_open=files.open,
        ) as container:
            decoder = VideoDecoder(container, address)
            yield from self._timed(decoder, has_end=decoder.has_duration)

    def _video(self, body: HttpBody) -> Shots:
        """Yield the pictures of a recording, or of a stream in the form of a file."""
        address = self._camera.uri
        with opened(address, body) as container:
            decoder = VideoDecoder(container, address)
            if body.length is not None or decoder.has_duration:
                yield from self._timed(decoder, has_end=True)
            else:
                self._was_live = True
                yield from live_shots(decoder)
                raise Unreadable("gives no more pictures", "silent")

    def _timed(self, decoder: VideoDecoder, *, has_end: bool) -> Shots:
        """Yield the pictures when they are due by their own times.

        Raises Ended for a recording that cannot be read on.
        """
        if has_end and self._was_live:
            raise Ended("has ended", "silent")
        self._was_live = not has_end
        camera = self._camera
        times = StreamTimes(camera.id, usable_rate(decoder, camera))
        origin_ns = time.monotonic_ns()
        number = 0
        try:
            for picture in decoder.pictures(live=not has_end):
                at_ns = times.next_ns(picture.seconds)
                late_ns = time.monotonic_ns() - origin_ns - at_ns
                if number == 0 or late_ns > PAUSE_NS:
                    origin_ns += late_ns
                number += 1
                yield Shot(origin_ns + at_ns, picture.read)
        except Unreadable as error:
            if has_end and number:
                raise Ended(str(error), error.cause) from None
            raise
        if not has_end:
            raise Unreadable("gives no more pictures", "silent")


class Snapshots:
    """Fetch single pictures of a camera, when they are read."""

    def __init__(
        self,
        client: HttpCamera,
        url: str,
        first: HttpBody,
    ) -> None:
        self._client = client
        self._url = url
        self._first: HttpBody | None = first
        self._failure: Unreadable | None = None

    def read(self) -> Picture:
        """Return the picture as it is now. Raises Unreadable."""
        try:
            body = self._first or HttpBody(self._client, self._url)
            self._first = None
            with closing(body):
                data = body.read_all(LARGEST_PART)
        except Unreadable as error:
            self._failure = error
            raise
        return _still(data)

    def check(self) -> None:
        """Raise Unreadable if the camera could not be asked."""
        if self._failure is not None:
            raise self._failure


def _still(data: bytes) -> Picture:
    return decode_still(data), None


def _named(camera: Camera, error: Unreadable) -> Unreadable:
    """Return the error with the camera's address, which not all have."""
    address = str(camera.uri)
    message = str(error)
    if not message.startswith(address):
        message = f"{address} {message}"
    return type(error)(message, error.cause)
