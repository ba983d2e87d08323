"""The plays that a stand has proved lately: a screen shows one at a time."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.programme.commands import Refused
from vitrine.schemas import Play

# Chosen, not measured: a player hears within a second or so that another one took over, and the
# clocks of two players may differ by the time that an event takes to them.
OVERLAP_NS: Final = 2 * SECOND_NS
"""Time for which a play may run at the same time as others of its stand, in all."""
# Chosen, not measured: a clock that follows others (NTP) is slowed down, and not set, below this.
SET_BACK_NS: Final = SECOND_NS // 2
"""Step back of the clock after which its plays of before say nothing."""
# As in the configuration (`Creative.seconds`), and a second for what a report may be too long.
LONGEST_NS: Final = 601 * SECOND_NS
"""Time that no play exceeds."""
# Chosen, not measured: five and a half hours of plays of four seconds; some 1 MB a stand.
MOST_PLAYS: Final = 5_000
"""Plays that are remembered for each stand; older ones are compared with nothing."""

Span = tuple[int, int, str]
"""Start, end and id of a play."""


class PlayLedger:
    """Keep the spans of one stand's plays, and refuse those that contradict them.

    Kept in memory: after a restart plays of before are compared with nothing.
    """

    def __init__(self, most: int = MOST_PLAYS) -> None:
        self._most = most
        self._spans: list[Span] = []
        """By their starts."""
        self._by_id: dict[str, Span] = {}
        """In the order of their coming."""

    def admit(self, play: Play) -> None:
        """Take in a play; the same one may come again.

        Raises Refused for another play of a command that was used, and for one at a time at which
        the screen showed others.
        """
        span = (play.start_ns, play.end_ns, play.play_id)
        known = self._by_id.get(play.play_id)
        if known == span:
            return
        if known is not None:
            raise Refused("used", "the command was used for another play")
        if self._shared_ns(play.start_ns, play.end_ns) > OVERLAP_NS:
            raise Refused("overlap", "the stand showed other plays at that time")
        self._by_id[play.play_id] = span
        insort(self._spans, span)
        if len(self._by_id) > self._most:
            self._forget_first()

    def _shared_ns(self, start_ns: int, end_ns: int) -> int:
        """Return the time that a span shares with plays of the ledger, each counted."""
        shared_ns = 0
        first = bisect_left(self._spans, (start_ns - LONGEST_NS, 0, ""))
        for other_start_ns, other_end_ns, _ in self._spans[first:]:
            if other_start_ns >= end_ns:
                break
            from_ns = max(start_ns, other_start_ns)
            until_ns = min(end_ns, other_end_ns)
            shared_ns += max(0, until_ns - from_ns)
        return shared_ns

    def _forget_first(self) -> None:
        oldest = next(iter(self._by_id))
        span = self._by_id.pop(oldest)
        place = bisect_left(self._spans, span)
        del self._spans[place]


class Ledgers:
    """Keep the ledgers of all stands."""

    def __init__(self) -> None:
        self._ledgers: dict[str, PlayLedger] = {}
        self._offset_ns: int | None = None
        """From the monotonic clock to the clock of the plays."""

    def hear_clock(self, now_ns: int, monotonic_ns: int) -> None:
        """Forget all plays when the clock was set back: its time comes a second time."""
        offset_ns = now_ns - monotonic_ns
        if self._offset_ns is not None and offset_ns < self._offset_ns - SET_BACK_NS:
            self._ledgers.clear()
        self._offset_ns = offset_ns

    def admit(self, play: Play) -> None:
        """Take in a play of any stand. Raises Refused."""
        ledger = self._ledgers.setdefault(play.stand_id, PlayLedger())
        ledger.admit(play)
