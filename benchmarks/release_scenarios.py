"""Random crowds in front of a stand, and every value that may be read of them, against the rule.

What is known of people is kept apart from the product here: who saw which play, under which name.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from vitrine.campaigns.advance import advance
from vitrine.campaigns.ledger import PERSONAL, Increment
from vitrine.campaigns.ledger_json import (
    increment_from_json,
    increment_to_json,
    ledger_to_json,
)
from vitrine.campaigns.rebuild import History, restore
from vitrine.campaigns.slots import BURN_IN_NS, Trial
from vitrine.campaigns.stand import NO_FLOOR, Change, Floor, Rules, Stand
from vitrine.clock import SECOND_NS
from vitrine.ids import local_day, visitor_id
from vitrine.programme.arms import arm_of
from vitrine.schemas import SLOT_NS, Arm, Event, Exposure, Identity, Play

# An hour before midnight UTC, so that a scenario has two days.
START_NS: Final = 1_800_054_000 * SECOND_NS
WINDOW_NS: Final = 300 * SECOND_NS
# Of the product 30 h and 23 h: in the same proportion, so that slots become final in a scenario.
HORIZON_NS: Final = 3600 * SECOND_NS
REREAD_NS: Final = 2700 * SECOND_NS
ZONE: Final = "UTC"
CAMPAIGN: Final = "spring"
CREATIVES: Final = ("shoe", "shoe", "shoe-more", "shoe-less")
TRIAL: Final = Trial(0.3, offers_alike=True)


class Breach(Exception):
    """Two values that may be read differ by fewer people than the rule says."""


class Trials:
    """Have the campaign on in all slots."""

    def on(self, stand_id: str, slot_ns: int) -> Mapping[str, Trial]:  # noqa: ARG002
        """Return the campaign."""
        return {CAMPAIGN: TRIAL}

    def arm(self, campaign_id: str, holdout: float, stand_id: str, slot_ns: int) -> Arm:
        """Return the arm of a slot as the product draws it."""
        return arm_of(campaign_id, holdout, stand_id, slot_ns)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Hold an event and when the log took it."""

    at_ns: int
    event: Event


