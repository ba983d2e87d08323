"""The checks of the kill harness can say no: each is shown a run that is good but for one fault."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.kills import checks
from benchmarks.kills.evidence import Evidence
from benchmarks.kills.killer import Outage
from tests.builders import (
    at,
    make_face,
    make_frame_faces,
    make_mall,
    make_track_id,
    received,
)
from tests.campaign_scenario import make_interaction, make_play
from tests.stand_builders import make_campaign, make_offer
from vitrine.bus import Received
from vitrine.mall.folder import FixedMall
from vitrine.schemas import DeadLetter, Event, Exposure
from vitrine.topics import TOPICS

FPS = 5
OFFER = "spring:ten"


def log(*events: Event) -> list[Received[Any]]:
    """A topic that holds these events."""
    return [received(event, offset=offset) for offset, event in enumerate(events)]


def good_run() -> Evidence:
    """One person for four seconds, during one play, with one offer."""
    campaign = make_campaign(offers=[make_offer(budget=1)])
    mall = FixedMall(make_mall().model_copy(update={"campaigns": (campaign,)}))
    track = make_track_id()
    faces = log(
        *(make_frame_faces(n / FPS, [make_face(track)]) for n in range(4 * FPS))
    )
    handler = checks.engagement(mall)
    outputs = [*handler.handle(faces).messages, *handler.stopped().messages]
    exposures = [m.event for m in outputs if isinstance(m.event, Exposure)]
    play = make_play(0, 8)
    shown = make_interaction(
        "offer-shown",
        2,
        interaction_id="g",
        campaign_id="spring",
        offer_id="ten",
        visit_id="v",
    )
    records: Mapping[str, Sequence[Received[Any]]] = {
        topic.name: [] for topic in TOPICS
    } | {
        "faces": faces,
        "exposures": log(*exposures),
        "plays": log(play),
        "interactions": log(shown),
    }
    evidence = Evidence(records, {}, {OFFER: {"g": "CODE-1"}}, [], [play.play_id], mall)
    return replace(evidence, totals=checks.batch_totals(evidence))


def with_topic(evidence: Evidence, topic: str, *records: Received[Any]) -> Evidence:
    return replace(evidence, records={**evidence.records, topic: list(records)})


def changed(evidence: Evidence, topic: str, **fields: Any) -> Evidence:
    """The first event of a topic twice, the second time with other content."""
    record = evidence.records[topic][0]
    other = received(record.event.model_copy(update=fields), offset=99)
    return with_topic(evidence, topic, *evidence.records[topic], other)


def all_checks(evidence: Evidence) -> list[str]:
    found: list[str] = []
    for check in (
        checks.plays,
        checks.offers,
        checks.exposures,
        checks.totals,
        checks.dead_letters,
    ):
        found += check(evidence)
    return found + list(checks.frames(evidence, FPS))


def test_a_good_run_has_no_violation() -> None:
    assert all_checks(good_run()) == []


def test_the_same_event_twice_is_no_violation() -> None:
    run = good_run()
    for topic in ("plays", "interactions", "exposures"):
        run = with_topic(run, topic, *run.records[topic], *run.records[topic])
    assert all_checks(run) == []


def without(topic: str) -> Callable[[Evidence], Evidence]:
    return lambda run: with_topic(run, topic)


def letter(run: Evidence) -> Evidence:
    event = DeadLetter(
        service="stand",
        topic="engagement",
        partition=0,
        offset=0,
        key="",
        appended_at_ns=at(0),
        kind="invalid",
        reason="a fault",
        headers={},
        size=0,
        sha256="0" * 64,
    )
    return with_topic(run, "dead-letters", *log(event))


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (without("plays"), "was finished and is not on the topic"),
        (lambda run: changed(run, "plays", completed=False), "different contents"),
        (lambda run: replace(run, journal=[]), "no play was finished"),
        (without("interactions"), "grant g never reached the bus"),
        (lambda run: replace(run, granted={OFFER: {}}), "grant g is not in Redis"),
        (
            lambda run: replace(run, granted={OFFER: {"g": "CODE-1", "h": "CODE-2"}}),
            "its budget is 1",
        ),
        (
            lambda run: replace(run, granted={OFFER: {"g": "C"}, "x:y": {"h": "C"}}),
            "code C was granted 2",
        ),
        (
            lambda run: changed(run, "interactions", interaction_id="h"),
            "was granted 2 times",
        ),
        (lambda run: replace(run, pending=["g"]), "still waits in Redis"),
        (without("exposures"), "not {"),
        (lambda run: changed(run, "exposures", score_mean=0.0), "different contents"),
        (lambda run: changed(run, "exposures", part=7), "not None"),
        (lambda run: replace(run, totals={}), "total"),
        (letter, "1 dead letters: stand engagement invalid a fault"),
        (
            lambda run: with_topic(
                run, "faces", *run.records["faces"][:8], *run.records["faces"][10:]
            ),
            "misses 2 frames",
        ),
    ],
)
def test_a_fault_is_seen(spoil: Callable[[Evidence], Evidence], said: str) -> None:
    assert any(said in line for line in all_checks(spoil(good_run())))


@pytest.mark.parametrize(
    ("down", "fine"),
    [((10.0, 18.0), True), ((10.0, 15.0), False), (None, False), ((40.0, 60.0), False)],
)
def test_video_may_be_missing_only_as_long_as_something_was_down(
    down: tuple[float, float] | None, fine: bool
) -> None:
    seconds = [*range(11), *range(21, 30)]
    run = with_topic(
        good_run(), "faces", *log(*(make_frame_faces(float(s)) for s in seconds))
    )
    outages = [Outage("ingest", at(down[0]), at(down[1]), 1)] if down else []
    assert (list(checks.losses(run, outages, 1.0)) == []) is fine
