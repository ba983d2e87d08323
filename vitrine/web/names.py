"""Names under which a server may be asked: the answer to DNS rebinding.

A page of another site can make its own name lead to this machine. The browser then takes
our pages for its, and only the header `Host` tells.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

# Nobody can buy these: RFC 6761 (localhost), RFC 6762 (local), RFC 8375 (home.arpa), and
# ICANN's decision of July 2024 (internal). Kubernetes' `cluster.local` is among them.
PRIVATE_SUFFIXES: Final = (".localhost", ".local", ".internal", ".home.arpa")

SETTING: Final = "VITRINE_HTTP_NAMES"

ORIGIN: Final = re.compile(r"https?://[A-Za-z0-9._-]+(:[0-9]{1,5})?")
"""What begins an address: how it is asked, a host, perhaps a port."""
_NAME: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(\.(?!-)[a-z0-9_-]{1,63})*")
_PORT: Final = re.compile(r":[0-9]{0,5}$")
LONGEST: Final = 253
"""Letters of a name, as in RFC 1035."""


class ServerNames:
    """Decide whether a `Host` may be one of ours."""

    def __init__(self, configured: Iterable[str] = ()) -> None:
        """Admit the configured names, and this machine's own."""
        names = {name.lower().rstrip(".") for name in configured}
        names.add(socket.gethostname().lower())
        self._names = frozenset(names)

    def admits(self, host: str) -> bool:
        """Return True for an address, a name of ours, and a name that nobody can buy.

        A name without a dot is one of those: `stand` in a container's network. `host` may
        have a port. An empty one is admitted: every browser sends one, and the probe of a
        container does not.
        """
        name = host_name(host)
        if name is None:
            return not host
        if is_address(name) or name in self._names:
            return True
        return "." not in name or name.endswith(PRIVATE_SUFFIXES)

    def is_configured(self, host: str) -> bool:
        """Return True for a name that the operator or this machine gave."""
        return host_name(host) in self._names


def host_name(host: str) -> str | None:
    """Return name or address of a `Host` header without its port; None for what is neither."""
    name = _PORT.sub("", host.strip().lower())
    if name.startswith("[") and name.endswith("]"):
        name = name[1:-1]
    if is_address(name):
        return name
    name = name.removesuffix(".")
    if len(name) > LONGEST or not _NAME.fullmatch(name):
        return None
    return name


def is_address(name: str) -> bool:
    """Return True for an address of IPv4 or IPv6."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def refusal(host: str) -> str:
    """Return what to tell who asked for `host`."""
    return (
        f"this server is not called {host[:LONGEST]!r}; if it is, "
        f"add the name to {SETTING}"
    )


def origin_only(url: str, example: str) -> str:
    """Return an address unchanged. Raises ValueError, with an example, for one with a path."""
    if not ORIGIN.fullmatch(url):
        raise ValueError(
            f"found {url!r}, expected an address such as {example} without a path"
        )
    return url


def host_of(url: str | None) -> list[str]:
    """Return the host of an address, or nothing: clients ask by it."""
    host = urlsplit(url or "").hostname
    return [host] if host else []
