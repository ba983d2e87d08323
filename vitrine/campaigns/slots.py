"""The slot table: what was seen at a stand in each slot, whatever was shown, and by which arm.

It is what effects are computed from. Nobody's id is in it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, NamedTuple, Protocol

from vitrine.campaigns.audience import Present
from vitrine.campaigns.intervals import Span, clip, length, union
from vitrine.campaigns.pairs import pairs_of
from vitrine.campaigns.place import ANYWHERE, Place
from vitrine.campaigns.plausible import is_filler
from vitrine.campaigns.totals import Origin, lines_of
from vitrine.campaigns.windows import (
    OTS_NS,
    Window,
    WindowEvents,
    is_synthetic,
    overlaps,
)
from vitrine.clock import SECOND_NS
from vitrine.effects.slots import Pair
from vitrine.ids import local_day
from vitrine.schemas import SLOT_NS, Arm, Play

# Chosen, not measured: longer than most creatives, so that what the arm before began is over; of
# each slot a tenth.
BURN_IN_NS: Final = 30 * SECOND_NS
"""Time at the start of every slot in which nothing counts."""
DAY_NS: Final = 86_400 * SECOND_NS
SHOWN_NS: Final = 30 * DAY_NS
"""Age of the oldest slot that an effect is computed from."""
# What was released stays as it was until the next step, also after a campaign's end.
KEPT_NS: Final = 2 * SHOWN_NS
"""Age of the oldest slot that is kept."""


Told = Arm | Literal["untold", "unclear"]
"""What plays say of an arm: none of them is of the slot, or what they say is of no use."""


class Trial(NamedTuple):
    """Hold a campaign's experiment, as it is configured."""

    holdout: float
    offers_alike: bool
    """Both arms have its offers: else redemptions are no goal."""


class Experiments(Protocol):
    """Tell which campaigns are on, and how their arms are drawn."""

    def on(self, stand_id: str, slot_ns: int) -> Mapping[str, Trial]:
        """Return the campaigns that are on at a stand when a slot begins."""
        ...

    def arm(self, campaign_id: str, holdout: float, stand_id: str, slot_ns: int) -> Arm:
        """Return the arm that was drawn for a slot."""
        ...


class Run(NamedTuple):
    """Hold slots without a gap in which a campaign was on, all with one trial."""

    first_ns: int
    end_ns: int
    trial: Trial

    def holds(self, slot_ns: int) -> bool:
        """Tell whether a slot is one of them."""
        return self.first_ns <= slot_ns < self.end_ns


class Seen(NamedTuple):
    """Count what was seen at a stand in a slot after the burn-in, whatever was shown."""

    visitors: int = 0
    """Different ones, present for at least a second of that time."""
    attention_ns: int = 0
    """Of these visitors, to the screen."""
    origin: Origin = "people"
    """Of the visitors, and of who showed what they saw."""


class Own(NamedTuple):
    """Hold what plays say of a slot of their campaign."""

    arm: Told
    probability: float
    attention_ns: int
    """To plays of the campaign, in the time that `Seen` counts."""
    pairs: tuple[Pair, ...] = ()
    """Creatives that chance chose between for plays of this slot."""


class Redeemed(NamedTuple):
    """Count redemptions of offers that plays of a slot granted; negative where taken back."""

    campaign_id: str
    slot_ns: int
    amount: int
    minor: int = 0
    currency: str = ""
    """Empty without a sale."""

    def taken_back(self) -> Redeemed:
        """Return what undoes it."""
        return self._replace(amount=-self.amount, minor=-self.minor)


class Step(NamedTuple):
    """Hold which slots of a `Cell.line` are released now."""

    from_ns: int
    until_ns: int
    goals: Sequence[Redeemed]


@dataclass(frozen=True, slots=True)
class SlotView:
    """Hold everything that was seen in a slot; `people` are the visitors whom `seen` counts."""

    seen: Seen
    own: Mapping[str, Own]
    people: frozenset[str]


@dataclass(frozen=True, slots=True)
class Waiting:
    """Hold what a `Cell.line` has waiting for release: people of final slots, and redemptions.

    People of an arm are remembered only until there are enough of them.
    """

    people: Mapping[Arm, frozenset[str]] = field(default_factory=dict)
    goals: tuple[Redeemed, ...] = ()
    after_ns: int = 0
    """Slots that start before it were released, and add nobody: the store was lost since."""

    def met(
        self,
        arm: Arm,
        slot_ns: int,
        people: frozenset[str],
        k_anonymity: int,
    ) -> Waiting:
        """Return it with the people of one more slot."""
        known = self.people.get(arm, frozenset())
        if slot_ns < self.after_ns or len(known) >= k_anonymity:
            return self
        several = {**self.people, arm: known | people}
        return replace(self, people=several)

    def may_go(self, k_anonymity: int) -> bool:
        """Tell whether each arm waits for so many people or for nobody, and one for some."""
        counts = [len(people) for people in self.people.values() if people]
        return bool(counts) and min(counts) >= k_anonymity


@dataclass(slots=True)
class SlotState:
    """Keep which slots campaigns were on in, and what waits for release, of one stand."""

    runs: dict[str, list[Run]] = field(default_factory=dict)
    """Campaign → runs in order; those that are kept."""
    waiting: dict[str, Waiting] = field(default_factory=dict)
    """By `Cell.line`: each origin waits for its own people."""

    def run_of(self, campaign_id: str, slot_ns: int) -> Run | None:
        """Return the run that a slot belongs to."""
        return run_with(self.runs.get(campaign_id, []), slot_ns)

    def on(self, slot_ns: int) -> dict[str, Run]:
        """Return the campaigns that were on in a slot."""
        found = {}
        for campaign_id in self.runs:
            run = self.run_of(campaign_id, slot_ns)
            if run is not None:
                found[campaign_id] = run
        return found


