"""Totals: what one creative at one stand adds up, in a window or since its campaign began."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from itertools import starmap, zip_longest
from operator import attrgetter
from typing import Any, Final, Literal, NamedTuple, Self, TypeAlias

# Local day (ISO) and visitor id: reach is counted within a stand and day.
Visitor = tuple[str, str]
Combine = Callable[[int, int], int]


# What figures come from: people before a page, computer-made visitors, or people before a virtual
# player, who saw nothing. They are never added up.
Origin: TypeAlias = Literal["people", "synthetic", "virtual"]
ORIGINS: Final[tuple[Origin, ...]] = ("people", "synthetic", "virtual")


class Cell(NamedTuple):
    """Name what totals are about."""

    campaign_id: str
    creative_id: str
    stand_id: str
    origin: Origin = "people"

    @property
    def line(self) -> str:
        """The name under which its campaign's figures of its origin are kept together."""
        return line_of(self.campaign_id, self.origin)

    def to_plain(self) -> list[str]:
        """Return the names for JSON; `Cell(*plain)` is the reverse."""
        plain = list(self)
        if self.origin == "people":
            plain.pop()
        return plain


def line_of(campaign_id: str, origin: Origin) -> str:
    """Return the name of a campaign's figures of one origin; ids have no `~`."""
    if origin == "people":
        return campaign_id
    return f"{campaign_id}~{origin}"


def lines_of(campaign_id: str) -> list[str]:
    """Return the `Cell.line` of a campaign for each origin."""
    return [line_of(campaign_id, origin) for origin in ORIGINS]


def campaign_of(line: str) -> str:
    """Return the campaign of a `Cell.line`."""
    return line.partition("~")[0]


def origin_of(line: str) -> Origin:
    """Return the origin of a `Cell.line`."""
    for origin in ORIGINS:
        if line.endswith(f"~{origin}"):
            return origin
    return "people"


def cell_in(line: str, creative_id: str, stand_id: str) -> Cell:
    """Return the cell of a creative at a stand in a `Cell.line`."""
    return Cell(campaign_of(line), creative_id, stand_id, origin_of(line))


def origin_told(*, synthetic: bool, virtual: bool) -> Origin:
    """Return the origin of a record by what it says of it."""
    if synthetic:
        return "synthetic"
    if virtual:
        return "virtual"
    return "people"


# The sums of `Totals`, in the order in which the store keeps them.
SUMS = (
    "plays",
    "completed",
    "ots",
    "watchers",
    "attention_ns",
    "dwell_ns",
    "score_ns",
    "scored_ns",
    "touches",
    "offers_shown",
    "offers_redeemed",
    "usable_ns",
    "camera_ns",
    "doubtful",
    "overlapping",
    "screen_ns",
    "unproven_ns",
    "passed",
    "watchers_1s",
    "watchers_2s",
    "sales",
    "measured_plays",
    "measured_ns",
    "ots_noise",
    "reach_noise",
    "judged",
    "reacted",
)
AMOUNTS: Final = attrgetter(*SUMS)
"""Return the sums of totals in this order."""
# What is told by second of a play.
SECONDS: Final = ("present", "looking", "reacting")


