"""Faces in, live snapshots and exposures out; what is refused; what a restart would need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pytest
from prometheus_client import REGISTRY

from tests.builders import at, make_face, make_frame_faces, make_mall, received
from vitrine.bus import TopicPartition
from vitrine.clock import EventClock
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.runtime import Outputs
from vitrine.schemas import Exposure, FrameFaces, StandEngagement
from vitrine.services.engagement.handler import EngagementHandler
from vitrine.services.engagement.settings import EngagementSettings
from vitrine.stores.presence import PresenceStore, load
from vitrine.stores.redis import connect

MALL = make_mall(Stand(id="north"), Stand(id="south"))
SOURCE = TopicPartition("faces", 0)
NO_REDIS = "redis://127.0.0.1:1"


def make_handler(
    *,
    finite: bool = False,
    mall: Mall = MALL,
    bridge_s: float = 2.0,
    redis_url: str = NO_REDIS,
) -> EngagementHandler:
    """Engagement with a store at this address; nobody answers at NO_REDIS."""
    return EngagementHandler(
        FixedMall(mall),
        EngagementSettings(bridge_s=bridge_s),
        PresenceStore(lambda: connect(redis_url)),
        EventClock(),
        finite=finite,
    )


def handle(
    handler: EngagementHandler,
    frames: Iterable[FrameFaces],
    appended: Sequence[float] | None = None,
) -> Outputs:
    """Hand these frames over as one batch of one partition, appended when they were taken if not told."""
    return handler.handle(
        [
            received(
                frame,
                offset=offset,
                partition=0,
                appended_at_ns=at(appended[offset]) if appended else None,
            )
            for offset, frame in enumerate(frames)
        ]
    )


def snapshots(outputs: Outputs) -> list[StandEngagement]:
    return [m.event for m in outputs.messages if isinstance(m.event, StandEngagement)]


def exposures(outputs: Outputs) -> list[Exposure]:
    return [m.event for m in outputs.messages if isinstance(m.event, Exposure)]


def test_a_stand_is_shown_four_times_a_second_also_when_nobody_is_there() -> None:
    shown = snapshots(
        handle(make_handler(), [make_frame_faces(i / 30) for i in range(300)])
    )
    assert len(shown) == 40
    assert all(
        state.people == () and state.config_version == MALL.version for state in shown
    )


def test_two_cameras_of_a_stand_share_its_snapshots() -> None:
    frames = [
        make_frame_faces(i / 10 + late, [make_face(track)], camera=camera)
        for i in range(100)
        for camera, track, late in (("north-1", "a", 0.0), ("north-2", "b", -0.03))
    ]
    shown = snapshots(handle(make_handler(), frames))
    assert 38 <= len(shown) <= 41
    assert {person.track_id for person in shown[-1].people} == {"a", "b"}


def test_a_snapshot_tells_dwell_attention_and_score_of_each_person() -> None:
    face = make_face("a", yaw=0, pitch=-10, size=117)
    last = snapshots(
        handle(make_handler(), [make_frame_faces(i / 10, [face]) for i in range(51)])
    )[-1]
    (person,) = last.people
    assert (person.presence_id, person.track_id) == ("north:a", "a")
    assert (person.dwell_s, person.attending, person.attention_s) == (5.0, True, 5.0)
    assert person.score == pytest.approx(50 + 10 + 0 + 10, abs=0.1)


def test_the_live_score_looks_back_three_seconds() -> None:
    frames = [
        make_frame_faces(i / 10, [make_face(yaw=0 if i <= 50 else 60)])
        for i in range(81)
    ]
    shown = snapshots(handle(make_handler(), frames))
    people = {state.at_ns: state.people[0] for state in shown if state.people}
    assert people[at(5.0)].score - people[at(8.0)].score == pytest.approx(50)
    assert people[at(8.0)].attention_s == 5.0
    assert not people[at(8.0)].attending


def test_a_face_is_shown_as_soon_as_it_has_moved() -> None:
    frames = [make_frame_faces(i * 0.3, [make_face()]) for i in range(4)]
    assert [
        len(state.people) for state in snapshots(handle(make_handler(), frames))
    ] == [0, 0, 1, 1]


def test_a_static_face_is_never_shown_nor_counted_as_anything_but_that() -> None:
    before = (
        REGISTRY.get_sample_value("vitrine_static_faces_total", {"camera": "north-1"})
        or 0
    )
    frames = [
        make_frame_faces(i / 10, [make_face()], swaying=False) for i in range(600)
    ]
    outputs = handle(make_handler(finite=True), frames)
    assert {state.people for state in snapshots(outputs)} == {()}
    assert exposures(outputs) == []
    assert (
        REGISTRY.get_sample_value("vitrine_static_faces_total", {"camera": "north-1"})
        == before + 1
    )


def test_frames_that_come_again_are_counted_and_change_nothing() -> None:
    before = (
        REGISTRY.get_sample_value("vitrine_faces_repeated_total", {"camera": "north-1"})
        or 0
    )
    frames = [make_frame_faces(i / 10, [make_face()]) for i in range(60)]
    again = [*frames[:40], *frames[32:40], *frames[36:]]
    outputs = handle(make_handler(finite=True), again)
    assert outputs.rejected == []
    assert outputs.messages == handle(make_handler(finite=True), frames).messages
    assert (
        REGISTRY.get_sample_value("vitrine_faces_repeated_total", {"camera": "north-1"})
        == before + 12
    )


def test_a_frame_far_behind_the_cameras_last_is_refused() -> None:
    frames = [make_frame_faces(s, [make_face()]) for s in (20.0, 21.0, 10.9, 21.5)]
    outputs = handle(make_handler(), frames, appended=[0.0, 1.0, 1.1, 1.5])
    assert [(r.record.offset, reason) for r, reason in outputs.rejected] == [
        (2, "captured 10.100 s before the last frame of the same camera")
    ]


@pytest.mark.parametrize("jump", [-3600.0, -5.0, 3600.0, 86400.0])
def test_a_camera_that_jumps_in_time_harms_no_other_camera(jump: float) -> None:
    def of_the_other(jump: float) -> list[Exposure]:
        frames = []
        for second in (i / 10 for i in range(450)):
            elsewhere = second + (jump if 20 <= second < 40 else 0)
            frames.append(
                make_frame_faces(
                    second, [make_face("a", yaw=60 if second % 7 < 3 else 0)]
                )
            )
            frames.append(
                make_frame_faces(elsewhere, [make_face("b")], camera="north-2")
            )
        handler = make_handler(finite=True)
        outputs = handle(handler, frames, appended=[i / 20 for i in range(900)])
        return [
            p
            for p in exposures(outputs) + exposures(handler.stopped())
            if p.track_ids == ("a",)
        ]

    assert of_the_other(jump) == of_the_other(0.0) != []


def test_who_was_before_a_camera_that_fell_silent_is_not_shown_any_more() -> None:
    frames = [
        make_frame_faces(i / 10, [make_face("b")], camera="north-2") for i in range(20)
    ]
    frames += [make_frame_faces(2 + i / 10, [make_face("a")]) for i in range(40)]
    shown = snapshots(handle(make_handler(), frames))
    assert {
        p.track_id
        for state in shown
        if at(2.5) <= state.at_ns <= at(3.5)
        for p in state.people
    } == {
        "a",
        "b",
    }
    assert {
        p.track_id for state in shown if state.at_ns >= at(4.1) for p in state.people
    } == {"a"}


def test_each_camera_has_its_own_time() -> None:
    frames = [
        make_frame_faces(10.0),
        make_frame_faces(9.9, camera="north-2"),
        make_frame_faces(10.1),
    ]
    assert handle(make_handler(), frames).rejected == []


def test_a_stand_that_is_not_configured_is_refused() -> None:
    outputs = handle(
        make_handler(), [make_frame_faces(stand="attic"), make_frame_faces()]
    )
    assert [(r.event.stand_id, reason) for r, reason in outputs.rejected] == [
        ("attic", "the configuration knows no such stand")
    ]
    assert [state.stand_id for state in snapshots(outputs)] == ["north"]


def test_the_end_of_a_source_ends_its_presences_at_once() -> None:
    frames = [make_frame_faces(i / 10, [make_face("a")]) for i in range(11)]
    frames.append(make_frame_faces(1.0, ended=True))
    outputs = handle(make_handler(), frames)
    (exposure,) = exposures(outputs)
    assert (exposure.end_ns, exposure.final) == (at(1.0), True)
    assert snapshots(outputs)[-1].people == ()


def test_a_source_may_begin_again_at_an_earlier_time_after_its_end() -> None:
    frames = [
        make_frame_faces(5.0),
        make_frame_faces(5.0, ended=True),
        make_frame_faces(0.0),
    ]
    outputs = handle(make_handler(), frames)
    assert outputs.rejected == []
    assert [state.at_ns for state in snapshots(outputs)] == [at(5.0), at(5.0), at(0.0)]


@pytest.mark.parametrize(("finite", "parts"), [(True, 1), (False, 0)])
def test_a_stop_ends_presences_only_where_no_more_input_can_come(
    finite: bool, parts: int
) -> None:
    handler = make_handler(finite=finite)
    handle(handler, [make_frame_faces(i / 10, [make_face()]) for i in range(11)])
    assert len(exposures(handler.stopped())) == parts


def test_a_camera_that_vanished_is_forgotten_when_the_log_went_on_without_it() -> None:
    handler = make_handler()
    frames = [make_frame_faces(s, [make_face("a")]) for s in (0.0, 0.5, 1.0)]
    frames += [
        make_frame_faces(s, stand="south", camera="south-1") for s in (299.0, 302.0)
    ]
    outputs = handle(handler, frames)
    assert [(part.stand_id, part.end_ns) for part in exposures(outputs)] == [
        ("north", at(1.0))
    ]
    (camera,) = load(handler.stopped().staged[SOURCE].state)
    assert camera.camera_id == "south-1"


def test_a_camera_that_goes_on_after_an_outage_is_not_forgotten() -> None:
    frames = [make_frame_faces(s, [make_face("a")]) for s in (0.0, 1.0, 1.5)]
    assert exposures(handle(make_handler(), frames, appended=[0.0, 1.0, 1000.0])) == []


def test_a_camera_whose_clock_was_set_back_begins_anew_after_two_seconds() -> None:
    frames = [make_frame_faces(5000 + i / 10, [make_face("a")]) for i in range(11)]
    frames += [make_frame_faces(s) for s in (1.0, 2.0, 3.0)]
    outputs = handle(
        make_handler(), frames, appended=[*(i / 10 for i in range(11)), 2.0, 2.9, 4.1]
    )
    assert [r.record.offset for r, _ in outputs.rejected] == [11, 12]
    assert [part.end_ns for part in exposures(outputs)] == [at(5001.0)]


def test_old_frames_that_come_again_after_an_outage_are_no_new_beginning() -> None:
    seconds = [*(i / 10 for i in range(11)), 20.0]
    frames = [
        make_frame_faces(s, [make_face("a")]) for s in [*seconds, 0.0, 0.1, 20.0, 20.1]
    ]
    outputs = handle(
        make_handler(), frames, appended=[*seconds, 60.0, 60.1, 60.2, 60.3]
    )
    assert [r.record.offset for r, _ in outputs.rejected] == [12, 13]
    assert [part.end_ns for part in exposures(outputs)] == [at(1.0)]


def test_revoked_partitions_are_forgotten_and_leave_the_metrics() -> None:
    handler = make_handler(finite=True)
    handle(handler, [make_frame_faces(i / 10, [make_face()]) for i in range(11)])
    assert REGISTRY.get_sample_value("vitrine_people_present", {"stand": "north"}) == 1
    assert REGISTRY.get_sample_value("vitrine_engagement_score", {"stand": "north"})
    handler.revoked([SOURCE])
    assert handler.stopped().messages == []
    assert (
        REGISTRY.get_sample_value("vitrine_people_present", {"stand": "north"}) is None
    )


def test_a_face_half_outside_the_picture_is_present() -> None:
    frames = [make_frame_faces(i / 10, [make_face(x=0, y=10)]) for i in range(11)]
    assert len(snapshots(handle(make_handler(), frames))[-1].people) == 1


def test_the_setting_says_which_gaps_are_bridged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_ENGAGEMENT_BRIDGE_S", "0.5")
    assert EngagementSettings.load().bridge_ns == 500_000_000


@pytest.mark.parametrize(
    ("bridge_s", "parts"),
    [
        (2.0, [("a", "b")]),
        (0.5, [("a", "b")]),
        (0.3, [("a",), ("b",)]),
        (0.0, [("a",), ("b",)]),
    ],
)
def test_broken_tracks_are_joined_within_the_bridged_time_only(
    bridge_s: float, parts: list[tuple[str, ...]]
) -> None:
    frames = [make_frame_faces(i / 10, [make_face("a")]) for i in range(21)]
    frames += [make_frame_faces(2.4 + i / 10, [make_face("b")]) for i in range(21)]
    found = exposures(
        handle(make_handler(bridge_s=bridge_s), [*frames, make_frame_faces(9.0)])
    )
    assert [part.track_ids for part in found] == parts


def test_each_camera_sees_the_screen_from_its_own_place() -> None:
    cameras = [
        Camera(id="north-1", uri="0", stand="north"),
        Camera.model_validate(
            {"id": "north-2", "uri": "1", "stand": "north", "cone": {"yaw": 40}}
        ),
        Camera(id="north-3", uri="2", stand="north", mount="below"),
    ]
    mall = make_mall(Stand(id="north"), cameras=cameras)
    poses = {"north-1": (0, -28), "north-2": (60, 0), "north-3": (0, 28)}
    for camera_id, (yaw, pitch) in poses.items():
        face = make_face(yaw=yaw, pitch=pitch)
        for other in (*poses, "unknown"):
            frames = [make_frame_faces(i / 10, [face], camera=other) for i in range(11)]
            (person,) = snapshots(handle(make_handler(mall=mall), frames))[-1].people
            assert person.attending == (
                other == camera_id or (other, camera_id) == ("unknown", "north-1")
            )
