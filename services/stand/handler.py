"""Audience and reports of players in; commands to players, plays and interactions out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from vitrine.bus import Commit, Outgoing, Received, TopicPartition
from vitrine.clock import SECOND_NS, Clock
from vitrine.mall import Stand
from vitrine.mall.folder import MallSource
from vitrine.policy.learner import Settled
from vitrine.programme.audience import FRESH_NS
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import Identity, Interaction, StandEngagement
from vitrine.services.stand.broadcast import Broadcast
from vitrine.services.stand.creatives import Creatives
from vitrine.services.stand.directing import Directing
from vitrine.services.stand.kept_caps import KeptCaps
from vitrine.services.stand.notices import missing_pages, unreachable_offers
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.services.stand.policies import Policies, outcome_records
from vitrine.services.stand.reports import Reports
from vitrine.services.stand.resting import Resting
from vitrine.services.stand.stages import Stage, Stages
from vitrine.services.stand.switchboard import Submission, Switchboard
from vitrine.services.stand.webhook import Webhook
from vitrine.telemetry import metrics
from vitrine.topics import NOTICES

# Chosen, not measured: an operator who adds a missing file sees it shown soon.
CHECK_FILES_EVERY_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Staged:
    """Hold what waits for the bus: submissions to answer, events that the store may forget."""

    submissions: Sequence[Submission]
    settled: Sequence[str]
    """Ids of interactions that also wait in the store of offers."""
    learned: Sequence[Settled] = ()
    """Choices to learn from."""


class StandHandler(Handler):
    """Decide for the stands of this process's partitions.

    Time is the clock's: of the wall, or of the events. Inputs older than two seconds rebuild the
    audience and trigger nothing. `key` signs the commands; `public_url` is where phones reach the
    privacy pages; `webhook` is told of offers.
    """

    def __init__(
        self,
        mall: MallSource,
        clock: Clock,
        switchboard: Switchboard,
        offer_desk: OfferDesk,
        creatives: Creatives,
        resting: Resting,
        policies: Policies,
        kept_caps: KeptCaps,
        key: bytes,
        public_url: str | None = None,
        webhook: Webhook | None = None,
    ) -> None:
        self._source = mall
        self._public_url = public_url
        self._webhook = webhook
        self._clock = clock
        self._switchboard = switchboard
        self._offers = offer_desk
        self._creatives = creatives
        self._resting = resting
        self._policies = policies
        self._kept_caps = kept_caps
        self._stages = Stages()
        self._reports = Reports(self._stages)
        self._directing = Directing(
            self._stages,
            switchboard,
            offer_desk,
            creatives,
            resting,
            policies,
            key,
            public_url,
        )
        self._broadcast = Broadcast(
            self._stages, switchboard, resting, creatives, public_url
        )
        self._files_due_s = 0.0
        self._started_ns = 0

    def assigned(
        self, commits: Mapping[TopicPartition, Commit | None]
    ) -> Mapping[TopicPartition, int]:
        """Take on the stands of these partitions."""
        # The commits already point to the oldest identity that is needed.
        self._stages.assign(commits)
        return {}

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Let go of the stands of these partitions; their players look for another process."""
        self._stages.revoke(partitions)
        self._serve()

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Take in what people did, take the players' reports, and decide what is due."""
        self._configure()
        shown = []
        for received in batch:
            shown += self._take_in(received)
        # Reports come before decisions: they tell when plays have ended.
        submissions = self._switchboard.take()
        outputs = self._record(submissions)
        shown += self._offers.recover()
        for stand, stage in self._stages.served():
            shown += self._direct(stand, stage)
        outputs.messages += self._reports.interaction_records(shown)
        due = self._policies.due()
        outputs.messages += outcome_records(due)
        outputs.staged = self._staged(submissions, shown, due)
        outputs.resume = self._stages.resume(batch)
        if self._broadcast.due:
            self._tell_state()
        return outputs

    def published(self, outputs: Outputs) -> None:
        """Tell the players and the store of offers that the bus has the outputs."""
        staged: Staged = outputs.staged
        self._reports.answer(staged.submissions)
        self._offers.on_bus(staged.settled)
        if self._webhook is not None:
            events = [message.event for message in outputs.messages]
            told = [event for event in events if isinstance(event, Interaction)]
            self._webhook.tell(told)
        self._policies.settle(staged.learned)
        self._policies.keep()
        self._kept_caps.keep(self._stages, self._clock.now())

    def stopped(self) -> Outputs:
        """Return the last reports of the players."""
        submissions = self._switchboard.take()
        outputs = self._record(submissions)
        outputs.staged = self._staged(submissions, [])
        self._policies.keep(at_once=True)
        self._kept_caps.keep(self._stages, self._clock.now())
        self._tell_state(last=True)
        return outputs

    def _configure(self) -> None:
        mall = self._source.current()
        now_s = time.monotonic()
        reconfigured = mall is not self._stages.mall
        if reconfigured or now_s >= self._files_due_s:
            self._files_due_s = now_s + CHECK_FILES_EVERY_S
            self._creatives.check(mall)
            self._resting.end(now_s)
        if self._stages.adopt(mall):
            self._serve()
        elif reconfigured:
            self._policies.serve(mall, self._stages.served_ids())

    def _serve(self) -> None:
        served = self._stages.served_ids()
        self._switchboard.serve(served)
        self._policies.serve(self._stages.mall, served)

    def _take_in(self, received: Received[Any]) -> list[Interaction]:
        """Return the events of offers that were shown because of it."""
        event = received.event
        if not isinstance(event, Interaction):
            # Those come from stands, whose time is this clock's.
            self._clock.observe(event.occurred_at_ns)
        stand = self._stages.mall.stand(event.stand_id)
        stage = self._stages.stage(event.stand_id)
        if stand is None or stage is None:
            return []
        match event:
            case Identity():
                stage.identify(received)
            case StandEngagement():
                stage.show(self._clock.now())
                stage.observe(event, self._stages.thresholds)
                self._policies.observe(event)
                return self._respond(event, stand, stage)
            case Interaction():
                self._policies.interacted(event)
        return []

    def _respond(
        self,
        snapshot: StandEngagement,
        stand: Stand,
        stage: Stage,
    ) -> list[Interaction]:
        """Decide at once on a snapshot that is fresh."""
        age_ns = self._clock.now_ns() - snapshot.at_ns
        if age_ns > FRESH_NS:
            return []
        shown = self._direct(stand, stage)
        age_ns = self._clock.now_ns() - snapshot.at_ns
        # A camera's clock may be a little ahead of this one.
        age_s = max(0, age_ns) / SECOND_NS
        metrics.DECISION_SECONDS.labels(stand.id).observe(age_s)
        metrics.STAGE_LATENCY.labels("stand").observe(age_s)
        return shown

    def _direct(self, stand: Stand, stage: Stage) -> list[Interaction]:
        now = self._clock.now()
        if now.utc_ns == 0:
            # A clock that follows the events has not begun.
            return []
        if self._started_ns == 0:
            self._started_ns = now.utc_ns
        self._kept_caps.read(stand.id, stage.director.frequency, now)
        return self._directing.direct(stand, stage, now)

    def _record(self, submissions: Sequence[Submission]) -> Outputs:
        messages = []
        now = self._clock.now()
        for submission in submissions:
            messages += self._reports.play_records(submission.plays, now)
            for play in submission.plays:
                self._policies.played(play)
            for notice in submission.notices:
                messages.append(Outgoing(NOTICES, notice.stand_id, notice))
            for failure in submission.failures:
                self._directing.failed(failure, time.monotonic())
            for interaction in submission.interactions:
                self._stages.touched(interaction)
                copies = self._reports.for_visits(interaction, now.utc_ns)
                messages += self._reports.interaction_records(copies)
        return Outputs(messages=messages)

    def _staged(
        self,
        submissions: Sequence[Submission],
        shown: Sequence[Interaction],
        learned: Sequence[Settled] = (),
    ) -> Staged:
        settled: list[str] = []
        for submission in submissions:
            settled += submission.settles
        for interaction in shown:
            settled.append(interaction.interaction_id)
        return Staged(submissions, settled, learned)

    def _tell_state(self, *, last: bool = False) -> None:
        problems = [
            *self._source.problems(),
            *self._creatives.problems.values(),
            *self._creatives.shut_in,
            *self._offers.problems,
            *self._policies.problems,
            *self._kept_caps.problems,
            *missing_pages(self._stages.mall, self._public_url),
            *unreachable_offers(self._stages.mall, self._public_url),
        ]
        now = self._clock.now()
        self._broadcast.send(
            now,
            self._started_ns,
            problems,
            last=last,
        )
