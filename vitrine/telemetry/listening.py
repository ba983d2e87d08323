"""Listen on an address, of IPv4 or IPv6."""

from __future__ import annotations

import socket

ALL_IPV6 = "::"


def listen_on(host: str, port: int, waiting: int) -> socket.socket:
    """Return a listening socket; port 0 takes a free one, and `::` takes IPv4 too.

    `waiting` connections may wait to be accepted. Raises OSError when the host is unknown or the
    port taken.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except UnicodeError as error:
        raise OSError(0, "this is no host") from error
    # A name such as localhost has both; most tools try IPv4 first.
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    family, _, _, _, address = found[0]
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if host == ALL_IPV6:
            # The system's setting may say otherwise.
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(waiting)
    except OSError:
        listener.close()
        raise
    return listener


def at_port(host: str, port: int) -> str:
    """Return `host:port` as a URL has it, with brackets around an IPv6 address."""
    if ":" in host:
        return f"[{host}]:{port}"
    return f"{host}:{port}"
