"""Each kind of source, good and broken."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.http_cameras import Answer, http_camera, mjpeg
from tests.ingest_builders import (
    dropped,
    make_camera,
    make_picture,
    plain_picture,
    write_images,
    write_video,
)
from vitrine.services.ingest.frames import to_jpeg
from vitrine.services.ingest.shots import Source, Unreadable
from vitrine.services.ingest.sources import source_of

GIGE_SOURCE = """
import numpy as np

class GigeSource:
    live = True
    synthetic = False

    def shots(self, camera):
        if camera.uri.text == "gige:wrong":
            raise ValueError("no such camera")
        for at_ns in (0, 40_000_000):
            yield at_ns, lambda: (np.zeros((48, 64, 3), np.uint8), None)
"""


def times_ms(source: Source) -> list[float]:
    return [shot.at_ns / 1e6 for shot in source.shots()]


@pytest.mark.parametrize(
    ("uri", "live", "synthetic"),
    [
        ("0", True, False),
        ("rtsp://10.0.0.7/1", True, False),
        ("http://10.0.0.7/mjpeg", True, False),
        ("synthetic:?people=1", False, True),
        ("shop.mp4", False, False),
    ],
)
def test_the_address_says_what_kind_of_source_it_is(
    uri: str,
    live: bool,
    synthetic: bool,
) -> None:
    source = source_of(make_camera(uri))
    assert (source.live, source.synthetic) == (live, synthetic)


def test_a_video_has_its_own_timestamps(tmp_path: Path) -> None:
    video = write_video(tmp_path / "a.mp4", 4, fps=25)
    assert times_ms(source_of(make_camera(video))) == [0, 40, 80, 120]


def test_pictures_of_a_video_are_bgr_arrays(tmp_path: Path) -> None:
    shots = source_of(make_camera(write_video(tmp_path / "a.mp4"))).shots()
    pixels, truth = next(shots).read()
    shots.close()
    assert pixels.shape == (48, 64, 3)
    assert pixels.dtype == np.uint8
    assert truth is None


@pytest.mark.shared
def test_a_raw_stream_without_timestamps_goes_by_its_own_rate(shared: Path) -> None:
    source = source_of(
        make_camera(shared / "video" / "two-people-head-pose.h264", fps=60)
    )
    times = times_ms(source)
    assert times == [40 * number for number in range(300)]


def test_a_missing_file_says_what_a_source_can_be(tmp_path: Path) -> None:
    with pytest.raises(
        Unreadable, match=r"nothing\.mp4: no such file; give a device index, an address"
    ):
        times_ms(source_of(make_camera(tmp_path / "nothing.mp4")))


def test_a_device_that_is_not_there_cannot_be_opened() -> None:
    with pytest.raises(Unreadable, match="camera device 97 cannot be opened"):
        times_ms(source_of(make_camera("97")))


def test_an_unreachable_stream_is_named_without_its_password() -> None:
    with pytest.raises(
        Unreadable, match=r"^http://127\.0\.0\.1 refuses the connection"
    ):
        times_ms(source_of(make_camera("http://me:secret@127.0.0.1:9/x?token=secret")))


def test_a_stream_gives_its_pictures_until_it_hangs_up() -> None:
    seen: list[int] = []
    answer = Answer(
        body=mjpeg([to_jpeg(make_picture(n), 85) for n in range(8)]),
        content_type="multipart/x-mixed-replace; boundary=next",
    )
    with http_camera(lambda _: answer) as place:
        shots = source_of(make_camera(f"http://{place}/stream")).shots()
        with pytest.raises(Unreadable, match="gives no more pictures"):
            seen.extend(
                shot.at_ns for shot in shots if shot.read()[0].shape == (48, 64, 3)
            )
    assert len(seen) == 8
    assert seen == sorted(seen)


def test_images_of_a_folder_come_in_order_at_the_cameras_rate(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "images", 3)
    (folder / "notes.txt").write_text("no image")
    shots = list(source_of(make_camera(folder, fps=10)).shots())
    assert [shot.at_ns for shot in shots] == [0, 100_000_000, 200_000_000]
    assert np.array_equal(
        shots[1].read()[0], np.asarray(cv2.imread(str(folder / "001.jpg")))
    )


def test_a_truncated_jpeg_is_unreadable_and_the_others_are_not(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "images", 3)
    (folder / "001.jpg").write_bytes((folder / "001.jpg").read_bytes()[:600])
    first, second, third = source_of(make_camera(folder)).shots()
    with pytest.raises(Unreadable, match=r"001\.jpg is damaged or cut off"):
        second.read()
    assert first.read()[0].shape == third.read()[0].shape == (48, 64, 3)


def test_a_folder_without_images_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="has no images"):
        times_ms(source_of(make_camera(tmp_path)))


def test_images_come_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    for number in (10, 2, 1, 33):
        picture = plain_picture(5 * number)
        cv2.imwrite(str(tmp_path / f"Bild ü {number}.PNG"), picture)
    shots = source_of(make_camera(tmp_path)).shots()
    levels = [int(shot.read()[0][0, 0, 0]) for shot in shots]
    assert levels == [5, 10, 50, 165]


def test_every_format_of_stills_is_read(tmp_path: Path) -> None:
    for number, suffix in enumerate(
        ["jpg", "png", "webp", "bmp", "tif", "gif", "avif"]
    ):
        cv2.imwrite(str(tmp_path / f"{number}.{suffix}"), plain_picture(90))
    shots = source_of(make_camera(tmp_path)).shots()
    sizes = [shot.read()[0].shape for shot in shots]
    assert sizes == [(48, 64, 3)] * 7


def test_files_that_are_not_used_are_counted_by_reason(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = write_images(tmp_path / "images", 3)
    (folder / ".DS_Store").write_bytes(b"x")
    (folder / "._000.jpg").write_bytes(b"x")
    (folder / "notes.jpg").write_text("no image")
    (folder / "phone.jpg").write_bytes(b"\0\0\0\x18ftypheic" + b"\0" * 99)
    (folder / "empty.jpg").write_bytes(b"")
    (folder / "003.jpg").mkdir()
    before = dropped("junk", "unreadable")
    assert len(times_ms(source_of(make_camera(folder, id="junk")))) == 3
    assert "camera junk: 2 files were not used: hidden" in caplog.text
    assert "1 files were not used: a folder" in caplog.text
    assert "1 files were not used: empty" in caplog.text
    assert "1 files were not used: a HEIC picture" in caplog.text
    assert "1 files were not used: no JPEG, PNG, WebP, BMP, TIFF" in caplog.text
    assert dropped("junk", "unreadable") - before == 6


def test_one_image_is_a_source_of_one_picture(tmp_path: Path) -> None:
    folder = write_images(tmp_path / "images", 1)
    assert times_ms(source_of(make_camera(folder / "000.jpg"))) == [0]


def test_synthetic_visitors_come_with_their_truth_at_the_cameras_size_and_rate() -> (
    None
):
    camera = make_camera(
        "synthetic:?people=2&seed=1&seconds=0.3",
        fps=10,
        width=320,
    )
    shots = list(source_of(camera).shots())
    pixels, truth = shots[2].read()
    assert [shot.at_ns for shot in shots] == [0, 100_000_000, 200_000_000]
    assert pixels.shape == (180, 320, 3)
    assert truth is not None


def test_synthetic_days_are_a_day_apart() -> None:
    camera = make_camera(
        "synthetic:?scene=quiet&seconds=0.2&days=2",
        fps=10,
        width=64,
    )
    assert times_ms(source_of(camera)) == [0, 100, 86_400_000, 86_400_100]


def test_a_bad_synthetic_address_says_what_is_allowed() -> None:
    with pytest.raises(Unreadable, match="expected synthetic:"):
        times_ms(source_of(make_camera("synthetic:?poeple=2")))


def test_a_scheme_that_nothing_reads_says_which_exist() -> None:
    message = (
        r"^gige://10\.0\.0\.7: nothing reads gige:; .* \(http:, https:, rtmp:, rtmps:, "
        r"rtsp:, rtsps:, synthetic:\)"
    )
    with pytest.raises(Unreadable, match=message):
        times_ms(source_of(make_camera("gige://me:secret@10.0.0.7/x?token=secret")))


def test_another_package_adds_a_source_by_its_entry_point(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "gige-1.0.dist-info"
    package.mkdir()
    (package / "METADATA").write_text("Name: gige\nVersion: 1.0\n")
    entry = "[vitrine.sources]\ngige = gige_source:GigeSource\n"
    (package / "entry_points.txt").write_text(entry)
    (tmp_path / "gige_source.py").write_text(GIGE_SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    source = source_of(make_camera("gige://10.0.0.7"))
    assert (source.live, source.synthetic) == (True, False)
    assert times_ms(source) == [0, 40]
    with pytest.raises(Unreadable, match=r"^no such camera"):
        times_ms(source_of(make_camera("gige:wrong")))
