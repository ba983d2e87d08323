"""The join: campaign figures of one window from the events that overlap it. Definitions: docs/metrics.md."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from vitrine.campaigns.audience import Audience, Present
from vitrine.campaigns.intervals import length
from vitrine.campaigns.measure import Goals, Measure, Sums
from vitrine.ids import local_day
from vitrine.schemas import (
    CampaignWindow,
    Coverage,
    Exposure,
    Identity,
    Interaction,
    Play,
)

OTS_NS = 1_000_000_000
WATCH_NS = 300_000_000
GOAL_NS = 3_000_000_000
COUNTED_AS = {
    "touch": "touches",
    "offer-shown": "offers_shown",
    "offer-redeemed": "offers_redeemed",
}
GOALS = ("touch", "offer-redeemed")


class Window(NamedTuple):
    """A span of event time at one stand; a play belongs to the window that it starts in."""

    stand_id: str
    start_ns: int
    end_ns: int

    def holds(self, at_ns: int) -> bool:
        """Whether the moment lies in the window; its end does not."""
        return self.start_ns <= at_ns < self.end_ns

    def meets(self, start_ns: int, end_ns: int) -> bool:
        """Whether a span and the window share time."""
        return start_ns < self.end_ns and end_ns > self.start_ns


class Cell(NamedTuple):
    """What a row of a window is about."""

    campaign_id: str
    creative_id: str


@dataclass(frozen=True, slots=True)
class Row:
    """A row as published, what it adds to the totals, and the peak of that over its revisions."""

    window: CampaignWindow
    measure: Measure
    high: Measure

    @property
    def cell(self) -> Cell:
        """What the row is about."""
        return Cell(self.window.campaign_id, self.window.creative_id)


def window_rows(
    window: Window,
    plays: Collection[Play],
    exposures: Collection[Exposure],
    identities: Collection[Identity],
    interactions: Collection[Interaction],
    coverage: Collection[Coverage],
    time_zone: str = "UTC",
) -> list[Row]:
    """Rows in the order of their cells, all as revision 0.

    Takes at least the events that overlap the window or a play that starts in it, every part of the
    presences among them, and the plays that its interactions name. More events, another order, or the same
    event twice change nothing.
    """
    by_id = {play.play_id: play for play in plays}
    audience = Audience(exposures, identities)
    owners = {one.interaction_id: (one, play_of(one, by_id)) for one in interactions}
    found: list[tuple[Cell, str, Measure]] = []
    for play in by_id.values():
        if window.holds(play.start_ns):
            responses = [
                one for one, of in owners.values() if of is play and one.kind in GOALS
            ]
            day = local_day(play.start_ns, time_zone)
            found.append(
                (
                    cell_of(play),
                    play.advertiser,
                    measure_play(play, audience, responses, day),
                )
            )
    for one, of in owners.values():
        if (
            window.holds(one.at_ns)
            and one.kind in COUNTED_AS
            and (owner := owner_of(one, of))
        ):
            found.append(
                (*owner, Measure(Sums()._replace(**{COUNTED_AS[one.kind]: 1})))
            )
    covered = Measure(Sums()._replace(**camera_time(window, coverage)))
    watching: list[Exposure | Coverage] = [*exposures, *coverage]
    synthetic = any(
        one.synthetic for one in watching if window.meets(one.start_ns, one.end_ns)
    )
    measures: dict[Cell, Measure] = {}
    advertisers: dict[Cell, str] = {}
    for cell, advertiser, measure in found:
        measures[cell] = measures.get(cell, covered).plus(measure)
        advertisers[cell] = max(advertisers.get(cell, ""), advertiser)
    return [
        make_row(window, c, advertisers[c], measures[c], synthetic)
        for c in sorted(measures)
    ]


def measure_play(
    play: Play, audience: Audience, responses: Collection[Interaction], day: date
) -> Measure:
    """The figures of one play; `responses` are its touches and redemptions."""
    people = audience.during(play.start_ns, play.end_ns, day)
    seen = {who: one for who, one in people.items() if length(one.presence) >= OTS_NS}
    sums = Sums(
        plays=1,
        completed=int(play.completed),
        ots=len(seen),
        watchers=sum(
            any(end - start >= WATCH_NS for start, end in one.attention)
            for one in seen.values()
        ),
        attention_ns=sum(length(one.attention) for one in people.values()),
        dwell_ns=sum(length(one.presence) for one in people.values()),
        score_ns=sum(one.score_ns for one in people.values()),
        scored_ns=sum(one.scored_ns for one in people.values()),
    )
    reached = len(goals(seen, responses, audience.visits))
    slots = {(play.slot_ns, play.arm): Goals(len(seen), reached)} if seen else {}
    return Measure(sums, frozenset((day.isoformat(), who) for who in seen), slots)


def goals(
    seen: Mapping[str, Present],
    responses: Collection[Interaction],
    visits: Mapping[str, str],
) -> set[str]:
    """Who of those that saw a play reached its goal: 3 s of attention, a touch, or a redemption.

    A response whose visitor is unknown, or was not seen, is credited to who looked longest.
    """
    reached = {who for who, one in seen.items() if length(one.attention) >= GOAL_NS}
    keenest = max(
        seen, key=lambda who: (length(seen[who].attention), who), default=None
    )
    for response in responses:
        who = visits.get(response.visit_id or "")
        credited = who if who in seen else keenest
        if credited is not None:
            reached.add(credited)
    return reached


def play_of(one: Interaction, plays: Mapping[str, Play]) -> Play | None:
    """The play that an interaction names, else the one on the screen at that moment."""
    if one.play_id is not None and one.play_id in plays:
        return plays[one.play_id]
    showing = [
        play for play in plays.values() if play.start_ns <= one.at_ns < play.end_ns
    ]
    return max(showing, key=lambda play: (play.start_ns, play.play_id), default=None)


def owner_of(one: Interaction, play: Play | None) -> tuple[Cell, str] | None:
    """Cell and advertiser of an interaction: its own where it names them, else those of its play."""
    if one.campaign_id and one.creative_id and one.advertiser:
        return Cell(one.campaign_id, one.creative_id), one.advertiser
    return (cell_of(play), play.advertiser) if play else None


def cell_of(play: Play) -> Cell:
    """What a play counts for."""
    return Cell(play.campaign_id, play.creative_id)


def camera_time(window: Window, coverage: Collection[Coverage]) -> dict[str, int]:
    """Usable time, and the window's length times the cameras heard of in it; silence is blindness."""
    usable: dict[str, int] = {}
    for one in {(c.camera_id, c.start_ns): c for c in coverage}.values():
        if one.start_ns < one.end_ns and window.meets(one.start_ns, one.end_ns):
            inside = min(one.end_ns, window.end_ns) - max(one.start_ns, window.start_ns)
            part = one.usable_ns * inside // (one.end_ns - one.start_ns)
            usable[one.camera_id] = usable.get(one.camera_id, 0) + part
    span = window.end_ns - window.start_ns
    return {
        "usable_ns": sum(min(span, part) for part in usable.values()),
        "camera_ns": span * len(usable),
    }


def make_row(
    window: Window, cell: Cell, advertiser: str, measure: Measure, synthetic: bool
) -> Row:
    """A row of revision 0."""
    sums = measure.sums
    published = CampaignWindow(
        campaign_id=cell.campaign_id,
        advertiser=advertiser,
        creative_id=cell.creative_id,
        stand_id=window.stand_id,
        start_ns=window.start_ns,
        end_ns=window.end_ns,
        revision=0,
        reach=len({who for _, who in measure.visitors}),
        score_mean=round(sums.score_mean, 3),
        coverage=round(sums.coverage, 6),
        synthetic=synthetic,
        **{name: getattr(sums, name) for name in PUBLISHED},
    )
    return Row(published, measure, measure)


PUBLISHED = (
    "plays",
    "completed",
    "ots",
    "watchers",
    "attention_ns",
    "dwell_ns",
    "touches",
    "offers_shown",
    "offers_redeemed",
)
