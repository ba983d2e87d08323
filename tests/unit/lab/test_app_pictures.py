from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.lab_builders import AT, SEED, drawn_jpeg, video_of_no_frames
from tests.videos import scenes, write_recording
from vitrine.errors import Invalid
from vitrine.lab.app.pictures import drawn, photograph, video_frame, video_times


def test_a_frame_of_a_video_is_the_one_at_that_time(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "video.mp4", scenes(30), fps=10)
    video = path.read_bytes()
    times = video_times(video)
    assert times == pytest.approx([number / 10 for number in range(30)])
    shown = [video_frame(video, at_s) for at_s in reversed(times)]
    assert {picture.shape for picture in shown} == {(48, 64, 3)}
    # The grey of the lower half tells the number: each time has a frame of its own.
    greys = [float(np.median(picture[24:])) for picture in reversed(shown)]
    assert (np.diff(greys) > 0).all()


def test_a_drawn_picture_is_the_same_for_the_same_numbers() -> None:
    one = drawn(3, SEED, AT)
    assert (one.image == drawn(3, SEED, AT).image).all()
    assert (one.image != drawn(3, SEED, AT + 9).image).any()
    assert {person.person for person in one.people} <= {"p1", "p2", "p3"}


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (drawn_jpeg()[:5_000], "damaged or cut off"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 99, "HEIC picture that is damaged"),
        (b"", "not a picture"),
        (
            b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0\0\xea\x60" * 2 + b"\0" * 9,
            "too large",
        ),
    ],
    ids=["cut off", "HEIC", "empty", "decompression bomb"],
)
def test_a_picture_that_cannot_be_read_is_refused_with_the_reason(
    content: bytes, reason: str
) -> None:
    with pytest.raises(Invalid, match=reason):
        photograph(content)


def test_a_video_that_shows_nothing_is_refused_with_the_reason(tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="no frames"):
        video_times(video_of_no_frames(tmp_path))
    with pytest.raises(Invalid, match="upload gives no video that can be read"):
        video_times(b"no video at all" * 50)


def test_a_video_that_was_cut_off_says_so_where_nothing_is_left(tmp_path: Path) -> None:
    path = write_recording(tmp_path / "video.mkv", scenes(30), fps=10)
    video = path.read_bytes()
    late = video_times(video)[-1]
    with pytest.raises(Invalid, match="cut off"):
        video_frame(video[: len(video) // 2], late)
