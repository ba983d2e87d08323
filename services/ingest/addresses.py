"""Addresses of cameras."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit


def without_password(uri: str) -> str:
    """Return the address as it may stand in a log.

    Many cameras take name and password in the query, so that goes too.
    """
    parts = urlsplit(uri)
    if not parts.netloc:
        return uri
    _, _, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=host, query=""))
