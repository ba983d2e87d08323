"""Whose phone asks: only its owner sees and changes what is kept."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from vitrine.customers.records import Customer
from vitrine.errors import ConfigurationError, Unavailable
from vitrine.services.customers.dependencies import Opened, Web
from vitrine.services.customers.phone_pages import customer_of, message
from vitrine.stores import phones
from vitrine.web.phones import secret_of


class NotTheirs(Exception):
    """A phone that is nobody's key."""


async def for_owner(
    request: Request,
    web: Web,
    act: Callable[[Opened, Customer], Response],
) -> Response:
    """Return what `act` makes of the customer whose phone asks, in a thread of its own.

    401 for nobody's phone, 503 while the stores are away.
    """
    try:
        return await run_in_threadpool(_act, request, web, act)
    except NotTheirs:
        return message(request, "nobodyTitle", "nobodyText", 401, "toJoin", "toRecover")
    except (Unavailable, ConfigurationError):
        # Also of somebody who changes the same at once.
        return message(request, "later", "laterText", 503, "toMe")


def _act(
    request: Request,
    web: Web,
    act: Callable[[Opened, Customer], Response],
) -> Response:
    customer_id = customer_of(request)
    if not customer_id:
        raise NotTheirs
    with web.opened() as opened:
        secret = opened.store.bound(customer_id, secret_of(request))
        if secret is None or not phones.is_phone_of(opened.redis, customer_id, secret):
            raise NotTheirs
        customer = opened.store.customer(customer_id)
        if customer is None:
            raise NotTheirs
        return act(opened, customer)