class Crowd:
    """Draw plays of two hours, and people who saw them, some under several names in turn."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw
        self.arrivals: list[Arrival] = []
        self.people: dict[str, int] = {}
        """Track → the person."""
        self._plays: list[Play] = []
        for minute in range(0, 120, draw.choice([2, 4, 6])):
            self._play(START_NS + minute * 60 * SECOND_NS)
        for number in range(draw.randrange(4, 30)):
            self._person(number)
        self.arrivals.sort(key=lambda one: one.at_ns)

    def _arrive(self, event: Event, late_share: float) -> None:
        """Let an event arrive soon, or late by up to 40 minutes."""
        late_s = self._draw.uniform(0, 60)
        if self._draw.random() < late_share:
            late_s = self._draw.uniform(60, 2400)
        at_ns = event.occurred_at_ns + round(late_s * SECOND_NS)
        self.arrivals.append(Arrival(at_ns, event))

    def _play(self, start_ns: int) -> None:
        slot_ns = start_ns // SLOT_NS * SLOT_NS
        play = Play(
            play_id=f"play-{start_ns}",
            stand_id="north",
            campaign_id=CAMPAIGN,
            advertiser="acme",
            creative_id=self._draw.choice(CREATIVES),
            start_ns=start_ns,
            end_ns=start_ns + 40 * SECOND_NS,
            completed=True,
            player="page",
            reason="rotation",
            probability=0.5,
            arm=arm_of(CAMPAIGN, TRIAL.holdout, "north", slot_ns),
            arm_probability=0.5,
            slot_ns=slot_ns,
            config_version="v1",
        )
        self._plays.append(play)
        self._arrive(play, 0.1)

    def _person(self, number: int) -> None:
        """Let somebody come, stay for some plays in several tracks, and be named."""
        first = self._draw.randrange(len(self._plays))
        for part in range(self._draw.choice([1, 1, 2, 3])):
            if first >= len(self._plays):
                return
            play = self._plays[first]
            first += self._draw.choice([0, 1, 1, 5])
            track = f"t{number}-{part}"
            self.people[track] = number
            begin_ns = play.start_ns + self._draw.randrange(0, 20) * SECOND_NS
            exposure = Exposure(
                stand_id="north",
                presence_id=f"north:{track}",
                part=0,
                final=True,
                track_ids=(track,),
                start_ns=begin_ns,
                end_ns=begin_ns + 15 * SECOND_NS,
                attention=((begin_ns, begin_ns + 3 * SECOND_NS),),
                score_mean=50.0,
                response_mean=0.0,
                response_max=0.0,
                config_version="v1",
            )
            self._arrive(exposure, 0.15)
            self._names(number, track, begin_ns)

    def _names(self, number: int, track: str, begin_ns: int) -> None:
        """Let a track stay unnamed, be named at once, or late and again."""
        day = local_day(begin_ns, ZONE).isoformat()
        names = [f"v{number}", f"v{number}", f"v-{track}", f"v{number % 3}"]
        for place in range(self._draw.choice([0, 1, 1, 2, 3])):
            decided_ns = begin_ns + (1 + place) * SECOND_NS
            name = f"{self._draw.choice(names)}-{day}"
            identity = Identity(
                stand_id="north",
                track_id=track,
                visitor_id=name,
                visit_id=f"visit-{name}",
                known=False,
                confidence=0.9,
                reason="new-visitor",
                decided_at_ns=decided_ns,
                config_version="v1",
            )
            self._arrive(identity, 0.3)


@dataclass(slots=True)
class Memory:
    """Hold what somebody who knows all events could know of who is behind readable values."""

    k_anonymity: int
    plays: list[Play] = field(default_factory=list)
    exposures: dict[str, Exposure] = field(default_factory=dict)
    decisions: dict[str, Identity] = field(default_factory=dict)
    read: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Creative → sightings that were read: a track and a play."""
    reached: set[str] = field(default_factory=set)
    """Tracks that are in the reach."""
    slots_ns: int = 0

    def learn(self, event: Event) -> None:
        """Take in an event that counts."""
        match event:
            case Play():
                self.plays.append(event)
            case Exposure():
                self.exposures[event.track_ids[0]] = event
            case Identity():
                known = self.decisions.get(event.track_id)
                if known is None or known.decided_at_ns <= event.decided_at_ns:
                    self.decisions[event.track_id] = event

    def name(self, track: str) -> str:
        """Return the present name of a track."""
        decision = self.decisions.get(track)
        if decision is not None:
            return decision.visitor_id
        day = local_day(self.exposures[track].start_ns, ZONE)
        return visitor_id("north", day, track)

    def names(self, tracks: Iterable[str]) -> set[str]:
        """Return the present names of tracks."""
        return {self.name(track) for track in tracks}

    def sightings(self, creative_id: str, before_ns: int) -> set[str]:
        """Return who saw which play of a creative, of plays that start before a moment."""
        found = set()
        for play in self.plays:
            if play.creative_id != creative_id or play.start_ns >= before_ns:
                continue
            for track, seen in self.exposures.items():
                shared_ns = min(seen.end_ns, play.end_ns)
                shared_ns -= max(seen.start_ns, play.start_ns)
                if shared_ns >= SECOND_NS:
                    found.add(f"{track} {play.play_id}")
        return found

    def of_arm(self, arm: Arm, from_ns: int, until_ns: int) -> set[str]:
        """Return the names of those who were present in slots of an arm."""
        found = set()
        for track, seen in self.exposures.items():
            for slot_ns in range(from_ns, until_ns, SLOT_NS):
                shared_ns = min(seen.end_ns, slot_ns + SLOT_NS)
                shared_ns -= max(seen.start_ns, slot_ns + BURN_IN_NS)
                drawn = arm_of(CAMPAIGN, TRIAL.holdout, "north", slot_ns)
                if shared_ns >= SECOND_NS and drawn == arm:
                    found.add(self.name(track))
        return found


@dataclass(slots=True)
class Step:
    """Hold what a decided increment adds to what was read, and the names behind each part."""

    increment: Increment
    read: dict[str, set[str]]
    reached: set[str]
    atoms: list[set[str]]


