"""Cameras that speak RTSP."""

from __future__ import annotations

import time
from itertools import islice
from pathlib import Path

import pytest

from tests.ingest_builders import make_camera
from tests.rtsp_cameras import rtsp_camera
from vitrine.services.ingest import streams
from vitrine.services.ingest.shots import Unreadable
from vitrine.services.ingest.sources import source_of


def problem(address: str) -> Unreadable:
    shots = source_of(make_camera(address)).shots()
    with pytest.raises(Unreadable) as error:
        list(shots)
    return error.value


def test_pictures_come_when_they_arrive(tmp_path: Path) -> None:
    with rtsp_camera(tmp_path) as camera:
        shots = source_of(make_camera(f"rtsp://127.0.0.1:{camera.port}/1")).shots()
        begun_ns = time.monotonic_ns()
        found = [(shot.at_ns, shot.read()[0].shape) for shot in islice(shots, 10)]
        shots.close()
    assert {shape for _, shape in found} == {(48, 64, 3)}
    arrivals = [at_ns for at_ns, _ in found]
    assert arrivals == sorted(arrivals)
    assert arrivals[0] >= begun_ns
    assert arrivals[9] <= time.monotonic_ns()


@pytest.mark.parametrize(
    ("status", "cause", "message"),
    [
        ("401 Unauthorized", "login", "refuses the login"),
        ("404 Not Found", "missing", "no such stream"),
        ("500 Internal Error", "other", "a fault of its own"),
    ],
)
def test_a_refusal_names_its_cause(
    tmp_path: Path, status: str, cause: str, message: str
) -> None:
    def respond(method: str, _address: str) -> str | None:
        if method == "DESCRIBE":
            return status
        return None

    with rtsp_camera(tmp_path, respond) as camera:
        error = problem(f"rtsp://me:geheim@127.0.0.1:{camera.port}/geheim")
    assert error.cause == cause
    assert message in str(error)
    assert "geheim" not in str(error)


def test_a_codec_without_a_decoder_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "TIMEOUT_S", 1.0)
    lines = ["v=0", "o=- 0 0 IN IP4 127.0.0.1", "s=camera", "t=0 0"]
    lines += ["m=audio 0 RTP/AVP 97", "a=rtpmap:97 OPUS/48000"]
    lines += ["m=video 0 RTP/AVP 96", "a=rtpmap:96 SVAC/90000", "a=control:track1"]
    description = "".join(f"{line}\r\n" for line in lines)

    def respond(method: str, _address: str) -> str | None:
        if method == "DESCRIBE":
            head = f"200 OK\r\nContent-Length: {len(description)}"
            return f"{head}\r\n\r\n{description}"
        return None

    with rtsp_camera(tmp_path, respond, pause_after=0) as camera:
        error = problem(f"rtsp://127.0.0.1:{camera.port}/1")
    assert error.cause == "codec"
    assert "is in codec SVAC, which is not supported" in str(error)


def test_a_transport_that_is_not_taken_says_what_to_set(tmp_path: Path) -> None:
    def respond(method: str, _address: str) -> str | None:
        if method == "SETUP":
            return "461 Unsupported Transport"
        return None

    with rtsp_camera(tmp_path, respond) as camera:
        error = problem(f"rtsp://127.0.0.1:{camera.port}/1")
    assert "try `transport: udp`" in str(error)


@pytest.mark.parametrize("method", ["OPTIONS", "DESCRIBE"])
def test_a_redirect_leads_to_no_other_host(tmp_path: Path, method: str) -> None:
    with rtsp_camera(tmp_path) as other:

        def respond(asked: str, _address: str) -> str | None:
            if asked == method:
                return f"302 Moved\r\nLocation: rtsp://127.0.0.1:{other.port}/1"
            return None

        with rtsp_camera(tmp_path, respond) as camera:
            error = problem(f"rtsp://127.0.0.1:{camera.port}/1")
    assert error.cause == "redirect"
    assert other.asked == []


def test_a_redirect_within_the_camera_is_followed(tmp_path: Path) -> None:
    def respond(method: str, address: str) -> str | None:
        if method == "DESCRIBE" and not address.endswith("/2"):
            return f"302 Moved\r\nLocation: rtsp://127.0.0.1:{camera.port}/2"
        return None

    with rtsp_camera(tmp_path, respond) as camera:
        shots = source_of(make_camera(f"rtsp://127.0.0.1:{camera.port}/1")).shots()
        found = list(islice(shots, 3))
        shots.close()
    assert len(found) == 3


def test_after_a_hang_what_was_held_back_is_not_new(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "TIMEOUT_S", 2.0)
    monkeypatch.setattr(streams, "SILENCE_NS", 1_500_000_000)
    arrivals: list[float] = []
    with rtsp_camera(tmp_path, pause_after=20) as camera:
        shots = source_of(make_camera(f"rtsp://127.0.0.1:{camera.port}/1")).shots()
        begun = time.monotonic()
        with pytest.raises(Unreadable, match="stopped sending"):
            arrivals.extend(shot.at_ns / 1e9 for shot in shots)
        took_s = time.monotonic() - begun
    assert 15 <= len(arrivals) <= 20
    assert max(arrivals) - begun < 2
    assert took_s < 5


def test_what_is_no_rtsp_is_given_up(tmp_path: Path) -> None:
    def respond(_method: str, _address: str) -> str | None:
        return "200 OK\r\nX: " + "x" * 200_000

    with rtsp_camera(tmp_path, respond) as camera:
        assert problem(f"rtsp://127.0.0.1:{camera.port}/1").cause != "redirect"
