"""The join: totals of one window from the events that overlap it. Definitions: docs/metrics.md."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple

from vitrine.campaigns.audience import Audience, Present
from vitrine.campaigns.intervals import Span, clip, length
from vitrine.campaigns.place import ANYWHERE, Place
from vitrine.campaigns.plausible import is_filler
from vitrine.campaigns.totals import Cell, Origin, Totals, add_up
from vitrine.campaigns.untold import is_untold, untold_spans
from vitrine.clock import SECOND_NS
from vitrine.ids import local_day
from vitrine.schemas import (
    OVERLAP_NS,
    Coverage,
    Exposure,
    Identity,
    Interaction,
    Play,
)

# The limits are definitions, not tuned values: docs/metrics.md states them, and
# figures of different limits cannot be compared. Chosen, not measured.
# Presence that makes an opportunity to see.
OTS_NS = SECOND_NS
# One look that makes a watcher.
GLANCE_NS = 300_000_000
# Longer looks, which are told beside it.
LONG_GLANCE_NS = SECOND_NS
STAY_NS = 2 * SECOND_NS
# One change of a face that is a reaction: no single view.
REACTION_NS = 300_000_000
# Of a play that are told one by one.
MOST_SECONDS = 60

# Kind of interaction → its sum in `Totals`; other kinds are not counted.
COUNTED_AS = {
    "touch": "touches",
    "offer-shown": "offers_shown",
    "offer-redeemed": "offers_redeemed",
}


class Window(NamedTuple):
    """A span of event time at one stand; a play belongs to the window that it starts in."""

    stand_id: str
    start_ns: int
    end_ns: int

    def holds(self, at_ns: int) -> bool:
        """Tell whether the moment lies in the window; its end does not."""
        return self.start_ns <= at_ns < self.end_ns

    def meets(self, start_ns: int, end_ns: int) -> bool:
        """Tell whether a span and the window share time."""
        return start_ns < self.end_ns and end_ns > self.start_ns


@dataclass(frozen=True)
class WindowEvents:
    """Hold what the join of a window needs.

    At least: the events that overlap the window or a play that starts in it, every part of the
    presences among them, its interactions, and the plays that these name. More events, another
    order, or the same event twice change nothing.
    """

    plays: Collection[Play] = ()
    exposures: Collection[Exposure] = ()
    identities: Collection[Identity] = ()
    interactions: Collection[Interaction] = ()
    coverage: Collection[Coverage] = ()

    @cached_property
    def audience(self) -> Audience:
        """Return who was there; the rows of a window and its slot share it."""
        return Audience(self.exposures, self.identities)


def join(
    window: Window,
    events: WindowEvents,
    time_zone: str = "UTC",
    place: Place = ANYWHERE,
) -> dict[Cell, Totals]:
    """Return the totals of each cell with a play or an interaction in the window.

    `time_zone` is the stand's: the day of a visitor is a local one. Its `place` says which cameras
    are missing.
    """
    # By id: the same event may come twice.
    plays = {play.play_id: play for play in events.plays}
    synthetic = is_synthetic(window, events, place)
    parts: defaultdict[Cell, list[Totals]] = defaultdict(list)
    for interaction in standing(events.interactions):
        play = play_of(interaction, plays)
        counted = interaction_totals(interaction, play, synthetic=synthetic)
        if counted is not None and window.holds(interaction.at_ns):
            cell, totals = counted
            parts[cell].append(totals)
    for play in plays.values():
        if not window.holds(play.start_ns) or is_filler(play):
            continue
        day = local_day(play.start_ns, time_zone)
        totals = share_of(
            play,
            plays.values(),
            events.audience,
            day,
        )
        parts[play_cell(play, synthetic=synthetic)].append(totals)
    return add_up_cells(window, events, parts, place)


def standing(interactions: Iterable[Interaction]) -> list[Interaction]:
    """Return each interaction once, without redemptions that were taken back."""
    by_id = {one.interaction_id: one for one in interactions}
    for one in list(by_id.values()):
        if one.cancels is not None:
            by_id.pop(one.cancels, None)
    return list(by_id.values())


def share_of(
    play: Play,
    others: Iterable[Play],
    audience: Audience,
    day: date,
) -> Totals:
    """Return the totals of one play; a play at the time of others counts only as that."""
    if overlaps(play, others):
        return Totals(advertiser=play.advertiser, overlapping=1)
    return play_totals(play, audience, day)


def overlaps(play: Play, others: Iterable[Play]) -> bool:
    """Tell whether plays that began earlier had the screen for too much of a play's time.

    Whether those count themselves is no matter: else one late play would change all that follow.
    Doubtful plays are not compared, as they are where their player did not say.
    """
    if play.doubtful is not None:
        return False
    shared_ns = 0
    for other in others:
        # Asked first, as it is so of one or two plays of a window.
        if not other.start_ns <= play.start_ns < other.end_ns:
            continue
        if other.doubtful is None and started(other) < started(play):
            until_ns = min(play.end_ns, other.end_ns)
            shared_ns += until_ns - play.start_ns
    return shared_ns > OVERLAP_NS


def add_up_cells(
    window: Window,
    events: WindowEvents,
    parts: Mapping[Cell, Collection[Totals]],
    place: Place,
) -> dict[Cell, Totals]:
    """Return the sum of each cell's parts, with the labels and the camera time of the window."""
    cameras = camera_time(window, events.coverage, place)
    cells = {}
    for cell, found in parts.items():
        advertisers = [part.advertiser for part in found]
        cells[cell] = replace(
            add_up(found),
            # The highest name, so that the order of events decides nothing.
            advertiser=max(advertisers),
            synthetic=cell.origin == "synthetic",
            start_ns=window.start_ns,
            end_ns=window.end_ns,
            usable_ns=cameras.usable_ns,
            camera_ns=cameras.camera_ns,
            again=seen_again(found),
        )
    return cells


