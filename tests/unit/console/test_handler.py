"""Frames, faces, identities and engagement become the newest view of each camera."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import REGISTRY

from tests.builders import (
    at,
    make_engagement,
    make_face,
    make_frame_faces,
    make_identity,
    make_mall,
    make_person,
    received,
)
from tests.console_builders import HandClock, make_jpeg, opened
from vitrine.bus import Outgoing, Received, Record, encode
from vitrine.mall import Camera, Mall, Stand
from vitrine.mall.folder import FixedMall
from vitrine.schemas import FrameMeta
from vitrine.services.console.board import Board
from vitrine.services.console.handler import ConsoleHandler
from vitrine.services.console.sights import SILENCE_S
from vitrine.topics import FRAMES

MASK = ((0.0, 0.0), (0.2, 0.0), (0.2, 1.0))


def make_camera(name: str = "north-1", **fields: Any) -> Camera:
    return Camera(
        id=name,
        uri="rtsp://user:secret@10.0.0.1/live",
        stand="north",
        **fields,
    )


def make_picture(
    seconds: float,
    jpeg: bytes,
    camera: str = "north-1",
    **fields: Any,
) -> Received[Any]:
    """Return a frame as read from the bus."""
    meta = FrameMeta(
        camera_id=camera,
        stand_id="north",
        captured_at_ns=at(seconds),
        width=640,
        height=360,
        **fields,
    )
    message = encode(Outgoing(FRAMES, camera, meta, jpeg, 0))
    record = Record(
        topic=FRAMES.name,
        partition=0,
        offset=0,
        key=camera,
        value=message.value,
        headers=dict(message.headers),
        appended_at_ns=at(seconds),
    )
    return Received(meta, record)


class Console:
    """Hold a handler with its board and the clock of both."""

    def __init__(self, *cameras: Camera, pictures: bool = True) -> None:
        self.clock = HandClock()
        self.refused: list[str] = []
        self.mall = make_mall(cameras=cameras or (make_camera(),))
        self.board = Board(self.clock, lambda: at(1), pictures=pictures)
        self.handler = ConsoleHandler(
            self,
            self.board,
            self.clock,
            pictures=pictures,
        )

    def current(self) -> Mall:
        return self.mall

    def problems(self) -> Sequence[str]:
        return self.refused

    def take(self, *batch: Received[Any]) -> None:
        outputs = self.handler.handle(batch)
        assert outputs.messages == []
        assert outputs.rejected == []

    def answer(self) -> tuple[dict[str, Any], list[bytes]]:
        return opened(asyncio.run(self.board.news(0, 0)))

    def views(self) -> dict[str, Any]:
        head, _ = self.answer()
        return {view["id"]: view for view in head["views"]}


def test_a_view_joins_picture_face_person_and_recognition() -> None:
    console = Console(make_camera(mask=MASK, fps=12))
    console.take(
        received(make_engagement(0, make_person("a", score=71.4, dwell_s=8))),
        received(make_identity("a", known=True)),
        make_picture(0.1, make_jpeg(b"jpeg")),
        received(make_frame_faces(0.1, [make_face("a", yaw=20, pitch=-5)])),
    )
    head, jpegs = console.answer()
    assert jpegs == [make_jpeg(b"jpeg")]
    [view] = head["views"]
    assert (view["width"], view["height"], view["analysed"]) == (640, 360, True)
    assert view["at_ms"] == at(0.1) / 1e6
    [face] = view["faces"]
    assert face["box"] == [284, 135, 72, 90]
    assert len(face["points"]) == 136
    assert (face["yaw"], face["pitch"]) == (20, -5)
    assert (face["found"], face["quality"], "shown" in face) == (0.9, 0.8, False)
    assert (face["score"], face["attending"], face["dwell_s"]) == (71, True, 8)
    assert (face["known"], face["reason"]) == (True, "known-customer")
    [camera] = head["cameras"]
    assert camera["fps"] == 12
    assert camera["mask"] == [[0, 0], [0.2, 0], [0.2, 1]]
    assert (camera["min_face"], camera["max_face"]) == (0.05, 0.6)


def test_neither_a_customer_nor_a_visitor_nor_an_address_reaches_the_page() -> None:
    console = Console()
    console.take(
        received(make_identity("a", known=True)),
        make_picture(0.1, make_jpeg(b"jpeg")),
        received(make_frame_faces(0.1, [make_face("a")])),
    )
    answer = asyncio.run(console.board.news(0, 0)).decode("latin-1")
    for word in ("visitor", "visit-a", "secret", "10.0.0.1"):
        assert word not in answer.replace("new-visitor", "")


def test_a_face_of_which_nothing_is_known_says_so() -> None:
    console = Console()
    console.take(
        make_picture(0.1, make_jpeg(b"jpeg")),
        received(make_frame_faces(0.1, [make_face("a")])),
    )
    [face] = console.views()["north-1"]["faces"]
    assert {"score", "attending", "known"}.isdisjoint(face)


def test_the_faces_of_a_batch_may_come_before_the_picture() -> None:
    console = Console()
    console.take(
        received(make_frame_faces(0.1, [make_face("a")])),
        make_picture(0.1, make_jpeg(b"jpeg")),
    )
    assert console.views()["north-1"]["jpeg_bytes"] == len(make_jpeg(b"jpeg"))


@pytest.mark.parametrize(
    "jpeg",
    [
        b"no picture",
        make_jpeg()[:-2],
        make_jpeg().replace(b"\x01\x68\x02\x80", b"\xff\xff\xff\xff"),
        make_jpeg().replace(b"\x01\x68\x02\x80", b"\x01\x68\x02\x81"),
    ],
    ids=["another", "cut off", "huge", "of another size"],
)
def test_a_picture_that_is_not_what_it_was_announced_as_reaches_no_browser(
    jpeg: bytes,
) -> None:
    console = Console()
    labels = {"service": "console", "topic": "frames"}
    name = "vitrine_records_invalid_total"
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    console.take(
        make_picture(0.1, jpeg),
        received(make_frame_faces(0.1)),
    )
    assert console.views() == {}
    assert REGISTRY.get_sample_value(name, labels) == before + 1


def test_cameras_that_are_not_configured_are_left_out() -> None:
    console = Console()
    console.take(
        make_picture(0.1, make_jpeg(b"jpeg"), camera="elsewhere"),
        received(make_frame_faces(0.1, camera="elsewhere")),
    )
    assert console.views() == {}


def test_a_changed_configuration_changes_what_is_shown() -> None:
    console = Console(make_camera("north-1"), make_camera("north-2"))
    console.take(
        make_picture(0.1, make_jpeg(b"one")),
        received(make_frame_faces(0.1)),
    )
    console.mall = make_mall(cameras=[make_camera("north-2")])
    console.take()
    head, _ = console.answer()
    assert [camera["id"] for camera in head["cameras"]] == ["north-2"]
    assert head["views"] == []


def test_what_is_wrong_in_the_configuration_is_told() -> None:
    console = Console()
    console.refused = ["cameras.yaml:3: fps: 0 is no rate"]
    console.take()
    head, _ = console.answer()
    assert head["problems"] == ["cameras.yaml:3: fps: 0 is no rate"]


def test_pictures_that_nobody_analyses_are_shown_as_such() -> None:
    console = Console()
    console.take(make_picture(0.1, make_jpeg(b"jpeg")))
    assert console.views() == {}
    console.clock.now_s = SILENCE_S
    console.take()
    view = console.views()["north-1"]
    assert (view["analysed"], view["faces"]) == (False, [])
    assert view["jpeg_bytes"] > 0


def test_without_pictures_the_overlay_comes_alone() -> None:
    console = Console(pictures=False)
    console.take(received(make_frame_faces(0.1, [make_face("a")])))
    head, jpegs = console.answer()
    assert head["pictures"] is False
    assert jpegs == [b""]
    assert len(head["views"][0]["faces"]) == 1


def test_a_source_that_ended_may_begin_again_earlier() -> None:
    console = Console()
    console.take(
        make_picture(9, make_jpeg(b"last")),
        received(make_frame_faces(9)),
        make_picture(9.1, b"", ended=True),
        received(make_frame_faces(9.1, ended=True)),
        make_picture(0, make_jpeg(b"first")),
        received(make_frame_faces(0)),
    )
    assert console.views()["north-1"]["at_ms"] == at(0) / 1e6


def test_when_nobody_watches_everything_is_forgotten() -> None:
    console = Console()
    console.take(
        received(make_identity("a", known=True)),
        make_picture(0.1, make_jpeg(b"shown")),
        received(make_frame_faces(0.1, [make_face("a")])),
        make_picture(0.2, make_jpeg(b"waits")),
    )
    console.handler.forget()
    assert console.board.held_bytes() == 0
    console.take(
        received(make_frame_faces(0.2, [make_face("a")])),
        make_picture(0.3, make_jpeg(b"new")),
        received(make_frame_faces(0.3, [make_face("a")])),
    )
    [face] = console.views()["north-1"]["faces"]
    assert "known" not in face


def test_the_rate_is_that_of_the_pictures_shown() -> None:
    console = Console()
    for tenth in range(30):
        console.clock.now_s = tenth / 10
        console.take(
            make_picture(tenth / 10, make_jpeg(b"jpeg")),
            received(make_frame_faces(tenth / 10)),
        )
    assert console.views()["north-1"]["fps"] == 10.0


def test_a_fixed_mall_is_followed_too() -> None:
    clock = HandClock()
    board = Board(clock, lambda: at(1), pictures=True)
    mall = FixedMall(make_mall(Stand(id="north"), cameras=[make_camera()]))
    handler = ConsoleHandler(mall, board, clock)
    handler.handle([])
    head, _ = opened(asyncio.run(board.news(0, 0)))
    assert [camera["stand"] for camera in head["cameras"]] == ["north"]
