"""Judge what a stand decided, by rules of its own: nothing here asks the deciding code."""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from math import sqrt
from typing import Final
from zoneinfo import ZoneInfo

from benchmarks.decisions.simulation import Shown
from vitrine.clock import SECOND_NS
from vitrine.programme.blocks import BLOCK
from vitrine.programme.commands import Command

HOUR_NS: Final = 3600 * SECOND_NS
MINUTE_NS: Final = 60 * SECOND_NS
# What campaigns.yaml of the scenario says, once more.
SHARES: Final[Mapping[str, float]] = {
    "large": 0.3,
    "shoes": 0.2,
    "boots": 0.2,
    "evening": 0.1,
    "hourly": 0.1,
    "seldom": 0.05,
    "dark": 0.04,
    "rare": 0.01,
}
COMPETE: Final = frozenset({"shoes", "boots"})
PER_HOUR: Final = 12
PER_VISITOR: Final = 2
MOST_CUTS: Final = 6
"""In any minute."""
DARK_DAYS: Final = frozenset({"2027-03-11", "2027-03-26"})
# Of 320 sums, one beyond this by chance has a probability of 0.0002.
MOST_DEVIATION: Final = 5.0
"""Standard deviations between how often something came and the sum of its probabilities."""


SUMS: Final = (
    "plays",
    "rotation",
    "guessed",
    "responses",
    "cuts",
    "counts",
    "outside",
    "dark",
    "over_hour",
    "over_visitor",
    "competing",
    "plain",
    "over_cuts",
)
"""What the findings of several stands are added up in."""


@dataclass(slots=True)
class Findings:
    """Hold what an audit found at some stands; counts of what must not be are 0."""

    plays: int = 0
    rotation: int = 0
    guessed: int = 0
    """Plays of the rotation that were the likeliest ones."""
    responses: int = 0
    cuts: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    expected: dict[str, float] = field(default_factory=dict)
    """Campaign → plays of the rotation by its share of those that could be shown."""
    furthest: dict[str, float] = field(default_factory=dict)
    """Campaign → most plays between both, at any time at any stand."""
    deviations: dict[str, float] = field(default_factory=dict)
    """Campaign → most standard deviations from the logged probabilities, at any stand."""
    outside: int = 0
    dark: int = 0
    over_hour: int = 0
    over_visitor: int = 0
    competing: int = 0
    plain: int = 0
    """Answers in plain slots."""
    over_cuts: int = 0

    def add(self, other: Findings) -> None:
        """Take in what was found at other stands."""
        for name in SUMS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for campaign, plays in other.expected.items():
            self.expected[campaign] = self.expected.get(campaign, 0.0) + plays
        for mine, theirs in (
            (self.furthest, other.furthest),
            (self.deviations, other.deviations),
        ):
            for campaign, most in theirs.items():
                mine[campaign] = max(mine.get(campaign, 0.0), most)

    def problems(self) -> list[str]:
        """Return what must not be, each in a sentence."""
        found = []
        for name, far in self.furthest.items():
            if far > BLOCK:
                found.append(f"{name} was {far:.1f} plays from its share")
        for name, deviation in self.deviations.items():
            if deviation > MOST_DEVIATION:
                found.append(f"{name} came {deviation:.1f} deviations from its chances")
        for words, count in (
            ("plays outside of their hours", self.outside),
            ("plays on blackout days", self.dark),
            ("plays over the cap of an hour", self.over_hour),
            ("looks over the cap of a visitor", self.over_visitor),
            ("competitors that follow each other", self.competing),
            ("answers in plain slots", self.plain),
            ("cuts over those of a minute", self.over_cuts),
        ):
            if count:
                found.append(f"{count} {words}")
        return found


def _is_drawn(reason: str) -> bool:
    """Return True for a play of the rotation, in its turn or after `then: next`."""
    return reason == "rotation" or reason.endswith("next after shoes")


def audit(shown: Sequence[Shown], time_zone: str, findings: Findings) -> None:
    """Add what one stand decided to `findings`."""
    zone = ZoneInfo(time_zone)
    auditor = _Auditor(zone, findings)
    for play in shown:
        auditor.take(play)
    auditor.end()