def seen_again(plays: Iterable[Totals]) -> tuple[tuple[str, int], ...]:
    """Return the visitors with several opportunities to see, and how many more than one."""
    times: Counter[str] = Counter()
    for totals in plays:
        times.update(name for _, name in totals.visitors)
    return tuple((name, times[name] - 1) for name in sorted(times) if times[name] > 1)


def play_totals(
    play: Play,
    audience: Audience,
    day: date,
) -> Totals:
    """Return the totals of one play."""
    people = audience.during(play.start_ns, play.end_ns, day)
    seen = {}
    attention_ns = 0
    dwell_ns = 0
    score_ns = 0
    scored_ns = 0
    for name, present in people.items():
        present_ns = length(present.presence)
        if present_ns >= OTS_NS:
            seen[name] = present
        # Whoever passed too briefly to count still adds attention and dwell.
        attention_ns += length(present.attention)
        dwell_ns += present_ns
        score_ns += present.score_ns
        scored_ns += present.scored_ns
    watchers = [present for present in seen.values() if watched(present)]
    local_date = day.isoformat()
    screen_ns = play.end_ns - play.start_ns
    return Totals(
        advertiser=play.advertiser,
        plays=1,
        completed=int(play.completed),
        doubtful=int(play.doubtful is not None),
        screen_ns=screen_ns,
        measured_plays=1,
        measured_ns=screen_ns,
        unproven_ns=screen_ns - play.proven_ns,
        ots=len(seen),
        passed=len(people),
        watchers=len(watchers),
        watchers_1s=sum(watched(one, LONG_GLANCE_NS) for one in seen.values()),
        watchers_2s=sum(watched(one, STAY_NS) for one in seen.values()),
        attention_ns=attention_ns,
        dwell_ns=dwell_ns,
        score_ns=score_ns,
        scored_ns=scored_ns,
        present=count_seconds(play, (one.presence for one in people.values())),
        looking=count_seconds(play, (one.attention for one in people.values())),
        **reaction_sums(play, watchers),
        visitors=frozenset((local_date, name) for name in seen),
    )


def reaction_sums(play: Play, watchers: Iterable[Present]) -> dict[str, Any]:
    """Return how many watchers were judged and reacted, and how many show it by second."""
    judged = [present for present in watchers if present.judged]
    return {
        "judged": len(judged),
        "reacted": sum(reacted(present) for present in judged),
        "reacting": count_seconds(play, (one.reactions for one in judged)),
    }


def count_seconds(play: Play, people: Iterable[Iterable[Span]]) -> tuple[int, ...]:
    """Return how many people's spans hold the middle of each second of a play.

    Of a play of more than a minute, the first minute: a second more costs memory in every row.
    """
    counts = [0] * seconds_before(play, play.end_ns)
    for spans in people:
        for start_ns, end_ns in spans:
            first = seconds_before(play, start_ns)
            for second in range(first, seconds_before(play, end_ns)):
                counts[second] += 1
    return tuple(counts)


