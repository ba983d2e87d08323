"""Audience and reports of players in; commands to players, plays and interactions out."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from vitrine.bus import Commit, Outgoing, Received, TopicPartition, partition_for
from vitrine.clock import Clock
from vitrine.mall import Mall, Stand
from vitrine.mall.folder import MallSource
from vitrine.programme.audience import FRESH_NS
from vitrine.programme.commands import sign
from vitrine.programme.director import Director
from vitrine.programme.screen import Order
from vitrine.runtime import Handler, Outputs
from vitrine.schemas import Identity, Interaction, Play, StandEngagement
from vitrine.services.stand.creatives import Creatives, kind, url
from vitrine.services.stand.live import (
    LiveView,
    StandView,
    Tally,
    on_screen,
    stand_view,
)
from vitrine.services.stand.measures import appear, disappear
from vitrine.services.stand.offer_desk import OfferDesk
from vitrine.services.stand.protocol import OfferEvent, PlayEvent, StateEvent
from vitrine.services.stand.switchboard import Connection, Sent, Submission, Switchboard
from vitrine.telemetry import metrics
from vitrine.topics import ENGAGEMENT, IDENTITIES, INTERACTIONS, PLAYS

STATE_EVERY_S = 0.25
CHECK_FILES_EVERY_S = 2.0
OFFER_SECONDS = 20.0
REMEMBERED_PLAYS = 5_000


@dataclass(slots=True)
class _Stage:
    """What the handler keeps of one stand."""

    director: Director
    tally: Tally = field(default_factory=Tally)
    offer_until_ns: int = 0


class StandHandler(Handler):
    """Decides for the stands of its partitions; the one handler with a wall clock.

    Inputs older than two seconds rebuild the audience and trigger nothing. `key` signs the commands.
    """

    def __init__(
        self,
        mall: MallSource,
        clock: Clock,
        switchboard: Switchboard,
        offer_desk: OfferDesk,
        creatives: Creatives,
        key: bytes,
    ) -> None:
        self._source = mall
        self._clock = clock
        self._switchboard = switchboard
        self._offers = offer_desk
        self._creatives = creatives
        self._key = key
        self._partitions: set[int] = set()
        self._stages: dict[str, _Stage] = {}
        self._mall = Mall(cameras=(), stands=(), campaigns=())
        self._version = ""
        self._thresholds: frozenset[float] = frozenset()
        self._known_plays: OrderedDict[str, None] = OrderedDict()
        self._submissions: list[Submission] = []
        self._settled: list[str] = []
        self._state_due = self._files_due = 0.0
        self._started_ns = 0

    def assigned(
        self, commits: Mapping[TopicPartition, Commit | None]
    ) -> Mapping[TopicPartition, int]:
        """Take on the stands of these partitions."""
        self._partitions |= {source.partition for source in commits}
        return {}

    def revoked(self, partitions: Sequence[TopicPartition]) -> None:
        """Let go of the stands of these partitions; their players look for the process that has them."""
        self._partitions -= {source.partition for source in partitions}
        for stand_id in [s for s in self._stages if not self._has(s)]:
            del self._stages[stand_id]
            disappear(stand_id)
        self._switchboard.serve(self._stages)

    def handle(self, batch: Sequence[Received[Any]]) -> Outputs:
        """Take in what people did, decide what is due, and take the players' reports."""
        self._configure()
        outputs = Outputs(resume={})
        for received in batch:
            self._take_in(received, outputs)
        self._take_reports(outputs)
        for event in self._offers.recover():
            self._publish(event, outputs)
            self._settled.append(event.interaction_id)
        for stand in self._mall.stands:
            self._direct(stand, outputs)
        outputs.resume = self._still_needed(batch)
        self._tell_state()
        return outputs

    def published(self, outputs: Outputs) -> None:  # noqa: ARG002
        """The bus has the reports: tell the players."""
        submissions = self._submissions
        self._submissions = []
        for submission in submissions:
            for play in submission.plays:
                self._remember(play)
            submission.durable.set_result(None)
        settled = self._settled
        self._settled = []
        self._offers.on_bus(settled)

    def stopped(self) -> Outputs:
        """The last reports of the players."""
        outputs = Outputs()
        self._take_reports(outputs)
        self._tell_state(at_once=True)
        return outputs

    # Configuration

    def _has(self, stand_id: str) -> bool:
        return partition_for(stand_id, ENGAGEMENT.partitions) in self._partitions

    def _configure(self) -> None:
        mall = self._source.current()
        now = time.monotonic()
        changed = mall is not self._mall
        if changed or now >= self._files_due:
            self._files_due = now + CHECK_FILES_EVERY_S
            self._creatives.check(mall)
        if changed:
            self._mall = mall
            self._version = mall.version
            conditions = [
                c.when
                for campaign in mall.campaigns
                for c in campaign.creatives
                if c.when
            ]
            conditions += [
                offer.when for campaign in mall.campaigns for offer in campaign.offers
            ]
            self._thresholds = frozenset(
                c.engagement for c in conditions if c.engagement is not None
            )
        served = {stand.id for stand in mall.stands if self._has(stand.id)}
        if served != self._stages.keys():
            for stand_id in served - self._stages.keys():
                appear(stand_id)
            for stand_id in self._stages.keys() - served:
                disappear(stand_id)
            self._stages = {
                s: self._stages.get(s) or _Stage(Director(s)) for s in sorted(served)
            }
            self._switchboard.serve(served)

    # Inputs

    def _take_in(self, received: Received[Any], outputs: Outputs) -> None:
        event = received.event
        self._clock.observe(event.occurred_at_ns)
        stage = self._stages.get(event.stand_id)
        stand = self._mall.stand(event.stand_id)
        if stage is None or stand is None:
            return
        match event:
            case Identity():
                stage.director.audience.identify(received)
            case StandEngagement():
                stage.director.audience.observe(event, self._thresholds)
                if self._clock.now_ns() - event.at_ns <= FRESH_NS:
                    self._direct(stand, outputs)
                    age_s = max(0, self._clock.now_ns() - event.at_ns) / 1e9
                    metrics.DECISION_SECONDS.labels(stand.id).observe(age_s)
                    metrics.STAGE_LATENCY.labels("stand").observe(age_s)

    def _take_reports(self, outputs: Outputs) -> None:
        for submission in self._switchboard.take():
            if not submission.durable.set_running_or_notify_cancel():
                continue
            self._submissions.append(submission)
            for play in submission.plays:
                self._take_play(play, outputs)
            for interaction in submission.interactions:
                for each in self._for_visits(interaction):
                    self._publish(each, outputs)
            self._settled += submission.settles

    def _take_play(self, play: Play, outputs: Outputs) -> None:
        if play.play_id in self._known_plays:
            return
        outputs.messages.append(Outgoing(PLAYS, play.stand_id, play))
        if stage := self._stages.get(play.stand_id):
            stage.tally.count_play(play)
            stage.director.ended(play.play_id, play.end_ns)

    def _remember(self, play: Play) -> None:
        self._known_plays[play.play_id] = None
        if len(self._known_plays) > REMEMBERED_PLAYS:
            self._known_plays.popitem(last=False)

    def _for_visits(self, interaction: Interaction) -> Sequence[Interaction]:
        """A wish about recognition counts for everybody present: the page cannot know who touched it."""
        stage = self._stages.get(interaction.stand_id)
        if stage is None or interaction.kind != "opt-out":
            return [interaction]
        audience = stage.director.audience
        identities = [
            audience.identity(person)
            for person in audience.present(self._clock.now_ns())
        ]
        visits = sorted({identity.visit_id for identity in identities if identity})
        return [
            interaction.model_copy(
                update={
                    "interaction_id": f"{interaction.interaction_id}.{visit}",
                    "visit_id": visit,
                }
            )
            for visit in visits
        ] or [interaction]

    def _publish(self, interaction: Interaction, outputs: Outputs) -> None:
        outputs.messages.append(
            Outgoing(INTERACTIONS, interaction.stand_id, interaction)
        )
        if stage := self._stages.get(interaction.stand_id):
            stage.tally.count_interaction(interaction)

    def _still_needed(
        self, batch: Sequence[Received[Any]]
    ) -> Mapping[TopicPartition, Commit]:
        """Where identities must be read from after a restart: decisions are made once a track."""
        kept: dict[TopicPartition, int] = {}
        for stage in self._stages.values():
            for received in stage.director.audience.identities.values():
                offset = received.record.offset
                kept[received.source] = min(offset, kept.get(received.source, offset))
        sources = {
            received.source
            for received in batch
            if received.source.topic == IDENTITIES.name
        }
        return {source: Commit(kept[source]) for source in sources & kept.keys()}

    # Outputs

    def _direct(self, stand: Stand, outputs: Outputs) -> None:
        """Send the player of a stand what is due, and grant an offer if one is."""
        stage = self._stages.get(stand.id)
        now_ns = self._clock.now_ns()
        if stage is None or not now_ns:
            return
        self._started_ns = self._started_ns or now_ns
        connection = self._switchboard.in_charge(stand.id)
        player = connection.player if connection else None
        stage.director.play_with(player)
        if connection is None or player is None:
            return
        order = stage.director.next_order(
            self._mall, self._version, stand, player, now_ns, self._creatives.usable
        )
        if order:
            self._command(connection, order, now_ns)
        self._offer(stage, now_ns, outputs)

    def _command(self, connection: Connection, order: Order, now_ns: int) -> None:
        event = PlayEvent(
            command=order.command,
            token=sign(order.command, self._key),
            url=url(order.campaign, order.creative),
            kind=kind(order.creative),
            cut=order.cut,
            now_ns=now_ns,
        )
        connection.put(Sent("play", event.model_dump_json()))
        metrics.PLAYS_STARTED.labels(order.command.stand_id, order.command.arm).inc()

    def _offer(self, stage: _Stage, now_ns: int, outputs: Outputs) -> None:
        screen = stage.director.screen
        if screen is None or screen.current is None or now_ns < stage.offer_until_ns:
            return
        order = screen.current
        granted = self._offers.grant(
            order.campaign, order.command, stage.director.audience, now_ns
        )
        if granted is None:
            return
        offer, code, shown = granted
        stage.offer_until_ns = now_ns + int(OFFER_SECONDS * 1e9)
        event = OfferEvent(
            offer_id=offer.id,
            text=offer.text,
            code=code,
            advertiser=order.campaign.advertiser,
            seconds=OFFER_SECONDS,
        )
        self._switchboard.tell(order.command.stand_id, "offer", event)
        self._publish(shown, outputs)
        self._settled.append(shown.interaction_id)

    def _tell_state(self, *, at_once: bool = False) -> None:
        """The clock and the audience to the players, the live figures to the operator."""
        if time.monotonic() < self._state_due and not at_once:
            return
        self._state_due = time.monotonic() + STATE_EVERY_S
        now_ns = self._clock.now_ns()
        shown = [
            (s, self._stages[s.id]) for s in self._mall.stands if s.id in self._stages
        ]
        views = [self._view(stand, stage, now_ns) for stand, stage in shown]
        problems = [*self._creatives.problems.values(), *self._offers.problems.values()]
        self._switchboard.show(
            LiveView(
                now_ns=now_ns,
                started_ns=self._started_ns,
                stands=views,
                problems=problems,
            )
        )

    def _view(self, stand: Stand, stage: _Stage, now_ns: int) -> StandView:
        connection = self._switchboard.in_charge(stand.id)
        screen = stage.director.screen
        player = connection.player if connection else None
        on_air = None
        if screen and (order := screen.current):
            where = url(order.campaign, order.creative)
            what = kind(order.creative)
            on_air = on_screen(order.command, screen.since_ns, where, what)
        player_kind = player.kind if player else None
        view = stand_view(
            stand, stage.director.audience, stage.tally, player_kind, on_air, now_ns
        )
        state = StateEvent(
            now_ns=now_ns,
            people=view.people,
            attending=view.attending,
            in_charge=player.session if player else 0,
            recognition=stand.recognition,
        )
        self._switchboard.tell(stand.id, "state", state)
        return view
