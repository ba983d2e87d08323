"""A relay between FFmpeg and one RTSP camera, as FFmpeg follows redirects to any host."""

from __future__ import annotations

import re
import socket
import ssl
from contextlib import suppress
from threading import Thread
from types import TracebackType
from typing import Final, Self
from urllib.parse import urlsplit

from vitrine.mall import Address
from vitrine.services.ingest.causes import unreadable
from vitrine.services.ingest.decoding import TIMEOUT_S
from vitrine.services.ingest.shots import Unreadable

CHUNK_BYTES: Final = 65_536
# Descriptions of streams have one or two thousand.
LARGEST_HEAD: Final = 65_536

# RFC 2326, 10.12: a dollar sign, the channel, and two bytes of length come before RTP.
INTERLEAVED: Final = b"$"
INTERLEAVED_HEAD: Final = 4
HEAD_END: Final = b"\r\n\r\n"
STATUS: Final = re.compile(rb"RTSP/1\.\d (\d{3})")
LENGTH: Final = re.compile(rb"\r\ncontent-length\s*:\s*(\d{1,7})", re.IGNORECASE)
LOCATION: Final = re.compile(rb"(\r\nlocation\s*:\s*)([^\r\n]*)", re.IGNORECASE)
OVER_UDP: Final = re.compile(
    rb"(\r\ntransport\s*:\s*RTP/AVP(?:/UDP)?;[^\r\n]*)",
    re.IGNORECASE,
)
# The name of the first codec of a description's video (RFC 8866, 6.6): the sound's comes elsewhere.
CODEC: Final = re.compile(
    rb"^m=video(?:(?!^m=).)*?^a=rtpmap:\d+ ([\w.-]{1,40})/",
    re.DOTALL | re.MULTILINE,
)
SOURCE: Final = re.compile(rb";source=[^;\r\n]*", re.IGNORECASE)


