"""Addresses of cameras: checked when a file is read, shown without anything secret."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from ipaddress import IPv6Address
from pathlib import Path
from typing import Annotated, Final, Literal, TypeAlias
from urllib.parse import quote, unquote

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema

Kind: TypeAlias = Literal["device", "path", "http", "stream", "installed"]

HTTP_SCHEMES: Final = frozenset({"http", "https"})
STREAM_SCHEMES: Final = frozenset({"rtmp", "rtmps", "rtsp", "rtsps"})
NETWORK_SCHEMES: Final = HTTP_SCHEMES | STREAM_SCHEMES

DEFAULT_PORTS: Final = {
    "http": 80,
    "https": 443,
    "rtmp": 1935,
    "rtmps": 443,
    "rtsp": 554,
    "rtsps": 322,
}
LAST_PORT: Final = 65_535

# A scheme has two letters at least: `C:\videos` is a path.
SCHEME: Final = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
AUTHORITY_END: Final = re.compile(r"[/?#]")
CONTROL: Final = re.compile(r"[\x00-\x1f\x7f]")
HOST: Final = re.compile(r"[^\s\[\]@:/?#\\%]+")
IPV4: Final = re.compile(r"\d{1,3}(\.\d{1,3}){3}([:/]|$)")
LONE_PERCENT: Final = re.compile(r"%(?![0-9A-Fa-f]{2})")
# Characters of a path that is shown as it is; others may belong to an address with a login.
PLAIN_PATH: Final = re.compile(r"[^@=&?:#]+")

ENCODE: Final = (
    "percent-encode what is special in a name or password: "
    "# is %23, / is %2F, ? is %3F, [ is %5B, ] is %5D, @ is %40, % is %25"
)
SCHEME_FIRST: Final = "that of a network camera begins with rtsp:// or http://"
KEPT_IN_TARGETS: Final = "/?&=:;,+$!*'()~@%[]|"


@dataclass(frozen=True, repr=False)
class Address:
    """Represent the address of a camera.

    `str`, `repr` and f-strings show scheme and host at most. The rest may hold a password: in
    the user part, the path or the parameters, as each maker likes.
    """

    text: str
    """As it was written; only for what opens the camera and for the version of the mall."""
    kind: Kind
    scheme: str = ""
    """Lower case; empty for devices and paths."""
    user: str | None = None
    """Decoded, like `password`."""
    password: str | None = None
    host: str = ""
    """Without brackets; empty where there is none."""
    port: int | None = None
    target: str = ""
    """Path and query of a network address; the path of a file or folder; a device."""

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address that was written.

        Raises ValueError that says what is wrong, in words without any part of the address.
        """
        if not text.strip():
            raise ValueError("is empty; give a device index, an address or a path")
        if CONTROL.search(text):
            raise ValueError("holds a line break or another control character")
        if text.isascii() and text.isdecimal():
            return cls(text, "device", target=text)
        if text.startswith("/dev/"):
            return cls(text, "device", target=text)
        found = SCHEME.match(text)
        if found is None:
            return _path(text, text)
        scheme = found.group(1).lower()
        rest = text[found.end() :]
        if scheme == "file":
            return _path(text, unquote(rest.removeprefix("//")))
        if scheme in NETWORK_SCHEMES:
            return _network(text, scheme, rest)
        return _installed(text, scheme, rest)

    def beside(self, folder: Path) -> Address:
        """Return the address with a relative path taken from this folder; `text` stays."""
        if self.kind != "path":
            return self
        target = folder.absolute() / self.target
        return replace(self, target=str(target))

    @property
    def live(self) -> bool:
        """Return true for devices and network cameras; what a package adds says so itself."""
        return self.kind in {"device", "http", "stream"}

    @property
    def origin(self) -> str:
        """Return scheme, host and port for a decoder or client, without a login."""
        host = self.host
        if ":" in host:
            host = f"[{host}]"
        if self.port is not None:
            host = f"{host}:{self.port}"
        return f"{self.scheme}://{host}"

    @property
    def url(self) -> str:
        """Return the address for a client that gets the login apart."""
        return self.origin + self.target

    @property
    def url_with_login(self) -> str:
        """Return the address for a decoder; the login in it is percent-encoded."""
        if self.user is None:
            return self.url
        login = quote(self.user, safe="")
        if self.password is not None:
            password = quote(self.password, safe="")
            login = f"{login}:{password}"
        return self.url.replace("://", f"://{login}@", 1)

    @property
    def port_in_use(self) -> int:
        """Return the port, that of the scheme where none is written."""
        if self.port is not None:
            return self.port
        return DEFAULT_PORTS[self.scheme]

    def __str__(self) -> str:
        if self.kind == "device":
            return f"camera device {self.target}"
        if self.kind == "path":
            if PLAIN_PATH.fullmatch(self.target):
                return self.target
            return "a path"
        if not self.host:
            return f"{self.scheme}:"
        host = self.host
        if ":" in host:
            host = f"[{host}]"
        return f"{self.scheme}://{host}"

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"


