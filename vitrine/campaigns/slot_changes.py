"""Advance the slot table of a stand with its windows: slots close, are revised, and are released.

A slot counts for a campaign where it is on when the slot begins, as configured when the slot
closes, or where a play of it is of the slot. So it counts also when nothing of the campaign came
and nobody was there.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain

from vitrine.campaigns.index import EventIndex
from vitrine.campaigns.place import Place
from vitrine.campaigns.plausible import is_filler
from vitrine.campaigns.slots import (
    KEPT_NS,
    SHOWN_NS,
    Experiments,
    Own,
    Redeemed,
    Run,
    Seen,
    SlotChange,
    SlotState,
    SlotView,
    Step,
    Trial,
    Waiting,
    look,
    origin_of_slot,
    run_with,
    slot_floor,
)
from vitrine.campaigns.totals import line_of
from vitrine.campaigns.windows import Window, WindowEvents
from vitrine.schemas import SLOT_NS, Arm, Interaction, Play


class SlotFollower:
    """Bring the slot table of one stand up to date with a batch: slots in order, then redemptions.

    `events` is the draft of the batch, `k_anonymity` the people a step of each arm needs.
    """

    def __init__(
        self,
        stand_id: str,
        state: SlotState,
        events: EventIndex,
        experiments: Experiments,
        time_zone: str,
        place: Place,
        k_anonymity: int,
    ) -> None:
        self.change = SlotChange()
        self._stand_id = stand_id
        self._state = state
        self._events = events
        self._experiments = experiments
        self._time_zone = time_zone
        self._place = place
        self._k_anonymity = k_anonymity

    def close(self, slots: range) -> None:
        """Take in slots that close now, and forget what gets too old."""
        for slot_ns in slots:
            on = self._experiments.on(self._stand_id, slot_ns)
            for campaign_id, trial in on.items():
                self._go_on(campaign_id, slot_ns, trial)
            view = self._look(slot_ns)
            if view.seen != Seen():
                self.change.seen[slot_ns] = view.seen
            self._note(slot_ns, view.own)
            self.change.dropped.append(slot_ns - KEPT_NS)
        if slots:
            self._forget(slots.stop - KEPT_NS)

    def revise(self, slots: Iterable[int]) -> None:
        """Look again at slots that had closed."""
        for slot_ns in sorted(slots):
            view = self._look(slot_ns)
            self.change.seen[slot_ns] = view.seen
            self._note(slot_ns, view.own)

    def redeem(self) -> None:
        """Count redemptions, for the slot of the grant however old it is."""
        interactions = self._events.interactions
        concerned = set()
        for name, event in interactions.events.items():
            concerned.add(event.cancels or name)
        for play_id in self._events.plays.events:
            named = interactions.group(("play", play_id))
            concerned |= {event.interaction_id for event in named}
        for name in sorted(concerned):
            before = self._goal(name, new=False)
            after = self._goal(name, new=True)
            if before == after:
                continue
            if before is not None:
                self._count(before.taken_back())
            if after is not None:
                self._count(after)

    def _count(self, goal: Redeemed) -> None:
        self.change.goals.append(goal)
        # Of a slot that is not known any more, the configuration tells the origin.
        events = events_of_slot(self._events, self._stand_id, goal.slot_ns)
        origin = origin_of_slot(goal.slot_ns, events, self._place)
        line = line_of(goal.campaign_id, origin)
        waiting = self._waiting(line)
        kept = replace(waiting, goals=(*waiting.goals, goal))
        self.change.waiting[line] = kept

    def release(self, slots: range) -> None:
        """Take in slots that nothing changes any more; release those of campaigns with enough."""
        for slot_ns in slots:
            on = self._on(slot_ns)
            if not on:
                continue
            view = self._look(slot_ns)
            for campaign_id, run in on.items():
                arm = self._arm(campaign_id, run, slot_ns, view.own)
                if arm is None:
                    continue
                line = line_of(campaign_id, view.seen.origin)
                waiting = self._waiting(line)
                met = waiting.met(arm, slot_ns, view.people, self._k_anonymity)
                self.change.waiting[line] = met
                if met.may_go(self._k_anonymity):
                    self._step(line, slot_ns + SLOT_NS)

    def first_slot(self) -> int | None:
        """Return the first slot of any campaign; None without one."""
        firsts = []
        for runs in self.change.runs.values():
            firsts += list(runs)
        for known in self._state.runs.values():
            firsts += [run.first_ns for run in known]
        return min(firsts, default=None)

    def _look(self, slot_ns: int) -> SlotView:
        events = events_of_slot(self._events, self._stand_id, slot_ns)
        return look(slot_ns, events, self._time_zone, self._place)

    def _note(self, slot_ns: int, own: Mapping[str, Own]) -> None:
        """Take in what plays tell; a slot of theirs counts also where nothing is configured."""
        for campaign_id, told in own.items():
            self.change.own[campaign_id, slot_ns] = told
            if told.arm in {"untold", "unclear"}:
                continue
            if self._run_of(campaign_id, slot_ns) is None:
                holdout = told.probability
                if told.arm == "adaptive":
                    holdout = 1 - told.probability
                trial = Trial(holdout, offers_alike=True)
                self._keep(campaign_id, Run(slot_ns, slot_ns + SLOT_NS, trial))

    def _go_on(self, campaign_id: str, slot_ns: int, trial: Trial) -> None:
        """Let the run that ends at a slot go on, or begin one."""
        before = self._run_of(campaign_id, slot_ns - SLOT_NS)
        first_ns = slot_ns
        if before is not None and before.trial == trial:
            first_ns = before.first_ns
        self._keep(campaign_id, Run(first_ns, slot_ns + SLOT_NS, trial))

    def _keep(self, campaign_id: str, run: Run) -> None:
        runs = self.change.runs.setdefault(campaign_id, {})
        runs[run.first_ns] = run

    def _run_of(self, campaign_id: str, slot_ns: int) -> Run | None:
        changed = self.change.runs.get(campaign_id, {})
        found = run_with(changed.values(), slot_ns)
        return found or self._state.run_of(campaign_id, slot_ns)

    def _on(self, slot_ns: int) -> dict[str, Run]:
        found = self._state.on(slot_ns)
        for campaign_id, runs in self.change.runs.items():
            run = run_with(runs.values(), slot_ns)
            if run is not None:
                found[campaign_id] = run
        return found

    def _arm(
        self,
        campaign_id: str,
        run: Run,
        slot_ns: int,
        own: Mapping[str, Own],
    ) -> Arm | None:
        """Return the arm of a slot, as plays tell or as it was drawn; None where it is unclear."""
        told = own.get(campaign_id)
        if told is not None:
            match told.arm:
                case "unclear":
                    return None
                case "adaptive" | "plain":
                    return told.arm
        return self._experiments.arm(
            campaign_id,
            run.trial.holdout,
            self._stand_id,
            slot_ns,
        )

    def _goal(self, name: str, *, new: bool) -> Redeemed | None:
        """Return what a redemption counts, before the batch or with it.

        None where it was taken back, and while nobody knows what granted it.
        """
        interactions = self._events.interactions
        event = interactions.get(name) if new else interactions.get_before(name)
        if event is None or event.kind != "offer-redeemed":
            return None
        # What takes it back has its time.
        group = ("window", self._events.grid.floor(event.at_ns))
        others = interactions.group(group) if new else interactions.before(group)
        if any(other.cancels == name for other in others):
            return None
        plays = self._events.plays
        named = event.play_id or ""
        play = plays.get(named) if new else plays.get_before(named)
        return redeemed(event, play)

    def _waiting(self, line: str) -> Waiting:
        changed = self.change.waiting.get(line)
        return changed or self._state.waiting.get(line, Waiting())

    def _step(self, line: str, until_ns: int) -> None:
        """Release the slots of a `Cell.line` up to a moment, and the redemptions that wait."""
        goals = list(self._waiting(line).goals)
        earlier = self.change.released.get(line)
        if earlier is not None:
            goals = [*earlier.goals, *goals]
        self.change.released[line] = Step(until_ns - SHOWN_NS, until_ns, goals)
        self.change.waiting[line] = Waiting()

    def _forget(self, oldest_ns: int) -> None:
        """Drop runs that ended before a moment, and campaigns without any other."""
        for campaign_id, runs in self._state.runs.items():
            changed = self.change.runs.get(campaign_id, {})
            left = [run for run in runs if run.first_ns not in changed]
            old = [run for run in left if run.end_ns <= oldest_ns]
            self.change.ended += [(campaign_id, run) for run in old]
            if len(old) == len(runs) and not changed:
                self.change.forgotten.append(campaign_id)


def follow_slots(
    follower: SlotFollower,
    closed: range,
    revised: Iterable[int],
    final: range,
) -> SlotChange:
    """Return what a batch changes: slots that close, that are revised, and that became final."""
    follower.close(closed)
    follower.revise(revised)
    follower.redeem()
    # Most batches make no slot final, and a stand may know a thousand campaigns.
    first_ns = follower.first_slot() if final else None
    if first_ns is not None:
        follower.release(range(max(final.start, first_ns), final.stop, SLOT_NS))
    return follower.change


def events_of_slot(
    index: EventIndex,
    stand_id: str,
    slot_ns: int,
) -> WindowEvents:
    """Return the events of a slot, of whatever length windows are."""
    size_ns = index.grid.size_ns
    parts = []
    for start_ns in index.grid.covered(slot_ns, slot_ns + SLOT_NS - 1):
        window = Window(stand_id, start_ns, start_ns + size_ns)
        parts.append(index.of_window(window))
    if len(parts) == 1:
        return parts[0]
    return WindowEvents(
        plays=list(chain.from_iterable(part.plays for part in parts)),
        exposures=list(chain.from_iterable(part.exposures for part in parts)),
        identities=list(chain.from_iterable(part.identities for part in parts)),
        coverage=list(chain.from_iterable(part.coverage for part in parts)),
    )


def redeemed(event: Interaction, play: Play | None) -> Redeemed | None:
    """Return what a redemption counts, `play` being the one that it names, where it is known."""
    slot_ns = event.slot_ns
    campaign_id = event.campaign_id
    if play is not None and not is_filler(play):
        slot_ns = play.slot_ns if slot_ns is None else slot_ns
        campaign_id = campaign_id or play.campaign_id
    if slot_ns is None or campaign_id is None:
        return None
    if event.sale is None:
        return Redeemed(campaign_id, slot_ns, 1)
    return Redeemed(campaign_id, slot_ns, 1, event.sale.minor, event.sale.currency)


def closed_slots(before_ns: int, now_ns: int) -> range:
    """Return the slots that close between two moments; of a long silence, as many as are kept."""
    start_ns = slot_floor(before_ns)
    stop_ns = slot_floor(now_ns)
    return range(max(start_ns, stop_ns - KEPT_NS), stop_ns, SLOT_NS)


def slots_of_windows(
    windows: Iterable[int],
    window_ns: int,
    closed_ns: int,
) -> set[int]:
    """Return the slots that share time with windows, of those that had closed."""
    found = set()
    for start_ns in windows:
        slots = range(slot_floor(start_ns), start_ns + window_ns, SLOT_NS)
        found |= {slot_ns for slot_ns in slots if slot_ns + SLOT_NS <= closed_ns}
    return found
