"""The plays that a stand has proved lately: a screen shows one at a time."""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import Final, NamedTuple

from vitrine.clock import Moment
from vitrine.programme.commands import CLOCK_TOLERANCE_NS, SET_BACK_NS, Refused
from vitrine.programme.frequency import HOUR_NS
from vitrine.programme.licences import OFFLINE
from vitrine.schemas import LONGEST_NS, OVERLAP_NS, Doubt, Play

# Chosen, not measured: five and a half hours of plays of four seconds; some 1 MB a stand.
MOST_PLAYS: Final = 5_000
"""Plays that are remembered for each stand; older ones are compared with nothing."""

SURE_HOUR_NS: Final = HOUR_NS - CLOCK_TOLERANCE_NS
"""Two plays that are nearer are within an hour, by any clock."""

MOVED: Final[tuple[Doubt, ...]] = ("future", "overlap")
"""Doubts about plays whose time is only the nearest possible one."""

Span = tuple[int, int, str]
"""Start, end and id of a play."""
Reported = tuple[int, int]
"""Start and end of a play, as its player says."""


class Taken(NamedTuple):
    """Hold what a report has led to."""

    reported: Reported
    span: Span
    completed: bool
    doubtful: Doubt | None
    proven_ns: int
    alone: str
    """Campaign of a play that a player made on its own; empty for others."""


class PlayLedger:
    """Keep the spans of one stand's plays, and refuse those that contradict them.

    Kept in memory: after a restart plays of before are compared with nothing.
    """

    def __init__(self, most: int = MOST_PLAYS) -> None:
        self._most = most
        self._spans: list[Span] = []
        """By their starts."""
        self._by_id: dict[str, Taken] = {}
        """In the order of their coming."""

    def admit(
        self,
        play: Play,
        reported: Reported,
        twice: Reported | None = None,
        per_hour: int | None = None,
    ) -> Play:
        """Take in a play, and return it; the same report returns the same play again.

        `twice` is a span that the clock has passed through twice: a play at the time of others
        there is doubtful. One from the future was moved to now, and goes on to the nearest time
        before at which the screen showed nothing. `per_hour` is what the licence of a player on
        its own allows its campaign. Raises Refused for another play of a command that was used, for
        one at a time at which the screen showed others, and for one more than that.
        """
        known = self._by_id.get(play.play_id)
        if known is not None:
            return _again(play, reported, known)
        if self._shared_ns(play) > OVERLAP_NS:
            play = self._apart(play, twice)
        # The time of a doubtful play says little about those of an hour.
        if per_hour is not None and play.doubtful is None:
            self._within_cap(play, per_hour)
        span = (play.start_ns, play.end_ns, play.play_id)
        self._by_id[play.play_id] = Taken(
            reported,
            span,
            play.completed,
            play.doubtful,
            play.proven_ns,
            play.campaign_id if play.reason == OFFLINE else "",
        )
        insort(self._spans, span)
        if len(self._by_id) > self._most:
            self._forget_first()
        return play

    def _within_cap(self, play: Play, per_hour: int) -> None:
        """Compare a play with those that players made on their own. Raises Refused.

        An honest player counts at least these.
        """
        starts = [play.start_ns]
        first = bisect_left(self._spans, (play.start_ns - SURE_HOUR_NS, 0, ""))
        for start_ns, _, name in self._spans[first:]:
            if start_ns > play.start_ns + SURE_HOUR_NS:
                break
            if self._by_id[name].alone == play.campaign_id:
                starts.append(start_ns)
        starts.sort()
        for earlier_ns, later_ns in zip(starts, starts[per_hour:], strict=False):
            if later_ns - earlier_ns < SURE_HOUR_NS:
                raise Refused("cap", f"the licence allows {per_hour} plays an hour")

    def _apart(self, play: Play, twice: Reported | None) -> Play:
        """Return a play at the time of others as a doubtful one. Raises Refused."""
        if twice is not None and play.start_ns <= twice[1] and play.end_ns >= twice[0]:
            return play.model_copy(update={"doubtful": play.doubtful or "overlap"})
        if play.doubtful == "future":
            return self._earlier(play)
        raise Refused("overlap", "the stand showed other plays at that time")

    def _earlier(self, play: Play) -> Play:
        """Return the play at the end of the last gap that is long enough for it."""
        long_ns = play.end_ns - play.start_ns
        end_ns = play.end_ns
        for other_start_ns, other_end_ns, _ in reversed(self._spans):
            if end_ns - other_end_ns >= long_ns:
                break
            end_ns = min(end_ns, other_start_ns)
        start_ns = max(0, end_ns - long_ns)
        return play.model_copy(update={"start_ns": start_ns, "end_ns": end_ns})

    def _shared_ns(self, play: Play) -> int:
        """Return the time that a play shares with those of the ledger, each counted.

        Those that were moved take no time from a play that was not.
        """
        shared_ns = 0
        first = bisect_left(self._spans, (play.start_ns - LONGEST_NS, 0, ""))
        for other_start_ns, other_end_ns, name in self._spans[first:]:
            if other_start_ns >= play.end_ns:
                break
            if play.doubtful not in MOVED and self._by_id[name].doubtful in MOVED:
                continue
            from_ns = max(play.start_ns, other_start_ns)
            until_ns = min(play.end_ns, other_end_ns)
            shared_ns += max(0, until_ns - from_ns)
        return shared_ns

    def _forget_first(self) -> None:
        oldest = next(iter(self._by_id))
        taken = self._by_id.pop(oldest)
        place = bisect_left(self._spans, taken.span)
        del self._spans[place]


def _again(
    play: Play,
    reported: Reported,
    known: Taken,
) -> Play:
    """Return a known play as it was taken first: what moved it was the time of then."""
    if reported != known.reported:
        raise Refused("used", "the command was used for another play")
    start_ns, end_ns, _ = known.span
    first = {
        "start_ns": start_ns,
        "end_ns": end_ns,
        "completed": known.completed,
        "doubtful": known.doubtful,
        "proven_ns": known.proven_ns,
    }
    return play.model_copy(update=first)


class Ledgers:
    """Keep the ledgers of all stands, and how their clock was set."""

    def __init__(self) -> None:
        self._ledgers: dict[str, PlayLedger] = {}
        self._heard: Moment | None = None
        self._twice: Reported | None = None
        """What the clock has passed through twice."""

    def hear_clock(self, now: Moment) -> None:
        """Take note of a clock that was set back: some of its time comes a second time."""
        heard = self._heard
        self._heard = now
        if heard is None:
            return
        unset_ns = heard.at_steady(now.steady_ns).utc_ns
        step_ns = unset_ns - now.utc_ns
        if step_ns > SET_BACK_NS:
            # It may have been set at any moment since it was heard.
            self._twice = (heard.utc_ns - step_ns, unset_ns)

    def lived_twice(self, at_ns: int) -> bool:
        """Return True for a time that the clock has passed through twice."""
        return self._twice is not None and self._twice[0] <= at_ns <= self._twice[1]

    def admit(
        self,
        play: Play,
        reported: Reported,
        per_hour: int | None = None,
    ) -> Play:
        """Take in a play of any stand, and return it. Raises Refused."""
        ledger = self._ledgers.setdefault(play.stand_id, PlayLedger())
        return ledger.admit(play, reported, self._twice, per_hour)
