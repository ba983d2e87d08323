"""Faces in, live snapshots and exposures out; what is refused; what a restart would need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np
import pytest
from prometheus_client import REGISTRY

from tests.builders import at, make_face, make_frame_faces, make_mall, received
from tests.presence_builders import always, film, spans, there, tracks
from vitrine.bus import TopicPartition
from vitrine.clock import SECOND_NS, EventClock
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Outputs
from vitrine.schemas import Exposure, Face, FrameFaces, StandEngagement
from vitrine.sealing import Sealer, view_reference
from vitrine.services.engagement.handler import EngagementHandler
from vitrine.services.engagement.opening import GroupsOpener
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.stores.presence import PresenceStore, load
from vitrine.stores.redis import connect

MALL = make_mall(Stand(id="north"), Stand(id="south"))
SOURCE = TopicPartition("faces", 0)
NO_REDIS = "redis://127.0.0.1:1"
A = make_face("a")
B = make_face("b")


def make_handler(
    *,
    finite: bool = False,
    mall: Mall = MALL,
    bridge_s: float = 2.0,
    redis_url: str = NO_REDIS,
    sealer: Sealer | None = None,
) -> EngagementHandler:
    """Engagement with a store at this address; nobody answers at NO_REDIS."""
    return EngagementHandler(
        FixedMall(mall),
        EngagementSettings(bridge_s=bridge_s),
        PresenceStore(lambda: connect(redis_url)),
        EventClock(),
        opener=GroupsOpener(sealer),
        finite=finite,
    )


def handle(
    handler: EngagementHandler,
    frames: Iterable[FrameFaces],
    appended: Sequence[float] | None = None,
) -> Outputs:
    """Hand frames over as one batch of one partition.

    They were appended when they were taken, unless `appended` says otherwise.
    """
    batch = []
    for offset, frame in enumerate(frames):
        appended_at_ns = frame.captured_at_ns
        if appended is not None:
            appended_at_ns = at(appended[offset])
        record = received(
            frame,
            offset=offset,
            partition=0,
            appended_at_ns=appended_at_ns,
        )
        batch.append(record)
    return handler.handle(batch)


def snapshots(outputs: Outputs) -> list[StandEngagement]:
    events = [message.event for message in outputs.messages]
    return [event for event in events if isinstance(event, StandEngagement)]


def shown(frames: Iterable[FrameFaces]) -> list[StandEngagement]:
    """The snapshots of a new handler."""
    outputs = handle(make_handler(), frames)
    return snapshots(outputs)


def exposures(outputs: Outputs) -> list[Exposure]:
    events = [message.event for message in outputs.messages]
    return [event for event in events if isinstance(event, Exposure)]


def refused(outputs: Outputs) -> list[tuple[int, str]]:
    """The offset of each refused record, and why."""
    found = []
    for rejected, reason in outputs.rejected:
        found.append((rejected.record.offset, reason))
    return found


def counted(metric: str) -> float:
    labels = {"camera": "north-1"}
    return REGISTRY.get_sample_value(metric, labels) or 0.0


def of_north(metric: str) -> float | None:
    labels = {"stand": "north"}
    return REGISTRY.get_sample_value(metric, labels)


def test_a_stand_is_shown_four_times_a_second_also_when_nobody_is_there() -> None:
    frames = film(2.9, always(), fps=30)
    states = shown(frames)
    assert len(states) == 12
    for state in states:
        assert state.people == ()
        assert state.config_version == MALL.version


def test_two_cameras_of_a_stand_share_its_snapshots() -> None:
    frames = []
    for step in range(40):
        second = step / 10
        late = second - 0.03
        first = make_frame_faces(second, [A])
        other = make_frame_faces(late, [B], camera="north-2")
        frames += [first, other]
    states = shown(frames)
    people = {person.track_id for person in states[-1].people}
    assert 15 <= len(states) <= 17
    assert people == {"a", "b"}


def test_a_snapshot_tells_dwell_attention_and_score_of_each_person() -> None:
    face = make_face("a", yaw=0, pitch=-10, size=117)
    frames = film(5.0, always(face))
    states = shown(frames)
    (person,) = states[-1].people
    assert person.presence_id == "north:a"
    assert person.track_id == "a"
    assert person.dwell_s == 5.0
    assert person.attending
    assert person.attention_s == 5.0
    assert person.score == pytest.approx(50 + 10 + 0 + 10, abs=0.1)


def test_the_live_score_looks_back_three_seconds() -> None:
    away = make_face("a", yaw=60)
    scene = there((0, 5, A), (5.1, 8, away))
    frames = film(8.0, scene)
    states = shown(frames)
    people = {}
    for state in states:
        for person in state.people:
            people[state.at_ns] = person
    before = people[at(5.0)]
    after = people[at(8.0)]
    assert before.score - after.score == pytest.approx(50)
    assert after.attention_s == 5.0
    assert not after.attending


def test_a_face_is_shown_as_soon_as_it_has_moved() -> None:
    frames = film(0.9, always(A), fps=10 / 3)
    counts = [len(state.people) for state in shown(frames)]
    assert counts == [0, 0, 1, 1]


def test_a_static_face_is_never_shown_nor_counted_as_anything_but_that() -> None:
    before = counted("vitrine_static_faces_total")
    frames = film(7.0, always(A), swaying=False)
    outputs = handle(make_handler(finite=True), frames)
    people = {state.people for state in snapshots(outputs)}
    assert people == {()}
    assert exposures(outputs) == []
    assert counted("vitrine_static_faces_total") == before + 1


def test_frames_that_come_again_are_counted_and_change_nothing() -> None:
    before = counted("vitrine_faces_repeated_total")
    frames = film(4.4, always(A))
    again = [*frames[:40], *frames[32:40], *frames[36:]]
    once = handle(make_handler(finite=True), frames)
    outputs = handle(make_handler(finite=True), again)
    assert outputs.rejected == []
    assert outputs.messages == once.messages
    assert counted("vitrine_faces_repeated_total") == before + 12


@pytest.mark.parametrize(
    ("second", "reasons"),
    [
        (11.0, []),
        (10.9, [(2, "captured 10.100 s before the last frame of the same camera")]),
    ],
)
def test_a_frame_far_behind_the_cameras_last_is_refused(
    second: float, reasons: list[tuple[int, str]]
) -> None:
    captured = [20.0, 21.0, second, 21.5]
    appended = [0.0, 1.0, 1.1, 1.5]
    frames = [make_frame_faces(each, [A]) for each in captured]
    outputs = handle(make_handler(), frames, appended)
    assert refused(outputs) == reasons


@cache
def beside_a_camera_that_jumps(jump: float) -> list[Exposure]:
    """The parts of a person while the time of another camera jumps for four seconds."""
    away = make_face("a", yaw=60)
    scene = there(
        (0, 3, A),
        (3.2, 5, away),
        (5.2, 12, A),
    )
    frames = []
    appended = []
    for step in range(60):
        second = step / 5
        elsewhere = second
        if 4 <= second < 8:
            elsewhere += jump
        steady = make_frame_faces(second, scene(second))
        jumping = make_frame_faces(elsewhere, [B], camera="north-2")
        frames += [steady, jumping]
        appended += [second, second + 0.1]
    handler = make_handler(finite=True)
    outputs = handle(handler, frames, appended)
    parts = exposures(outputs) + exposures(handler.stopped())
    return [part for part in parts if part.track_ids == ("a",)]


@pytest.mark.parametrize("jump", [-3600.0, -5.0, 3600.0, 86400.0])
def test_a_camera_that_jumps_in_time_harms_no_other_camera(jump: float) -> None:
    undisturbed = beside_a_camera_that_jumps(0.0)
    assert spans(undisturbed) == [(0.0, 11.8)]
    assert beside_a_camera_that_jumps(jump) == undisturbed


def test_who_was_before_a_camera_that_fell_silent_is_not_shown_any_more() -> None:
    frames = film(1.9, always(B), camera="north-2")
    frames += film(5.9, always(A), start=2.0)
    states = shown(frames)
    soon = set()
    later = set()
    for state in states:
        people = {person.track_id for person in state.people}
        if at(2.5) <= state.at_ns <= at(3.5):
            soon |= people
        if state.at_ns >= at(4.1):
            later |= people
    assert soon == {"a", "b"}
    assert later == {"a"}


def test_each_camera_has_its_own_time() -> None:
    frames = [
        make_frame_faces(10.0),
        make_frame_faces(9.9, camera="north-2"),
        make_frame_faces(10.1),
    ]
    assert handle(make_handler(), frames).rejected == []


def test_a_stand_that_is_not_configured_is_refused() -> None:
    frames = [
        make_frame_faces(stand="attic"),
        make_frame_faces(),
    ]
    outputs = handle(make_handler(), frames)
    stands = [state.stand_id for state in snapshots(outputs)]
    assert refused(outputs) == [(0, "the configuration knows no such stand")]
    assert stands == ["north"]


def test_the_end_of_a_source_ends_its_presences_at_once() -> None:
    frames = film(1.0, always(A))
    frames.append(make_frame_faces(1.0, ended=True))
    outputs = handle(make_handler(), frames)
    (exposure,) = exposures(outputs)
    assert exposure.end_ns == at(1.0)
    assert exposure.final
    assert snapshots(outputs)[-1].people == ()


def test_a_source_may_begin_again_at_an_earlier_time_after_its_end() -> None:
    frames = [
        make_frame_faces(5.0),
        make_frame_faces(5.0, ended=True),
        make_frame_faces(0.0),
    ]
    outputs = handle(make_handler(), frames)
    times = [state.at_ns for state in snapshots(outputs)]
    assert outputs.rejected == []
    assert times == [at(5.0), at(5.0), at(0.0)]


@pytest.mark.parametrize(
    ("finite", "parts"),
    [
        (True, 1),
        (False, 0),
    ],
)
def test_a_stop_ends_presences_only_where_no_more_input_can_come(
    finite: bool, parts: int
) -> None:
    handler = make_handler(finite=finite)
    handle(handler, film(1.0, always(A)))
    rest = handler.stopped()
    assert len(exposures(rest)) == parts


# Five minutes after 1.0, the last frame of the camera.
@pytest.mark.parametrize(
    ("last_s", "forgotten"),
    [
        (301.0, False),
        (301.1, True),
    ],
)
def test_a_camera_that_vanished_is_forgotten_when_the_log_went_on_without_it(
    last_s: float, forgotten: bool
) -> None:
    handler = make_handler()
    frames = [make_frame_faces(second, [A]) for second in (0.0, 0.5, 1.0)]
    for second in (299.0, last_s):
        frame = make_frame_faces(second, stand="south", camera="south-1")
        frames.append(frame)
    outputs = handle(handler, frames)
    state = handler.stopped().staged[SOURCE].state
    cameras = [camera.camera_id for camera in load(state)]
    if forgotten:
        assert spans(exposures(outputs)) == [(0.0, 1.0)]
        assert cameras == ["south-1"]
    else:
        assert exposures(outputs) == []
        assert cameras == ["north-1", "south-1"]


def test_a_camera_that_goes_on_after_an_outage_is_not_forgotten() -> None:
    frames = [make_frame_faces(second, [A]) for second in (0.0, 1.0, 1.5)]
    outputs = handle(make_handler(), frames, appended=[0.0, 1.0, 1000.0])
    assert exposures(outputs) == []


def test_a_camera_whose_clock_was_set_back_begins_anew_after_two_seconds() -> None:
    frames = film(5001.0, always(A), start=5000.0)
    appended = [step / 10 for step in range(11)]
    for captured, logged in ((1.0, 2.0), (2.0, 4.0), (3.0, 4.1)):
        frames.append(make_frame_faces(captured))
        appended.append(logged)
    outputs = handle(make_handler(), frames, appended)
    offsets = [offset for offset, _ in refused(outputs)]
    assert offsets == [11, 12]
    assert spans(exposures(outputs)) == [(5000.0, 5001.0)]


def test_old_frames_that_come_again_after_an_outage_are_no_new_beginning() -> None:
    frames = film(1.0, always(A))
    appended = [step / 10 for step in range(11)]
    late = (
        (20.0, 20.0),
        (0.0, 60.0),
        (0.1, 60.1),
        (20.0, 60.2),
        (20.1, 60.3),
    )
    for captured, logged in late:
        frames.append(make_frame_faces(captured, [A]))
        appended.append(logged)
    outputs = handle(make_handler(), frames, appended)
    offsets = [offset for offset, _ in refused(outputs)]
    assert offsets == [12, 13]
    assert spans(exposures(outputs)) == [(0.0, 1.0)]


def test_revoked_partitions_are_forgotten_and_leave_the_metrics() -> None:
    handler = make_handler(finite=True)
    handle(handler, film(1.0, always(A)))
    assert of_north("vitrine_people_present") == 1
    assert of_north("vitrine_engagement_score")
    handler.revoked([SOURCE])
    assert handler.stopped().messages == []
    assert of_north("vitrine_people_present") is None


def test_a_face_half_outside_the_picture_is_present() -> None:
    face = make_face(x=0, y=10)
    frames = film(1.0, always(face))
    states = shown(frames)
    assert len(states[-1].people) == 1


def test_the_setting_says_which_gaps_are_bridged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_ENGAGEMENT_BRIDGE_S", "0.5")
    assert EngagementSettings.load().bridge_ns == SECOND_NS // 2


@pytest.mark.parametrize(
    ("bridge_s", "parts"),
    [
        (2.0, [("a", "b")]),
        (0.5, [("a", "b")]),
        (0.4, [("a",), ("b",)]),
        (0.3, [("a",), ("b",)]),
        (0.0, [("a",), ("b",)]),
    ],
)
def test_broken_tracks_are_joined_within_the_bridged_time_only(
    bridge_s: float, parts: list[tuple[str, ...]]
) -> None:
    scene = there((0, 1, A), (1.4, 2.4, B))
    frames = film(2.4, scene)
    frames.append(make_frame_faces(9.0))
    handler = make_handler(bridge_s=bridge_s)
    outputs = handle(handler, frames)
    assert tracks(exposures(outputs)) == parts


def make_camera(camera_id: str, **place: Any) -> Camera:
    fields = {
        "id": camera_id,
        "uri": camera_id,
        "stand": "north",
    }
    return Camera.model_validate(fields | place)


@pytest.mark.parametrize(
    ("yaw", "pitch", "attended"),
    [
        (0, -28, {"north-1", "unknown"}),  # the screen's camera is above
        (60, 0, {"north-2"}),
        (0, 28, {"north-3"}),
    ],
)
def test_each_camera_sees_the_screen_from_its_own_place(
    yaw: float, pitch: float, attended: set[str]
) -> None:
    cameras = [
        make_camera("north-1"),
        make_camera("north-2", cone={"yaw": 40}),
        make_camera("north-3", mount="below"),
    ]
    mall = make_mall(Stand(id="north"), cameras=cameras)
    face = make_face(yaw=yaw, pitch=pitch)
    found = set()
    for camera in ("north-1", "north-2", "north-3", "unknown"):
        frames = film(1.0, always(face), camera=camera)
        outputs = handle(make_handler(mall=mall), frames)
        (person,) = snapshots(outputs)[-1].people
        if person.attending:
            found.add(camera)
    assert found == attended


def test_sealed_groups_become_the_expression_of_the_stand() -> None:
    sealer = Sealer({"r1": bytes(32)}, "r1")
    smile = np.array([0.75, 0.125, 0.0, 0.125], dtype=np.float32)
    mall = make_mall(Stand(id="north", reactions="expression"))
    handler = make_handler(mall=mall, sealer=sealer)

    def smiling(second: float) -> list[Face]:
        about = view_reference(make_frame_faces(second), "a")
        return [make_face("a", groups=sealer.seal(smile, "groups", about))]

    frames = film(1, smiling)
    *_, last = snapshots(handle(handler, frames))
    assert last.expression is not None
    assert last.expression.positive == 0.75
    assert last.expression.faces == 1
