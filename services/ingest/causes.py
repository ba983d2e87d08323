"""Causes of failures to open and read, in words and without anything of an address."""

from __future__ import annotations

from typing import Final

import av.error

from vitrine.mall import Address
from vitrine.services.ingest.shots import Unreadable

# Errors of FFmpeg derive from the built-in ones where there are such. The first that fits
# counts. Their own texts hold the whole address and are never passed on.
REASONS: Final[tuple[tuple[type[BaseException], str, str], ...]] = (
    (
        av.error.HTTPUnauthorizedError,
        "login",
        "refuses the login (401): check name and password in its address",
    ),
    (
        av.error.HTTPForbiddenError,
        "login",
        "forbids this (403): check what the user of its address may see",
    ),
    (
        av.error.HTTPNotFoundError,
        "missing",
        "has no such stream (404): check the path of its address",
    ),
    (
        av.error.HTTPBadRequestError,
        "address",
        "does not understand the request (400): check the path of its address",
    ),
    (
        av.error.HTTPTooManyRequestsError,
        "refused",
        "says that it is asked too often (429)",
    ),
    (
        av.error.HTTPClientError,
        "address",
        "refuses the request (4xx): check its address, and try `transport: udp`",
    ),
    (
        av.error.HTTPServerError,
        "other",
        "has a fault of its own (5xx): restart it",
    ),
    (
        ConnectionRefusedError,
        "refused",
        "refuses the connection: nothing listens at this port",
    ),
    (
        av.error.ExitError,
        "silent",
        "does not answer, or has stopped sending",
    ),
    (
        TimeoutError,
        "silent",
        "does not answer, or has stopped sending",
    ),
    (
        ConnectionError,
        "silent",
        "has closed the connection",
    ),
    (
        FileNotFoundError,
        "missing",
        "is not there; give a device index, an address, a video or a folder of images",
    ),
    (PermissionError, "missing", "may not be read by this user"),
    (IsADirectoryError, "missing", "is a folder that cannot be read"),
    (
        av.error.DecoderNotFoundError,
        "codec",
        "is in a format for which there is no decoder",
    ),
    (
        av.error.EOFError,
        "not-a-stream",
        "sends nothing",
    ),
    (
        av.error.InvalidDataError,
        "not-a-stream",
        "gives no video that can be read: it is damaged, or something else",
    ),
)

# `EPROTONOSUPPORT`: an RTSP server takes none of the transports that were offered.
WRONG_TRANSPORT: Final = 93
NO_ROUTE: Final = frozenset({100, 101, 110, 112, 113})


def unreadable(
    address: Address,
    error: BaseException,
) -> Unreadable:
    """Return what an exception of a decoder or the system means for a camera."""
    number = getattr(error, "errno", None)
    if number == WRONG_TRANSPORT:
        return Unreadable(
            f"{address} does not take this transport; "
            "try `transport: udp`, or `tcp` if that is set",
            "refused",
        )
    for kind, cause, words in REASONS:
        if isinstance(error, kind):
            return Unreadable(f"{address} {words}", cause)
    if number in NO_ROUTE:
        return Unreadable(
            f"{address} cannot be reached: check the network",
            "unreachable",
        )
    name = type(error).__name__
    return Unreadable(f"{address} cannot be read ({name})")


STATUSES: Final[dict[int, type[av.error.FFmpegError]]] = {
    400: av.error.HTTPBadRequestError,
    401: av.error.HTTPUnauthorizedError,
    403: av.error.HTTPForbiddenError,
    404: av.error.HTTPNotFoundError,
    429: av.error.HTTPTooManyRequestsError,
}


def refused_status(address: Address, status: int) -> Unreadable:
    """Return what a status of HTTP that is not success means for a camera."""
    kind = STATUSES.get(status, av.error.HTTPOtherClientError)
    if status >= 500:
        kind = av.error.HTTPServerError
    return unreadable(address, kind(status, ""))
