"""Where a request comes from."""

from __future__ import annotations

from starlette.requests import HTTPConnection


def client_address(request: HTTPConnection) -> str:
    """Return the address that a request comes from.

    A proxy of this machine may name another one in `X-Forwarded-For`; that of another machine is
    the address itself.
    """
    if request.client is None:
        return ""
    return request.client.host
