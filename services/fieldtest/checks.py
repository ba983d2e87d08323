"""One function a check: what came out, what was asked for, and where it went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Final, Literal

from services.fieldtest import following
from services.fieldtest.matching import Extra, Matches, match
from services.fieldtest.measured import Measured, Played, Presence, Totals
from services.fieldtest.scenarios import Tolerances
from services.fieldtest.spans import SECOND, Span, common, seconds, union, without
from services.fieldtest.totals import by_visitor, count_visits, true_totals, visitors
from services.fieldtest.truth import TruePresence, Truth
from vitrine.mall import Mall

Group = Literal["tracks", "presence", "attention", "visitors", "plays", "totals"]


@dataclass(frozen=True, slots=True)
class Moment:
    """A case worth looking at: at which camera, when, how bad (seconds), in words."""

    camera_id: str
    at_ns: int
    badness: float
    note: str


@dataclass(frozen=True, slots=True)
class Result:
    """One line of the table. `passed` is None where there was nothing to judge."""

    key: str
    group: Group
    title: str
    value: str
    wanted: str
    passed: bool | None
    moments: tuple[Moment, ...] = ()


@dataclass(frozen=True)
class Case:
    """A run beside its truth."""

    truth: Truth
    measured: Measured
    mall: Mall
    tolerances: Tolerances

    @cached_property
    def matches(self) -> Matches:
        """Who is who."""
        truth, measured = self.truth, self.measured
        return match(truth.frames, truth.presences, measured.frames, measured.presences)

    @cached_property
    def following(self) -> following.Following:
        """How faces were followed."""
        zones = {stand.id: stand.zone for stand in self.mall.stands}
        return following.follow(self.matches.frames, zones)

    @cached_property
    def people(self) -> Mapping[str, Sequence[TruePresence]]:
        """True visitors."""
        return by_visitor(self.truth.presences, visitors(self.mall))

    @cached_property
    def true_totals(self) -> Totals:
        """What the campaigns should have counted for what was played."""
        return true_totals(self.measured.plays, self.people)

    @property
    def seconds(self) -> float:
        """By how much times may differ."""
        return self.tolerances.seconds + self.truth.slack_s


def recall(case: Case) -> Result:
    """Person-seconds with a track."""
    seen, least = case.following.recall, case.tolerances.recall
    passed = seen >= least if case.following.visible else None
    moments = tuple(
        Moment(
            lost.camera_id, lost.at_ns, lost.seconds, f"{lost.person} is not found for {lost.seconds:.1f} s"
        )
        for lost in case.following.losses
    )
    return Result(
        "recall", "tracks", "Person-seconds that are found", _share(seen), _least(least), passed, moments
    )


def holes(case: Case) -> Result:
    """Frames without a face between two with it."""
    share, most = case.following.hole_share, case.tolerances.holes
    passed = share <= most if case.following.followed else None
    return Result("holes", "tracks", "Frames lost within a track", _share(share), _most(most), passed)


def swaps(case: Case) -> Result:
    """Tracks that went from one person to another."""
    found, count = case.following.swaps, len(case.truth.presences)
    most = case.tolerances.swaps
    moments = tuple(
        Moment(s.camera_id, s.at_ns, 1.0, f"a track goes from {s.person} to {s.other}") for s in found
    )
    value = f"{len(found)} in {count} presences"
    return Result(
        "swaps",
        "tracks",
        "Tracks that change the person",
        value,
        _most(most),
        _ratio(found, count, most),
        moments,
    )


def fragments(case: Case) -> Result:
    """Tracks of one presence, above the first."""
    extra, count = case.following.fragments(case.truth.presences), len(case.truth.presences)
    most = case.tolerances.fragments
    value = f"{extra} in {count} presences"
    wanted = f"≤ {most:g} a presence"
    return Result(
        "fragments", "tracks", "Tracks beyond the first", value, wanted, _ratio(range(extra), count, most)
    )


def found(case: Case) -> Result:
    """True presences with a measured one."""
    long = [p for p in case.truth.presences if p.seconds >= 1]
    missed = [p for p in case.matches.missed if p.seconds >= 1]
    share = 1 - len(missed) / len(long) if long else 0.0
    moments = tuple(
        Moment(p.camera_id, _middle(p), p.seconds, f"{p.person} is not counted for {p.seconds:.1f} s")
        for p in missed
    )
    value = f"{len(long) - len(missed)} of {len(long)}"
    passed = share >= case.tolerances.found if long else None
    return Result(
        "found",
        "presence",
        "Presences of ≥ 1 s that are found",
        value,
        _least(case.tolerances.found),
        passed,
        moments,
    )


def invented(case: Case) -> Result:
    """Measured presences that are nobody's own: of strangers, or pieces of one that is split."""
    extras = [extra for extra in case.matches.extras if extra.kind != "poster"]
    count, most = len(case.truth.presences), case.tolerances.invented
    kinds = {"split": "a presence is split", "stranger": "nobody is there"}
    moments = tuple(
        Moment(e.presence.camera_id, _middle(e.presence), e.presence.seconds, kinds[e.kind]) for e in extras
    )
    splits = sum(extra.kind == "split" for extra in extras)
    value = f"{len(extras)} beside {count} ({splits} split)"
    passed = _ratio(extras, count, most) if case.truth.complete else None
    return Result(
        "invented", "presence", "Presences that are nobody's own", value, _most(most), passed, moments
    )


