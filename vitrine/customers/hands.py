"""Keys in the hands of customers: they open templates, and only where their owners allow it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

# Chosen, not measured: more than stand before the screens of a large mall at a time.
MOST_ALLOWANCES: Final = 1_000


@dataclass(frozen=True, slots=True)
class Allowance:
    """Hold where and until when a customer may be recognised, with the key from their phone."""

    customer_id: str
    stand_id: str | None
    """None for all stands of the mall."""
    until_ns: int
    key: bytes = field(repr=False)

    def is_for(self, stand_id: str) -> bool:
        """Return True for a stand that it is about."""
        return self.stand_id in (None, stand_id)


class Allowances:
    """Keep what customers allow, in memory only and up to MOST_ALLOWANCES. Thread-safe."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str | None], Allowance] = {}
        self._lock = Lock()

    def allow(self, allowance: Allowance, now_ns: int) -> bool:
        """Keep an allowance, in place of one for the same place; return False when it is full."""
        place = (allowance.customer_id, allowance.stand_id)
        with self._lock:
            self._forget(now_ns)
            if place not in self._kept and len(self._kept) >= MOST_ALLOWANCES:
                return False
            self._kept[place] = allowance
        return True

    def end(self, customer_id: str) -> None:
        """Forget all that a customer allowed."""
        with self._lock:
            for place in list(self._kept):
                if place[0] == customer_id:
                    del self._kept[place]

    def of(self, customer_id: str, now_ns: int) -> list[Allowance]:
        """Return what a customer allows now."""
        return [each for each in self.all(now_ns) if each.customer_id == customer_id]

    def all(self, now_ns: int) -> list[Allowance]:
        """Return what all customers allow now."""
        with self._lock:
            self._forget(now_ns)
            return list(self._kept.values())

    def _forget(self, now_ns: int) -> None:
        for place, allowance in list(self._kept.items()):
            if allowance.until_ns <= now_ns:
                del self._kept[place]


def allowed_at(allowances: Sequence[Allowance], stand_id: str) -> set[str]:
    """Return the customers who allow to be recognised at a stand."""
    return {each.customer_id for each in allowances if each.is_for(stand_id)}
