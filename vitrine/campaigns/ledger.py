"""The ledger of a campaign at a stand: what is released of it, and what waits."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from itertools import zip_longest
from typing import Any, Final, TypeAlias

from vitrine.campaigns.slots import Step
from vitrine.campaigns.totals import (
    SUMS,
    Cell,
    Totals,
    Visitor,
    cell_in,
    combine_all_seconds,
)

# What screens and cameras did, whoever was there.
IMPERSONAL: Final = (
    "plays",
    "completed",
    "doubtful",
    "overlapping",
    "screen_ns",
    "unproven_ns",
    "usable_ns",
    "camera_ns",
)
PERSONAL: Final = tuple(name for name in SUMS if name not in IMPERSONAL)
# What `private` draws a noisy number of, and how many plays and how much noise that is.
NOISY: Final = ("ots", "measured_plays", "measured_ns", "ots_noise", "reach_noise")
# A sum that is added later is untold beside noise until it is drawn, too.
UNTOLD_WITH_NOISE: Final = frozenset(PERSONAL) - frozenset(NOISY)
NOTHING: Final = Totals()
Names: TypeAlias = tuple[str, ...]


@dataclass(slots=True)
class Account:
    """Hold what is released of one creative at a stand, and what waits.

    What waits is the exact totals minus the released ones: a sum that was corrected below what is
    released is negative, until enough has come for it.
    """

    released: Totals = NOTHING
    waiting: Totals = NOTHING
    """Sums that concern people."""
    plays: Totals = NOTHING
    """Sums that concern nobody."""
    people: Counter[Visitor] = field(default_factory=Counter)
    """Visitors of rows of which nothing is released → number of such rows, by present names."""
    until_ns: int = 0
    """Rows of windows that start before it add nobody, as something of them is released."""
    reached_ns: int = 0
    """Rows of windows that start before it are in the reach, whoever is in them."""

    def add(self, added: Totals) -> None:
        """Let what waits follow the exact totals."""
        self.waiting = joined(PERSONAL, self.waiting, added)
        self.plays = joined(IMPERSONAL, self.plays, added)

    def rename(self, lost: frozenset[Visitor], gained: frozenset[Visitor]) -> None:
        """Follow the visitors of a row of which nothing is released."""
        rename(self.people, lost, gained)

    def take_waiting(self, k_anonymity: int) -> Totals:
        """Release what concerns people; return what has risen.

        A second of a play goes out once so many were present in it.
        """
        risen, rest = split(PERSONAL, self.waiting)
        going, staying = split_seconds(self.waiting, k_anonymity)
        risen = replace(risen, **going)
        self.waiting = replace(rest, **staying)
        self.released = joined(SUMS, self.released, risen)
        return risen

    def take_plays(self) -> Totals:
        """Release what concerns nobody; return what has risen."""
        risen, self.plays = split(IMPERSONAL, self.plays)
        self.released = joined(SUMS, self.released, risen)
        return risen

    def copy(self) -> Account:
        """Return an account that changes without this one."""
        return replace(self, people=Counter(self.people))


@dataclass(slots=True)
class Ledger:
    """Hold what is released of one `Cell.line` at one stand, and what waits."""

    accounts: dict[str, Account] = field(default_factory=dict)
    """By creative."""
    reach: int = 0
    """Different visitors who are released."""
    held: Counter[Visitor] = field(default_factory=Counter)
    """Visitors of released rows that wait for the reach → number of such rows, by present names.

    Some may be in the reach by another row: who is new is found when the reach advances.
    """
    known: set[Visitor] = field(default_factory=set)
    """Visitors who wait and are in the reach by rows that were dropped as final."""
    slots_ns: int = 0
    """Slots of effects that start before it are released."""
    rebuilt_day: str = ""
    """Local day up to which nobody is new, as figures were rebuilt: who is in the reach is lost."""

    def account(self, creative_id: str) -> Account:
        """Return the account of a creative, a new one where nothing is known of it."""
        return self.accounts.setdefault(creative_id, Account())

    def waits_for(self, visitor: Visitor) -> bool:
        """Tell whether a row that is not in the reach counts a visitor."""
        if visitor in self.held:
            return True
        return any(visitor in account.people for account in self.accounts.values())

    def last_ns(self) -> int:
        """Return the end of the last window that had something; 0 without any."""
        ends = [0]
        for account in self.accounts.values():
            parts = account.released, account.waiting, account.plays
            ends += [totals.end_ns for totals in parts]
        return max(ends)

    def forget_people(self) -> int:
        """Forget who waits, and keep what they did; return how many visitors that were."""
        forgotten = set(self.held)
        for account in self.accounts.values():
            forgotten.update(account.people)
            account.people.clear()
        self.held.clear()
        self.known.clear()
        return len(forgotten)

    def copy(self) -> Ledger:
        """Return a ledger that changes without this one."""
        accounts = {name: account.copy() for name, account in self.accounts.items()}
        return replace(
            self,
            accounts=accounts,
            held=Counter(self.held),
            known=set(self.known),
        )


@dataclass(frozen=True, slots=True)
class Increment:
    """Hold what is added at once to what may be read."""

    totals: list[tuple[Cell, Totals]] = field(default_factory=list)
    reach: Counter[str] = field(default_factory=Counter)
    """`Cell.line` → new visitors."""
    slots: dict[str, Step] = field(default_factory=dict)
    """`Cell.line` → slots of effects."""

    def __bool__(self) -> bool:
        return bool(self.totals or self.slots)

    def lines(self) -> Iterator[str]:
        """Yield each `Cell.line` of which something is added, by name."""
        found = {cell.line for cell, _ in self.totals}
        yield from sorted(found.union(self.slots))

    def plus(self, later: Increment) -> Increment:
        """Return both as one."""
        slots = {**self.slots, **later.slots}
        for line in self.slots.keys() & later.slots.keys():
            goals = [*self.slots[line].goals, *later.slots[line].goals]
            slots[line] = later.slots[line]._replace(goals=goals)
        return Increment(
            [*self.totals, *later.totals],
            self.reach + later.reach,
            slots,
        )


def rename(
    rows: Counter[Visitor],
    lost: frozenset[Visitor],
    gained: frozenset[Visitor],
) -> None:
    """Follow the visitors of a row in a count of rows."""
    rows.update(gained)
    rows.subtract(lost)
    for visitor in lost:
        if rows[visitor] <= 0:
            del rows[visitor]


@cache
def amounts_of(names: Names) -> Callable[[Totals], tuple[int, ...]]:
    """Return what reads sums of totals, in the order of their names."""
    return operator.attrgetter(*names)


def joined(
    names: Names,
    one: Totals,
    added: Totals,
) -> Totals:
    """Return some sums of both added up; totals without a span have no part in that of the sum.

    `Totals.plus` would add up all of them, visitors and goals: this is done twice a row.
    """
    start_ns = added.start_ns
    end_ns = added.end_ns
    if one.end_ns:
        start_ns = min(start_ns, one.start_ns)
        end_ns = max(end_ns, one.end_ns)
    amounts = amounts_of(names)
    added_up = map(operator.add, amounts(one), amounts(added))
    sums: dict[str, Any] = dict(zip(names, added_up, strict=True))
    if names is not IMPERSONAL:
        sums |= combine_all_seconds(operator.add, one, added)
    return Totals(
        advertiser=added.advertiser,
        synthetic=one.synthetic or added.synthetic,
        start_ns=start_ns,
        end_ns=end_ns,
        **sums,
    )


def taken(names: Names, released: Totals) -> Totals:
    """Return what is missing once so much was released: less than nothing, without a span."""
    sums: dict[str, Any] = {name: -getattr(released, name) for name in names}
    if names is PERSONAL:
        for name, counts in released.seconds().items():
            sums[name] = tuple(-people for people in counts)
    return Totals(
        advertiser=released.advertiser,
        synthetic=released.synthetic,
        **sums,
    )


def split_seconds(
    waiting: Totals, k_anonymity: int
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the seconds of a play in which at least so many were present, and the others.

    Each has 0 where the other has something.
    """
    goes = [were >= k_anonymity for were in waiting.present]
    going = {}
    staying = {}
    for name, counts in waiting.seconds().items():
        pairs = list(zip_longest(counts, goes, fillvalue=0))
        going[name] = tuple(people if now else 0 for people, now in pairs)
        staying[name] = tuple(0 if now else people for people, now in pairs)
    return going, staying


def split(names: Names, waiting: Totals) -> tuple[Totals, Totals]:
    """Return the sums that rise, with their span, and those below what is released, without."""
    risen: dict[str, Any] = {}
    lower: dict[str, Any] = {}
    for name, amount in zip(names, amounts_of(names)(waiting), strict=True):
        kind = risen if amount > 0 else lower
        kind[name] = amount
    rise = Totals(
        advertiser=waiting.advertiser,
        synthetic=waiting.synthetic,
        start_ns=waiting.start_ns,
        end_ns=waiting.end_ns,
        **risen,
    )
    rest = Totals(advertiser=waiting.advertiser, synthetic=waiting.synthetic, **lower)
    return rise, rest


def has_any(names: Names, totals: Totals) -> bool:
    """Tell whether some of the sums are above zero."""
    return max(amounts_of(names)(totals)) > 0


def released_cells(
    stand_id: str, ledgers: Mapping[str, Ledger]
) -> Iterator[tuple[Cell, Totals]]:
    """Yield each creative of which something is released, with its totals."""
    for line, ledger in ledgers.items():
        for creative_id, account in ledger.accounts.items():
            if account.released.end_ns:
                yield cell_in(line, creative_id, stand_id), account.released
