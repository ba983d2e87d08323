"""HTTP to one camera: with its login, and to no other host."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from urllib.parse import SplitResult, urljoin, urlsplit

import httpx

from vitrine.mall import Address
from vitrine.mall.address import DEFAULT_PORTS, HOST
from vitrine.services.ingest.causes import refused_status, unreadable
from vitrine.services.ingest.decoding import TIMEOUT_S
from vitrine.services.ingest.shots import Unreadable

# A camera answers from where it is asked, or after one step to https or its main page.
MOST_REDIRECTS: Final = 5

HEADERS: Final = {
    "Accept": "*/*",
    "Accept-Encoding": "identity",
    "User-Agent": "vitrine",
}


class HttpCamera:
    """Ask one camera over HTTP.

    Whatever it answers, only its own host is asked, at the network address that its name had at
    first: neither a redirect nor a playlist nor a changed name leads anywhere else. Raises
    Unreadable.
    """

    def __init__(self, address: Address) -> None:
        self._address = address
        self._number = _resolved(address)
        self._auth: httpx.Auth | None = None
        self._client = httpx.Client(
            headers=HEADERS,
            timeout=TIMEOUT_S,
            # Proxies and logins of the environment are not meant for cameras.
            trust_env=False,
            # Cameras sign their certificates themselves; FFmpeg does not check them either.
            verify=False,  # noqa: S501
        )

    def get(self, url: str, first_byte: int = 0) -> httpx.Response:
        """Return the answer, its body not read yet, from a byte on if there is a first one."""
        headers = {}
        if first_byte:
            headers["Range"] = f"bytes={first_byte}-"
        with self.in_our_words():
            response = self._ask(url, headers)
        if response.is_success:
            return response
        response.close()
        raise refused_status(self._address, response.status_code)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    @contextmanager
    def in_our_words(self) -> Iterator[None]:
        """Raise Unreadable for what the client raises in the block."""
        try:
            yield
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            raise _unreadable(self._address, error) from None

    def _ask(self, url: str, headers: dict[str, str]) -> httpx.Response:
        """Return the first answer that is no redirect."""
        for _ in range(MOST_REDIRECTS + 1):
            response = self._send(url, headers)
            if not response.has_redirect_location:
                return response
            response.close()
            url = self._joined(url, response.headers["Location"])
        raise Unreadable(
            f"{self._address} leads round in a circle of redirects", "redirect"
        )

    def _send(self, url: str, headers: dict[str, str]) -> httpx.Response:
        """Return the answer, after a login where one is asked for."""
        response = self._send_once(url, headers)
        if response.status_code != httpx.codes.UNAUTHORIZED:
            return response
        auth = self._login(response)
        if auth is None:
            return response
        response.close()
        self._auth = auth
        return self._send_once(url, headers)

    def _send_once(self, url: str, headers: dict[str, str]) -> httpx.Response:
        parts = self._checked(url)
        place = httpx.URL(url).copy_with(
            host=self._number,
            userinfo=b"",
            fragment=None,
        )
        request = self._client.build_request(
            "GET",
            place,
            headers={**headers, "Host": _host_header(parts)},
            extensions={"sni_hostname": parts.hostname},
        )
        return self._client.send(
            request,
            stream=True,
            auth=self._auth or httpx.USE_CLIENT_DEFAULT,
        )

    def _login(self, response: httpx.Response) -> httpx.Auth | None:
        """Return the login in the way that the camera asks for; None if there is no other."""
        address = self._address
        if address.user is None or self._auth is not None:
            return None
        password = address.password or ""
        asked = response.headers.get("WWW-Authenticate", "").lower()
        if "digest" in asked:
            return httpx.DigestAuth(address.user, password)
        return httpx.BasicAuth(address.user, password)

    def _joined(self, url: str, location: str) -> str:
        try:
            return urljoin(url, location)
        except ValueError:
            raise self._nowhere() from None

    def _nowhere(self) -> Unreadable:
        return Unreadable(
            f"{self._address} leads to an address that is none",
            "redirect",
        )

    def _checked(self, url: str) -> SplitResult:
        """Return the parts of an address that is the camera's own. Raises Unreadable."""
        try:
            parts = urlsplit(url)
            own = self._is_own(parts)
        except ValueError:
            raise self._nowhere() from None
        if own:
            return parts
        host = parts.hostname or ""
        if not HOST.fullmatch(host):
            host = "another place"
        raise Unreadable(
            f"{self._address} leads to {host}, which is not the camera's own host and "
            "port; if that is right, write that address into cameras.yaml",
            "redirect",
        )

    def _is_own(self, parts: SplitResult) -> bool:
        address = self._address
        if parts.scheme not in {"http", "https"} or parts.hostname != address.host:
            return False
        port = parts.port or DEFAULT_PORTS[parts.scheme]
        if port == address.port_in_use:
            return True
        to_https = (address.port_in_use, port) == (80, 443)
        return to_https and parts.scheme == "https"


def _resolved(address: Address) -> str:
    """Return the network address of a camera's host, by which alone it is asked."""
    try:
        found = socket.getaddrinfo(
            address.host,
            address.port_in_use,
            type=socket.SOCK_STREAM,
        )
    except OSError:
        raise Unreadable(
            f"{address}: no such host; check its name, and the network",
            "unreachable",
        ) from None
    return str(found[0][4][0])


def _host_header(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    if parts.port is None:
        return host
    return f"{host}:{parts.port}"


def _unreadable(address: Address, error: Exception) -> Unreadable:
    """Return what an exception of the client means; its own text may hold the address."""
    if isinstance(error, httpx.TimeoutException):
        return unreadable(address, TimeoutError())
    reason: BaseException | None = error
    while reason is not None:
        if isinstance(reason, OSError):
            return unreadable(address, reason)
        reason = reason.__cause__ or reason.__context__
    if isinstance(error, httpx.RemoteProtocolError):
        return Unreadable(
            f"{address} closes the connection, or speaks no HTTP", "silent"
        )
    return unreadable(address, error)
