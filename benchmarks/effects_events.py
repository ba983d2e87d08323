"""A/A test at the level of events: does a campaign in which nothing adapts seem to have an effect?

python -m benchmarks.effects_events [--days 8] [--draws 100] [--short]

The real director shows, at one stand, a campaign that answers people who look, and one in which
nothing adapts. People look longer at an answer. What plays and people leave goes through the slot
table, and the statistics judge the inert campaign. Its arms decide nothing about what is shown
(tests/unit/programme/test_director.py), so they are drawn anew, by another id, for the same days.
It fails where more than 7 % of the intervals of one planned look exclude no effect.
"""

from __future__ import annotations

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, Final

from rich.console import Console
from rich.progress import track

from vitrine.campaigns.slots import look
from vitrine.campaigns.windows import WindowEvents
from vitrine.clock import SECOND_NS, Moment
from vitrine.effects.effect import Effect, effects
from vitrine.effects.slots import SlotOutcome
from vitrine.mall import Campaign, Creative, Mall
from vitrine.programme.arms import arm_of, probability_of
from vitrine.programme.director import Director, Player
from vitrine.schemas import SLOT_NS, Exposure, Person, Play, StandEngagement

FIRST_NS: Final = 1_800_000_000 * SECOND_NS
DAY_S: Final = 86_400
HOLDOUT: Final = 0.2
LENGTHS: Final = (5, 8, 12)
"""Seconds of the answering campaign's creatives."""
BOUND: Final = 0.07
JUDGED: Final = ("attention", "own_attention", "traffic")
PLAYER: Final = Player("page-1", "page", 1)
THRESHOLDS: Final = (60.0,)
# Of a second: somebody begins to look, goes on, and goes on while the creative answers.
BEGINS: Final = 0.2
GOES_ON: Final = 0.75
GOES_ON_ANSWERED: Final = 0.9


@dataclass(slots=True)
class Visitor:
    """Hold somebody before the stand."""

    name: str
    from_s: int
    until_s: int
    glances: list[list[int]] = field(default_factory=list)
    """Whole seconds of looking, as first and end."""
    looks: bool = False


@dataclass(slots=True)
class Happened:
    """Hold what a stand's day leaves on the bus."""

    plays: list[Play] = field(default_factory=list)
    exposures: list[Exposure] = field(default_factory=list)


def mall_of(length: int) -> Mall:
    """Return a stand with a campaign that answers who looks, and an inert one."""
    answer = {"engagement": 60, "for_seconds": 1}
    shared: dict[str, Any] = {
        "advertiser": "acme",
        "from": "2027-01-01",
        "to": "2027-12-31",
        "stands": ["north"],
        "holdout": HOLDOUT,
    }
    answering = [
        {"id": "calm", "file": "calm.html", "seconds": length},
        {"id": "more", "file": "more.html", "seconds": length, "when": answer},
    ]
    inert = [{"id": "still", "file": "still.html", "seconds": 8}]
    campaigns = [
        shared | {"id": "answering", "creatives": answering},
        shared | {"id": "inert", "creatives": inert},
    ]
    stands = [{"id": "north", "time_zone": "UTC"}]
    return Mall.model_validate(
        {"cameras": (), "stands": stands, "campaigns": campaigns}
    )


def usable(_campaign: Campaign, _creative: Creative) -> bool:
    return True


