"""The live view over a real Kafka."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from tests.brokers import KafkaBroker
from tests.builders import (
    at,
    make_engagement,
    make_face,
    make_frame_faces,
    make_identity,
    make_mall,
    make_person,
)
from tests.console_builders import make_jpeg, running_console
from tests.processes import wait_for
from vitrine.bus.kafka import KafkaBus
from vitrine.mall import Camera
from vitrine.topics import ENGAGEMENT, FRAMES, IDENTITIES, TOPICS

pytestmark = pytest.mark.kafka

JPEG = make_jpeg(bytes(20_000))


def test_frames_and_faces_of_a_broker_are_shown_and_no_offset_is_committed(
    kafka_broker: KafkaBroker,
) -> None:
    camera = Camera(id="live-1", uri="0", stand="live")
    stand = make_mall().stands[0].model_copy(update={"id": "live"})
    mall = make_mall(stand, cameras=[camera])
    views: list[tuple[dict[str, Any], bytes]] = []
    with closing(KafkaBus(kafka_broker.servers)) as bus:
        bus.apply_topics(TOPICS)
        with running_console(mall, bus=bus) as console:
            identity = make_identity("a", known=True, stand="live")
            console.publish(IDENTITIES, identity)
            console.sign_in()
            tenth = 0

            def shown() -> bool:
                nonlocal tenth
                tenth += 1
                person = make_person("a", score=77)
                snapshot = make_engagement(tenth / 10, person, stand="live")
                console.publish(ENGAGEMENT, snapshot)
                found = make_frame_faces(
                    tenth / 10,
                    [make_face("a")],
                    camera="live-1",
                    stand="live",
                )
                console.show(found, JPEG)
                head, jpegs = console.ask()
                views.extend(zip(head["views"], jpegs, strict=True))
                return any("score" in view["faces"][0] for view, _ in views)

            wait_for(shown, "the view of a camera", 60)
        waiting = bus.backlog("console", FRAMES)
    view, jpeg = views[-1]
    assert jpeg == JPEG
    assert at(0) / 1e6 < view["at_ms"] <= at(tenth / 10) / 1e6
    assert view["faces"][0]["score"] == 77
    assert view["faces"][0]["known"] is True
    assert sum(waiting.values()) >= tenth
