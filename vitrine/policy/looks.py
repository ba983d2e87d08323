"""How much of their time the people before a screen looked at it, during any play of late."""

from __future__ import annotations

from collections import deque
from typing import Final, NamedTuple

from vitrine.programme.audience import FRESH_NS
from vitrine.schemas import StandEngagement

# As in the audience: without a newer snapshot nobody counts as present after this time.
HELD_NS: Final = FRESH_NS
# Chosen, not measured: eight snapshots a second for the longest creative (600 s).
MOST_SNAPSHOTS: Final = 5_000
"""Snapshots that are kept; 0.8 MB a stand."""
# Chosen, not measured: what is missing could at most change a share by a quarter of it.
LEAST_SEEN: Final = 0.8
"""Part of a play for which snapshots are needed."""


class _Look(NamedTuple):
    at_ns: int
    people: int
    attending: int


class Looks:
    """Keep the latest snapshots of one stand, as counts; times are event times."""

    def __init__(self) -> None:
        self._looks: deque[_Look] = deque(maxlen=MOST_SNAPSHOTS)

    def observe(self, snapshot: StandEngagement) -> None:
        """Take in a snapshot; one that is late is ignored, as the audience does."""
        if self._looks and snapshot.at_ns <= self._looks[-1].at_ns:
            if self._looks[-1].at_ns - snapshot.at_ns <= FRESH_NS:
                return
            # The camera's clock was set back: what it said before is of a time to come.
            self._looks.clear()
        adults = [person for person in snapshot.people if not person.child]
        attending = sum(person.attending for person in adults)
        look = _Look(snapshot.at_ns, len(adults), attending)
        self._looks.append(look)

    def share(self, start_ns: int, end_ns: int) -> float | None:
        """Return attention over presence between two times: both in seconds of all people.

        None where nobody was there, or where too little was seen to say.
        """
        seen_ns = 0
        present_ns = 0
        attending_ns = 0
        until_ns = end_ns
        for look in reversed(self._looks):
            held_ns = min(until_ns, look.at_ns + HELD_NS) - max(look.at_ns, start_ns)
            until_ns = min(until_ns, look.at_ns)
            if held_ns > 0:
                seen_ns += held_ns
                present_ns += held_ns * look.people
                attending_ns += held_ns * look.attending
            if look.at_ns <= start_ns:
                break
        if seen_ns < LEAST_SEEN * (end_ns - start_ns) or present_ns == 0:
            return None
        return attending_ns / present_ns
