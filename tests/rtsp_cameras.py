"""A small camera that speaks RTSP, on a free loopback port."""

from __future__ import annotations

import re
import socket
import struct
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from tests.videos import scenes, write_recording

TICKS = 90_000
FPS = 20
START_CODE = re.compile(rb"\x00\x00\x00?\x01")

Respond = Callable[[str, str], str | None]
"""Takes method and address; returns a status and headers instead of the usual answer."""


def access_units(path: Path) -> list[list[bytes]]:
    """Return a few pictures of H.264, each as its NAL units."""
    write_recording(
        path,
        scenes(40),
        muxer="h264",
        codec_options={"tune": "zerolatency", "g": "10", "x264-params": "slices=1"},
    )
    units: list[list[bytes]] = []
    current: list[bytes] = []
    for unit in START_CODE.split(path.read_bytes())[1:]:
        current.append(unit)
        if unit[0] & 31 in {1, 5}:
            units.append(current)
            current = []
    return units


class RtspCamera:
    """Play the same pictures to each who asks."""

    def __init__(
        self,
        units: list[list[bytes]],
        respond: Respond,
        pause_after: int | None,
    ) -> None:
        self.asked: list[str] = []
        self.over = Event()
        self._units = units
        self._respond = respond
        self._pause_after = pause_after
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """End it."""
        self.over.set()
        self._server.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._server.accept()
                Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with (
            suppress(OSError, ValueError),
            connection,
            connection.makefile("rb") as file,
        ):
            while line := file.readline():
                method, address, _ = line.decode("latin-1").split(" ", 2)
                sequence = "0"
                while header := file.readline().strip():
                    name, _, value = header.decode().partition(":")
                    if name.lower() == "cseq":
                        sequence = value.strip()
                self.asked.append(method)
                answer = self._answer(method, address)
                head, _, body = answer.partition("\r\n\r\n")
                connection.sendall(
                    f"RTSP/1.0 {head}\r\nCSeq: {sequence}\r\n\r\n{body}".encode()
                )
                if method == "PLAY":
                    self._play(connection)
                    return

    def _answer(self, method: str, address: str) -> str:
        own = self._respond(method, address)
        if own is not None:
            return own
        if method == "DESCRIBE":
            description = self._description()
            length = len(description)
            head = (
                f"200 OK\r\nContent-Type: application/sdp\r\nContent-Length: {length}"
            )
            return f"{head}\r\n\r\n{description}"
        if method == "SETUP":
            transport = "RTP/AVP/TCP;unicast;interleaved=0-1"
            return f"200 OK\r\nTransport: {transport}\r\nSession: 1"
        return "200 OK\r\nPublic: DESCRIBE, SETUP, PLAY\r\nSession: 1"

    def _description(self) -> str:
        sets = [unit for unit in self._units[0] if unit[0] & 31 in {7, 8}]
        texts = ",".join(b64encode(unit).decode() for unit in sets)
        lines = [
            "v=0",
            "o=- 0 0 IN IP4 127.0.0.1",
            "s=camera",
            "t=0 0",
            "m=video 0 RTP/AVP 96",
            "a=rtpmap:96 H264/90000",
            f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={texts}",
            "a=control:track1",
        ]
        return "\r\n".join(lines) + "\r\n"

    def _play(self, connection: socket.socket) -> None:
        sequence = 0
        number = 0
        while not self.over.wait(1 / FPS):
            if number == self._pause_after:
                self.over.wait()
                return
            units = self._units[number % len(self._units)]
            for unit in units:
                last = unit is units[-1]
                marker = 0x80 if last else 0
                head = struct.pack(
                    ">BBHII",
                    0x80,
                    marker | 96,
                    sequence & 0xFFFF,
                    number * TICKS // FPS,
                    7,
                )
                packet = head + unit
                connection.sendall(b"$\0" + struct.pack(">H", len(packet)) + packet)
                sequence += 1
            number += 1


def _usual(_method: str, _address: str) -> None:
    return None


@contextmanager
def rtsp_camera(
    folder: Path,
    respond: Respond = _usual,
    pause_after: int | None = None,
) -> Iterator[RtspCamera]:
    """Serve a camera."""
    camera = RtspCamera(access_units(folder / "camera.h264"), respond, pause_after)
    try:
        yield camera
    finally:
        camera.close()