@dataclass(frozen=True, slots=True)
class Totals:
    """Hold the sums and the visitors of a cell, and the span that they concern.

    Every sum is an integer, so that totals do not depend on the order in which they were added.
    """

    advertiser: str = ""
    synthetic: bool = False
    """Synthetic visitors are counted."""
    start_ns: int = 0
    end_ns: int = 0
    plays: int = 0
    completed: int = 0
    ots: int = 0
    watchers: int = 0
    attention_ns: int = 0
    dwell_ns: int = 0
    score_ns: int = 0
    """Engagement score × time, over the exposures within plays."""
    scored_ns: int = 0
    touches: int = 0
    offers_shown: int = 0
    offers_redeemed: int = 0
    usable_ns: int = 0
    """Camera time that was usable in the windows of the totals."""
    camera_ns: int = 0
    doubtful: int = 0
    """Plays whose times were moved to what is possible; they are among `plays`."""
    overlapping: int = 0
    """Plays that are left out: the screen showed others at their time."""
    screen_ns: int = 0
    """Length of the plays."""
    unproven_ns: int = 0
    """The part of it for which no browser proved that it drew the creative."""
    passed: int = 0
    """Visitors present during a play, however briefly; one for each visitor and play."""
    watchers_1s: int = 0
    """Opportunities to see with a look of 1 s or more."""
    watchers_2s: int = 0
    """Opportunities to see with a look of 2 s or more."""
    sales: int = 0
    """Redemptions that a till reported with a sale."""
    measured_plays: int = 0
    """Plays whose people are in the other sums: released with them, while `plays` go ahead."""
    measured_ns: int = 0
    """Length of these plays."""
    ots_noise: int = 0
    """Variance of the noise in `ots`, where it is released privately."""
    reach_noise: int = 0
    """The same of the reach of the campaign, beside one of its creatives."""
    judged: int = 0
    """Watchers whose reactions were told."""
    reacted: int = 0
    """Those of them with a reaction that began in the play."""
    present: tuple[int, ...] = ()
    """Visitors present in the middle of each second of a play, over all plays."""
    looking: tuple[int, ...] = ()
    """Those of them who looked at the screen then."""
    reacting: tuple[int, ...] = ()
    """Watchers in whose face a reaction that began in the play shows then."""
    visitors: frozenset[Visitor] = frozenset()
    """Those with an opportunity to see."""
    again: tuple[tuple[str, int], ...] = ()
    """Visitors with several of them in one window, and how many more than one; of a row only."""

    @property
    def people(self) -> int:
        """The number of different visitors; one on two local days is one."""
        return len({name for _, name in self.visitors})

    def sums(self) -> dict[str, int]:
        """Return the sums by name."""
        return dict(zip(SUMS, AMOUNTS(self), strict=True))

    def seconds(self) -> dict[str, tuple[int, ...]]:
        """Return what is told by second, by name."""
        return {name: getattr(self, name) for name in SECONDS}

    def plus(self, later: Totals) -> Totals:
        """Return both added up, visitors united; the advertiser is that of `later`."""
        return replace(
            later,
            synthetic=self.synthetic or later.synthetic,
            start_ns=min(self.start_ns, later.start_ns),
            end_ns=max(self.end_ns, later.end_ns),
            visitors=self.visitors | later.visitors,
            **combine_all(operator.add, self, later),
        )

    def minus(self, earlier: Totals) -> Totals:
        """Return the differences, which may be negative, and the visitors that `earlier` lacks."""
        return replace(
            self,
            visitors=self.visitors - earlier.visitors,
            **combine_all(operator.sub, self, earlier),
        )

    def to_plain(self) -> dict[str, Any]:
        """Return sums and visitors for JSON, without the labels and the span."""
        return {
            "sums": list(self.sums().values()),
            **self.seconds(),
            "visitors": sorted(self.visitors),
            "again": self.again,
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any], labels: Totals) -> Self:
        """Return the reverse of `to_plain`, with advertiser, span and synthetic of `labels`."""
        # What was stored before a sum was added lacks it.
        sums: dict[str, Any] = dict(
            zip(
                SUMS,
                plain["sums"],
                strict=False,
            )
        )
        return cls(
            advertiser=labels.advertiser,
            synthetic=labels.synthetic,
            start_ns=labels.start_ns,
            end_ns=labels.end_ns,
            visitors=frozenset((day, name) for day, name in plain["visitors"]),
            again=tuple((name, more) for name, more in plain.get("again", ())),
            **sums,
            **seconds_from(plain),
        )


def add_up(parts: Iterable[Totals]) -> Totals:
    """Return the sum of any number of totals; of none, totals without any figure."""
    found = list(parts)
    if not found:
        return Totals()
    return reduce(Totals.plus, found)


def combine_all(
    combine: Combine,
    one: Totals,
    other: Totals,
) -> dict[str, Any]:
    """Return each sum of both, and what is told by second, combined."""
    amounts = map(combine, AMOUNTS(one), AMOUNTS(other))
    combined: dict[str, Any] = dict(zip(SUMS, amounts, strict=True))
    return combined | combine_all_seconds(combine, one, other)


def combine_all_seconds(
    combine: Combine,
    one: Totals,
    other: Totals,
) -> dict[str, Any]:
    """Return what both tell by second, combined."""
    combined = {}
    for name, counts in one.seconds().items():
        combined[name] = combine_seconds(combine, counts, getattr(other, name))
    return combined


def seconds_from(plain: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told by second; what was stored before it was told has none."""
    return {name: tuple(plain.get(name, ())) for name in SECONDS}


def combine_seconds(
    combine: Combine,
    one: Sequence[int],
    other: Sequence[int],
) -> tuple[int, ...]:
    """Return both second by second, combined; a second that one of them lacks is 0 there."""
    pairs = zip_longest(one, other, fillvalue=0)
    return tuple(starmap(combine, pairs))
