"""Recordings as people have them: trimmed, joined, turned, cut off, or no recordings at all."""

from __future__ import annotations

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from prometheus_client import REGISTRY

from tests.ingest_builders import cut_off, make_camera
from tests.videos import joined, remuxed, scenes, write_recording, write_sound
from vitrine.services.ingest import decoding
from vitrine.services.ingest.shots import Pixels, Unreadable
from vitrine.services.ingest.sources import source_of

# One key frame, and pictures that are decoded before those that they follow.
LONG_GROUPS = {"g": "250", "bf": "2"}


def played(path: Path) -> list[tuple[float, Pixels]]:
    """Return seconds and pictures of a recording."""
    shots = source_of(make_camera(path)).shots()
    return [(shot.at_ns / 1e9, shot.read()[0]) for shot in shots]


def times(path: Path) -> list[float]:
    return [seconds for seconds, _ in played(path)]


def sizes(path: Path) -> list[tuple[int, int]]:
    return [pixels.shape[:2] for _, pixels in played(path)]


def corner(pixels: Pixels) -> str:
    """Return where the white quarter is."""
    height, width = pixels.shape[:2]
    top = "upper" if pixels[: height // 2].mean() > pixels.mean() else "lower"
    side = "left" if pixels[:, : width // 2].mean() > pixels.mean() else "right"
    return f"{top} {side}"


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Return four seconds at 25 a second."""
    return write_recording(
        tmp_path / "base.mp4",
        scenes(100),
        codec_options=LONG_GROUPS,
    )


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format"),
    [
        ("a.mp4", "libx264", "yuv420p"),
        ("a.mov", "mpeg4", "yuv420p"),
        ("a.mp4", "libsvtav1", "yuv420p"),
        ("a.webm", "libvpx", "yuv420p"),
        ("a.webm", "libvpx-vp9", "yuva420p"),
        ("a.mkv", "ffv1", "gray"),
        ("a.mkv", "ffv1", "yuv420p10le"),
        ("a.avi", "mjpeg", "yuvj420p"),
    ],
)
def test_codecs_and_containers(
    tmp_path: Path, name: str, codec: str, pixel_format: str
) -> None:
    path = write_recording(
        tmp_path / name,
        scenes(5),
        codec=codec,
        pixel_format=pixel_format,
    )
    found = played(path)
    assert [seconds for seconds, _ in found] == [0, 0.04, 0.08, 0.12, 0.16]
    for _, pixels in found:
        assert pixels.shape == (48, 64, 3)
        assert pixels.dtype == np.uint8
        assert corner(pixels) == "upper left"


def test_a_trimmed_recording_is_whole_and_begins_where_it_was_trimmed(
    base: Path, tmp_path: Path
) -> None:
    found = played(remuxed(base, tmp_path / "trimmed.mp4", from_s=3.2))
    assert [seconds for seconds, _ in found] == pytest.approx(
        [n / 25 for n in range(20)]
    )
    first_grey = found[0][1][40, 40].mean()
    assert first_grey == pytest.approx(20 + 2 * 80, abs=4)


@pytest.mark.parametrize("name", ["a.ts", "a.mkv", "a.mov"])
def test_a_remuxed_recording_is_whole(base: Path, tmp_path: Path, name: str) -> None:
    assert len(times(remuxed(base, tmp_path / name))) == 100


def test_a_clock_of_33_bits_may_wrap(base: Path, tmp_path: Path) -> None:
    wrapped = remuxed(base, tmp_path / "wrap.ts", offset_s=95_442)
    assert times(wrapped) == pytest.approx([n / 25 for n in range(100)])


def test_a_browsers_recording_has_times_of_its_own(tmp_path: Path) -> None:
    times_ms = [0, 37, 81, 120, 163, 200, 245, 280]
    path = write_recording(
        tmp_path / "a.webm",
        scenes(8),
        codec="libvpx",
        times_ms=times_ms,
        options={"live": "1"},
    )
    assert times(path) == [ms / 1000 for ms in times_ms]


@pytest.mark.parametrize("first", ["early", "late"])
def test_a_recording_whose_clock_leaps_goes_on_at_its_rate(
    base: Path, tmp_path: Path, first: str
) -> None:
    early = remuxed(base, tmp_path / "early.ts")
    late = remuxed(base, tmp_path / "late.ts", offset_s=21_600)
    parts = [early, late]
    if first == "late":
        parts.reverse()
    labels = {"camera": "north-1"}
    name = "vitrine_clock_jumps_total"
    before = REGISTRY.get_sample_value(name, labels) or 0
    found = times(joined(tmp_path / "hole.ts", *parts))
    assert found == pytest.approx([n / 25 for n in range(200)])
    assert REGISTRY.get_sample_value(name, labels) == before + 1


@pytest.mark.parametrize(
    ("rotation", "mirrored", "size", "where"),
    [
        (0, False, (48, 64), "upper left"),
        (-90, False, (64, 48), "upper right"),
        (90, False, (64, 48), "lower left"),
        (180, False, (48, 64), "lower right"),
        (0, True, (48, 64), "upper right"),
        (-90, True, (64, 48), "upper left"),
        (90, True, (64, 48), "lower right"),
        (180, True, (48, 64), "lower left"),
    ],
)
def test_a_video_is_turned_and_mirrored_as_its_metadata_says(
    tmp_path: Path, rotation: int, mirrored: bool, size: tuple[int, int], where: str
) -> None:
    path = write_recording(
        tmp_path / "a.mp4", scenes(2), rotation=rotation, mirrored=mirrored
    )
    (_, pixels), _ = played(path)
    assert pixels.shape[:2] == size
    assert corner(pixels) == where


@pytest.mark.parametrize(
    ("aspect", "size"),
    [
        (Fraction(4, 3), (48, 85)),
        (Fraction(3, 4), (64, 64)),
        (Fraction(1, 1), (48, 64)),
        (Fraction(100, 1), (48, 64)),
    ],
)
def test_pixels_become_square(
    tmp_path: Path, aspect: Fraction, size: tuple[int, int]
) -> None:
    path = write_recording(tmp_path / "a.mp4", scenes(2), pixel_aspect=aspect)
    assert sizes(path) == [size, size]


def test_the_size_may_change_in_mid_stream(tmp_path: Path) -> None:
    small = write_recording(tmp_path / "a.h264", scenes(2), muxer="h264")
    large = write_recording(
        tmp_path / "b.h264",
        scenes(2, width=96, height=64),
        muxer="h264",
    )
    both = joined(tmp_path / "both.h264", small, large)
    assert sizes(both) == [(48, 64), (48, 64), (64, 96), (64, 96)]


# Recordings that are not whole, and files that are none


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.avi", "a.ts"])
def test_one_that_was_cut_off_gives_what_is_there_and_then_an_error(
    tmp_path: Path, name: str
) -> None:
    options = {}
    if name == "a.mp4":
        # The index comes first, as in all that is made for the web.
        options = {"movflags": "faststart"}
    path = write_recording(
        tmp_path / name,
        scenes(50),
        codec="mpeg4",
        options=options,
    )
    # Not where a packet ends: there a transport stream looks whole.
    cut_off(path, path.stat().st_size * 2 // 3 + 1)
    shots = source_of(make_camera(path)).shots()
    assert next(shots).at_ns == 0
    with pytest.raises(Unreadable, match=r"only its first \d+ pictures") as error:
        list(shots)
    assert error.value.cause == "damaged"


def test_one_that_lost_its_index_says_so(base: Path) -> None:
    cut_off(base, base.stat().st_size // 2)
    with pytest.raises(Unreadable, match="is cut off, and its index with the rest"):
        times(base)


@pytest.mark.parametrize(
    ("content", "cause", "message"),
    [
        (b"", "not-a-stream", "is empty"),
        (b"hello\n" * 100, "not-a-stream", "is damaged, or something else"),
        (b"\n<!DOCTYPE html><html>", "not-a-stream", "is an HTML page"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 99, "not-a-stream", "is a HEIC picture"),
    ],
)
def test_a_file_that_is_no_video_says_what_it_is(
    tmp_path: Path, content: bytes, cause: str, message: str
) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(Unreadable, match=message) as error:
        times(path)
    assert error.value.cause == cause


def test_sound_alone_is_no_video(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="holds no video") as error:
        times(write_sound(tmp_path / "a.m4a"))
    assert error.value.cause == "no-video"


def test_an_unknown_codec_is_named(base: Path) -> None:
    content = base.read_bytes()
    content = content.replace(b"avc1", b"xyz1").replace(b"avcC", b"xyzC")
    base.write_bytes(content)
    with pytest.raises(Unreadable, match="codec xyz1, which is not supported") as error:
        times(base)
    assert error.value.cause == "codec"


@pytest.mark.timeout(30)
def test_a_playlist_in_a_file_does_not_lead_to_the_network(tmp_path: Path) -> None:
    path = tmp_path / "a.m3u8"
    path.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/a.ts\n"
    )
    with pytest.raises(Unreadable):
        times(path)


@pytest.mark.parametrize(("codec", "name"), [("libx264", "a.mp4"), ("mjpeg", "a.avi")])
def test_pictures_above_the_bounds_are_not_decoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, codec: str, name: str
) -> None:
    pixel_format = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = write_recording(
        tmp_path / name,
        scenes(3),
        codec=codec,
        pixel_format=pixel_format,
    )
    monkeypatch.setattr(decoding, "WITHIN_BOUNDS", {"max_pixels": "3071"})
    shots = list(source_of(make_camera(path)).shots())
    assert shots
    for shot in shots:
        with pytest.raises(Unreadable):
            shot.read()


def test_the_decoders_write_nothing_to_standard_error(
    base: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    content = bytearray(base.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 200] = bytes(200)
    base.write_bytes(content)
    with suppress(Unreadable):
        list(source_of(make_camera(base)).shots())
    assert capfd.readouterr().err == ""