def starts(case: Case) -> Result:
    """When presences begin."""
    return _edges(case, "starts", "Starts", lambda p: p.start_ns)


def ends(case: Case) -> Result:
    """When presences end."""
    return _edges(case, "ends", "Ends", lambda p: p.end_ns)


def _edges(case: Case, key: str, title: str, edge: Callable[[TruePresence | Presence], int]) -> Result:
    errors = [((edge(mine) - edge(true)) / SECOND, true) for true, mine in case.matches.pairs]
    moments = tuple(
        Moment(
            true.camera_id,
            edge(true),
            abs(error),
            f"{true.person}: {title.lower()[:-1]} is off by {error:+.1f} s",
        )
        for error, true in errors
        if abs(error) > case.seconds
    )
    return _within(
        case, key, "presence", f"{title} within ±{case.seconds:g} s", [e for e, _ in errors], moments
    )


def dwell(case: Case) -> Result:
    """Length of presences; one that was not found has none."""
    errors = [(mine.seconds - true.seconds, true) for true, mine in case.matches.pairs]
    errors += [(-true.seconds, true) for true in case.matches.missed]
    moments = tuple(
        Moment(
            true.camera_id,
            _middle(true),
            abs(error),
            f"{true.person}: dwell of {true.seconds:.1f} s is off by {error:+.1f} s",
        )
        for error, true in errors
        if abs(error) > case.seconds
    )
    return _within(
        case, "dwell", "presence", f"Dwell within ±{case.seconds:g} s", [e for e, _ in errors], moments
    )


def _within(
    case: Case, key: str, group: Group, title: str, errors: Sequence[float], moments: tuple[Moment, ...]
) -> Result:
    least = case.tolerances.within
    share = sum(abs(error) <= case.seconds for error in errors) / len(errors) if errors else 0.0
    return Result(
        key, group, title, _share(share), _least(least), share >= least if errors else None, moments
    )