class Reader:
    """Judge each increment when it is decided, and remember it once it may be read."""

    def __init__(self, memory: Memory) -> None:
        self.memory = memory
        self.waiting: Step | None = None
        self.atoms: list[set[str]] = []
        """The tracks behind each thing that was added at once."""
        self.steps = 0

    def decide(self, change: Change) -> None:
        """Judge what a change has decided. Raises Breach."""
        memory = self.memory
        read: dict[str, set[str]] = {}
        atoms = []
        for creative_id in concerned(change.decided):
            until_ns = change.known_ledger(CAMPAIGN).accounts[creative_id].until_ns
            read[creative_id] = memory.sightings(creative_id, until_ns)
            fresh = read[creative_id] - memory.read[creative_id]
            tracks = tracks_of(fresh)
            self._need(memory.names(tracks), f"a step of {creative_id}")
            atoms.append(tracks)
        self._judge_reach(change)
        if CAMPAIGN in change.decided.slots:
            self._judge_slots(change.decided.slots[CAMPAIGN].until_ns)
        reached: set[str] = set()
        if change.decided.reach[CAMPAIGN]:
            ledger = change.known_ledger(CAMPAIGN)
            held = {name for _, name in ledger.held}
            for creative_id, account in ledger.accounts.items():
                reached |= tracks_of(memory.sightings(creative_id, account.reached_ns))
            for track in self._met(change):
                # Of several steps at once, the last may have left somebody to wait.
                if memory.name(track) not in held:
                    reached.add(track)
        self.waiting = Step(change.decided, read, reached, atoms)

    def _need(self, people: set[str], what: str) -> None:
        if len(people) < self.memory.k_anonymity:
            raise Breach(f"{what} concerns {len(people)} people: {sorted(people)}")

    def _judge_reach(self, change: Change) -> None:
        added = change.decided.reach[CAMPAIGN]
        if not added:
            return
        memory = self.memory
        new = memory.names(self._met(change)) - memory.names(memory.reached)
        self._need(new, "a step of the reach")
        if added < memory.k_anonymity or added > len(new):
            raise Breach(f"the reach rises by {added}, {len(new)} are new")

    def _met(self, change: Change) -> set[str]:
        """Return the tracks of plays of which something is released."""
        met = set()
        for creative_id, account in change.known_ledger(CAMPAIGN).accounts.items():
            out = self.memory.sightings(creative_id, account.until_ns)
            met |= tracks_of(out)
        return met

    def _judge_slots(self, until_ns: int) -> None:
        from_ns = max(self.memory.slots_ns, START_NS)
        for arm in ("adaptive", "plain"):
            people = self.memory.of_arm(arm, from_ns, until_ns)
            if people:
                self._need(people, f"a step of {arm} slots")

    def show(self, shown: Increment) -> None:
        """Remember what may be read from now on."""
        step = self.waiting
        if not shown:
            return
        if step is None or step.increment != shown:
            raise Breach("something else is shown than was decided")
        memory = self.memory
        memory.read.update(step.read)
        memory.reached |= step.reached
        if CAMPAIGN in shown.slots:
            memory.slots_ns = shown.slots[CAMPAIGN].until_ns
        self.atoms += step.atoms
        self.steps += len(step.atoms)
        self.waiting = None


def concerned(increment: Increment) -> list[str]:
    """Return the creatives of which something that concerns people is added."""
    found = {
        cell.creative_id
        for cell, totals in increment.totals
        if any(getattr(totals, name) for name in PERSONAL)
    }
    return sorted(found)


def tracks_of(sightings: Iterable[str]) -> set[str]:
    """Return the tracks of sightings."""
    return {one.split()[0] for one in sightings}


