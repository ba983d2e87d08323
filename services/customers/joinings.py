"""People who are joining now: short-lived, in memory only, and not too many."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

from vitrine.customers.challenge import Challenge, Step
from vitrine.customers.consents import Purpose

# All chosen, not measured. Who reads slowly needs two of them.
JOINING_S: Final = 300.0
"""How long somebody may take from the consent to the end."""
MOST_JOININGS: Final = 256
"""At a time, some kilobytes each. No picture is kept."""
MOST_LOOKS: Final = 1_500
"""Pictures of one joining: five a second for all of its time."""
LOOK_S: Final = 0.1
"""From one picture to the next at least."""
TOKEN_BYTES: Final = 16


@dataclass(slots=True)
class Joining:
    """Hold who joins: what they agreed to, and how far the challenge is."""

    purposes: tuple[Purpose, ...]
    text_version: str
    language: str
    """Of the text."""
    address: str
    """From which they began."""
    challenge: Challenge
    ends_s: float
    customer_id: str = ""
    """Once they are enrolled."""
    recovery_code: str = ""
    is_done: bool = False
    """They have joined: an answer that was lost can be given again."""
    looks: int = 0
    next_look_s: float = 0.0
    lock: Lock = field(default_factory=Lock)
    """Of all that changes it."""


class Joinings:
    """Begin, find and forget joinings. Thread-safe."""

    def __init__(
        self,
        alike: float,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take views for one person's from the cosine similarity `alike` on."""
        self._alike = alike
        self._clock_s = clock_s
        self._lock = Lock()
        self._joinings: dict[str, Joining] = {}

    def begin(
        self,
        purposes: Sequence[Purpose],
        text_version: str,
        language: str,
        address: str,
    ) -> str | None:
        """Return the token of a new joining; None while there are too many.

        Where all places are taken, one is made free of an address that holds many more.
        """
        joining = Joining(
            purposes=tuple(purposes),
            text_version=text_version,
            language=language,
            address=address,
            challenge=Challenge(_shuffled, self._alike),
            ends_s=self._clock_s() + JOINING_S,
        )
        token = secrets.token_urlsafe(TOKEN_BYTES)
        with self._lock:
            self._forget_ended()
            if len(self._joinings) >= MOST_JOININGS:
                crowding = self._crowding(address)
                if crowding is None:
                    return None
                del self._joinings[crowding]
            self._joinings[token] = joining
        return token

    def _crowding(self, address: str) -> str | None:
        """Return the token that gives way to an address; None where others hold as few.

        It is the newest of the address that holds most: from a few addresses nobody keeps all
        others out, and those who came first go on.
        """
        held = Counter(joining.address for joining in self._joinings.values())
        crowded, most = held.most_common(1)[0]
        if most <= held[address] + 1:
            return None
        for token, joining in reversed(self._joinings.items()):
            if joining.address == crowded:
                return token
        return None

    def find(self, token: str) -> Joining | None:
        """Return a joining; None once its time is over."""
        with self._lock:
            self._forget_ended()
            return self._joinings.get(token)

    def end(self, token: str) -> None:
        """Forget a joining."""
        with self._lock:
            self._joinings.pop(token, None)

    def may_look(self, joining: Joining) -> bool:
        """Count a picture; return False for one that comes too early, or is too many."""
        now_s = self._clock_s()
        if now_s < joining.next_look_s or joining.looks >= MOST_LOOKS:
            return False
        joining.next_look_s = now_s + LOOK_S
        joining.looks += 1
        return True

    def _forget_ended(self) -> None:
        now_s = self._clock_s()
        for token, joining in list(self._joinings.items()):
            if joining.ends_s <= now_s:
                del self._joinings[token]


def _shuffled(steps: Sequence[Step]) -> list[Step]:
    left = list(steps)
    secrets.SystemRandom().shuffle(left)
    return left
