"""Events of the stand, between the virtual player's threads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Lock
from typing import Any

from vitrine.services.stand.protocol import HelloEvent, PlayEvent, StateEvent


@dataclass(slots=True)
class Inbox:
    """Hold what the stand told the virtual player of one screen.

    Written by the thread that listens, read by the one that plays.
    """

    wake: Event = field(default_factory=Event)
    """Set when something has changed, or the player is to stop."""
    lock: Lock = field(default_factory=Lock)
    following: PlayEvent | None = None
    expires_ns: int | None = None
    """When the following play must have begun, by the player's steady clock."""
    session: int = 0
    in_charge: bool = False

    def take(self, steady_ns: int) -> PlayEvent | None:
        """Return the next play, if there is one that this player is to show now."""
        with self.lock:
            event = self.following
            self.following = None
            if event is None or not self.in_charge:
                return None
            if self.expires_ns is not None and steady_ns >= self.expires_ns:
                return None
            return event

    def has_cut(self) -> bool:
        """Return True when the current play has to end at once."""
        with self.lock:
            if not self.in_charge:
                return True
            return self.following is not None and self.following.cut

    def hear(
        self,
        name: str,
        data: Mapping[str, Any],
        steady_ns: int,
    ) -> None:
        """Take in an event of the stand that came just now."""
        with self.lock:
            changed = self._change(name, data, steady_ns)
        if changed:
            self.wake.set()

    def _change(
        self,
        name: str,
        data: Mapping[str, Any],
        steady_ns: int,
    ) -> bool:
        """Return True when the screen has to look."""
        if name == "hello":
            self.session = HelloEvent.model_validate(data).session
            return False
        if name == "play":
            event = PlayEvent.model_validate(data)
            self.following = event
            self.in_charge = True
            self.expires_ns = None
            if event.start_by_ns is not None:
                # By how long it is to be: the clocks of both sides may be set meanwhile.
                self.expires_ns = steady_ns + event.start_by_ns - event.now_ns
            return True
        if name == "state":
            state = StateEvent.model_validate(data)
            was_in_charge = self.in_charge
            self.in_charge = state.in_charge == self.session
            return self.in_charge != was_in_charge
        return False