class Scenario:
    """Run a crowd through a stand: batches of any size, crashes, restarts, losses of the store."""

    def __init__(self, seed: int, k_anonymity: int = 3) -> None:
        self._draw = random.Random(seed)
        self._rules = Rules(WINDOW_NS, 90 * SECOND_NS, HORIZON_NS, k_anonymity)
        self.crowd = Crowd(self._draw)
        self.reader = Reader(Memory(k_anonymity))
        self.stand = Stand("north", self._rules)
        self._history = History()
        self._taken: list[Arrival] = []
        self.shown: dict[str, dict[str, int]] = {}
        """Creative → sums that may be read."""
        self.reach = 0

    def run(self) -> None:
        """Let everything happen. Raises Breach."""
        arrivals = list(self.crowd.arrivals)
        while arrivals:
            size = self._draw.choice([1, 3, 8, 20])
            self._take(arrivals[:size])
            arrivals = arrivals[size:]
            self._mishap()
        last_ns = self._taken[-1].at_ns
        for hours in (1, 2, 3):
            self._time_passes(last_ns + hours * HORIZON_NS)
            self._mishap()
        self._time_passes(last_ns + 4 * HORIZON_NS)
        self._time_passes(last_ns + 4 * HORIZON_NS)

    def _mishap(self) -> None:
        chance = self._draw.random()
        if chance < 0.04:
            self._lose_store()
        elif chance < 0.2:
            self._restart()

    def _take(self, arrivals: list[Arrival]) -> None:
        self._taken += arrivals
        self._advance([one.event for one in arrivals], arrivals[-1].at_ns)

    def _time_passes(self, now_ns: int) -> None:
        self._advance([], now_ns)

    def _advance(self, events: list[Event], now_ns: int) -> None:
        change = self._change(events, now_ns)
        self._publish(change)
        if self._draw.random() < 0.05:
            # The process died before it wrote the store: all of it happens again.
            self._restart()
            change = self._change(events, now_ns)
            self._publish(change)
        refused = {place for place, _ in change.refused}
        for place, event in enumerate(events):
            if place not in refused:
                self.reader.memory.learn(event)
        change.adopt()
        self._read(change.shown)
        self.reader.decide(change)

    def _change(self, events: list[Event], now_ns: int) -> Change:
        return advance(
            self.stand,
            events,
            ZONE,
            watermark_ns=now_ns,
            experiments=Trials(),
        )

    def _publish(self, change: Change) -> None:
        for record in change.records:
            self._history.releases[record.campaign_id] = record
        self._history.snapshots += change.snapshots

    def _read(self, shown: Increment) -> None:
        """Add up what may be read, as the store does."""
        self.reader.show(shown)
        for cell, totals in shown.totals:
            sums = self.shown.setdefault(cell.creative_id, {})
            for name, amount in totals.sums().items():
                sums[name] = sums.get(name, 0) + amount
        self.reach += shown.reach[CAMPAIGN]

    def _restart(self) -> None:
        """Go on from what the store has."""
        old = self.stand
        stand = Stand("north", self._rules, old.floor)
        stand.events = old.events
        stand.rows = old.rows
        stand.open_windows = old.open_windows
        stand.watermark_ns = old.watermark_ns
        stand.closed_ns = old.closed_ns
        stand.slots = old.slots
        for line, ledger in old.ledgers.items():
            stand.ledgers.load({line: ledger_to_json(ledger)})
        stand.decided = increment_from_json(increment_to_json(old.decided))
        self.stand = stand

    def _lose_store(self) -> None:
        """Rebuild from the bus; what was readable has to be what it was."""
        now_ns = self._taken[-1].at_ns
        if now_ns < START_NS + REREAD_NS or self.stand.floor != NO_FLOOR:
            return
        start_ns = (now_ns - REREAD_NS) // WINDOW_NS * WINDOW_NS
        floor = Floor(start_ns, rebuilt_ns=now_ns)
        self.stand = Stand("north", self._rules, floor)
        self.reader.waiting = None
        # Slots of before are not in the effects any more.
        memory = self.reader.memory
        memory.slots_ns = max(memory.slots_ns, start_ns)
        change = restore(self.stand, self._history, ZONE)
        change.adopt()
        restored = {
            cell.creative_id: totals.sums() for cell, totals in change.shown.totals
        }
        if restored != self.shown or change.shown.reach[CAMPAIGN] != self.reach:
            raise Breach("the rebuilt figures are not those of before")
        # Who waited for the reach is not known any more.
        for out in memory.read.values():
            memory.reached |= tracks_of(out)
        events = [
            one.event for one in self._taken if not floor.counts(one.event, one.at_ns)
        ]
        # Nothing closes before all of it was read.
        self._draw.shuffle(events)
        self.stand.watermark_ns = start_ns
        change = self._change(events, now_ns)
        self._publish(change)
        change.adopt()
        self._read(change.shown)
        self.reader.decide(change)
