"""The policies of all stands of this process, from the loop's thread."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from redis import Redis

from vitrine.bus import Outgoing
from vitrine.clock import SECOND_NS, Clock, Moment
from vitrine.errors import Unavailable
from vitrine.mall import Campaign, Creative, Mall, Stand
from vitrine.policy.context import context_of
from vitrine.policy.learned import Learned, pooled
from vitrine.policy.learner import (
    Learner,
    Settled,
    plain_creatives,
    rotated_alike,
)
from vitrine.policy.looks import Looks
from vitrine.policy.waiting import WAIT_NS
from vitrine.programme.audience import Audience
from vitrine.programme.picking import Pick, Picked
from vitrine.programme.screen import PlannedPlay
from vitrine.schemas import (
    Arm,
    Goal,
    Interaction,
    InteractionKind,
    Play,
    StandEngagement,
)
from vitrine.services.stand.store_absence import StoreAbsence
from vitrine.stores import policies
from vitrine.telemetry import metrics
from vitrine.topics import OUTCOMES

# Chosen, not measured: a crash costs what was learned in that time, a play or two of each stand.
SAVE_EVERY_S: Final = 10.0
# Chosen, not measured: what other stands learn in a minute changes little.
REFRESH_EVERY_S: Final = 60.0

REWARDED_BY: Final[dict[Goal, InteractionKind]] = {
    "touch": "touch",
    "redemption": "offer-redeemed",
}
"""Goal → the interaction that rewards a play; attention is seen, not told."""

Place = tuple[str, str]
"""Stand and campaign."""


def outcome_records(due: Sequence[Settled]) -> list[Outgoing]:
    """Return the records of choices whose reward is known."""
    return [
        Outgoing(OUTCOMES, settled.stand_id, settled.outcome)
        for settled in due
        if settled.outcome is not None
    ]


class Policies:
    """Choose among the creatives of campaigns, and learn from what they led to.

    While Redis is away it works on in memory. A policy whose state was never read rotates, and
    learns nothing: what it would store would replace what is there.
    """

    def __init__(self, redis: Redis, clock: Clock) -> None:
        self._redis = redis
        self._clock = clock
        self._campaigns: dict[Place, Campaign] = {}
        """Campaigns with a choice, at the stands of this process."""
        self._learners: dict[Place, Learner] = {}
        self._looks: dict[str, Looks] = {}
        self._due_ns = 0
        self._refresh_at_s = 0.0
        self._save_at_s = 0.0
        """As the one before, of the monotonic clock."""
        self._absence = StoreAbsence("What policies learn")

    @property
    def problems(self) -> Sequence[str]:
        """Sentences for the operator."""
        return self._absence.problems

    def serve(self, mall: Mall, stand_ids: Collection[str]) -> None:
        """Follow the configuration and the stands of this process; changed states are stored."""
        wanted = {}
        for campaign in mall.campaigns:
            if len(plain_creatives(campaign)) < 2:
                continue
            for stand_id in campaign.stands:
                if stand_id in stand_ids:
                    wanted[stand_id, campaign.id] = campaign
        gone = [place for place in self._learners if not self._goes_on(place, wanted)]
        try:
            self._save(gone)
        except Unavailable as error:
            self._absence.begins(error)
        for place in gone:
            del self._learners[place]
        self._campaigns = wanted
        self._looks = {
            stand_id: self._looks.get(stand_id, Looks()) for stand_id in stand_ids
        }
        self._refresh_at_s = 0.0

    def _goes_on(self, place: Place, wanted: dict[Place, Campaign]) -> bool:
        campaign = wanted.get(place)
        return campaign is not None and campaign.goal == self._learners[place].goal

    # Choice

    def pick_for(
        self,
        stand: Stand,
        audience: Audience,
        now: Moment,
    ) -> Pick:
        """Return the choice among creatives at a stand now."""

        def pick(
            campaign: Campaign,
            creatives: Sequence[Creative],
            rotated: Creative,
            arm: Arm,
        ) -> Picked:
            people = audience.present(now.utc_ns)
            context = context_of(people, now.utc_ns, stand.time_zone)
            learner = self._learners.get((stand.id, campaign.id))
            if learner is None:
                return rotated_alike(creatives, rotated, context)
            return learner.pick(
                campaign,
                creatives,
                rotated,
                arm,
                context,
                now.utc_ns,
            )

        return pick

    def decided(self, play: PlannedPlay) -> None:
        """Take note of a play that was chosen among others of its campaign, or answers for one."""
        command = play.command
        learner = self._learners.get((command.stand_id, command.campaign_id))
        if learner is None:
            return
        if play.answers is not None:
            learner.answered(play.answers, command.play_id)
        if play.picked is None:
            return
        for settled in learner.decided(play.picked, command):
            metrics.POLICY_PLAYS.labels(command.stand_id, settled.end).inc()

    # What it led to

    def observe(self, snapshot: StandEngagement) -> None:
        """Take in who is present, and who of them looks."""
        looks = self._looks.get(snapshot.stand_id)
        if looks is not None:
            looks.observe(snapshot)

    def played(self, play: Play) -> None:
        """Take in a play that was on a screen; a second time changes nothing."""
        learner = self._learners.get((play.stand_id, play.campaign_id))
        if learner is not None:
            learner.played(play)

    def interacted(self, interaction: Interaction) -> None:
        """Take in what may reward a play."""
        place = (interaction.stand_id, interaction.campaign_id or "")
        learner = self._learners.get(place)
        if learner is None or interaction.play_id is None:
            return
        if REWARDED_BY.get(learner.goal) != interaction.kind:
            return
        # What was shown in answer to somebody counts where a creative that was chosen brought it.
        plain = interaction.creative_id in plain_creatives(self._campaigns[place])
        if not plain and not learner.knows(interaction.play_id):
            return
        became = learner.reward(interaction.play_id, interaction.at_ns)
        # A process that starts may read again what was settled before.
        old_ns = self._clock.now_ns() - interaction.at_ns
        if became == "unknown" and old_ns > WAIT_NS[learner.goal]:
            became = "late"
        metrics.POLICY_REWARDS.labels(interaction.stand_id, became).inc()

    def due(self) -> list[Settled]:
        """Return the choices to learn from now, for `settle` once the bus has them.

        At most once a second, as many plays may wait.
        """
        now_ns = self._clock.now_ns()
        if abs(now_ns - self._due_ns) < SECOND_NS:
            return []
        self._due_ns = now_ns
        found = []
        for (stand_id, campaign_id), learner in self._learners.items():
            found += learner.due(campaign_id, now_ns, self._looks[stand_id])
        return found

    def settle(self, due: Sequence[Settled]) -> None:
        """Learn from choices; the log has their outcomes."""
        for settled in due:
            learner = self._learners.get((settled.stand_id, settled.campaign_id))
            if learner is None:
                continue
            learner.settle(settled)
            metrics.POLICY_PLAYS.labels(settled.stand_id, settled.end).inc()

    # Store

    def keep(self, *, at_once: bool = False) -> None:
        """Store what has changed, and read what other stands have learned, when it is due."""
        if self._absence.lasts:
            return
        now_s = time.monotonic()
        try:
            if now_s >= self._refresh_at_s:
                self._refresh()
                self._refresh_at_s = now_s + REFRESH_EVERY_S
            if at_once or now_s >= self._save_at_s:
                self._save(list(self._learners))
                self._save_at_s = now_s + SAVE_EVERY_S
        except Unavailable as error:
            self._absence.begins(error)
        else:
            self._absence.ends()

    def _refresh(self) -> None:
        """Read the states that are missing here, and those of other stands."""
        by_campaign: dict[str, list[str]] = {}
        for stand_id, campaign_id in self._campaigns:
            by_campaign.setdefault(campaign_id, []).append(stand_id)
        now_ns = self._clock.now_ns()
        for campaign_id, stand_ids in by_campaign.items():
            stored = policies.load_learned(self._redis, campaign_id)
            self._begin(campaign_id, stand_ids, stored)
            for stand_id in stand_ids:
                learner = self._learners[stand_id, campaign_id]
                others = [
                    learned
                    for other_id, learned in stored.items()
                    if other_id != stand_id and learned.goal == learner.goal
                ]
                learner.pool = pooled(others, now_ns)

    def _begin(
        self,
        campaign_id: str,
        stand_ids: Sequence[str],
        stored: Mapping[str, Learned],
    ) -> None:
        """Begin the policies that are not there yet, with what is stored of them."""
        missing = [
            stand_id
            for stand_id in stand_ids
            if (stand_id, campaign_id) not in self._learners
        ]
        waiting = policies.load_waiting(self._redis, campaign_id, missing)
        for stand_id in missing:
            campaign = self._campaigns[stand_id, campaign_id]
            learner = Learner.resumed(
                stand_id,
                campaign,
                stored.get(stand_id),
                waiting.get(stand_id),
            )
            self._learners[stand_id, campaign_id] = learner

    def _save(self, places: Sequence[Place]) -> None:
        changed = [place for place in places if self._learners[place].changed]
        if not changed:
            return
        states = {}
        for place in changed:
            learner = self._learners[place]
            states[place] = policies.Kept(learner.learned, learner.waiting)
        policies.save(self._redis, states)
        for place in changed:
            self._learners[place].changed = False