def attention_overlap(case: Case) -> Result:
    """Attention of presences that were found: intersection over union of all of it."""
    inside = outside = 0.0
    moments = []
    for presence, true, mine in _attentions(case):
        both, either = common(true, mine), union([*true, *mine])
        inside, outside = inside + seconds(both), outside + seconds(either)
        apart = without(either, both)
        if seconds(apart) > case.seconds:
            start, end = max(apart, key=lambda span: span[1] - span[0])
            note = f"{presence.person}: attention differs for {seconds(apart):.1f} of {seconds(either):.1f} s"
            moments.append(Moment(presence.camera_id, (start + end) // 2, seconds(apart), note))
    share, least = inside / outside if outside else 0.0, case.tolerances.overlap
    passed = share >= least if outside else None
    title = "Attention intervals that agree"
    return Result(
        "attention-overlap", "attention", title, _share(share), _least(least), passed, tuple(moments)
    )


def attention_seconds(case: Case) -> Result:
    """Attention of presences that were found, in all."""
    true = sum(seconds(spans) for _, spans, _ in _attentions(case))
    mine = sum(seconds(spans) for _, _, spans in _attentions(case))
    return _times(case, "attention-seconds", "attention", "Attention", mine, true)


def _attentions(case: Case) -> Iterator[tuple[TruePresence, list[Span], list[Span]]]:
    """True and measured attention of each pair, where the truth is sure of it."""
    for true, mine in case.matches.pairs:
        unsure = case.truth.unsure.get(true.person, ())
        yield true, without(true.attention, unsure), without(mine.attention, unsure)


def visits(case: Case) -> Result:
    """Visits of visitors."""
    mine = len({presence.visit_id for presence in case.measured.presences})
    return _counts(case, "visits", "visitors", "Visits", mine, count_visits(case.people))


def watchers(case: Case) -> Result:
    """Visitors who looked at a play."""
    return _counts(
        case, "watchers", "visitors", "Watchers", case.measured.totals.watchers, case.true_totals.watchers
    )


def reach(case: Case) -> Result:
    """Different visitors of each campaign."""
    return _counts(case, "reach", "visitors", "Reach", case.measured.totals.reach, case.true_totals.reach)


def posters(case: Case) -> Result:
    """Presences of printed faces."""
    counted = [extra for extra in case.matches.extras if extra.kind == "poster"]
    passed = not counted if any(frame.decoys for frame in case.truth.frames) else None
    moments = tuple(_poster(extra) for extra in counted)
    return Result(
        "posters", "presence", "Printed faces that are counted", str(len(counted)), "none", passed, moments
    )


def _poster(extra: Extra) -> Moment:
    presence = extra.presence
    note = f"a printed face is counted for {presence.seconds:.1f} s"
    return Moment(presence.camera_id, _middle(presence), presence.seconds, note)


def plays_once(case: Case) -> Result:
    """No play twice."""
    plays = case.measured.plays
    twice = len(plays) - len({play.play_id for play in plays})
    return Result(
        "plays-once", "plays", "Plays that are there twice", str(twice), "none", not twice if plays else None
    )


def plays_apart(case: Case) -> Result:
    """No two at a time."""
    late = [b.start_ns - a.end_ns for a, b in _neighbours(case.measured.plays)]
    clashes = sum(gap < 0 for gap in late)
    return Result(
        "plays-apart",
        "plays",
        "Plays that overlap on a screen",
        str(clashes),
        "none",
        not clashes if case.measured.plays else None,
    )


def plays_gaps(case: Case) -> Result:
    """No dark screen."""
    longest = max(
        ((b.start_ns - a.end_ns) / SECOND for a, b in _neighbours(case.measured.plays)), default=0.0
    )
    passed = longest <= case.tolerances.gap_s if case.measured.plays else None
    return Result(
        "plays-gaps",
        "plays",
        "Longest gap between plays",
        f"{longest:.2f} s",
        f"≤ {case.tolerances.gap_s:g} s",
        passed,
    )


def plays_proof(case: Case) -> Result:
    """What is on the bus is what the players remember."""
    reported, played = (
        {_proof(play) for play in plays} for plays in (case.measured.plays, case.measured.journal)
    )
    wrong = len(reported ^ played)
    value = f"{len(reported & played)} of {len(reported | played)}"
    return Result(
        "plays-proof",
        "plays",
        "Plays as in the player's own journal",
        value,
        "all",
        not wrong if played else None,
    )


def _proof(play: Played) -> tuple[str, str, int, int, bool]:
    return play.play_id, play.stand_id, play.start_ns, play.end_ns, play.completed


def _neighbours(plays: Sequence[Played]) -> list[tuple[Played, Played]]:
    """Plays that follow each other on a stand, on one day: cameras that close stop the stand's clock too."""
    once = sorted(
        {play.play_id: play for play in plays}.values(), key=lambda play: (play.stand_id, play.start_ns)
    )
    pairs = ((a, b) for a, b in pairwise(once) if a.stand_id == b.stand_id)
    return [(a, b) for a, b in pairs if b.start_ns - a.start_ns < 3600 * SECOND]


def total_plays(case: Case) -> Result:
    """Plays that the campaigns count."""
    mine, true = case.measured.totals.plays, len({play.play_id for play in case.measured.journal})
    return Result(
        "total-plays", "totals", "Plays counted", f"{mine} of {true}", "all", mine == true if true else None
    )


def total_ots(case: Case) -> Result:
    """Opportunities to see."""
    return _counts(case, "total-ots", "totals", "OTS", case.measured.totals.ots, case.true_totals.ots)


def total_dwell(case: Case) -> Result:
    """Dwell during plays."""
    return _times(
        case,
        "total-dwell",
        "totals",
        "Dwell during plays",
        case.measured.totals.dwell_s,
        case.true_totals.dwell_s,
    )


def total_attention(case: Case) -> Result:
    """Attention during plays."""
    mine, true = case.measured.totals.attention_s, case.true_totals.attention_s
    return _times(case, "total-attention", "totals", "Attention during plays", mine, true)


def _counts(case: Case, key: str, group: Group, title: str, mine: int, true: int) -> Result:
    off = max(case.tolerances.counts * true, 1.0)
    passed = abs(mine - true) <= off if true and case.truth.complete else None
    wanted = (
        f"{true} ± {off:.0f}" if off == 1 else f"{true} ± {case.tolerances.counts:.0%}".replace("%", " %")
    )
    return Result(key, group, title, f"{mine} ({_off(mine, true)})", wanted, passed)


def _times(case: Case, key: str, group: Group, title: str, mine: float, true: float) -> Result:
    most = case.tolerances.times
    passed = (
        abs(mine - true) <= most * true if true and (case.truth.complete or group == "attention") else None
    )
    wanted = f"{true:.1f} s ± {100 * most:.0f} %"
    return Result(key, group, title, f"{mine:.1f} s ({_off(mine, true)})", wanted, passed)


def _off(mine: float, true: float) -> str:
    return f"{100 * (mine / true - 1):+.1f} %".replace("-", "−") if true else "–"


def _ratio(bad: Sequence[object], count: int, most: float) -> bool | None:
    return len(bad) <= most * count if count else None


def _share(share: float) -> str:
    return f"{100 * share:.1f} %"


def _least(share: float) -> str:
    return f"≥ {100 * share:.0f} %"


def _most(share: float) -> str:
    return f"≤ {100 * share:.0f} %"


def _middle(presence: TruePresence | Presence) -> int:
    return (presence.start_ns + presence.end_ns) // 2


CHECKS: Final[tuple[Callable[[Case], Result], ...]] = (
    recall,
    holes,
    swaps,
    fragments,
    found,
    invented,
    starts,
    ends,
    dwell,
    posters,
    attention_overlap,
    attention_seconds,
    visits,
    watchers,
    reach,
    plays_once,
    plays_apart,
    plays_gaps,
    plays_proof,
    total_plays,
    total_ots,
    total_dwell,
    total_attention,
)


def check(case: Case) -> tuple[Result, ...]:
    """Every check."""
    return tuple(each(case) for each in CHECKS)
