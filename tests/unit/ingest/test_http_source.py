"""Addresses of HTTP: streams, snapshots, recordings, playlists, and what is none of them."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path
from threading import Event

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.padding import PKCS7

from tests.http_cameras import (
    NONCE,
    REALM,
    Answer,
    Request,
    digest_is_right,
    http_camera,
    mjpeg,
    ranged,
)
from tests.ingest_builders import (
    frames,
    make_camera,
    make_picture,
    make_run,
    make_shared,
    seconds_of,
    started,
    wait_for,
)
from tests.videos import scenes, write_recording
from vitrine.services.ingest.camera import CameraRun
from vitrine.services.ingest.frames import to_jpeg
from vitrine.services.ingest.shots import Ended, Unreadable
from vitrine.services.ingest.sources import source_of

MULTIPART = "multipart/x-mixed-replace; boundary=next"
PLAYLIST = "application/vnd.apple.mpegurl"
KEY = bytes(range(16))


def jpegs(number: int) -> list[bytes]:
    return [to_jpeg(make_picture(n), 85) for n in range(number)]


def read_all(address: str) -> list[tuple[int, ...]]:
    """Return the shape of each picture up to the end, or to the first that cannot be read."""
    shots = source_of(make_camera(address)).shots()
    shapes: list[tuple[int, ...]] = []
    with suppress(Unreadable):
        shapes.extend(shot.read()[0].shape for shot in shots)
    return shapes


def problem(address: str) -> Unreadable:
    """Return why an address cannot be read."""
    shots = source_of(make_camera(address)).shots()
    with pytest.raises(Unreadable) as error:
        deque((shot.read() for shot in shots), maxlen=0)
    return error.value


def constant(answer: Answer) -> Callable[[Request], Answer]:
    return lambda _: answer


# Streams of pictures


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (MULTIPART, mjpeg(jpegs(5))),
        ("multipart/x-mixed-replace; boundary=--next", mjpeg(jpegs(5))),
        ("multipart/x-mixed-replace", mjpeg(jpegs(5))),
        (MULTIPART, mjpeg(jpegs(5), length=False)),
        (MULTIPART, b"\r\n\r\nhello\r\n" + mjpeg(jpegs(5), boundary=b"--other")),
        ("text/plain", mjpeg(jpegs(5))),
    ],
    ids=["plain", "dashes", "no boundary", "no length", "other boundary", "text"],
)
def test_pictures_one_after_the_other(content_type: str, body: bytes) -> None:
    with http_camera(constant(Answer(body, content_type=content_type))) as place:
        assert read_all(f"http://{place}/mjpeg") == [(48, 64, 3)] * 5


def test_the_size_may_change_from_picture_to_picture() -> None:
    small = to_jpeg(make_picture(0), 85)
    large = to_jpeg(make_picture(0, width=80, height=60), 85)
    body = mjpeg([small, large, small])
    with http_camera(constant(Answer(body, content_type=MULTIPART))) as place:
        sizes = [shape[0] for shape in read_all(f"http://{place}/")]
    assert sizes == [48, 60, 48]


def test_one_bad_picture_does_not_end_the_stream() -> None:
    body = mjpeg([b"\xff\xd8\xffgarbage", *jpegs(2)])
    with http_camera(constant(Answer(body, content_type=MULTIPART))) as place:
        first, second, third = islice(
            source_of(make_camera(f"http://{place}/")).shots(), 3
        )
    with pytest.raises(Unreadable):
        first.read()
    assert second.read()[0].shape == third.read()[0].shape == (48, 64, 3)


def test_a_stream_without_pictures_is_given_up() -> None:
    def noise(over: Event) -> Iterator[bytes]:
        while not over.is_set():
            yield b"x" * 10_000

    answer = Answer(content_type=MULTIPART, chunks=noise)
    with http_camera(constant(answer)) as place:
        error = problem(f"http://{place}/")
    assert "something else than pictures" in str(error)


# Logins


@pytest.mark.parametrize("method", ["Basic", "Digest"])
@pytest.mark.parametrize(
    ("written", "cause"),
    [("p%40ss%231", None), ("wrong", "login")],
)
def test_logins(method: str, written: str, cause: str | None) -> None:
    challenge = f'{method} realm="{REALM}", nonce="{NONCE}", qop="auth"'

    def site(request: Request) -> Answer:
        right = digest_is_right(request, "admin", "p@ss#1")
        if method == "Basic":
            # admin:p@ss#1
            right = request.headers.get("Authorization") == "Basic YWRtaW46cEBzcyMx"
        if right:
            return Answer(mjpeg(jpegs(2)), content_type=MULTIPART)
        return Answer(status=401, headers={"WWW-Authenticate": challenge})

    with http_camera(site) as place:
        address = f"http://admin:{written}@{place}/mjpeg?a=1"
        if cause is None:
            assert len(read_all(address)) == 2
        else:
            error = problem(address)
            assert error.cause == cause
            assert "check name and password" in str(error)
            assert written not in str(error)


# Other hosts


@pytest.mark.parametrize(
    ("location", "allowed"),
    [
        ("/mjpeg", True),
        ("http://{own}/mjpeg", True),
        ("http://{other}/mjpeg", False),
        ("http://localhost:{other_port}/mjpeg", False),
        ("http://169.254.169.254/latest", False),
        ("http://[::1]/mjpeg", False),
        ("//{other}/mjpeg", False),
        ("file:///etc/passwd", False),
        ("http://[bad", False),
    ],
)
def test_a_redirect_leads_to_no_other_host(location: str, allowed: bool) -> None:
    asked: list[str] = []

    def other_site(request: Request) -> Answer:
        asked.append(request.path)
        return Answer(mjpeg(jpegs(2)), content_type=MULTIPART)

    with http_camera(other_site) as other:
        own = ""

        def site(request: Request) -> Answer:
            if request.path == "/mjpeg":
                return Answer(mjpeg(jpegs(2)), content_type=MULTIPART)
            port = other.split(":")[1]
            target = location.format(own=own, other=other, other_port=port)
            return Answer(status=302, headers={"Location": target})

        with http_camera(site) as place:
            own = place
            if allowed:
                assert len(read_all(f"http://{place}/")) == 2
            else:
                assert problem(f"http://{place}/").cause == "redirect"
    assert asked == []


def test_a_circle_of_redirects_ends() -> None:
    answer = Answer(status=301, headers={"Location": "/again"})
    with http_camera(constant(answer)) as place:
        assert "in a circle" in str(problem(f"http://{place}/"))


# Recordings


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    """Return half a second of video whose index comes last."""
    path = write_recording(tmp_path / "clip.mp4", scenes(12), fps=25)
    return path.read_bytes()


def run_of(address: str, **fields: object) -> CameraRun:
    camera = make_camera(address, fps=25, **fields)
    return make_run(source_of(camera), make_shared(), camera)


def test_a_recording_plays_once_on_its_own_times(clip: bytes) -> None:
    with http_camera(lambda request: ranged(request, clip)) as place:
        run = run_of(f"http://{place}/clip.mp4")
        begun = time.monotonic()
        run.run()
        took_s = time.monotonic() - begun
    metas = frames(run.output._shared.bus)
    assert len(seconds_of(metas)) == 12
    assert metas[-1].ended
    span_s = (metas[11].captured_at_ns - metas[0].captured_at_ns) / 1e9
    # Not sooner than its own times; later on a busy machine.
    assert 0.34 <= span_s <= took_s < 5


def test_a_recording_without_ranges_plays_if_its_index_comes_first(
    tmp_path: Path,
) -> None:
    path = write_recording(
        tmp_path / "clip.mp4",
        scenes(12),
        options={"movflags": "faststart"},
    )
    answer = Answer(path.read_bytes(), content_type="video/mp4")
    with http_camera(constant(answer)) as place:
        assert len(read_all(f"http://{place}/clip.mp4")) == 12


def test_a_recording_whose_connection_breaks_is_read_on(clip: bytes) -> None:
    broken: list[str] = []

    def site(request: Request) -> Answer:
        answer = ranged(request, clip)
        if not broken:
            broken.append(request.path)
            headers = {**answer.headers, "Content-Length": str(len(clip))}
            return Answer(
                status=200,
                headers=headers,
                chunks=lambda _: iter([clip[:500]]),
            )
        return answer

    with http_camera(site) as place:
        assert len(read_all(f"http://{place}/clip.mp4")) == 12


def test_a_recording_is_looped_where_that_is_asked_for(clip: bytes) -> None:
    with http_camera(lambda request: ranged(request, clip)) as place:
        run = run_of(f"http://{place}/clip.mp4", loop=True)
        bus = run.output._shared.bus
        thread = started(run)
        wait_for(lambda: len(frames(bus)) >= 20, "a second round")
        run.stop.set()
        thread.join(10)
    assert not thread.is_alive()


# Snapshots


def test_a_snapshot_is_fetched_at_the_cameras_rate() -> None:
    asked: list[float] = []
    pictures = jpegs(8)

    def site(_: Request) -> Answer:
        asked.append(time.monotonic())
        return Answer(pictures[len(asked) % 8], content_type="image/jpeg")

    with http_camera(site) as place:
        camera = make_camera(f"http://{place}/snapshot.jpg", fps=20)
        run = make_run(source_of(camera), make_shared(finite=False), camera)
        bus = run.output._shared.bus
        thread = started(run)
        wait_for(lambda: len(frames(bus)) >= 8, "eight pictures")
        run.stop.set()
        thread.join(10)
    seconds = asked[7] - asked[0]
    assert seconds / 7 > 0.045


def test_a_snapshot_that_is_gone_is_an_error() -> None:
    pictures = jpegs(1)

    def site(_: Request) -> Answer:
        if pictures:
            return Answer(pictures.pop(), content_type="image/jpeg")
        return Answer(status=503)

    with http_camera(site) as place:
        error = problem(f"http://{place}/snapshot.jpg")
    assert "a fault of its own (5xx)" in str(error)


# Playlists


def playlist(segments: list[str], *, key: str = "", end: bool = True) -> bytes:
    lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1"]
    if key:
        lines.append(f'#EXT-X-KEY:METHOD=AES-128,URI="{key}",IV=0x{"00" * 16}')
    for segment in segments:
        lines += ["#EXTINF:0.48,", segment]
    if end:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines).encode()


def encrypted(content: bytes) -> bytes:
    padder = PKCS7(AES.block_size).padder()
    padded = padder.update(content) + padder.finalize()
    encryptor = Cipher(AES(KEY), CBC(bytes(16))).encryptor()
    return encryptor.update(padded) + encryptor.finalize()


@pytest.fixture
def segment(tmp_path: Path) -> bytes:
    return write_recording(tmp_path / "a.ts", scenes(12), fps=25).read_bytes()


@pytest.mark.parametrize("key", ["", "key.bin"])
def test_a_playlist_with_an_end_plays_once(segment: bytes, key: str) -> None:
    content = encrypted(segment) if key else segment
    files = {
        "/live/index.m3u8": playlist(["a.ts"], key=key),
        "/live/a.ts": content,
        "/live/key.bin": KEY,
    }
    with http_camera(lambda request: Answer(files[request.path])) as place:
        run = run_of(f"http://{place}/live/index.m3u8")
        run.run()
    metas = frames(run.output._shared.bus)
    assert len(seconds_of(metas)) == 12
    assert metas[-1].ended


def test_a_live_playlist_that_ends_is_not_played_again(segment: bytes) -> None:
    asked: list[str] = []

    def site(request: Request) -> Answer:
        if request.path == "/a.ts":
            return Answer(segment)
        asked.append(request.path)
        return Answer(playlist(["a.ts"], end=len(asked) > 2))

    with http_camera(site) as place:
        source = source_of(make_camera(f"http://{place}/index.m3u8"))
        shots = source.shots()
        found: list[int] = []
        with pytest.raises(Unreadable, match="gives no more pictures"):
            found.extend(shot.at_ns for shot in shots)
        with pytest.raises(Ended, match="has ended"):
            list(source.shots())
    steps_ms = [(after - before) / 1e6 for before, after in pairwise(found)]
    assert len(found) >= 10
    assert steps_ms == pytest.approx([40] * len(steps_ms), abs=1)


@pytest.mark.parametrize("what", ["segment", "key", "playlist"])
def test_a_playlist_leads_to_no_other_host(segment: bytes, what: str) -> None:
    asked: list[str] = []

    def other_site(request: Request) -> Answer:
        asked.append(request.path)
        return Answer(segment)

    with http_camera(other_site) as other:
        elsewhere = f"http://{other}/x"
        index = playlist(["a.ts", elsewhere if what == "segment" else "a.ts"])
        if what == "key":
            index = playlist(["a.ts"], key=elsewhere)
        if what == "playlist":
            index = b"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n" + elsewhere.encode()
        files = {"/index.m3u8": index, "/a.ts": segment}
        with http_camera(lambda request: Answer(files[request.path])) as place:
            error = problem(f"http://{place}/index.m3u8")
    assert error.cause == "redirect"
    assert asked == []


# What is none of them


@pytest.mark.parametrize(
    ("answer", "cause", "message"),
    [
        (Answer(status=403), "login", "403"),
        (Answer(status=404), "missing", "404"),
        (Answer(status=418), "address", "4xx"),
        (Answer(status=500), "other", "5xx"),
        (
            Answer(b"<!DOCTYPE html><title>Login", content_type="text/html"),
            "not-a-stream",
            "is an HTML page",
        ),
        (
            Answer(b"\0\0\0\x18ftypheic" + b"\0" * 99),
            "not-a-stream",
            "is a HEIC picture",
        ),
        (Answer(b""), "not-a-stream", "is empty"),
        (Answer(b"hello " * 500), "not-a-stream", "no video that can be read"),
    ],
)
def test_what_cannot_be_read_says_why(answer: Answer, cause: str, message: str) -> None:
    with http_camera(constant(answer)) as place:
        error = problem(f"http://me:geheim@{place}/geheim?pwd=geheim")
    assert error.cause == cause
    assert message in str(error)
    assert "geheim" not in str(error)
    assert str(error).startswith("http://127.0.0.1 ")


@pytest.mark.parametrize(
    ("address", "cause"),
    [
        ("http://127.0.0.1:9/x", "refused"),
        ("rtsp://127.0.0.1:9/x", "refused"),
        ("http://camera.invalid/x", "unreachable"),
        ("rtsp://camera.invalid/x", "unreachable"),
    ],
)
def test_nobody_there(address: str, cause: str) -> None:
    assert problem(address).cause == cause