@dataclass(slots=True)
class SlotChange:
    """Hold what a batch changes in the slot table of one stand."""

    seen: dict[int, Seen] = field(default_factory=dict)
    own: dict[tuple[str, int], Own] = field(default_factory=dict)
    runs: dict[str, dict[int, Run]] = field(default_factory=dict)
    """Campaign → first slot → a new run, or one that goes on."""
    goals: list[Redeemed] = field(default_factory=list)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    """By `Cell.line`."""
    released: dict[str, Step] = field(default_factory=dict)
    """By `Cell.line`."""
    dropped: list[int] = field(default_factory=list)
    """Slots that are too old to be kept."""
    ended: list[tuple[str, Run]] = field(default_factory=list)
    """Runs that are too old to be kept."""
    forgotten: list[str] = field(default_factory=list)
    """Campaigns of which no slot is left."""

    def adopt(self, state: SlotState) -> None:
        """Make it the state of the stand."""
        for campaign_id, runs in self.runs.items():
            others = state.runs.get(campaign_id, [])
            kept = [run for run in others if run.first_ns not in runs]
            state.runs[campaign_id] = sorted([*kept, *runs.values()])
        state.waiting.update(self.waiting)
        for campaign_id, run in self.ended:
            state.runs[campaign_id].remove(run)
        for campaign_id in self.forgotten:
            state.runs.pop(campaign_id, None)
            for line in lines_of(campaign_id):
                state.waiting.pop(line, None)


def run_with(runs: Iterable[Run], slot_ns: int) -> Run | None:
    """Return the run that a slot belongs to."""
    for run in runs:
        if run.holds(slot_ns):
            return run
    return None


def slot_floor(at_ns: int) -> int:
    """Return the start of the slot that holds a moment."""
    return at_ns // SLOT_NS * SLOT_NS


def look(
    slot_ns: int,
    events: WindowEvents,
    time_zone: str,
    place: Place = ANYWHERE,
) -> SlotView:
    """Return what was seen in a slot: of its plays, of all that others showed, and of nothing."""
    start_ns = slot_ns + BURN_IN_NS
    end_ns = slot_ns + SLOT_NS
    day = local_day(slot_ns, time_zone)
    audience = events.audience
    found = audience.during(start_ns, end_ns, day)
    present = {
        name: one for name, one in found.items() if length(one.presence) >= OTS_NS
    }
    attention_ns = sum(length(one.attention) for one in present.values())
    origin = origin_of_slot(slot_ns, events, place)
    own = {}
    for campaign_id, plays in plays_by_campaign(events.plays).items():
        shown = [(play.start_ns, play.end_ns) for play in plays]
        screen = clip(union(shown), start_ns, end_ns)
        arm, probability = arm_told(plays, slot_ns)
        if screen or arm != "untold":
            looked_ns = attention_within(present.values(), screen)
            of_slot = [play for play in plays if play.slot_ns == slot_ns]
            pairs = pairs_of(of_slot, audience, day)
            own[campaign_id] = Own(arm, probability, looked_ns, pairs)
    return SlotView(
        seen=Seen(len(present), attention_ns, origin),
        own=own,
        people=frozenset(present),
    )


def origin_of_slot(
    slot_ns: int,
    events: WindowEvents,
    place: Place,
) -> Origin:
    """Return what a slot's visitors are: one play by a virtual player makes it one of its slots."""
    window = Window("", slot_ns, slot_ns + SLOT_NS)
    if is_synthetic(window, events, place):
        return "synthetic"
    inside = [play for play in events.plays if play.slot_ns == slot_ns]
    if any(play.player == "virtual" for play in inside):
        return "virtual"
    return "people"


def plays_by_campaign(plays: Iterable[Play]) -> dict[str, list[Play]]:
    """Return the plays that count, once each, by campaign."""
    different = {play.play_id: play for play in plays}
    found: defaultdict[str, list[Play]] = defaultdict(list)
    for play in different.values():
        if not is_filler(play) and not overlaps(play, different.values()):
            found[play.campaign_id].append(play)
    return found


def arm_told(plays: Iterable[Play], slot_ns: int) -> tuple[Told, float]:
    """Return arm and probability as the plays of a slot tell them.

    Unclear where they differ, as when the holdout was changed in it, and where they are of a
    version that did not tell the probability.
    """
    told = {
        (play.arm, play.arm_probability) for play in plays if play.slot_ns == slot_ns
    }
    if not told:
        return "untold", 0.0
    (arm, probability), *others = told
    if others or probability is None:
        return "unclear", 0.0
    return arm, probability


def attention_within(people: Iterable[Present], screen: Iterable[Span]) -> int:
    """Return the attention of all people in spans."""
    spans = list(screen)
    total_ns = 0
    for one in people:
        if not one.attention:
            continue
        first_ns = one.attention[0][0]
        last_ns = one.attention[-1][1]
        for start_ns, end_ns in spans:
            # Most people were there during one or two plays of a slot.
            if start_ns < last_ns and first_ns < end_ns:
                total_ns += length(clip(one.attention, start_ns, end_ns))
    return total_ns
