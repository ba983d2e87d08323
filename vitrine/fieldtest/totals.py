"""Campaign figures of the true people, by the definitions in docs/metrics.md.

Shares no code with `services/analytics`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from vitrine.fieldtest.measured import Played, Totals
from vitrine.fieldtest.spans import SECOND, Span, clipped, seconds, union
from vitrine.fieldtest.truth import TruePresence
from vitrine.ids import local_day
from vitrine.mall import Mall

OTS_S = 1.0
WATCH_S = 0.3
VISIT_GAP_NS = 60 * SECOND

Who = Callable[[int, TruePresence], str]
"""Number of a presence, and the presence, to the visitor's name."""


def visitors(mall: Mall) -> Who:
    """Who a visitor is: a person at one stand on one day where faces are compared, else a presence."""
    stands = {stand.id: stand for stand in mall.stands}

    def who(number: int, presence: TruePresence) -> str:
        stand = stands[presence.stand_id]
        if stand.recognition == "none":
            return f"{stand.id}/{number}"
        return f"{stand.id}/{local_day(presence.start_ns, stand.time_zone)}/{presence.person}"

    return who


def by_visitor(
    presences: Sequence[TruePresence], who: Who
) -> dict[str, list[TruePresence]]:
    """The presences of each visitor."""
    found: dict[str, list[TruePresence]] = defaultdict(list)
    for number, presence in enumerate(presences):
        found[who(number, presence)].append(presence)
    return dict(found)


def count_visits(people: Mapping[str, Sequence[TruePresence]]) -> int:
    """Presences of one visitor at one stand with gaps under 60 s are one visit."""
    return sum(_visits(presences) for presences in people.values())


def _visits(presences: Sequence[TruePresence]) -> int:
    spans = sorted((p.start_ns, p.end_ns) for p in presences)
    visits = 0
    last = spans[0][0] - VISIT_GAP_NS
    for start, end in spans:
        visits += start - last >= VISIT_GAP_NS
        last = max(last, end)
    return visits


def true_totals(
    plays: Iterable[Played], people: Mapping[str, Sequence[TruePresence]]
) -> Totals:
    """What the campaigns' figures should be for these plays."""
    once = {play.play_id: play for play in plays}.values()
    ots = watchers = 0
    dwell = attention = 0.0
    reached: set[tuple[str, str]] = set()
    for play in once:
        for visitor, presences in people.items():
            here = [p for p in presences if p.stand_id == play.stand_id]
            present = _inside(play, [(p.start_ns, p.end_ns) for p in here])
            looked = _inside(play, [span for p in here for span in p.attention])
            dwell = dwell + seconds(present)
            attention = attention + seconds(looked)
            if seconds(present) >= OTS_S:
                ots += 1
                watchers += any(
                    end - start >= WATCH_S * SECOND for start, end in looked
                )
                reached.add((play.campaign_id, visitor))
    return Totals(
        len(once), ots, watchers, round(dwell, 2), round(attention, 2), len(reached)
    )


def _inside(play: Played, spans: Iterable[Span]) -> list[Span]:
    return clipped(union(spans), play.start_ns, play.end_ns)
