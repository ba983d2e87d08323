"""The stands that this process decides for, as configured and as the bus shares them out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from vitrine.bus import Commit, Received, TopicPartition, partition_for
from vitrine.clock import Moment
from vitrine.mall import Condition, Mall, Stand
from vitrine.programme.director import Director
from vitrine.programme.frequency import Frequency
from vitrine.programme.reactions import Showing
from vitrine.schemas import Identity, Interaction, StandEngagement
from vitrine.services.stand.counters import remove_counters, start_counters
from vitrine.services.stand.history import History
from vitrine.services.stand.tally import Tally
from vitrine.topics import ENGAGEMENT, IDENTITIES

NO_MALL: Final = Mall(
    cameras=(),
    stands=(),
    campaigns=(),
)
"""The configuration before the first one was read."""

Place = tuple[TopicPartition, int]
"""Partition and offset of a record."""


@dataclass(slots=True)
class Stage:
    """Keep what this process knows of one stand."""

    director: Director
    tally: Tally = field(default_factory=Tally)
    history: History = field(default_factory=History)
    offer_until_ns: int = 0
    """End of the offer on the screen, by the steady clock; no other one comes before."""
    _identities: dict[str, Place] = field(default_factory=dict)
    """Track → the record that its identity came with."""

    def identify(self, received: Received[Identity]) -> None:
        """Take in the decision about a track."""
        identity = received.event
        self.director.audience.identify(identity)
        place = (received.source, received.record.offset)
        self._identities[identity.track_id] = place

    def show(self, now: Moment) -> None:
        """Tell the audience what it sees, so that its reactions are to that."""
        showing = None
        screen = self.director.screen
        if screen is not None and screen.current is not None:
            showing = Showing(
                command_id=screen.current.command.command_id,
                since_ns=now.at_steady(screen.since_ns).utc_ns,
                product=screen.current.creative.product,
            )
        self.director.audience.show(showing)

    def observe(self, snapshot: StandEngagement, thresholds: Collection[float]) -> None:
        """Take in who is present."""
        audience = self.director.audience
        audience.observe(snapshot, thresholds)
        self.history.observe(snapshot)
        # What the audience has forgotten need not be read again after a restart.
        for track_id in list(self._identities):
            if track_id not in audience.identities:
                del self._identities[track_id]

    def identity_places(self) -> Iterable[Place]:
        """Return where the identities of people present, or lately present, are on the bus."""
        return self._identities.values()


class Stages:
    """Keep the stages of the stands whose partitions this process has.

    `mall` is the configuration last adopted, `version` its version.
    """

    def __init__(self) -> None:
        self.mall = NO_MALL
        self.version = ""
        self.thresholds: frozenset[float] = frozenset()
        """Scores that some condition asks for."""
        self._partitions: set[int] = set()
        self._assigned = False
        """Partitions came since the last `adopt`."""
        self._stages: dict[str, Stage] = {}

    def assign(self, sources: Iterable[TopicPartition]) -> None:
        """Take on the stands of these partitions, at the next `adopt`."""
        for source in sources:
            self._partitions.add(source.partition)
        self._assigned = True

    def revoke(self, sources: Iterable[TopicPartition]) -> None:
        """Let go of the stands of these partitions."""
        for source in sources:
            self._partitions.discard(source.partition)
        kept = filter(self._has, self._stages)
        self._serve(kept)

    def adopt(self, mall: Mall) -> bool:
        """Follow the configuration and the partitions; True when the stands served have changed."""
        if mall is self.mall and not self._assigned:
            return False
        self._assigned = False
        if mall is not self.mall:
            # The version is a hash of everything: made once for each configuration.
            self.mall = mall
            self.version = mall.version
            self.thresholds = _thresholds(mall)
        stand_ids = [stand.id for stand in mall.stands]
        served = filter(self._has, stand_ids)
        return self._serve(served)

    def _has(self, stand_id: str) -> bool:
        partition = partition_for(stand_id, ENGAGEMENT.partitions)
        return partition in self._partitions

    def _serve(self, stand_ids: Iterable[str]) -> bool:
        wanted = set(stand_ids)
        added = wanted - self._stages.keys()
        removed = self._stages.keys() - wanted
        for stand_id in added:
            director = Director(stand_id, frequency=Frequency(known=False))
            self._stages[stand_id] = Stage(director)
            start_counters(stand_id)
        for stand_id in removed:
            del self._stages[stand_id]
            remove_counters(stand_id)
        return bool(added or removed)

    def served(self) -> list[tuple[Stand, Stage]]:
        """Return the stands that this process decides for."""
        found = []
        for stand in self.mall.stands:
            stage = self._stages.get(stand.id)
            if stage is not None:
                found.append((stand, stage))
        return found

    def served_ids(self) -> frozenset[str]:
        """Return the ids of the stands that this process decides for."""
        return frozenset(self._stages)

    def stage(self, stand_id: str) -> Stage | None:
        """Return the stage of a stand; None when another process has it, or nobody."""
        return self._stages.get(stand_id)

    def touched(self, interaction: Interaction) -> None:
        """Take in a touch of a stand's screen; anything else is none."""
        stage = self.stage(interaction.stand_id)
        if stage is None or interaction.kind != "touch" or not interaction.play_id:
            return
        command_id = interaction.play_id.rpartition(".")[2]
        stage.director.audience.touched(command_id)

    def resume(self, batch: Sequence[Received[Any]]) -> Mapping[TopicPartition, Commit]:
        """Return where the identities in the batch must be read from after a restart.

        Decisions are made once a track, so the oldest that is still needed counts.
        """
        needed: dict[TopicPartition, int] = {}
        for stage in self._stages.values():
            for source, offset in stage.identity_places():
                oldest = needed.get(source, offset)
                needed[source] = min(offset, oldest)
        commits = {}
        for received in batch:
            source = received.source
            if source.topic == IDENTITIES.name and source in needed:
                commits[source] = Commit(needed[source])
        return commits


def _thresholds(mall: Mall) -> frozenset[float]:
    conditions: list[Condition | None] = []
    for campaign in mall.campaigns:
        for creative in campaign.creatives:
            conditions.append(creative.when)
            conditions += [response.when for response in creative.responses]
        conditions += [offer.when for offer in campaign.offers]
    thresholds = set()
    for condition in conditions:
        if condition is None or condition.engagement is None:
            continue
        thresholds.add(condition.engagement)
    return frozenset(thresholds)
