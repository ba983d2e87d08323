"""What must hold after any kills. Each check returns a line for each violation."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any

from redis import Redis

from benchmarks.kills.evidence import Evidence
from benchmarks.kills.killer import Outage
from tests.batch_recomputation import FIGURES, TOPICS, recompute
from tests.recordings import Totals
from vitrine.bus import Received
from vitrine.clock import SystemClock
from vitrine.mall.folder import MallSource
from vitrine.runtime import Handler
from vitrine.schemas import FrameFaces
from vitrine.services.engagement.handler import EngagementHandler
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.services.identity.app import without_key
from vitrine.services.identity.settings import IdentitySettings
from vitrine.stores.presence import PresenceStore

BATCH = 50
SLACK_S = 3.0
"""Video that a kill of ingest or landmarks may cost beside the time until it was ready again."""


def plays(evidence: Evidence) -> Iterator[str]:
    """Every play that the player finished is there, and says the same each time."""
    contents = ById("play", ((e["play_id"], e) for e in evidence.events("plays")))
    yield from contents.problems
    for play_id in set(evidence.journal) - contents.found.keys():
        yield f"play {play_id} was finished and is not on the topic"
    if not evidence.journal:
        yield "no play was finished"


def offers(evidence: Evidence) -> Iterator[str]:
    """Each grant once, with a code of its own, within its budget and rule, in Redis and on the bus."""
    shown = [e for e in evidence.events("interactions") if e["kind"] == "offer-shown"]
    contents = ById("offer", ((e["interaction_id"], e) for e in shown))
    yield from contents.problems
    granted = [
        (grant, code)
        for grants in evidence.granted.values()
        for grant, code in grants.items()
    ]
    for code, times in Counter(code for _, code in granted).items():
        if times > 1:
            yield f"code {code} was granted {times} times"
    in_redis = {grant for grant, _ in granted}
    yield from (
        f"grant {grant} never reached the bus"
        for grant in in_redis - contents.found.keys()
    )
    yield from (
        f"grant {grant} is not in Redis" for grant in contents.found.keys() - in_redis
    )
    yield from (f"interaction {one} still waits in Redis" for one in evidence.pending)
    visits = Counter(
        (e["campaign_id"], e["offer_id"], e["visit_id"])
        for e in contents.found.values()
    )
    yield from (
        f"{key} was granted {times} times" for key, times in visits.items() if times > 1
    )
    for campaign in evidence.mall.current().campaigns:
        for offer in campaign.offers:
            count = len(evidence.granted.get(f"{campaign.id}:{offer.id}", {}))
            if count > offer.budget:
                yield f"{offer.id} was granted {count} times, its budget is {offer.budget}"
    if not granted:
        yield "no offer was granted"


def engagement(mall: MallSource) -> EngagementHandler:
    """Engagement for one pass without restarts, which asks no store."""

    def no_redis() -> Redis:
        raise AssertionError("one pass stores nothing")

    return EngagementHandler(
        mall,
        EngagementSettings(),
        PresenceStore(no_redis),
        SystemClock(),
        finite=True,
    )


def exposures(evidence: Evidence) -> Iterator[str]:
    """As one pass of engagement over the same faces gives them."""
    handler = engagement(evidence.mall)
    expected = {
        (e["presence_id"], e["part"]): e
        for e in one_pass(handler, evidence.records["faces"], "exposures")
    }
    key_of = (
        (f"{e['presence_id']}/{e['part']}", e) for e in evidence.events("exposures")
    )
    contents = ById("exposure", key_of)
    yield from contents.problems
    wanted = {f"{presence}/{part}": e for (presence, part), e in expected.items()}
    yield from differences("exposure", contents.found, wanted)
    if not wanted:
        yield "nobody was there"


def identities(evidence: Evidence) -> Iterator[str]:
    """The latest word on each track is that of one pass of identity over the same faces."""
    handler = without_key(evidence.mall, IdentitySettings().rules())
    expected = one_pass(handler, evidence.records["faces"], "identities")
    yield from differences(
        "track", latest(evidence.events("identities")), latest(expected)
    )


def totals(evidence: Evidence) -> Iterator[str]:
    """As the batch recomputation gives them."""
    expected = batch_totals(evidence)
    yield from differences("total", evidence.totals, expected)
    if not sum(figures["ots"] for figures in expected.values()):
        yield "nobody could see a play"


def batch_totals(evidence: Evidence) -> Totals:
    """Recomputed from the events by brute force."""
    zones = {stand.id: stand.time_zone for stand in evidence.mall.current().stands}
    rows = recompute({topic: evidence.events(topic) for topic in TOPICS}, zones)
    return {key: {name: row[name] for name in FIGURES} for key, row in rows.items()}


def dead_letters(evidence: Evidence) -> Iterator[str]:
    """None at all."""
    letters = evidence.events("dead-letters")
    found = Counter((e["service"], e["topic"], e["kind"], e["reason"]) for e in letters)
    yield from (
        f"{times} dead letters: {' '.join(what)}" for what, times in found.items()
    )


def frames(evidence: Evidence, fps: float) -> Iterator[str]:
    """Every frame of every camera is there, from the first to the last."""
    for camera, times in capture_times(evidence).items():
        holes = [
            later - earlier
            for earlier, later in pairwise(times)
            if later - earlier > 1.01e9 / fps
        ]
        if holes:
            yield f"camera {camera} misses {round(sum(holes) / 1e9 * fps) - len(holes)} frames"


def losses(evidence: Evidence, outages: Sequence[Outage], fps: float) -> Iterator[str]:
    """No gap but in an outage, and none longer than it, both with `SLACK_S`."""
    spans = merged(outages)
    for camera, times in capture_times(evidence).items():
        for earlier, later in pairwise(times):
            gap_s = (later - earlier) / 1e9 - 1 / fps
            if gap_s <= SLACK_S:
                continue
            inside = [s for s in spans if s[0] <= later and s[1] >= earlier]
            allowed_s = sum(end - start for start, end in inside) / 1e9
            if gap_s > allowed_s:
                yield f"camera {camera} misses {gap_s:.1f} s of video, {allowed_s:.1f} s are explained"


def lost_s(evidence: Evidence, fps: float) -> float:
    """Seconds of video without faces, of all cameras."""
    steps = (pairwise(times) for times in capture_times(evidence).values())
    gaps = [
        (later - earlier) / 1e9 - 1 / fps for pairs in steps for earlier, later in pairs
    ]
    return sum(gap for gap in gaps if gap > 0.01)


def merged(outages: Sequence[Outage]) -> list[tuple[int, int]]:
    """Spans of time in which something was down, each with the slack at both of its ends halved."""
    half = round(SLACK_S * 5e8)
    spans: list[tuple[int, int]] = []
    for start, end in sorted((o.start_ns - half, o.end_ns + half) for o in outages):
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans


def capture_times(evidence: Evidence) -> dict[str, list[int]]:
    """Of each camera, in order, each once."""
    found: dict[str, set[int]] = defaultdict(set)
    for received in evidence.records["faces"]:
        if not received.event.ended:
            found[received.event.camera_id].add(received.event.captured_at_ns)
    return {camera: sorted(times) for camera, times in found.items()}


class ById:
    """Events by id; the same id with other content is a problem."""

    def __init__(self, kind: str, events: Iterable[tuple[str, dict[str, Any]]]) -> None:
        self.found: dict[str, dict[str, Any]] = {}
        self.problems: list[str] = []
        self.repeats = 0
        for key, event in events:
            before = self.found.setdefault(key, event)
            self.repeats += before is not event
            if before != event:
                self.problems.append(
                    f"{kind} {key} is there with different contents: {before} and {event}"
                )


def differences(
    kind: str, found: Mapping[Any, Any], wanted: Mapping[Any, Any]
) -> Iterator[str]:
    """A line for each key whose values differ."""
    for key in sorted(found.keys() | wanted.keys()):
        if found.get(key) != wanted.get(key):
            yield f"{kind} {key} is {found.get(key)}, not {wanted.get(key)}"


def latest(events: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """The last event of each track."""
    return {event["track_id"]: event for event in events}


def one_pass(
    handler: Handler, faces: Sequence[Received[FrameFaces]], topic: str
) -> list[dict[str, Any]]:
    """What a handler makes of the faces without any interruption."""
    messages = []
    for _, records in groupby(sorted(faces, key=place), key=lambda r: r.source):
        part = list(records)
        for start in range(0, len(part), BATCH):
            messages += handler.handle(part[start : start + BATCH]).messages
    messages += handler.stopped().messages
    return [m.event.model_dump(mode="json") for m in messages if m.topic.name == topic]


def place(received: Received[Any]) -> tuple[int, int]:
    """Partition and offset."""
    return received.record.partition, received.record.offset
