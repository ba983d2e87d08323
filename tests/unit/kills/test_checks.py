"""Checks of the kill harness: each is shown a run that is good but for one fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from benchmarks.kills import checks, video
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
from tests.campaign_scenario import make_coverage, make_interaction, make_play
from tests.stand_builders import make_campaign, make_offer
from vitrine.bus import Received
from vitrine.mall.folder import FixedMall
from vitrine.schemas import Coverage, DeadLetter, Event, Exposure
from vitrine.topics import TOPICS

FPS = 5
OFFER = "spring:ten"
Spoil = Callable[[Evidence], Evidence]


def log(*events: Event) -> list[Received[Any]]:
    """Return a topic that holds these events."""
    return [received(event, offset=offset) for offset, event in enumerate(events)]


def good_run() -> Evidence:
    """Return a run with one person for four seconds, one play and one offer."""
    campaign = make_campaign(offers=[make_offer(budget=1)])
    mall = FixedMall(make_mall().model_copy(update={"campaigns": (campaign,)}))
    face = make_face(make_track_id())
    frames = [make_frame_faces(number / FPS, [face]) for number in range(4 * FPS)]
    faces = log(*frames)
    play = make_play(0, 8)
    shown = make_interaction(
        "offer-shown",
        2,
        interaction_id="g",
        campaign_id="spring",
        offer_id="ten",
        visit_id="v",
    )
    records: dict[str, list[Received[Any]]] = {topic.name: [] for topic in TOPICS}
    records["faces"] = faces
    records["coverage"] = log(coverage_of(faces))
    records["exposures"] = log(*exposures_of(faces, mall))
    records["plays"] = log(play)
    records["interactions"] = log(shown)
    evidence = Evidence(
        records=records,
        totals={},
        granted={OFFER: {"g": "CODE-1"}},
        pending=[],
        journal=[play.play_id],
        mall=mall,
    )
    return replace(evidence, totals=checks.batch_totals(evidence))


def coverage_of(faces: list[Received[Any]]) -> Coverage:
    """Return what ingest says of the frames behind the faces."""
    return make_coverage(0, camera_id=faces[0].event.camera_id, frames=len(faces))


def exposures_of(faces: list[Received[Any]], mall: FixedMall) -> list[Exposure]:
    """Return what engagement makes of the faces."""
    handler = checks.engagement(mall)
    handled = handler.handle(faces)
    stopped = handler.stopped()
    events = [message.event for message in (*handled.messages, *stopped.messages)]
    return [event for event in events if isinstance(event, Exposure)]


def with_topic(evidence: Evidence, topic: str, *records: Received[Any]) -> Evidence:
    """Return the run with other records on a topic."""
    return replace(
        evidence,
        records={**evidence.records, topic: list(records)},
    )


def changed(evidence: Evidence, topic: str, **fields: Any) -> Evidence:
    """Return the run with a topic's first event twice, the second time with other content."""
    record = evidence.records[topic][0]
    other = received(
        record.event.model_copy(update=fields),
        offset=99,
    )
    return with_topic(evidence, topic, *evidence.records[topic], other)


def without(topic: str) -> Spoil:
    """Return a change that takes all records from a topic."""
    return lambda run: with_topic(run, topic)


def with_other_content(topic: str, **fields: Any) -> Spoil:
    """Return a change that repeats a topic's first event with other content."""
    return lambda run: changed(run, topic, **fields)


def with_facts(**facts: Any) -> Spoil:
    """Return a change of what is known beside the topics."""
    return lambda run: replace(run, **facts)


def with_dead_letter(run: Evidence) -> Evidence:
    """Return the run with a record that the stand could not read."""
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


def without_two_frames(run: Evidence) -> Evidence:
    """Return the run without its ninth and tenth frame."""
    faces = run.records["faces"]
    return with_topic(run, "faces", *faces[:8], *faces[10:])


def with_dropped_frames(run: Evidence) -> Evidence:
    """Return the run with another span, in which ingest dropped three frames."""
    first = run.records["coverage"][0].event
    span_ns = first.end_ns - first.start_ns
    later = first.model_copy(
        update={
            "start_ns": first.end_ns,
            "end_ns": first.end_ns + span_ns,
            "frames": 0,
            "dropped": 3,
        }
    )
    return with_topic(run, "coverage", *log(first, later))


def all_violations(evidence: Evidence) -> list[str]:
    """Return what all checks say of a run."""
    return [
        *checks.plays(evidence),
        *checks.offers(evidence),
        *checks.exposures(evidence),
        *checks.totals(evidence),
        *checks.dead_letters(evidence),
        *video.frames(evidence),
    ]


def test_a_good_run_has_no_violation() -> None:
    assert all_violations(good_run()) == []


def test_the_same_event_twice_is_no_violation() -> None:
    run = good_run()
    for topic in ("plays", "interactions", "exposures"):
        records = run.records[topic]
        run = with_topic(run, topic, *records, *records)

    assert all_violations(run) == []


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (
            without("plays"),
            "was finished and is not on the topic",
        ),
        (
            with_other_content("plays", completed=False),
            "different contents",
        ),
        (
            with_facts(journal=[]),
            "no play was finished",
        ),
        (
            without("interactions"),
            "grant g never reached the bus",
        ),
        (
            with_facts(granted={OFFER: {}}),
            "grant g is not in Redis",
        ),
        (
            with_facts(granted={OFFER: {}}),
            "no offer was granted",
        ),
        (
            with_facts(granted={OFFER: {"g": "CODE-1", "h": "CODE-2"}}),
            "its budget is 1",
        ),
        (
            with_facts(granted={OFFER: {"g": "C"}, "x:y": {"h": "C"}}),
            "code C was granted 2",
        ),
        (
            with_other_content("interactions", interaction_id="h"),
            "was granted 2 times",
        ),
        (
            with_facts(pending=["g"]),
            "still waits in Redis",
        ),
        (
            without("exposures"),
            "not {",
        ),
        (
            with_other_content("exposures", score_mean=0.0),
            "different contents",
        ),
        (
            with_other_content("exposures", part=7),
            "not None",
        ),
        (
            with_facts(totals={}),
            "total",
        ),
        (
            with_dead_letter,
            "1 dead letters: stand engagement invalid a fault",
        ),
        (
            without_two_frames,
            "misses 2 frames",
        ),
        (
            with_dropped_frames,
            "dropped 3 frames",
        ),
    ],
)
def test_a_fault_is_seen(spoil: Spoil, said: str) -> None:
    violations = all_violations(spoil(good_run()))

    assert any(said in line for line in violations)


@pytest.mark.parametrize(
    ("down", "fine"),
    [
        ((10.0, 18.0), True),
        ((10.0, 15.0), False),
        (None, False),
        ((40.0, 60.0), False),
    ],
)
def test_video_may_be_missing_only_as_long_as_something_was_down(
    down: tuple[float, float] | None, fine: bool
) -> None:
    seconds = [*range(11), *range(21, 30)]
    frames = [make_frame_faces(float(second)) for second in seconds]
    run = with_topic(good_run(), "faces", *log(*frames))
    outages = []
    if down is not None:
        start, end = down
        outages.append(
            Outage(
                "ingest",
                at(start),
                at(end),
                kills=1,
            )
        )

    violations = list(video.losses(run, outages, fps=1.0))

    assert (not violations) is fine
