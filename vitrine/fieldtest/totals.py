"""Work out the campaign figures of the true people, by the definitions in docs/metrics.md.

Shares no code with `services/analytics`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from operator import attrgetter
from typing import Final

from vitrine.clock import SECOND_NS
from vitrine.fieldtest.measured import Played, Totals
from vitrine.fieldtest.spans import Span, clipped, seconds, union
from vitrine.fieldtest.truth import TruePresence
from vitrine.ids import local_day
from vitrine.mall import Mall

# The three limits are those of docs/metrics.md, written down again: analytics' own are judged here.
OTS_S: Final = 1.0
WATCH_S: Final = 0.3
VISIT_GAP_NS: Final = 60 * SECOND_NS

Namer = Callable[[int, TruePresence], str]
"""Number of a presence, and the presence, to the visitor's name."""


def visitors(mall: Mall) -> Namer:
    """Return a function that names visitors.

    One is a person at one stand on one day where faces are compared, else a presence.
    """
    stands = {stand.id: stand for stand in mall.stands}

    def name(number: int, presence: TruePresence) -> str:
        stand = stands[presence.stand_id]
        # Without recognition the product cannot know anybody again, and is not asked to.
        if stand.recognition == "none":
            return f"{stand.id}/{number}"
        day = local_day(presence.start_ns, stand.time_zone)
        return f"{stand.id}/{day}/{presence.person}"

    return name


def by_visitor(
    presences: Sequence[TruePresence],
    name: Namer,
) -> dict[str, list[TruePresence]]:
    """Return the presences of each visitor."""
    found: dict[str, list[TruePresence]] = defaultdict(list)
    for number, presence in enumerate(presences):
        visitor = name(number, presence)
        found[visitor].append(presence)
    return dict(found)


def count_visits(people: Mapping[str, Sequence[TruePresence]]) -> int:
    """Count visits: presences of one visitor at one stand with gaps under 60 s are one."""
    return sum(map(_visits, people.values()))


def _visits(presences: Sequence[TruePresence]) -> int:
    visits = 0
    last_ns: int | None = None
    by_start = attrgetter("start_ns", "end_ns")
    for presence in sorted(presences, key=by_start):
        if last_ns is None or presence.start_ns - last_ns >= VISIT_GAP_NS:
            visits += 1
            last_ns = presence.end_ns
        else:
            # Two cameras may see one visitor at once; the later end counts.
            last_ns = max(last_ns, presence.end_ns)
    return visits


def true_totals(
    plays: Iterable[Played],
    people: Mapping[str, Sequence[TruePresence]],
) -> Totals:
    """Return what the campaigns' figures should be for these plays."""
    # A play that is on the bus twice counts once.
    once = {play.play_id: play for play in plays}
    ots = 0
    watchers = 0
    dwell_s = 0.0
    attention_s = 0.0
    reached: set[tuple[str, str]] = set()
    for play in once.values():
        for visitor, presences in people.items():
            present, looked = _during(play, presences)
            present_s = seconds(present)
            dwell_s += present_s
            attention_s += seconds(looked)
            # Dwell and attention count for everybody, the rest for who had the time to see.
            if present_s < OTS_S:
                continue
            ots += 1
            watchers += _watched(looked)
            reached.add((play.campaign_id, visitor))
    return Totals(
        plays=len(once),
        ots=ots,
        watchers=watchers,
        dwell_s=round(dwell_s, 2),
        attention_s=round(attention_s, 2),
        reach=len(reached),
    )


def _during(
    play: Played,
    presences: Iterable[TruePresence],
) -> tuple[list[Span], list[Span]]:
    """Return when somebody was present at a play, and when they looked."""
    present: list[Span] = []
    looked: list[Span] = []
    for presence in presences:
        if presence.stand_id != play.stand_id:
            continue
        whole = presence.start_ns, presence.end_ns
        present.append(whole)
        looked.extend(presence.attention)
    # Joined, so that what two cameras saw at once counts once.
    return (
        clipped(union(present), play.start_ns, play.end_ns),
        clipped(union(looked), play.start_ns, play.end_ns),
    )


def _watched(looked: Iterable[Span]) -> bool:
    """Tell if one look was long enough."""
    least_ns = WATCH_S * SECOND_NS
    return any(end - start >= least_ns for start, end in looked)
