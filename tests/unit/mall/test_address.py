"""Addresses of cameras: what is accepted, what is refused, and what is shown of them."""

from __future__ import annotations

import logging

import pytest
from pydantic import ValidationError

from tests.builders import make_mall
from vitrine.mall import Address, Camera


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("0", "device", "camera device 0"),
        ("/dev/video2", "device", "camera device /dev/video2"),
        ("shop.mp4", "path", "shop.mp4"),
        ("/data/Fotos Süd (1)", "path", "/data/Fotos Süd (1)"),
        ("C:\\videos\\shop.mp4", "path", "a path"),
        ("file:///data/my%20shop.mp4", "path", "/data/my shop.mp4"),
        ("rtsp://10.0.0.7:554/1", "stream", "rtsp://10.0.0.7"),
        ("RTSPS://Cam.Example/1", "stream", "rtsps://cam.example"),
        ("http://[fe80::1]:81/mjpeg?a=b", "http", "http://[fe80::1]"),
        ("synthetic:?people=4&seed=7", "installed", "synthetic:"),
        ("gige://me:secret@10.0.0.7/x", "installed", "gige://10.0.0.7"),
    ],
)
def test_an_address_knows_its_kind_and_shows_scheme_and_host(
    text: str, kind: str, shown: str
) -> None:
    address = Address.parse(text)
    assert (address.kind, str(address)) == (kind, shown)
    assert repr(address) == f"Address({shown!r})"
    assert address.text == text


@pytest.mark.parametrize(
    ("written", "password"),
    [
        ("plain", "plain"),
        ("p@ss", "p@ss"),
        ("p%40ss", "p@ss"),
        ("p%23s%2Fs", "p#s/s"),
        ("p:ss", "p:ss"),
        ("p\\ss", "p\\ss"),
        ("pass word", "pass word"),
        ("pä§s", "pä§s"),
        ("", ""),
    ],
)
def test_a_password_is_decoded_and_given_to_the_decoder_encoded(
    written: str, password: str
) -> None:
    address = Address.parse(f"rtsp://admin:{written}@10.0.0.5:554/h264?a=1")
    assert (address.user, address.password) == ("admin", password)
    assert (address.host, address.port, address.target) == (
        "10.0.0.5",
        554,
        "/h264?a=1",
    )
    assert address.url == "rtsp://10.0.0.5:554/h264?a=1"
    again = Address.parse(address.url_with_login)
    assert again.password == password
    assert again.url == address.url


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty"),
        ("rtsp://admin:geheim\n@10.0.0.5/x", "control character"),
        ("rtsp://admin:ge#heim@10.0.0.5/x", "# is %23"),
        ("rtsp://admin:ge?heim@10.0.0.5/x", r"\? is %3F"),
        ("rtsp://admin:ge/heim@10.0.0.5/x", "/ is %2F"),
        ("rtsp://admin:12/heim@10.0.0.5/x", "/ is %2F"),
        ("rtsp://admin:ge[heim@10.0.0.5/x", r"\[ is %5B"),
        ("rtsp://admin:ge]heim@10.0.0.5/x", r"\] is %5D"),
        ("rtsp://admin:ge%heim@10.0.0.5/x", "% is %25"),
        ("rtsp://10.0.0.5/live#user=admin&pwd=geheim", "nothing is ever sent"),
        ("rtsp://[geheim", "IPv6"),
        ("rtsp://[::1]geheim/x", "port"),
        ("rtsp:///geheim", "lacks the host"),
        ("rtsp:/10.0.0.5/geheim", "two slashes"),
        ("rtsp://10.0.0.5:geheim/x", "port that is not a number"),
        ("rtsp://10.0.0.5:70000/x", "port that is not a number"),
        ("rtsp://10.0.0.5:²/x", "port that is not a number"),
        ("http://my geheim/x", "cannot be one"),
        ("admin:geheim@10.0.0.5/x", "begins with rtsp://"),
        ("10.0.0.5:554/user=admin_password=geheim", "begins with rtsp://"),
        ("camera.local:554/geheim", "begins with rtsp://"),
    ],
)
def test_what_is_wrong_is_said_without_the_address(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message) as error:
        Address.parse(text)
    assert "heim" not in str(error.value)


@pytest.mark.parametrize(
    "text",
    [
        "rtsp://admin:geheim@10.0.0.5/h264",
        "http://10.0.0.5/axis-cgi/mjpg/video.cgi;user=admin;password=geheim",
        "rtsp://10.0.0.5:554/user=admin_password=geheim_channel=1_stream=0.sdp",
        "rtsp://10.0.0.5:554/user=admin&password=geheim&channel=1&stream=0.sdp?",
        "http://10.0.0.5/videostream.cgi?user=admin&pwd=geheim",
        "rstp://admin:geheim@10.0.0.5/h264",
        "cam/user=admin&password=geheim",
    ],
)
def test_a_password_shows_nowhere(text: str, caplog: pytest.LogCaptureFixture) -> None:
    camera = Camera(id="c", uri=text, stand="north")
    logging.getLogger("vitrine.test").error("%s %r", camera, camera.uri)
    shown = f"{camera} {camera!r} {camera.uri} {caplog.text}"
    assert "geheim" not in shown
    assert text in camera.model_dump_json()


def test_the_target_is_what_was_written() -> None:
    written = "/user=admin&password=x%20y&channel=1&stream=0.sdp?"
    assert Address.parse(f"rtsp://10.0.0.5{written}").target == written
    assert Address.parse("http://10.0.0.5?a=b").target == "/?a=b"


def test_a_refusal_by_the_model_does_not_show_the_value() -> None:
    with pytest.raises(ValidationError) as error:
        Camera(id="c", uri="rtsp://admin:ge#heim@10.0.0.5/x", stand="north")
    assert "heim" not in str(error.value)


@pytest.mark.parametrize("uri", [0, "0"])
def test_a_device_may_be_a_number(uri: object) -> None:
    camera = Camera(id="c", uri=uri, stand="north")
    assert camera.uri == Address.parse("0")


@pytest.mark.parametrize("uri", [True, -1, 1.5, None, ["0"]])
def test_other_values_are_refused(uri: object) -> None:
    with pytest.raises(ValidationError):
        Camera(id="c", uri=uri, stand="north")


def test_the_version_depends_on_the_password() -> None:
    versions = set()
    for password in ("one", "two"):
        uri = f"rtsp://admin:{password}@10.0.0.5/x"
        mall = make_mall(cameras=[Camera(id="c", uri=uri, stand="north")])
        versions.add(mall.version)
    assert len(versions) == 2


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [("16:9", 16 / 9), ("4:3", 4 / 3), ("1.5", 1.5), (1.25, 1.25), (None, None)],
)
def test_an_aspect_is_a_ratio_or_a_number(aspect: object, expected: object) -> None:
    camera = Camera(id="c", uri="0", stand="north", aspect=aspect)
    assert camera.aspect == expected


@pytest.mark.parametrize("aspect", ["16/9", "wide", "1:0", 969, "1:9"])
def test_other_aspects_are_refused(aspect: object) -> None:
    with pytest.raises(ValidationError):
        Camera(id="c", uri="0", stand="north", aspect=aspect)


@pytest.mark.parametrize(
    ("text", "live"),
    [
        ("0", True),
        ("rtsp://10.0.0.5/ch1", True),
        ("http://10.0.0.6/snapshot.jpg", True),
        ("shop.mp4", False),
        ("synthetic:?people=4", False),
    ],
)
def test_devices_and_network_cameras_are_live(text: str, *, live: bool) -> None:
    assert Address.parse(text).live is live
