"""How fast people may begin to join: 10,000 by a script take a week, not a minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from vitrine.web.attempts import Attempts
from vitrine.web.rate import Rate

# All chosen, not measured. A family, or the guests of one network, join without a wait.
FREE: Final = 20
LONGEST_S: Final = 60.0
"""Beyond that an address waits, twice as long each time, and so long at most."""
A_SECOND: Final = 2
"""Of all addresses together: far above the visitors of a mall who join at once."""


class JoinLimits:
    """Count beginnings by address, and of all together. Thread-safe."""

    def __init__(self, clock_s: Callable[[], float] = time.monotonic) -> None:
        self._attempts = Attempts(FREE, LONGEST_S, clock_s)
        self._all = Rate(A_SECOND, clock_s)

    def wait_s(self, address: str) -> float:
        """Count one, and return 0; else the seconds after which this address may try again."""
        if self._all.full(""):
            return 1.0
        wait_s = self._attempts.begin(address)
        if not wait_s:
            self._all.count("")
        return wait_s
