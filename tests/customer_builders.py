"""Customers as they are enrolled in tests."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from redis import Redis

from vitrine.customers.consents import Consent
from vitrine.sealing import Sealer
from vitrine.stores.customers import CustomerStore
from vitrine.stores.data_keys import KeyStore

SITE_KEYS: Final = {"k1": bytes(range(32)), "k2": bytes(range(1, 33))}
SEALER: Final = Sealer(SITE_KEYS, "k1")
VECTOR: Final = np.ones(128, np.float32) / np.float32(np.sqrt(128))
OTHER: Final = -VECTOR
HOUR_NS: Final = 3600 * 10**9
RECOGNISE: Final = Consent("recognise", 0, HOUR_NS, text_version="1")
PROFILE: Final = Consent("profile", 0, HOUR_NS, text_version="1")
OFFERS: Final = Consent("offers", 0, 2 * HOUR_NS, text_version="1")
ALL: Final = (RECOGNISE, PROFILE, OFFERS)
"""Consents to all purposes."""


def customer_store(
    redis: Redis,
    key_redis: Redis,
    sealer: Sealer = SEALER,
) -> CustomerStore:
    """Return the customers of two servers."""
    return CustomerStore(redis, sealer, KeyStore(key_redis))


def enrol(
    store: CustomerStore,
    name: str = "Ada Example",
    *,
    vector: Any = VECTOR,
    consents: tuple[Consent, ...] = (RECOGNISE,),
) -> str:
    """Enrol a customer with one template at the time 5, and return the id."""
    return store.enrol(name, [vector], "m", consents, now_ns=5)