class RtspRelay:
    """Pass RTSP on between FFmpeg, which gets an address of this machine, and a camera.

    The camera's own host is all that is ever connected to. A redirect to another one ends the
    connection.
    """

    def __init__(self, address: Address) -> None:
        self.failure: Unreadable | None = None
        """Why the relay ended the connection, if it did."""
        self.codec: str | None = None
        """What the camera calls the codec of its video, once it has described it."""
        self._address = address
        self._camera: socket.socket | None = None
        self._server = socket.create_server(("127.0.0.1", 0))
        self._client: socket.socket | None = None

    def __enter__(self) -> Self:
        """Connect to the camera. Raises Unreadable."""
        try:
            self._camera = self._connected()
        except OSError as error:
            self._server.close()
            raise unreadable(self._address, error) from None
        Thread(
            target=self._serve,
            name="ingest relay",
            daemon=True,
        ).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End all connections."""
        _close(self._server)
        self._end()

    @property
    def url(self) -> str:
        """Return the address for FFmpeg, with the camera's path and login."""
        login, at, _ = _authority(self._address.url_with_login).rpartition("@")
        return f"rtsp://{login}{at}{self._place}{self._address.target}"

    @property
    def _place(self) -> str:
        host, port = self._server.getsockname()
        return f"{host}:{port}"

    def _connected(self) -> socket.socket:
        address = self._address
        place = (address.host, address.port_in_use)
        connection = socket.create_connection(place, TIMEOUT_S)
        connection.settimeout(None)
        if address.scheme != "rtsps":
            return connection
        context = ssl.create_default_context()
        # Cameras sign their certificates themselves.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        connection.settimeout(TIMEOUT_S)
        encrypted = context.wrap_socket(connection, server_hostname=address.host)
        encrypted.settimeout(None)
        return encrypted

    def _serve(self) -> None:
        """Serve FFmpeg until one side has ended; again after a redirect to the own host."""
        with suppress(OSError):
            while True:
                self._client, _ = self._server.accept()
                if self._camera is None:
                    self._camera = self._connected()
                requests = Thread(
                    target=_copy,
                    args=(self._client, self._camera),
                    daemon=True,
                )
                requests.start()
                self._pass_answers(self._camera, self._client)
                self._end()

    def _pass_answers(self, camera: socket.socket, client: socket.socket) -> None:
        """Pass on what the camera sends, until it ends or leads elsewhere."""
        buffer = bytearray()
        with suppress(OSError):
            while data := camera.recv(CHUNK_BYTES):
                buffer += data
                ready = self._take_whole(buffer)
                if self.failure is not None:
                    return
                if ready:
                    client.sendall(ready)

    def _take_whole(self, buffer: bytearray) -> bytes:
        """Take the whole messages from the buffer; checks those that are no media."""
        ready = bytearray()
        at = 0
        while at < len(buffer):
            end = _message_end(buffer, at)
            if end is None or end > len(buffer):
                break
            message = bytes(buffer[at:end])
            if not message.startswith(INTERLEAVED):
                message = self._checked(message)
            ready += message
            at = end
        del buffer[:at]
        if len(buffer) > LARGEST_HEAD + CHUNK_BYTES:
            self._fail("sends something else than RTSP", "not-a-stream")
        return bytes(ready)

    def _checked(self, message: bytes) -> bytes:
        """Return an answer so that all further connections go to the camera's own host."""
        status = STATUS.match(message)
        if status and status.group(1).startswith(b"3"):
            return LOCATION.sub(self._location, message)
        codec = CODEC.search(message)
        if codec is not None:
            self.codec = codec.group(1).decode("ascii", "replace")
        return OVER_UDP.sub(self._transport, message)

    def _location(self, found: re.Match[bytes]) -> bytes:
        """Lead a redirect within the camera to this relay."""
        try:
            parts = urlsplit(found.group(2).decode("ascii", "replace"))
            port = parts.port or self._address.port_in_use
        except ValueError:
            self._fail("leads to an address that is none", "redirect")
            return b""
        own = (parts.hostname, port) == (self._address.host, self._address.port_in_use)
        if not own:
            self._fail(
                "leads to another host or port; if that is right, write that address "
                "into cameras.yaml",
                "redirect",
            )
            return b""
        path = parts._replace(scheme="", netloc="").geturl()
        return found.group(1) + f"rtsp://{self._place}{path}".encode()

    def _transport(self, found: re.Match[bytes]) -> bytes:
        """Say that RTP over UDP comes from the camera, wherever it says that it is."""
        line = SOURCE.sub(b"", found.group(1))
        if self._camera is None:
            return line
        host = str(self._camera.getpeername()[0])
        return line + f";source={host}".encode()

    def _fail(self, reason: str, cause: str) -> None:
        self.failure = Unreadable(f"{self._address} {reason}", cause)

    def _end(self) -> None:
        for connection in (self._client, self._camera):
            if connection is not None:
                _close(connection)
        self._client = None
        self._camera = None


def _message_end(buffer: bytearray, at: int) -> int | None:
    """Return where the message that begins at `at` ends; None if that is not known yet."""
    if buffer[at : at + 1] == INTERLEAVED:
        if len(buffer) < at + INTERLEAVED_HEAD:
            return None
        length = int.from_bytes(buffer[at + 2 : at + INTERLEAVED_HEAD])
        return at + INTERLEAVED_HEAD + length
    head_end = buffer.find(HEAD_END, at)
    if head_end < 0:
        return None
    end = head_end + len(HEAD_END)
    found = LENGTH.search(buffer, at, head_end)
    if found is None:
        return end
    return end + int(found.group(1))


def _copy(from_socket: socket.socket, to_socket: socket.socket) -> None:
    """Pass on what FFmpeg sends; when it hangs up, so does the relay."""
    with suppress(OSError):
        while data := from_socket.recv(CHUNK_BYTES):
            to_socket.sendall(data)
    _close(to_socket)


def _close(connection: socket.socket) -> None:
    with suppress(OSError):
        # Wakes a thread that waits for it, which closing does not.
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _authority(url: str) -> str:
    return urlsplit(url).netloc
