"""Choose among the creatives of one campaign at one stand, and learn from what they led to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, Literal

from vitrine.mall import Campaign, Creative
from vitrine.policy.context import features
from vitrine.policy.learned import Learned, Pool
from vitrine.policy.looks import Looks
from vitrine.policy.thompson import drawn
from vitrine.policy.waiting import WAIT_NS, Became, WaitingPlay, WaitingPlays
from vitrine.programme.arms import uniform
from vitrine.programme.commands import Command
from vitrine.programme.picking import Picked
from vitrine.programme.recent import RecentIds
from vitrine.schemas import Arm, ChoiceContext, Goal, Outcome, Play

# Chosen, not measured: a day of plays of eight seconds would be 10,000; most rewards that come too
# late come in the next two hours.
REMEMBERED_PLAYS: Final = 2_000
"""Plays of which a reward that comes too late is told from one of a play that never was."""

End = Literal["rewarded", "unseen", "unplayed", "full"]
"""What became of a choice: `rewarded` with any reward, also 0; `full` gave way to newer ones."""


@dataclass(frozen=True, slots=True)
class Settled:
    """Hold a choice that is waited for no longer; `outcome` is None where nothing is known."""

    stand_id: str
    campaign_id: str
    play_id: str
    end: End
    outcome: Outcome | None = None


def plain_creatives(campaign: Campaign) -> frozenset[str]:
    """Return the ids of a campaign's creatives that a policy may choose among."""
    return frozenset(one.id for one in campaign.creatives if not one.waits)


def rotated_alike(
    creatives: Sequence[Creative],
    rotated: Creative,
    context: ChoiceContext,
) -> Picked:
    """Return the rotation's choice, which it drew from all alike."""
    share = 1 / len(creatives)
    alike = {creative.id: share for creative in creatives}
    return Picked(rotated, "rotate", context, alike)


@dataclass(slots=True)
class Learner:
    """Keep one campaign's policy at one stand. Time is an argument: event time."""

    stand_id: str
    learned: Learned
    waiting: WaitingPlays
    pool: Pool = field(default_factory=dict)
    """What other stands have learned."""
    changed: bool = False
    """Something was learned or is waited for since it was last stored."""
    _settled: RecentIds = field(default_factory=lambda: RecentIds(REMEMBERED_PLAYS))

    @classmethod
    def resumed(
        cls,
        stand_id: str,
        campaign: Campaign,
        learned: Learned | None,
        waiting: WaitingPlays | None,
    ) -> Learner:
        """Go on with what is stored; what was learned for another goal says nothing now."""
        goal = campaign.goal
        if learned is None or learned.goal != goal:
            learned = Learned(goal=goal)
        if waiting is None or waiting.goal != goal:
            waiting = WaitingPlays(goal=goal)
        learned.keep_only(plain_creatives(campaign))
        return cls(stand_id, learned, waiting)

    @property
    def goal(self) -> Goal:
        """Return what plays are rewarded for."""
        return self.waiting.goal

    def pick(
        self,
        campaign: Campaign,
        creatives: Sequence[Creative],
        rotated: Creative,
        arm: Arm,
        context: ChoiceContext,
        at_ns: int,
    ) -> Picked:
        """Choose one of two or more creatives; the draw depends on stand, campaign and time only.

        Where the campaign rotates, and in plain slots, it is `rotated`, which was drawn from all
        alike.
        """
        if campaign.choose == "rotate" or arm == "plain":
            return rotated_alike(creatives, rotated, context)
        by_id = {creative.id: creative for creative in creatives}
        shares = self.learned.probabilities(by_id, features(context), self.pool)
        draw = uniform("policy", self.stand_id, campaign.id, at_ns)
        chosen = by_id[drawn(shares, draw)]
        return Picked(chosen, "learn", context, shares)

    def decided(self, picked: Picked, command: Command) -> list[Settled]:
        """Wait for the play of a command; returns what gives way to it."""
        waiting = WaitingPlay(
            play_id=command.play_id,
            creative_id=picked.creative.id,
            choose=picked.choose,
            arm=command.arm,
            slot_ns=command.slot_ns,
            context=picked.context,
            probabilities=dict(picked.probabilities),
            decided_ns=command.issued_ns,
            config_version=command.config_version,
        )
        self.changed = True
        oldest = self.waiting.add(waiting)
        if oldest is None:
            return []
        return [Settled(self.stand_id, command.campaign_id, oldest.play_id, "full")]

    def answered(self, play_id: str, answer_id: str) -> None:
        """Take in that a response of a play's creative brings another play."""
        self.changed = True
        self.waiting.answered(play_id, answer_id)

    def knows(self, play_id: str) -> bool:
        """Return True for a play that was chosen here lately, and for an answer to one."""
        return self.waiting.waits_for(play_id) or play_id in self._settled

    def played(self, play: Play) -> None:
        """Take in that a play was on the screen; a second time changes nothing."""
        self.changed = True
        self.waiting.played(play)

    def reward(self, play_id: str, at_ns: int) -> Became:
        """Take in a touch or redemption that belongs to a play."""
        self.changed = True
        return self.waiting.reward(play_id, at_ns, self._settled)

    def due(self, campaign_id: str, now_ns: int, looks: Looks) -> list[Settled]:
        """Return the choices to learn from now; nothing changes before `settle`."""
        found = [
            Settled(self.stand_id, campaign_id, play.play_id, "unplayed")
            for play in self.waiting.unplayed(now_ns)
        ]
        for play in self.waiting.over(now_ns):
            reward = self._reward_of(play, looks)
            if reward is None:
                found.append(
                    Settled(self.stand_id, campaign_id, play.play_id, "unseen")
                )
                continue
            outcome = self._outcome(campaign_id, play, reward)
            found.append(
                Settled(self.stand_id, campaign_id, play.play_id, "rewarded", outcome)
            )
        return found

    def settle(self, settled: Settled) -> None:
        """Learn from a choice that was due; a second time changes nothing."""
        waiting = self.waiting.plays.pop(settled.play_id, None)
        if waiting is None:
            return
        self.changed = True
        for play_id in (settled.play_id, *waiting.answers):
            self._settled.add(play_id)
        outcome = settled.outcome
        if outcome is not None:
            self.learned.learn(
                outcome.creative_id,
                features(outcome.context),
                outcome.reward,
                outcome.end_ns,
            )

    def _reward_of(self, play: WaitingPlay, looks: Looks) -> float | None:
        """Return the reward of a finished play, 0 to 1; None where it cannot be known."""
        goal = self.waiting.goal
        if goal == "attention":
            return looks.share(play.start_ns, play.end_ns)
        in_time = 0 < play.rewarded_ns <= play.end_ns + WAIT_NS[goal]
        return float(in_time)

    def _outcome(
        self,
        campaign_id: str,
        play: WaitingPlay,
        reward: float,
    ) -> Outcome:
        return Outcome(
            play_id=play.play_id,
            stand_id=self.stand_id,
            campaign_id=campaign_id,
            creative_id=play.creative_id,
            choose=play.choose,
            arm=play.arm,
            slot_ns=play.slot_ns,
            goal=self.waiting.goal,
            context=play.context,
            probabilities=play.probabilities,
            decided_ns=play.decided_ns,
            end_ns=play.end_ns,
            # Digits beyond say nothing, and reveal nothing.
            reward=round(reward, 4),
            config_version=play.config_version,
        )