def _path(text: str, path: str) -> Address:
    if IPV4.match(path):
        raise ValueError(f"begins with a host; {SCHEME_FIRST}")
    return Address(text, "path", target=path)


def _network(text: str, scheme: str, rest: str) -> Address:
    if not rest.startswith("//"):
        raise ValueError(f"lacks the two slashes of {scheme}://")
    rest = rest[2:]
    end = AUTHORITY_END.search(rest)
    cut = len(rest)
    if end is not None:
        cut = end.start()
    authority = rest[:cut]
    target = rest[cut:]
    if "@" in target:
        raise ValueError(
            f"has an @ after a / ? or #; {ENCODE}. An @ of the path is %40 too"
        )
    if "#" in target:
        raise ValueError(f"has a #, after which nothing is ever sent; {ENCODE}")
    login, at, place = authority.rpartition("@")
    user = None
    password = None
    if at:
        user, password = _login(login)
    host, port = _place(place)
    if target and not target.startswith("/"):
        target = "/" + target
    return Address(
        text,
        _kind(scheme),
        scheme,
        user,
        password,
        host,
        port,
        quote(target, safe=KEPT_IN_TARGETS),
    )


def _kind(scheme: str) -> Kind:
    if scheme in HTTP_SCHEMES:
        return "http"
    return "stream"


def _login(login: str) -> tuple[str, str | None]:
    """Return name and password, decoded."""
    if "[" in login or "]" in login:
        raise ValueError(f"has a [ or ] in its name or password; {ENCODE}")
    if LONE_PERCENT.search(login):
        raise ValueError(
            "has a % in its name or password that two hexadecimal digits do not "
            f"follow; {ENCODE}"
        )
    user, colon, password = login.partition(":")
    if not colon:
        return unquote(user), None
    return unquote(user), unquote(password)


def _place(place: str) -> tuple[str, int | None]:
    """Return host and port."""
    if place.startswith("["):
        host, bracket, after = place[1:].partition("]")
        if not bracket or not _is_ipv6(host):
            raise ValueError(
                f"has a [ that is not that of an IPv6 address like [fe80::1]; {ENCODE}"
            )
    else:
        host, colon, port = place.partition(":")
        after = colon + port
        if not host:
            raise ValueError("lacks the host after ://")
        if not HOST.fullmatch(host):
            raise ValueError(f"has a host that cannot be one; {ENCODE}")
    return host.lower(), _port(after)


def _port(after: str) -> int | None:
    """Return the port of what follows a host; None without one."""
    if after in ("", ":"):
        return None
    number = after.removeprefix(":")
    is_number = number.isascii() and number.isdecimal()
    if not is_number or not 0 < int(number) <= LAST_PORT:
        raise ValueError(
            f"has a port that is not a number from 1 to {LAST_PORT}; "
            f"if a password stands there, {ENCODE}"
        )
    return int(number)


def _is_ipv6(host: str) -> bool:
    try:
        IPv6Address(host)
    except ValueError:
        return False
    return True


def _installed(text: str, scheme: str, rest: str) -> Address:
    """Return an address that a source of another package reads."""
    before_slash, _, _ = rest.partition("/")
    if "." in scheme or "@" in before_slash:
        # No scheme that is in use has a dot; names of hosts have.
        raise ValueError(f"begins with a host or a login; {SCHEME_FIRST}")
    host = ""
    if rest.startswith("//"):
        authority = AUTHORITY_END.split(rest[2:], maxsplit=1)[0]
        _, _, place = authority.rpartition("@")
        host, _ = _place(place)
    return Address(
        text,
        "installed",
        scheme,
        host=host,
        target=rest,
    )


def _read(value: object) -> Address:
    """Return the address that a file or a program gives. Raises ValueError."""
    if isinstance(value, Address):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Address.parse(str(value))
    if not isinstance(value, str):
        raise ValueError("expected a device index, an address or a path")  # noqa: TRY004
    return Address.parse(value)


def _text(address: Address) -> str:
    return address.text


CameraAddress = Annotated[
    Address,
    PlainValidator(_read),
    PlainSerializer(_text, return_type=str),
    WithJsonSchema({"type": "string", "minLength": 1}),
]
"""An address as a field of the configuration: text in files, an `Address` in the program."""
