"""The slot table in Redis; numbers of slots are their starts over their length.

analytics:slots:S:seen        hash   slot → visitors, attention, origin, of the stand
analytics:slots:S:runs        hash   campaign, first slot (JSON) → end, holdout, offers alike
analytics:slots:S:waiting     hash   line → what waits for release (JSON)
analytics:slots:S:own:C       hash   slot → arm, probability, attention, as plays tell
analytics:slots:S:pairs:C     hash   slot → creatives that chance chose between (JSON)
analytics:slots:S:goals:T:C   hash   slot → redemptions; slot, currency → what was paid
analytics:slots:S:step:L      hash   from, until: the slots that are released
analytics:slot-stands:C       set    stands of a campaign

L is a line (`Cell.line`): a campaign's figures of one origin. T is `exact` or `released`.
"""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, cast

from pydantic_core import to_json
from redis import Redis
from redis.client import Pipeline

from vitrine.campaigns.slots import (
    DAY_NS,
    SHOWN_NS,
    Redeemed,
    Run,
    Seen,
    SlotState,
    Step,
    Told,
    Trial,
    Waiting,
)
from vitrine.campaigns.stand import Change
from vitrine.campaigns.summary import Kind
from vitrine.campaigns.totals import Origin, line_of, lines_of
from vitrine.effects.slots import Pair, Side, SlotOutcome
from vitrine.programme.arms import arm_of, probability_of
from vitrine.schemas import SLOT_NS, Arm
from vitrine.stores.redis import plain_hash, redis_errors

NOTHING: Final = Seen()
# Lua takes 8,000 arguments.
MOST_WORDS: Final = 1000
# Takes fields of before a slot out of a hash: beside the slot they may name a currency, which only
# the hash knows. Its words: the key, the number of the first slot that stays.
FORGET: Final = "forget"
# ARGV: commands (JSON).
GIVE: Final = f"""
local function forget(key, first)
  for _, field in ipairs(redis.call('HKEYS', key)) do
    local slot = string.match(field, '^%d+')
    if tonumber(slot) < tonumber(first) then redis.call('HDEL', key, field) end
  end
end
for _, command in ipairs(cjson.decode(ARGV[1])) do
  if command[1] == '{FORGET}' then
    forget(command[2], command[3])
  else
    redis.call(unpack(command))
  end
end
"""


class Script:
    """Collect commands of a batch that are given as one.

    Client and server would else spend more on passing a command on than on what it does.
    """

    def __init__(self) -> None:
        self._commands: list[tuple[str, ...]] = []

    def add(self, *words: str) -> None:
        """Add a command of at most `MOST_WORDS` and a few words."""
        self._commands.append(words)

    def queue(self, pipe: Pipeline) -> None:
        """Queue all of them."""
        if self._commands:
            pipe.eval(GIVE, 0, to_json(self._commands))


def queue_slots(script: Script, change: Change) -> None:
    """Queue what a batch changes in the slot table of a stand."""
    slots = change.slots
    name = f"analytics:slots:{change.stand.stand_id}"
    for slot_ns, seen in slots.seen.items():
        text = f"{seen.visitors} {seen.attention_ns} {seen.origin}"
        script.add("HSET", f"{name}:seen", str(number(slot_ns)), text)
    for (campaign_id, slot_ns), own in slots.own.items():
        told = f"{own.arm} {own.probability} {own.attention_ns}"
        key = f"{name}:own:{campaign_id}"
        script.add("HSET", key, str(number(slot_ns)), told)
        queue_pairs(script, f"{name}:pairs:{campaign_id}", slot_ns, own.pairs)
    queue_runs(script, change)
    for goal in slots.goals:
        queue_goal(script, f"{name}:goals:exact", goal)
    for line, step in change.shown.slots.items():
        queue_step(script, name, line, step)
    for line, waiting in slots.waiting.items():
        text = waiting_to_json(waiting)
        script.add("HSET", f"{name}:waiting", line, text)
    queue_dropped(script, change)