class _Auditor:
    """Follow one stand's plays in order."""

    def __init__(self, zone: ZoneInfo, findings: Findings) -> None:
        self._zone = zone
        self._findings = findings
        self._hour: deque[int] = deque()
        """Starts of the plays of `hourly` within the last hour."""
        self._cuts: deque[int] = deque()
        self._seen: Counter[str] = Counter()
        """Presence → plays of `seldom` that it looked at."""
        self._counts: Counter[str] = Counter()
        self._expected = dict.fromkeys(SHARES, 0.0)
        self._chances: dict[tuple[str, str], list[float]] = defaultdict(
            lambda: [0.0, 0.0]
        )
        """Campaign and weighting → weighted sum of (came − probability), and its variance."""
        self._last = ""
        self._last_arm: tuple[int, str] = (0, "")
        """Slot and arm of the play before."""
        self._last_looked: tuple[str, set[str]] = ("", set())

    def take(self, play: Shown) -> None:
        """Judge one play."""
        found = self._findings
        command = play.command
        name = command.campaign_id
        found.plays += 1
        found.responses += command.responds
        self._count_looks()
        if _is_drawn(command.reason) and name in SHARES:
            self._rotated(play)
        found.outside += name == "evening" and not self._is_evening(play.start_ns)
        found.dark += name == "dark" and self._day(play.start_ns) in DARK_DAYS
        found.competing += name != self._last and {name, self._last} == COMPETE
        self._cap(play)
        self._cut(play)
        found.plain += self._answers_in_plain(command)
        self._last = name
        self._last_arm = (command.slot_ns, command.arm)
        self._last_looked = (name, play.looked)

    def _answers_in_plain(self, command: Command) -> bool:
        """Tell whether a campaign answered in its own plain slot: with a play, or with `next`."""
        if command.responds:
            return command.arm == "plain"
        goes_on = command.reason.endswith("next after shoes")
        return goes_on and self._last_arm == (command.slot_ns, "plain")

    def _rotated(self, play: Shown) -> None:
        """Compare a play of the rotation with the shares of those that could be shown."""
        found = self._findings
        name = play.command.campaign_id
        chances = self._campaign_chances(play)
        for each, chance in chances.items():
            # What is owed is known before: a probability that overlooks it does not fit.
            owed = self._expected[each] - self._counts[each]
            for weighting, weight in (("alike", 1.0), ("owed", owed)):
                sums = self._chances[each, weighting]
                sums[0] += weight * ((each == name) - chance)
                sums[1] += weight * weight * chance * (1 - chance)
        likeliest = max(play.command.alternatives.values(), default=0.0)
        found.guessed += play.command.probability >= likeliest
        found.rotation += 1
        self._counts[name] += 1
        able = self._able(play)
        total = sum(SHARES[each] for each in able)
        for each in able:
            self._expected[each] += SHARES[each] / total
            far = abs(self._counts[each] - self._expected[each])
            found.furthest[each] = max(found.furthest.get(each, 0.0), far)

    def _campaign_chances(self, play: Shown) -> dict[str, float]:
        command = play.command
        chances = {command.campaign_id: command.probability}
        for place, probability in command.alternatives.items():
            campaign = place.partition("/")[0]
            chances[campaign] = chances.get(campaign, 0.0) + probability
        return chances

    def _able(self, play: Shown) -> list[str]:
        """Return the campaigns that could be shown, whatever else keeps them apart."""
        without = self._not_next(play)
        if not self._is_evening(play.start_ns):
            without.add("evening")
        if self._day(play.start_ns) in DARK_DAYS:
            without.add("dark")
        if self._in_hour(play.start_ns) >= PER_HOUR:
            without.add("hourly")
        if self._is_seen(play):
            without.add("seldom")
        return [name for name in SHARES if name not in without]

    def _not_next(self, play: Shown) -> set[str]:
        """Return the campaigns that `next` after the shoes does not go on to."""
        if play.command.reason == "rotation":
            return set()
        return {"shoes"}

    def _is_seen(self, play: Shown) -> bool:
        return any(self._seen[each] >= PER_VISITOR for each in play.present)

    def _count_looks(self) -> None:
        """Count who looked at the play before this one."""
        name, looked = self._last_looked
        if name != "seldom":
            return
        for presence in looked:
            self._seen[presence] += 1
            self._findings.over_visitor += self._seen[presence] > PER_VISITOR

    def _in_hour(self, start_ns: int) -> int:
        while self._hour and start_ns - self._hour[0] >= HOUR_NS:
            self._hour.popleft()
        return len(self._hour)

    def _cap(self, play: Shown) -> None:
        if play.command.campaign_id != "hourly":
            return
        self._findings.over_hour += self._in_hour(play.start_ns) >= PER_HOUR
        self._hour.append(play.start_ns)

    def _cut(self, play: Shown) -> None:
        if not play.cut:
            return
        self._findings.cuts += 1
        while self._cuts and play.start_ns - self._cuts[0] >= MINUTE_NS:
            self._cuts.popleft()
        self._cuts.append(play.start_ns)
        self._findings.over_cuts += len(self._cuts) > MOST_CUTS

    def _local(self, at_ns: int) -> datetime:
        moment = datetime.fromtimestamp(at_ns // SECOND_NS, UTC)
        return moment.astimezone(self._zone)

    def _day(self, at_ns: int) -> str:
        return self._local(at_ns).date().isoformat()

    def _is_evening(self, at_ns: int) -> bool:
        """Judge `mon-fri 17:00-20:00` and `fri-sat 20:00-02:00`."""
        local = self._local(at_ns)
        weekday = local.isoweekday()
        if weekday <= 5 and 17 <= local.hour < 20:
            return True
        if weekday in {5, 6} and local.hour >= 20:
            return True
        return weekday in {6, 7} and local.hour < 2

    def end(self) -> None:
        """Add up what one stand came to."""
        found = self._findings
        mine = Findings(counts=self._counts, expected=self._expected)
        for (name, _), (difference, variance) in self._chances.items():
            if variance > 0:
                deviation = abs(difference) / sqrt(variance)
                known = mine.deviations.get(name, 0.0)
                mine.deviations[name] = max(known, deviation)
        found.add(mine)
