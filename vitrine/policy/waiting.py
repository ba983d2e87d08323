"""Plays whose reward is not known yet: each is joined to its choice by the id of the play."""

from __future__ import annotations

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from vitrine.clock import SECOND_NS
from vitrine.programme.commands import START_LIMIT_NS
from vitrine.programme.recent import RecentIds
from vitrine.schemas import (
    LONGEST_NS,
    Arm,
    ChoiceContext,
    Choose,
    Goal,
    Id,
    Nanoseconds,
    Play,
)

WAIT_NS: Final[dict[Goal, int]] = {
    # Chosen, not measured: snapshots come some tenths of a second after their picture.
    "attention": 5 * SECOND_NS,
    # Chosen, not measured: a page that lost the stand for a moment sends its touches again.
    "touch": 60 * SECOND_NS,
    # Chosen, not measured: most of those who want it use a discount during their visit of the mall.
    "redemption": 2 * 3600 * SECOND_NS,
}
"""Time after a play until which its rewards count; then it is learned from, with or without one.

Never before: rewards come sooner than their absence is known, and would look too frequent.
"""
# A player may show a command until START_LIMIT_NS after it, and reports when the play has ended.
REPORT_LIMIT_NS: Final = START_LIMIT_NS + LONGEST_NS + 60 * SECOND_NS
"""Time after a choice until which the report of its play is waited for."""
# Chosen, not measured: more than two hours of plays of eight seconds.
MOST_WAITING: Final = 1_000
"""Plays of one campaign at one stand that wait; the oldest gives way."""

Became = Literal["counted", "repeated", "late", "unknown"]
"""What became of a reward: `unknown` is of a play that never was, or was chosen by nobody here."""


class WaitingPlay(BaseModel):
    """Hold a choice, and what is known of its play."""

    model_config = ConfigDict(extra="forbid")

    play_id: Id
    creative_id: Id
    choose: Choose
    arm: Arm
    slot_ns: Nanoseconds
    context: ChoiceContext
    probabilities: dict[Id, float]
    decided_ns: Nanoseconds
    config_version: Id
    start_ns: Nanoseconds = 0
    end_ns: Nanoseconds = 0
    """0 until the player has reported the play."""
    answers: list[Id] = Field(default_factory=list)
    """Plays that responses of its creative brought; what they lead to counts for it."""
    rewarded_ns: Nanoseconds = 0
    """Time of its first touch or redemption; 0 without one."""


class WaitingPlays(BaseModel):
    """Keep the plays of one campaign at one stand, by the ids of plays, in the order of choices."""

    model_config = ConfigDict(extra="forbid")

    version: Literal[1] = 1
    goal: Goal
    plays: dict[Id, WaitingPlay] = Field(default_factory=dict)

    def add(self, play: WaitingPlay) -> WaitingPlay | None:
        """Wait for a play; return the oldest one where there are too many."""
        self.plays[play.play_id] = play
        if len(self.plays) <= MOST_WAITING:
            return None
        oldest = next(iter(self.plays))
        return self.plays.pop(oldest)

    def answered(self, play_id: str, answer_id: str) -> None:
        """Take in that a response of a play's creative, or of an answer to it, brings a play."""
        waiting = self._of(play_id)
        if waiting is not None:
            waiting.answers.append(answer_id)

    def _of(self, play_id: str) -> WaitingPlay | None:
        """Return the choice that a play, or an answer, belongs to."""
        for waiting in self.plays.values():
            if play_id == waiting.play_id or play_id in waiting.answers:
                return waiting
        return None

    def waits_for(self, play_id: str) -> bool:
        """Return True for a play that is waited for, and for an answer to one."""
        return self._of(play_id) is not None

    def played(self, play: Play) -> None:
        """Take in that a play was on the screen."""
        waiting = self.plays.get(play.play_id)
        if waiting is not None:
            waiting.start_ns = play.start_ns
            waiting.end_ns = play.end_ns

    def reward(
        self,
        play_id: str,
        at_ns: int,
        settled: RecentIds,
    ) -> Became:
        """Take in a touch or redemption at `at_ns`; each play is rewarded once.

        `settled` are plays that were learned from lately.
        """
        waiting = self._of(play_id)
        if waiting is None:
            return "late" if play_id in settled else "unknown"
        if waiting.end_ns and at_ns > waiting.end_ns + WAIT_NS[self.goal]:
            return "late"
        if waiting.rewarded_ns:
            return "repeated"
        waiting.rewarded_ns = at_ns
        return "counted"

    def over(self, now_ns: int) -> list[WaitingPlay]:
        """Return the plays for whose rewards the time is over."""
        wait_ns = WAIT_NS[self.goal]
        return [
            waiting
            for waiting in self.plays.values()
            if waiting.end_ns and now_ns > waiting.end_ns + wait_ns
        ]

    def unplayed(self, now_ns: int) -> list[WaitingPlay]:
        """Return the plays that no player will report any more."""
        found = []
        for waiting in self.plays.values():
            age_ns = now_ns - waiting.decided_ns
            if not waiting.end_ns and age_ns > REPORT_LIMIT_NS:
                found.append(waiting)
        return found