def queue_pairs(
    script: Script,
    name: str,
    slot_ns: int,
    pairs: tuple[Pair, ...],
) -> None:
    """Queue what a slot tells of creatives; a revision may leave nothing of it."""
    slot = str(number(slot_ns))
    if pairs:
        script.add("HSET", name, slot, json.dumps(pairs))
    else:
        script.add("HDEL", name, slot)


def queue_runs(script: Script, change: Change) -> None:
    """Queue the slots that campaigns are on in."""
    stand_id = change.stand.stand_id
    for campaign_id, runs in change.slots.runs.items():
        script.add("SADD", f"analytics:slot-stands:{campaign_id}", stand_id)
        for run in runs.values():
            value = [number(run.end_ns), *run.trial]
            field = run_field(campaign_id, run)
            key = f"analytics:slots:{stand_id}:runs"
            script.add("HSET", key, field, json.dumps(value))


def queue_goal(script: Script, prefix: str, goal: Redeemed) -> None:
    """Queue the addition of a redemption, and of what was paid."""
    name = f"{prefix}:{goal.campaign_id}"
    slot = number(goal.slot_ns)
    script.add("HINCRBY", name, str(slot), str(goal.amount))
    if goal.currency:
        field = f"{slot} {goal.currency}"
        script.add("HINCRBY", name, field, str(goal.minor))


def queue_step(
    script: Script,
    name: str,
    line: str,
    step: Step,
) -> None:
    """Queue the release of slots, and of the redemptions that waited for it."""
    script.add(
        "HSET",
        f"{name}:step:{line}",
        "from",
        str(number(step.from_ns)),
        "until",
        str(number(step.until_ns)),
    )
    for goal in step.goals:
        queue_goal(script, f"{name}:goals:released", goal)


def queue_dropped(script: Script, change: Change) -> None:
    """Queue that slots too old to be kept go, and campaigns without any other."""
    queue_forgotten(script, change)
    queue_old_slots(script, change)


def queue_forgotten(script: Script, change: Change) -> None:
    """Queue that runs which ended go, and campaigns without any slot."""
    slots = change.slots
    stand_id = change.stand.stand_id
    name = f"analytics:slots:{stand_id}"
    for campaign_id, run in slots.ended:
        script.add("HDEL", f"{name}:runs", run_field(campaign_id, run))
    for campaign_id in slots.forgotten:
        lines = lines_of(campaign_id)
        steps = [f"{name}:step:{line}" for line in lines]
        script.add("HDEL", f"{name}:waiting", *lines)
        script.add("SREM", f"analytics:slot-stands:{campaign_id}", stand_id)
        told = told_keys(name, campaign_id)
        script.add("DEL", *steps, *told, *goal_keys(name, campaign_id))


def queue_old_slots(script: Script, change: Change) -> None:
    """Queue that slots too old to be kept go."""
    slots = change.slots
    if not slots.dropped:
        return
    name = f"analytics:slots:{change.stand.stand_id}"
    last_ns = max(slots.dropped)
    first_kept = str(number(last_ns) + 1)
    keys = [f"{name}:seen"]
    for campaign_id, runs in change.stand.slots.runs.items():
        # What plays and redemptions tell may be of slots before the first one that it was on in.
        if runs[0].first_ns <= last_ns + DAY_NS:
            keys += told_keys(name, campaign_id)
            for key in goal_keys(name, campaign_id):
                script.add(FORGET, key, first_kept)
    numbers = [str(number(slot_ns)) for slot_ns in slots.dropped]
    for first in range(0, len(numbers), MOST_WORDS):
        for key in keys:
            script.add("HDEL", key, *numbers[first : first + MOST_WORDS])


def told_keys(name: str, campaign_id: str) -> list[str]:
    """Return the hashes of a campaign at a stand that have slots as fields."""
    return [f"{name}:own:{campaign_id}", f"{name}:pairs:{campaign_id}"]


