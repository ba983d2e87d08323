"""The plays of one player, now and next, as the stand knows them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.mall import Campaign, Creative
from vitrine.programme.commands import Command
from vitrine.programme.picking import Picked

# Chosen, not measured: time for the player to load the next creative before it is shown.
LEAD_NS: Final = 3 * SECOND_NS // 2
"""Time before the end of a play at which the next one is decided."""
# Chosen, not measured: nobody can read a screen that changes faster.
SAFE_NS: Final = 3 * SECOND_NS
"""Time that a play runs before it may be cut."""


@dataclass(frozen=True, slots=True)
class PlannedPlay:
    """Hold a command that was given to a player, with what it shows.

    It follows what is on the screen, or with `cut` ends that at once.
    """

    command: Command
    campaign: Campaign
    creative: Creative
    cut: bool
    decided_ns: int
    """By the steady clock."""
    picked: Picked | None = None
    """How its creative was chosen among others of its campaign; None where it was alone."""
    answers: str | None = None
    """The play whose creative brought it, by a response of its own; None for others."""


@dataclass(slots=True)
class Screen:
    """Keep the stand's side of one player.

    Starts are estimates until the player reports the end of the play before. All times are of the
    steady clock: a clock that is set ends no play, and makes none longer.
    """

    session: int
    """The player's connection."""
    current: PlannedPlay | None = None
    since_ns: int = 0
    """Start of the current play."""
    following: PlannedPlay | None = None
    _previous_id: str | None = None
    """Command id of the play before the current one."""

    @property
    def end_ns(self) -> int:
        """Time at which the current play should end; 0 without one."""
        if self.current is None:
            return 0
        return self.since_ns + int(self.current.command.seconds * SECOND_NS)

    def advance(self, now_ns: int) -> None:
        """Let the next play take the place of one that should have ended."""
        if self.following is not None and now_ns >= self.end_ns:
            self._show(self.following, self.end_ns)

    def ended(self, command_id: str, end_ns: int) -> None:
        """Take in that the play of a command ended at `end_ns`: the next one began then."""
        if self.current is None or end_ns < self.current.decided_ns:
            # A report of before the clock was set: none ends before the next one was decided.
            return
        if command_id == self._previous_id:
            self.since_ns = end_ns
        elif command_id == self.current.command.command_id:
            if self.following is not None:
                self._show(self.following, end_ns)
        elif self._previous_id is None:
            # A player that connects anew may first have to end what it shows.
            self.since_ns = max(self.since_ns, end_ns)

    def failed(self, command_id: str) -> None:
        """Take in that the creative of a command cannot be shown: another one is due."""
        following = self.following
        if following is not None and following.command.command_id == command_id:
            self.following = None
            return
        if self.current is None or self.current.command.command_id != command_id:
            return
        self.current = None
        self.following = None
        # What was on the screen before may be there still: its end says when the next one began.
        self._previous_id = None

    def next_start(self, now_ns: int) -> int | None:
        """Return when the play to be decided now will start; None while none is due."""
        if self.current is None:
            return now_ns
        if self.following is None and now_ns >= self.end_ns - LEAD_NS:
            return max(now_ns, self.end_ns)
        return None

    def may_cut(self, now_ns: int) -> bool:
        """Return True when a response may take over: never from another one, nor at the start."""
        if self.current is None or self.following is not None:
            return False
        if self.current.command.responds:
            return False
        return now_ns - self.since_ns >= SAFE_NS

    def send(self, play: PlannedPlay) -> None:
        """Take note of a play whose command goes to the player now."""
        if play.cut or self.current is None:
            self._show(play, play.decided_ns)
        else:
            self.following = play

    def _show(self, play: PlannedPlay, since_ns: int) -> None:
        if self.current is not None:
            self._previous_id = self.current.command.command_id
        self.current = play
        self.since_ns = since_ns
        self.following = None
