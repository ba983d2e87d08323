"""The landmarks service with the weights that ship, on people whose truth is known."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Thread

import cv2
import numpy as np
import pytest

from tests.builders import at, make_mall
from vitrine.bus import (
    Outgoing,
    decode,
    encode,
)
from vitrine.bus.memory import MemoryBus
from vitrine.errors import ConfigurationError
from vitrine.mall import Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Context
from vitrine.schemas import (
    DeadLetter,
    FrameFaces,
    FrameMeta,
)
from vitrine.services.landmarks.app import build
from vitrine.settings import Settings
from vitrine.stores.redis import connect
from vitrine.synthetic import PersonTruth, SyntheticMall
from vitrine.synthetic.truth import FrameTruth
from vitrine.telemetry.health import Health
from vitrine.topics import (
    DEAD_LETTERS,
    FACES,
    FRAMES,
    TOPICS,
)
from vitrine.vision.crop import Image
from vitrine.vision.models import FETCHED
from vitrine.vision.shape import outer_eye_distance

WIDTH = 640
HEIGHT = 360
FPS = 10
DEADLINE_S = 100.0


def make_context(bus: MemoryBus, **settings: object) -> Context:
    return Context(
        settings=Settings.model_validate({"bus": "memory", **settings}),
        bus=bus,
        mall=FixedMall(make_mall(Stand(id="north"))),
        health=Health(),
        redis=lambda: connect("redis://127.0.0.1:1/0"),
    )


def publish(bus: MemoryBus, bodies: Sequence[bytes]) -> None:
    """Send the frames of one camera, and that its source ended."""
    producer = bus.producer()
    for number, body in enumerate([*bodies, b""]):
        meta = FrameMeta(
            camera_id="north-1",
            stand_id="north",
            captured_at_ns=at(number / FPS),
            width=WIDTH,
            height=HEIGHT,
            synthetic=True,
            ended=number == len(bodies),
        )
        producer.send(encode(Outgoing(FRAMES, "north-1", meta, body)))
    producer.flush()


def run_to_the_end(
    bodies: Sequence[bytes],
) -> tuple[list[FrameFaces], list[DeadLetter]]:
    """Return everything that a running service publishes for the frames of a source."""
    bus = MemoryBus(TOPICS)
    stop = Event()
    publish(bus, bodies)
    service = Thread(target=build(make_context(bus)).run, args=(stop,))
    service.start()
    reader = bus.consumer("test", [FACES, DEAD_LETTERS])
    events: list[FrameFaces] = []
    letters: list[DeadLetter] = []
    for _ in range(round(DEADLINE_S / 0.1)):
        for record in reader.poll(0.1, 100):
            event = decode(record).event
            if isinstance(event, FrameFaces):
                events.append(event)
            elif isinstance(event, DeadLetter):
                letters.append(event)
        if events and events[-1].ended:
            break
    stop.set()
    service.join(10)
    return events, letters


def jpeg(image: Image) -> bytes:
    _, encoded = cv2.imencode(".jpg", image)
    return encoded.tobytes()


@dataclass
class Comparison:
    """Hold what was published of people whose truth is known."""

    expected: int = 0
    errors: list[float] = field(default_factory=list)
    """Mean distance of the points, in eye distances, of each person found."""
    turned: list[float] = field(default_factory=list)
    """Errors of yaw in degrees."""
    tracks: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    """Names under which each person was followed."""

    def add(self, event: FrameFaces, person: PersonTruth) -> None:
        size = float(outer_eye_distance(person.points))
        if not person.visible or size < 15:
            return
        self.expected += 1
        nearest = None
        least = 0.5
        for face in event.faces:
            off = np.linalg.norm(np.array(face.points) - person.points, axis=1)
            error = float(off.mean()) / size
            if error < least:
                nearest = face
                least = error
        if nearest is not None:
            self.errors.append(least)
            self.turned.append(abs(nearest.yaw - person.yaw))
            self.tracks[person.person].add(nearest.track_id)


COUNT = 40


@pytest.fixture(scope="module")
def synthetic() -> tuple[list[FrameFaces], list[FrameTruth]]:
    """What the service publishes of some frames of a mall, and what they show."""
    mall = SyntheticMall.from_uri(
        "synthetic:?people=2&seed=1",
        WIDTH,
        HEIGHT,
        FPS,
    )
    pictures = []
    truths = []
    for number in range(COUNT):
        image, truth = mall.frame(number)
        pictures.append(jpeg(image))
        truths.append(truth)
    events, letters = run_to_the_end(pictures)
    assert letters == []
    return events, truths


def test_each_frame_leads_to_one_event_and_the_end_to_another(
    synthetic: tuple[list[FrameFaces], list[FrameTruth]],
) -> None:
    events, _ = synthetic
    times = [event.captured_at_ns for event in events]
    ended = [event.ended for event in events]
    assert times == [at(number / FPS) for number in range(COUNT + 1)]
    assert ended == [False] * COUNT + [True]


def test_synthetic_people_are_found_followed_and_measured(
    synthetic: tuple[list[FrameFaces], list[FrameTruth]],
) -> None:
    events, truths = synthetic
    # The last event says that the source ended: no picture belongs to it.
    found = compared(events[:COUNT], truths)
    names = [len(tracks) for tracks in found.tracks.values()]
    assert found.expected >= 20
    assert len(found.errors) >= 0.9 * found.expected
    assert np.median(found.errors) < 0.1
    assert np.median(found.turned) < 8
    assert max(names) <= 2


def compared(
    events: Sequence[FrameFaces],
    truths: Sequence[FrameTruth],
) -> Comparison:
    """Compare what was published of each frame with what it shows."""
    found = Comparison()
    for event, truth in zip(
        events,
        truths,
        strict=True,
    ):
        for person in truth.people:
            found.add(event, person)
    return found


def test_bad_pictures_become_dead_letters_and_the_rest_goes_on() -> None:
    grey = jpeg(np.full((HEIGHT, WIDTH, 3), 128, np.uint8))
    events, letters = run_to_the_end([grey, b"", grey[:-40], grey])
    times = [event.captured_at_ns for event in events]
    assert times == [at(0), at(0.3), at(0.4)]
    assert [event.faces for event in events] == [()] * 3
    assert [letter.reason for letter in letters] == [
        "the frame holds no picture",
        "the JPEG is cut off",
    ]
    assert [letter.value for letter in letters] == [None, None]


def test_a_missing_model_folder_stops_the_service_with_what_is_wrong(
    tmp_path: Path,
) -> None:
    service = build(make_context(MemoryBus(TOPICS), models=tmp_path / "nowhere"))
    with pytest.raises(ConfigurationError, match="VITRINE_MODELS: there is no folder"):
        service.run(Event())


def test_a_set_of_models_that_is_half_there_stops_the_service_with_what_to_do(
    tmp_path: Path,
) -> None:
    context = make_context(MemoryBus(TOPICS), models=tmp_path, model_set="commercial")
    with pytest.raises(ConfigurationError, match="pull --set commercial"):
        build(context).run(Event())


def test_the_commercial_set_does_not_run_our_detector(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FETCHED:
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setenv("VITRINE_LANDMARKS_DETECTOR", "own")
    context = make_context(MemoryBus(TOPICS), models=tmp_path, model_set="commercial")
    with pytest.raises(ConfigurationError, match="own is of the research set"):
        build(context).run(Event())


@pytest.mark.shared
def test_a_key_file_that_is_missing_stops_the_service_with_what_to_do(
    shared: Path, tmp_path: Path
) -> None:
    context = make_context(
        MemoryBus(TOPICS), models=shared / "models", key_file=tmp_path / "none"
    )
    with pytest.raises(ConfigurationError, match="openssl rand -base64 32"):
        build(context).run(Event())
