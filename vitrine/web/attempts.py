"""Limit how often somebody may try: after some failures, each one takes longer."""

from __future__ import annotations

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Final

# Of each key the number of failures is kept, some 300 bytes; the oldest go first. Chosen,
# not measured: 3 MB.
MOST: Final = 10_000
# A key without an attempt for so long is forgotten. Chosen, not measured.
FORGOTTEN_S: Final = 3_600.0
# What one subscriber of IPv6 has.
SUBSCRIBER_BITS: Final = 64


@dataclass(slots=True)
class _Failures:
    count: int
    next_s: float
    """When the next attempt may be made."""


class Attempts:
    """Count the failures of keys, such as addresses or the names of accounts. Thread-safe.

    The first `free` failures cost nothing; then the wait doubles from 1 s to `longest_s`.
    """

    def __init__(
        self,
        free: int,
        longest_s: float,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._free = free
        self._longest_s = longest_s
        self._clock_s = clock_s
        self._lock = Lock()
        self._failures: OrderedDict[str, _Failures] = OrderedDict()

    def begin(self, key: str) -> float:
        """Return 0, or the seconds until `key` may try again.

        With 0 the attempt counts as a failure until `succeeded`: of many at the same time
        only as many begin as may fail.
        """
        now_s = self._clock_s()
        with self._lock:
            known = self._failures.pop(key, None)
            if known is None or known.next_s + FORGOTTEN_S < now_s:
                known = _Failures(0, now_s)
            wait_s = max(0.0, known.next_s - now_s)
            if not wait_s:
                known.count += 1
                known.next_s = now_s + self._pause_s(known.count)
            self._failures[key] = known
            if len(self._failures) > MOST:
                self._failures.popitem(last=False)
        return wait_s

    def succeeded(self, key: str) -> None:
        """Forget the failures of a key."""
        with self._lock:
            self._failures.pop(key, None)

    def _pause_s(self, count: int) -> float:
        beyond = count - self._free
        if beyond <= 0:
            return 0.0
        # 2.0 ** 1024 is no float.
        doublings = min(beyond - 1, 64)
        return min(self._longest_s, 2.0**doublings)


def subscriber(host: str) -> str:
    """Return the key of a client's address: of IPv6, what one subscriber has."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return host
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    network = ipaddress.ip_network((address.packed, SUBSCRIBER_BITS), strict=False)
    return str(network)