def visitors(random: Random, seconds: int) -> Iterator[Visitor]:
    """Yield who comes: more at some hours than at others, for half a minute in the median."""
    at_s = 0.0
    number = 0
    while at_s < seconds:
        busy = 1 + (int(at_s) // 3600 % 4)
        at_s += random.expovariate(busy / 90)
        stays_s = max(2, round(random.lognormvariate(3.4, 0.8)))
        yield Visitor(f"v{number}", int(at_s), int(at_s) + stays_s)
        number += 1


def simulate(mall: Mall, first_s: int, seconds: int, random: Random) -> Happened:
    """Return what happens in so many seconds, from a time after FIRST_NS on."""
    director = Director("north")
    happened = Happened()
    coming = list(visitors(random, seconds))
    coming.reverse()
    there: list[Visitor] = []
    for second in range(seconds):
        at_ns = FIRST_NS + (first_s + second) * SECOND_NS
        there = present(there, coming, second)
        answered = on_screen(happened.plays, at_ns) == "more"
        for one in there:
            glance(one, second, random, answered=answered)
            # Nothing happens to them after their last second.
            if one.until_s == second + 1:
                happened.exposures.append(exposure(one, first_s))
        director.audience.observe(snapshot(at_ns, there), THRESHOLDS)
        show(director, mall, happened.plays, at_ns)
    return happened


def present(
    there: Sequence[Visitor],
    coming: list[Visitor],
    second: int,
) -> list[Visitor]:
    """Return who is there in a second; who arrives leaves `coming`, the next one last."""
    found = [one for one in there if one.until_s > second]
    while coming and coming[-1].from_s <= second:
        found.append(coming.pop())
    return found


def show(
    director: Director,
    mall: Mall,
    plays: list[Play],
    at_ns: int,
) -> None:
    """Let the director decide, and add the play; one that is cut short ends."""
    now = Moment(at_ns, at_ns)
    decided = director.next_play(mall, "v1", mall.stands[0], PLAYER, now, usable)
    if decided is None:
        return
    screen = director.screen
    start_ns = at_ns
    if screen is not None and screen.following is decided:
        start_ns = screen.end_ns
    if decided.cut:
        plays[-1] = plays[-1].model_copy(update={"end_ns": start_ns})
    command = decided.command
    play = Play.model_construct(
        play_id=command.play_id,
        stand_id="north",
        campaign_id=command.campaign_id,
        advertiser="acme",
        creative_id=command.creative_id,
        start_ns=start_ns,
        end_ns=start_ns + int(command.seconds * SECOND_NS),
        completed=True,
        player="page",
        reason=command.reason,
        probability=command.probability,
        arm=command.arm,
        arm_probability=command.arm_probability,
        slot_ns=command.slot_ns,
        config_version="v1",
    )
    plays.append(play)


def on_screen(plays: Sequence[Play], at_ns: int) -> str:
    """Return the creative on the screen, of the last two that were decided."""
    for play in plays[-2:]:
        if play.start_ns <= at_ns < play.end_ns:
            return play.creative_id
    return ""


def glance(
    one: Visitor,
    second: int,
    random: Random,
    *,
    answered: bool,
) -> None:
    """Let somebody look or not for a second."""
    goes_on = GOES_ON_ANSWERED if answered else GOES_ON
    looks = random.random() < (goes_on if one.looks else BEGINS)
    if looks and one.looks:
        one.glances[-1][1] = second + 1
    elif looks:
        one.glances.append([second, second + 1])
    one.looks = looks


def snapshot(at_ns: int, there: Sequence[Visitor]) -> StandEngagement:
    """Return what the stand is told of the people; who looks is engaged."""
    people = []
    for one in there:
        person = Person.model_construct(
            presence_id=one.name,
            track_id=one.name,
            dwell_s=0.0,
            attending=one.looks,
            attention_s=0.0,
            score=80.0 if one.looks else 20.0,
        )
        people.append(person)
    return StandEngagement.model_construct(
        stand_id="north",
        at_ns=at_ns,
        people=tuple(people),
        synthetic=True,
        config_version="v1",
    )


def exposure(one: Visitor, first_s: int) -> Exposure:
    """Return the presence of somebody who left."""

    def at(second: int) -> int:
        return FIRST_NS + (first_s + second) * SECOND_NS

    return Exposure.model_construct(
        stand_id="north",
        presence_id=f"{first_s}:{one.name}",
        part=0,
        final=True,
        track_ids=(f"{first_s}:{one.name}",),
        start_ns=at(one.from_s),
        end_ns=at(one.until_s),
        attention=tuple((at(first), at(end)) for first, end in one.glances),
        score_mean=50.0,
        response_mean=0.0,
        response_max=0.0,
        synthetic=True,
        config_version="v1",
    )


def outcomes(happened: Happened, campaign_id: str) -> list[SlotOutcome]:
    """Return the slots of what happened, by the slot table; arms as plays tell or as drawn."""
    plays: defaultdict[int, list[Play]] = defaultdict(list)
    for play in happened.plays:
        for slot_ns in touched(play.start_ns, play.end_ns):
            plays[slot_ns].append(play)
    exposures: defaultdict[int, list[Exposure]] = defaultdict(list)
    for one in happened.exposures:
        for slot_ns in touched(one.start_ns, one.end_ns):
            exposures[slot_ns].append(one)
    found = []
    for slot_ns in sorted(plays):
        events = WindowEvents(plays=plays[slot_ns], exposures=exposures[slot_ns])
        view = look(slot_ns, events, "UTC")
        arm = arm_of(campaign_id, HOLDOUT, "north", slot_ns)
        own = view.own.get(campaign_id)
        slot = SlotOutcome(
            stand_id="north",
            slot_ns=slot_ns,
            arm=arm,
            probability=probability_of(HOLDOUT, arm),
            visitors=view.seen.visitors,
            attention_ns=view.seen.attention_ns,
            own_attention_ns=0 if own is None else own.attention_ns,
            redemptions=0,
            sales_minor=0,
        )
        found.append(slot)
    return found


def touched(start_ns: int, end_ns: int) -> range:
    """Return the slots that share time with a span."""
    return range(start_ns // SLOT_NS * SLOT_NS, end_ns, SLOT_NS)


def redrawn(slots: Sequence[SlotOutcome], name: str) -> list[SlotOutcome]:
    """Return the same slots with the arms of another id."""
    found = []
    for slot in slots:
        arm = arm_of(name, HOLDOUT, "north", slot.slot_ns)
        probability = probability_of(HOLDOUT, arm)
        found.append(replace(slot, arm=arm, probability=probability))
    return found


def excludes_none(effect: Effect) -> bool:
    """Tell whether the interval of one planned look excludes no effect."""
    if effect.fixed_lower is None or effect.fixed_upper is None:
        return False
    return effect.fixed_lower > 0 or effect.fixed_upper < 0


def measured(
    length: int,
    days: int,
    hours: int,
    draws: int,
    seed: int = 1,
) -> tuple[Mapping[str, tuple[int, int]], list[SlotOutcome]]:
    """Return false positives and judged draws by outcome, and the answering campaign's slots.

    Each day is judged alone, with each draw of arms.
    """
    mall = mall_of(length)
    false: defaultdict[str, int] = defaultdict(int)
    judged: defaultdict[str, int] = defaultdict(int)
    answering = []
    progress = Console(stderr=True)
    for day in track(range(days), f"{length} s", console=progress, transient=True):
        random = Random(f"{seed} {length} {day}")
        happened = simulate(mall, day * DAY_S, hours * 3600, random)
        answering += outcomes(happened, "answering")
        slots = outcomes(happened, "inert")
        for draw in range(draws):
            for effect in effects(redrawn(slots, f"inert-{draw}")):
                if effect.estimate is not None and effect.outcome.name in JUDGED:
                    judged[effect.outcome.name] += 1
                    false[effect.outcome.name] += excludes_none(effect)
    rates = {name: (false[name], judged[name]) for name in judged}
    return rates, answering


def gain(slots: Sequence[SlotOutcome]) -> str:
    """Return what answering gained in attention, in words."""
    [effect] = [one for one in effects(slots) if one.outcome.name == "attention"]
    if effect.silence is not None:
        return f"the answering campaign: {effect.silence.reason}"
    return (
        f"the answering campaign: {effect.estimate:+.2f} s a visitor, "
        f"95 % of one look [{effect.fixed_lower:+.2f}, {effect.fixed_upper:+.2f}]"
    )


def main() -> None:
    """Print the false positives of each length. Exits with 1 above the bound."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=int, default=8)
    parser.add_argument("--hours", type=int, default=24)
    parser.add_argument("--draws", type=int, default=100)
    parser.add_argument("--short", action="store_true", help="2 days, 25 draws")
    options = parser.parse_args()
    days, draws = options.days, options.draws
    if options.short:
        days, draws = 2, 25
    failed = False
    print("| creative | outcome | false positives | of | rate |")
    print("|---|---|---|---|---|")
    for length in LENGTHS:
        rates, answering = measured(length, days, options.hours, draws)
        for name, (false, judged) in rates.items():
            rate = false / judged
            failed = failed or rate > BOUND
            print(f"| {length} s | {name} | {false} | {judged} | {rate:.3f} |")
        print(gain(answering), file=sys.stderr)
    if failed:
        sys.exit(f"more than {BOUND:.0%} false positives")


if __name__ == "__main__":
    main()
