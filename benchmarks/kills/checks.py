"""Check what must hold after any kills. Each check yields a line for each violation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from redis import Redis

from benchmarks.kills.comparison import ById, Line, differences, latest, one_pass
from benchmarks.kills.evidence import Evidence
from tests.batch_recomputation import FIGURES, TOPICS, recompute
from tests.recordings import Totals
from vitrine.clock import SystemClock
from vitrine.mall.folder import MallSource
from vitrine.recognition import RecognitionSettings
from vitrine.services.engagement.handler import EngagementHandler
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.services.identity.app import without_key
from vitrine.stores.presence import PresenceStore


def plays(evidence: Evidence) -> Iterator[str]:
    """Check that every play the player finished is there, and says the same each time."""
    contents = ById("play")
    for event in evidence.events("plays"):
        contents.add(event["play_id"], event)
    yield from contents.problems
    finished = set(evidence.journal)
    for play_id in finished - contents.found.keys():
        yield f"play {play_id} was finished and is not on the topic"
    # A run without plays proves nothing.
    if not finished:
        yield "no play was finished"


def offers(evidence: Evidence) -> Iterator[str]:
    """Check that each grant is in Redis and on the bus once, within its budget and rule."""
    shown = ById("offer")
    for event in evidence.events("interactions"):
        if event["kind"] == "offer-shown":
            shown.add(event["interaction_id"], event)
    yield from shown.problems
    yield from repeated_codes(evidence)
    yield from lost_grants(evidence, shown.found)
    for interaction in evidence.pending:
        yield f"interaction {interaction} still waits in Redis"
    yield from repeated_grants(shown.found.values())
    yield from exceeded_budgets(evidence)
    if not any(evidence.granted.values()):
        yield "no offer was granted"


def repeated_codes(evidence: Evidence) -> Iterator[str]:
    """Check that each code was granted once, over all offers."""
    codes: Counter[str] = Counter()
    for grants in evidence.granted.values():
        codes.update(grants.values())
    for code, times in codes.items():
        if times > 1:
            yield f"code {code} was granted {times} times"


def lost_grants(evidence: Evidence, shown: Mapping[str, Line]) -> Iterator[str]:
    """Check that Redis and the bus know the same grants."""
    in_redis: set[str] = set()
    for grants in evidence.granted.values():
        in_redis.update(grants)
    for grant in in_redis - shown.keys():
        yield f"grant {grant} never reached the bus"
    for grant in shown.keys() - in_redis:
        yield f"grant {grant} is not in Redis"


def repeated_grants(shown: Iterable[Line]) -> Iterator[str]:
    """Check that no visit was granted the same offer twice."""
    visits: Counter[tuple[str, str, str]] = Counter()
    for event in shown:
        key = (
            event["campaign_id"],
            event["offer_id"],
            event["visit_id"],
        )
        visits[key] += 1
    for key, times in visits.items():
        if times > 1:
            yield f"{key} was granted {times} times"


def exceeded_budgets(evidence: Evidence) -> Iterator[str]:
    """Check that no offer was granted more often than its budget says."""
    mall = evidence.mall.current()
    for campaign in mall.campaigns:
        for offer in campaign.offers:
            key = f"{campaign.id}:{offer.id}"
            # Redis has no key of an offer that nobody was granted.
            grants = evidence.granted.get(key, {})
            times = len(grants)
            if times > offer.budget:
                yield (
                    f"{offer.id} was granted {times} times,"
                    f" its budget is {offer.budget}"
                )


def engagement(mall: MallSource) -> EngagementHandler:
    """Return engagement for one pass without restarts. Its store raises AssertionError."""

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
    """Check that exposures are as one pass of engagement over the same faces gives them."""
    handler = engagement(evidence.mall)
    wanted = {}
    for event in one_pass(
        handler,
        evidence.records["faces"],
        "exposures",
    ):
        key = exposure_key(event)
        wanted[key] = event
    contents = ById("exposure")
    for event in evidence.events("exposures"):
        key = exposure_key(event)
        contents.add(key, event)
    yield from contents.problems
    yield from differences("exposure", contents.found, wanted)
    if not wanted:
        yield "nobody was there"


def exposure_key(event: Line) -> str:
    """Return what identifies an exposure: the presence and the part of it."""
    return f"{event['presence_id']}/{event['part']}"


def identities(evidence: Evidence) -> Iterator[str]:
    """Check that the latest word on each track is that of one pass over the same faces."""
    # Nobody is enrolled: no key is needed to know visitors again.
    handler = without_key(evidence.mall, RecognitionSettings().rules())
    expected = one_pass(
        handler,
        evidence.records["faces"],
        "identities",
    )
    found = evidence.events("identities")
    yield from differences(
        "track",
        latest(found),
        latest(expected),
    )


def totals(evidence: Evidence) -> Iterator[str]:
    """Check that totals are as the batch recomputation gives them."""
    expected = batch_totals(evidence)
    yield from differences("total", evidence.totals, expected)
    if not any(figures["ots"] for figures in expected.values()):
        yield "nobody could see a play"


def batch_totals(evidence: Evidence) -> Totals:
    """Return the totals that a recomputation from all events by brute force gives."""
    stands = evidence.mall.current().stands
    zones = {stand.id: stand.time_zone for stand in stands}
    events = {topic: evidence.events(topic) for topic in TOPICS}
    found = {}
    for key, row in recompute(events, zones).items():
        found[key] = {name: row[name] for name in FIGURES}
    return found


def dead_letters(evidence: Evidence) -> Iterator[str]:
    """Check that there are none at all."""
    found: Counter[str] = Counter()
    for event in evidence.events("dead-letters"):
        # Without the record's place, so that many of one kind are one line.
        words = [event[name] for name in ("service", "topic", "kind", "reason")]
        kind = " ".join(words)
        found[kind] += 1
    for kind, times in found.items():
        yield f"{times} dead letters: {kind}"