def seconds_before(play: Play, at_ns: int) -> int:
    """Return how many seconds of a play have their middle before a moment, sixty at most."""
    since_ns = at_ns - play.start_ns + SECOND_NS // 2
    # A middle that is the moment itself is not before it.
    return max(0, min(MOST_SECONDS, (since_ns - 1) // SECOND_NS))


def watched(present: Present, least_ns: int = GLANCE_NS) -> bool:
    """Tell whether somebody looked at the screen once for long enough."""
    return any(end - start >= least_ns for start, end in present.attention)


def reacted(present: Present) -> bool:
    """Tell whether somebody reacted once for long enough."""
    return any(end - start >= REACTION_NS for start, end in present.reactions)


def play_of(interaction: Interaction, plays: Mapping[str, Play]) -> Play | None:
    """Return the play that an interaction names; of one without a name, what was on the screen.

    A play that is named and not known any more is none: a code that is redeemed days later is no
    answer to what plays then.
    """
    if interaction.play_id is not None:
        return plays.get(interaction.play_id)
    at_ns = interaction.at_ns
    showing = [one for one in plays.values() if one.start_ns <= at_ns < one.end_ns]
    return max(showing, key=started, default=None)


def started(play: Play) -> tuple[int, str]:
    """Return the key by which plays follow each other."""
    return play.start_ns, play.play_id


def play_cell(play: Play, *, synthetic: bool) -> Cell:
    """Return the cell that a play counts for."""
    return Cell(
        play.campaign_id,
        play.creative_id,
        play.stand_id,
        origin_of(play, synthetic=synthetic),
    )


def origin_of(play: Play | None, *, synthetic: bool) -> Origin:
    """Return what figures of a play come from; of none, where visitors are people, they are."""
    if synthetic:
        return "synthetic"
    if play is not None and play.player == "virtual":
        return "virtual"
    return "people"


def interaction_totals(
    interaction: Interaction,
    play: Play | None,
    *,
    synthetic: bool,
) -> tuple[Cell, Totals] | None:
    """Return what an interaction counts, for the cell that it names, else for that of its play.

    None when it is of a kind that is not counted, or of no campaign.
    """
    name = COUNTED_AS.get(interaction.kind)
    if name is None:
        return None
    campaign_id = interaction.campaign_id
    creative_id = interaction.creative_id
    advertiser = interaction.advertiser
    if campaign_id and creative_id and advertiser:
        origin = origin_of(play, synthetic=synthetic)
        cell = Cell(campaign_id, creative_id, interaction.stand_id, origin)
    elif play is not None and not is_filler(play):
        cell = play_cell(play, synthetic=synthetic)
        advertiser = play.advertiser
    else:
        return None
    once: dict[str, Any] = {name: 1}
    if interaction.kind == "offer-redeemed" and interaction.sale is not None:
        once["sales"] = 1
    return cell, Totals(advertiser=advertiser, **once)


def is_synthetic(window: Window, events: WindowEvents, place: Place = ANYWHERE) -> bool:
    """Tell whether the visitors of a window are computer-made; as configured if none was seen."""
    watching: list[Exposure | Coverage] = list(events.exposures)
    watching += [report for report in events.coverage if not is_untold(report)]
    inside = [one for one in watching if window.meets(one.start_ns, one.end_ns)]
    if not inside:
        return place.synthetic
    return any(one.synthetic for one in inside)


class CameraTime(NamedTuple):
    """Hold the usable time of the cameras in a window, and the time that they were to watch."""

    usable_ns: int
    camera_ns: int


def camera_time(
    window: Window,
    coverage: Iterable[Coverage],
    place: Place = ANYWHERE,
) -> CameraTime:
    """Add up the cameras that are configured, or reported in the window; silence is blindness.

    So is time of which figures lack something (`untold`).
    """
    reports = {}
    for report in coverage:
        reports[report.camera_id, report.start_ns] = report
    usable = dict.fromkeys(place.cameras, 0)
    missing = untold_spans(reports.values())
    for report in reports.values():
        if is_untold(report):
            continue
        if report.start_ns == report.end_ns:
            continue
        if not window.meets(report.start_ns, report.end_ns):
            continue
        first_ns = max(report.start_ns, window.start_ns)
        last_ns = min(report.end_ns, window.end_ns)
        whole_ns = report.end_ns - report.start_ns
        lacking_ns = length(clip(missing, first_ns, last_ns))
        told_ns = last_ns - first_ns - lacking_ns
        usable_ns = report.usable_ns * told_ns // whole_ns
        known_ns = usable.get(report.camera_id, 0)
        usable[report.camera_id] = known_ns + usable_ns
    span_ns = place.open_ns(window.start_ns, window.end_ns)
    # A camera that was opened again may report a moment twice: never more than the window.
    total_ns = 0
    for usable_ns in usable.values():
        total_ns += min(span_ns, usable_ns)
    return CameraTime(total_ns, span_ns * len(usable))
