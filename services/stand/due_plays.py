"""The plays that a player was told of and has not reported."""

from __future__ import annotations

from typing import Final

# Chosen, not measured: longer than the 8 seconds after which a page gives a request up and sends
# the report again.
PATIENCE_S: Final = 10.0
"""Time after the end of a play by which its report is due."""


class DuePlays:
    """Keep when the reports of one player's plays are due, in seconds of the monotonic clock."""

    def __init__(self) -> None:
        self._due_s: dict[str, float] = {}
        """Play id → when its report is due, in the order of the commands."""
        self._end_s = 0.0
        """End of the last play."""

    def expect(
        self,
        play_id: str,
        seconds: float,
        now_s: float,
        *,
        cut: bool,
    ) -> None:
        """Take note of a command: its play follows the one before it, or starts now with `cut`."""
        start_s = now_s
        if self._due_s and not cut:
            start_s = max(now_s, self._end_s)
        self._end_s = start_s + seconds
        self._due_s[play_id] = self._end_s + PATIENCE_S

    def reported(self, play_id: str) -> None:
        """Take note of a report; plays told of before that one were never begun."""
        if play_id not in self._due_s:
            return
        for earlier in list(self._due_s):
            del self._due_s[earlier]
            if earlier == play_id:
                return

    def late(self, now_s: float) -> bool:
        """Return True when a report has not come in time."""
        return any(due_s < now_s for due_s in self._due_s.values())

    def clear(self) -> None:
        """Expect nothing any more."""
        self._due_s.clear()
