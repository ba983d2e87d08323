"""What one player shows now and next, as the stand knows it."""

from __future__ import annotations

from dataclasses import dataclass

from vitrine.mall import Campaign, Creative
from vitrine.programme.commands import Command

LEAD_NS = 1_500_000_000
"""The next play is decided so long before the current one ends: time to load it."""
SAFE_NS = 3_000_000_000
"""A play is not cut before it has run so long."""


@dataclass(frozen=True, slots=True)
class Order:
    """A command for the player: it follows what the player shows, or with `cut` ends that at once."""

    command: Command
    campaign: Campaign
    creative: Creative
    cut: bool


@dataclass(slots=True)
class Screen:
    """The stand's side of one player; starts are estimates until the player reports the end before."""

    session: int
    """The player's connection."""
    current: Order | None = None
    since_ns: int = 0
    following: Order | None = None
    _previous: str = ""
    """Command id of the play before the current one."""

    @property
    def end_ns(self) -> int:
        """When the current play should end."""
        return (
            self.since_ns + int(self.current.command.seconds * 1e9)
            if self.current
            else 0
        )

    def advance(self, now_ns: int) -> None:
        """The next play takes the place of one that should have ended."""
        if self.following and now_ns >= self.end_ns:
            self._show(self.following, self.end_ns)

    def ended(self, command_id: str, end_ns: int) -> None:
        """The player reports when the play of a command ended: then the one after it began. A player that
        connects anew may first have to end what it shows."""
        if command_id == self._previous:
            self.since_ns = end_ns
        elif (
            not self._previous
            and self.current
            and command_id != self.current.command.command_id
        ):
            self.since_ns = max(self.since_ns, end_ns)
        elif (
            self.following
            and self.current
            and command_id == self.current.command.command_id
        ):
            self._show(self.following, end_ns)

    def next_start(self, now_ns: int) -> int | None:
        """When the play to be decided now will start; None while nothing has to be decided."""
        if self.current is None:
            return now_ns
        if self.following is None and now_ns >= self.end_ns - LEAD_NS:
            return max(now_ns, self.end_ns)
        return None

    def may_cut(self, now_ns: int) -> bool:
        """Whether a response may take over at once: never from another response, nor right at the start."""
        return (
            self.current is not None
            and self.following is None
            and not self.current.command.responds
            and now_ns - self.since_ns >= SAFE_NS
        )

    def send(self, order: Order) -> None:
        """An order was given."""
        if order.cut or self.current is None:
            self._show(order, order.command.issued_ns)
        else:
            self.following = order

    def _show(self, order: Order, since_ns: int) -> None:
        self._previous = self.current.command.command_id if self.current else ""
        self.current = order
        self.since_ns = since_ns
        self.following = None