def goal_keys(name: str, campaign_id: str) -> list[str]:
    """Return the hashes of a campaign at a stand whose fields are a slot, or one and a currency."""
    return [
        f"{name}:goals:exact:{campaign_id}",
        f"{name}:goals:released:{campaign_id}",
    ]


def load_slot_state(redis: Redis, stand_id: str) -> SlotState:
    """Return what a worker goes on from."""
    name = f"analytics:slots:{stand_id}"
    state = SlotState()
    for campaign_id, run in load_runs(redis, stand_id):
        state.runs.setdefault(campaign_id, []).append(run)
    for runs in state.runs.values():
        runs.sort()
    for line, text in plain_hash(redis, f"{name}:waiting").items():
        state.waiting[line] = waiting_from_json(text)
    return state


def load_runs(redis: Redis, stand_id: str) -> Iterator[tuple[str, Run]]:
    """Yield the runs of all campaigns at a stand, each with its campaign."""
    for key, value in plain_hash(redis, f"analytics:slots:{stand_id}:runs").items():
        campaign_id, first = json.loads(key)
        end, holdout, alike = json.loads(value)
        yield campaign_id, Run(first * SLOT_NS, end * SLOT_NS, Trial(holdout, alike))


def load_slots(
    redis: Redis,
    campaign_id: str,
    kind: Kind = "exact",
    origin: Origin = "people",
) -> list[SlotOutcome]:
    """Return the slots of a campaign at all its stands, by stand and time, of one origin.

    Exact ones are the last 30 days of each stand. Released ones end where the last step of their
    people did, and are as they were then but for redemptions that came with a later step. Raises
    Unavailable.
    """
    with redis_errors(redis):
        found = cast(
            "set[bytes]", redis.smembers(f"analytics:slot-stands:{campaign_id}")
        )
        tables = []
        for stand in sorted(found):
            table = load_table(redis, stand.decode(), campaign_id, kind, origin)
            if table is not None:
                tables.append(table)
    currency = usual_currency(tables)
    slots: list[SlotOutcome] = []
    for table in tables:
        slots += table.outcomes(currency, origin)
    return slots


@dataclass(frozen=True, slots=True)
class Table:
    """Hold what the store has of one campaign at one stand; slots by number."""

    stand_id: str
    campaign_id: str
    first: int
    end: int
    runs: list[Run]
    seen: Mapping[str, str]
    own: Mapping[str, str]
    pairs: Mapping[str, str]
    redemptions: Counter[int]
    sales: Mapping[str, Counter[int]]
    """By currency."""

    @property
    def offers_alike(self) -> bool:
        """True where both arms had the same offers in all slots."""
        return all(run.trial.offers_alike for run in self.runs)

    def outcomes(self, currency: str, origin: Origin) -> Iterator[SlotOutcome]:
        """Yield the slots of an origin in order, without those whose arm is unclear."""
        for run in self.runs:
            first = max(number(run.first_ns), self.first)
            end = min(number(run.end_ns), self.end)
            for slot in range(first, end):
                if seen_from(self.seen.get(str(slot))).origin != origin:
                    continue
                outcome = self._outcome(run, slot, currency)
                if outcome is not None:
                    yield outcome

    def _outcome(
        self,
        run: Run,
        slot: int,
        currency: str,
    ) -> SlotOutcome | None:
        told, probability, own_ns = own_from(self.own.get(str(slot)))
        if told == "unclear":
            return None
        if told == "untold":
            arm = self._drawn(run, slot)
            probability = probability_of(run.trial.holdout, arm)
        else:
            arm = told
        seen = seen_from(self.seen.get(str(slot)))
        alike = self.offers_alike
        sales = self.sales.get(currency, Counter())
        return SlotOutcome(
            stand_id=self.stand_id,
            slot_ns=slot * SLOT_NS,
            arm=arm,
            probability=probability,
            visitors=seen.visitors,
            attention_ns=seen.attention_ns,
            own_attention_ns=own_ns,
            redemptions=self.redemptions[slot] if alike else 0,
            sales_minor=sales[slot] if alike else 0,
            pairs=pairs_from(self.pairs.get(str(slot))),
        )

    def _drawn(self, run: Run, slot: int) -> Arm:
        return arm_of(
            self.campaign_id,
            run.trial.holdout,
            self.stand_id,
            slot * SLOT_NS,
        )


