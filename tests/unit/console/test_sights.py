"""A picture and its faces become one sight, in bounded memory, whichever comes first."""

from __future__ import annotations

import pytest

from tests.builders import at, make_face, make_frame_faces
from vitrine.schemas import FrameFaces, FrameMeta
from vitrine.services.console.sights import (
    SILENCE_S,
    WAITING_BYTES,
    WAITING_FRAMES,
    Sights,
)


def make_meta(seconds: float = 0.0) -> FrameMeta:
    """Return the metadata of a picture of `north-1`, taken `seconds` after T0_NS."""
    return FrameMeta(
        camera_id="north-1",
        stand_id="north",
        captured_at_ns=at(seconds),
        width=640,
        height=360,
    )


def faces_at(seconds: float) -> FrameFaces:
    return make_frame_faces(seconds, [make_face("a")])


def test_faces_find_the_picture_of_their_moment() -> None:
    sights = Sights()
    assert sights.add_picture(make_meta(0.1), b"first", 10.0) is None
    assert sights.add_picture(make_meta(0.2), b"second", 10.1) is None
    sight = sights.add_faces(faces_at(0.2), 10.2)
    assert sight is not None
    assert (sight.at_ns, sight.jpeg, sight.analysed) == (at(0.2), b"second", True)
    assert [face.track_id for face in sight.faces] == ["a"]
    assert sights.waiting_bytes == 0


def test_a_picture_that_comes_after_its_faces_finds_them() -> None:
    sights = Sights()
    assert sights.add_faces(faces_at(0.1), 10.0) is None
    sight = sights.add_picture(make_meta(0.1), b"late", 10.1)
    assert sight is not None
    assert sight.jpeg == b"late"
    assert len(sight.faces) == 1


def test_without_pictures_faces_do_not_wait() -> None:
    sights = Sights(pictures=False)
    sight = sights.add_faces(faces_at(0.1), 10.0)
    assert sight is not None
    assert sight.jpeg == b""
    assert sight.analysed


def test_a_picture_that_was_skipped_is_not_shown_afterwards() -> None:
    sights = Sights()
    sights.add_picture(make_meta(0.1), b"skipped", 10.0)
    sights.add_picture(make_meta(0.2), b"shown", 10.0)
    sights.add_faces(faces_at(0.2), 10.0)
    assert sights.add_faces(faces_at(0.1), 10.0) is None
    assert sights.add_picture(make_meta(0.1), b"again", 10.0) is None
    assert sights.waiting_bytes == 0


def test_pictures_are_shown_without_faces_once_no_faces_come_any_more() -> None:
    sights = Sights()
    sights.add_picture(make_meta(0.0), b"old", 10.0)
    sights.add_picture(make_meta(0.1), b"new", 10.1)
    assert sights.overdue(10.0 + SILENCE_S - 0.01) is None
    sight = sights.overdue(10.0 + SILENCE_S)
    assert sight is not None
    assert (sight.jpeg, sight.analysed, sight.faces) == (b"new", False, ())
    assert sights.overdue(10.0 + SILENCE_S) is None


def test_while_faces_come_a_picture_waits_for_its_own() -> None:
    sights = Sights()
    sights.add_picture(make_meta(5.0), b"waits", 10.0)
    sights.add_faces(faces_at(1.0), 13.0)
    assert sights.overdue(13.5) is None
    sight = sights.add_faces(faces_at(5.0), 14.0)
    assert sight is not None
    assert sight.jpeg == b"waits"


def test_faces_are_shown_without_picture_once_no_pictures_come_any_more() -> None:
    sights = Sights()
    sights.add_faces(faces_at(0.1), 10.0)
    sight = sights.overdue(10.0 + SILENCE_S)
    assert sight is not None
    assert (sight.jpeg, sight.analysed) == (b"", True)


def test_the_number_of_frames_that_wait_is_bounded() -> None:
    sights = Sights()
    for number in range(WAITING_FRAMES + 10):
        sights.add_picture(make_meta(number / 10), b"x", 10.0)
    assert sights.waiting_bytes == WAITING_FRAMES
    assert sights.add_faces(faces_at(0.9), 10.0) is None


def test_the_size_of_the_pictures_that_wait_is_bounded() -> None:
    sights = Sights()
    large = bytes(WAITING_BYTES // 2)
    for number in range(5):
        sights.add_picture(make_meta(number / 10), large, 10.0)
        assert sights.waiting_bytes <= WAITING_BYTES


def test_one_picture_larger_than_the_bound_is_still_shown() -> None:
    sights = Sights()
    large = bytes(WAITING_BYTES + 1)
    sights.add_picture(make_meta(0.1), b"small", 10.0)
    sights.add_picture(make_meta(0.2), large, 10.0)
    sight = sights.add_faces(faces_at(0.2), 10.0)
    assert sight is not None
    assert sight.jpeg == large


@pytest.mark.parametrize(("back_s", "shown"), [(0.5, False), (2.5, True)])
def test_a_camera_whose_clock_was_set_back_begins_anew(
    back_s: float, shown: bool
) -> None:
    sights = Sights(pictures=False)
    sights.add_faces(faces_at(10), 10.0)
    sight = sights.add_faces(faces_at(10 - back_s), 10.1)
    assert (sight is not None) == shown


def test_after_the_end_of_a_source_an_earlier_one_may_begin() -> None:
    sights = Sights()
    sights.add_picture(make_meta(1), b"x", 10.0)
    sights.add_faces(faces_at(1), 10.0)
    sights.add_picture(make_meta(1.1), b"unseen", 10.0)
    sights.begin_anew()
    assert sights.waiting_bytes == 0
    sights.add_picture(make_meta(0), b"first", 11.0)
    assert sights.add_faces(faces_at(0), 11.0) is not None