def load_table(
    redis: Redis,
    stand_id: str,
    campaign_id: str,
    kind: Kind,
    origin: Origin,
) -> Table | None:
    """Return what the store has of one campaign at one stand; None before the first release.

    Released slots end where the last step of an origin did.
    """
    name = f"analytics:slots:{stand_id}"
    runs = [run for other, run in load_runs(redis, stand_id) if other == campaign_id]
    if not runs:
        return None
    end = max(number(run.end_ns) for run in runs)
    first = end - SHOWN_NS // SLOT_NS
    if kind == "released":
        step = plain_hash(redis, f"{name}:step:{line_of(campaign_id, origin)}")
        if not step:
            return None
        first = int(step["from"])
        end = int(step["until"])
    redemptions: Counter[int] = Counter()
    sales: defaultdict[str, Counter[int]] = defaultdict(Counter)
    goals = plain_hash(redis, f"{name}:goals:{kind}:{campaign_id}")
    for key, count in goals.items():
        slot, _, currency = key.partition(" ")
        if currency:
            sales[currency][int(slot)] += int(count)
        else:
            redemptions[int(slot)] += int(count)
    return Table(
        stand_id=stand_id,
        campaign_id=campaign_id,
        first=first,
        end=end,
        runs=sorted(runs),
        seen=plain_hash(redis, f"{name}:seen"),
        own=plain_hash(redis, f"{name}:own:{campaign_id}"),
        pairs=plain_hash(redis, f"{name}:pairs:{campaign_id}"),
        redemptions=redemptions,
        sales=sales,
    )


def usual_currency(tables: Iterable[Table]) -> str:
    """Return the currency of the most slots with a sale: amounts of several cannot be added."""
    slots: Counter[str] = Counter()
    for table in tables:
        for currency, amounts in table.sales.items():
            slots[currency] += len(amounts)
    # Of equals the last by name, so that the order of stands decides nothing.
    return max(slots, key=lambda name: (slots[name], name), default="")


def number(slot_ns: int) -> int:
    """Return the number of the slot that begins then."""
    return slot_ns // SLOT_NS


def run_field(campaign_id: str, run: Run) -> str:
    """Return the field of a run: the hash is of one stand."""
    return json.dumps([campaign_id, number(run.first_ns)])


def seen_from(text: str | None) -> Seen:
    """Return what was seen; nothing where nothing is stored."""
    if text is None:
        return NOTHING
    # Before origins were told apart, there was none.
    visitors, attention_ns, *origin = text.split()
    return Seen(int(visitors), int(attention_ns), *cast("list[Origin]", origin))


def own_from(text: str | None) -> tuple[Told, float, int]:
    """Return arm, probability and attention as plays tell."""
    if text is None:
        return "untold", 0.0, 0
    told, probability, attention_ns = text.split()
    return cast("Told", told), float(probability), int(attention_ns)


def pairs_from(text: str | None) -> tuple[Pair, ...]:
    """Return what a slot tells of creatives."""
    if text is None:
        return ()
    found = []
    for first_id, second_id, first, second in json.loads(text):
        found.append(Pair(first_id, second_id, Side(*first), Side(*second)))
    return tuple(found)


def waiting_to_json(waiting: Waiting) -> str:
    """Return for the store what waits for release."""
    people = {arm: sorted(names) for arm, names in waiting.people.items()}
    plain = {"people": people, "goals": waiting.goals, "after": waiting.after_ns}
    return json.dumps(plain)


def waiting_from_json(text: str) -> Waiting:
    """Return the reverse of `waiting_to_json`."""
    plain = json.loads(text)
    people = {arm: frozenset(names) for arm, names in plain["people"].items()}
    goals = tuple(Redeemed(*goal) for goal in plain["goals"])
    return Waiting(people, goals, plain["after"])
