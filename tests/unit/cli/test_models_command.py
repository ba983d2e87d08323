"""`vitrine models` says what it does, and never installs anything wrong."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZipFile

import pytest
from click.testing import CliRunner, Result

from tests.brokers import free_ports
from vitrine.cli import main
from vitrine.cli import models as models_module
from vitrine.cli.commands import cli
from vitrine.vision.converted import packages
from vitrine.vision.manifest import Converted, Manifest, Public

CONTENT = b"weights " * 40_000
HALF = len(CONTENT) // 2


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None: ...


class _BreaksOff(_Quiet):
    """Promise the whole file and send half of it."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:HALF])


@contextmanager
def served(folder: Path, handler: type[_Quiet] = _Quiet) -> Iterator[str]:
    """Serve a folder; yield its address, which ends with /."""
    in_folder = partial(handler, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), in_folder)
    # Closing waits for the answers that are under way.
    server.daemon_threads = False
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_public(name: str = "face.onnx", content: bytes = CONTENT) -> Public:
    return Public(
        file=name,
        role="detector",
        purpose="finds faces",
        licence="MIT",
        bytes=len(content),
        sha256=sha256(content).hexdigest(),
        project="https://example.org",
        url="https://example.org/face.onnx",
        origin="a test",
    )


@pytest.fixture(autouse=True)
def listed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the command know two public models and no others."""
    public = (make_public(), make_public("other.onnx", b"other"))
    manifest = Manifest(shipped=(), public=public)
    monkeypatch.setattr(models_module, "read_manifest", lambda: manifest)
    monkeypatch.delenv("VITRINE_MODELS", raising=False)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a folder to fetch from; its `other.onnx` is not the listed file."""
    folder = tmp_path / "source"
    folder.mkdir()
    (folder / "face.onnx").write_bytes(CONTENT)
    (folder / "other.onnx").write_bytes(b"another file of that name")
    return folder


def pull(*arguments: str | Path) -> Result:
    """Run `vitrine models pull`."""
    texts = [str(argument) for argument in arguments]
    return CliRunner().invoke(cli, ["models", "pull", *texts])


def failure(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    """Return the errors of a `vitrine models pull` that exits 1."""
    texts = [str(argument) for argument in arguments]
    with pytest.raises(SystemExit) as ended:
        main(["models", "pull", *texts])
    assert ended.value.code == 1
    return capsys.readouterr().err


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_pull_fetches_a_file_over_http(source: Path, tmp_path: Path) -> None:
    target = tmp_path / "new" / "models"
    with served(source) as address:
        result = pull(
            "face",
            "--folder",
            target,
            "--from",
            address,
        )
    installed = target / "face.onnx"
    assert result.exit_code == 0
    said = f"{installed}: {len(CONTENT)} bytes, checksum as listed, MIT"
    assert said in result.output
    assert names_in(target) == ["face.onnx"]
    assert installed.read_bytes() == CONTENT


def test_pull_fetches_all_of_a_set_that_does_not_ship(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "face.whl"
    with ZipFile(package, "w") as archive:
        archive.writestr("face.tflite", b"weights")
    entry = Converted(
        file="points.onnx",
        role="landmarks",
        purpose="points",
        licence="MIT",
        bytes=7,
        sha256=sha256(b"WEIGHTS").hexdigest(),
        sets=("commercial",),
        card="points.card.md",
        package="face==1.0",
        options="",
        archive=package.name,
        archive_sha256=sha256(package.read_bytes()).hexdigest(),
        member="face.tflite",
        converter="face-mesh",
    )
    manifest = Manifest(shipped=(), public=(make_public(),), converted=(entry,))
    monkeypatch.setattr(models_module, "read_manifest", lambda: manifest)
    monkeypatch.setitem(packages.CONVERTERS, "face-mesh", _Upper)
    target = tmp_path / "models"
    result = pull("--set", "commercial", "--folder", target, "--from", tmp_path)
    assert result.exit_code == 0, result.output
    assert names_in(target) == ["points.onnx"]
    assert (target / "points.onnx").read_bytes() == b"WEIGHTS"


class _Upper:
    """Stands for a converted network."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def SerializeToString(self, deterministic: bool) -> bytes:  # noqa: N802 - protobuf's name
        assert deterministic
        return self._content.upper()


def test_pull_asks_for_names_or_a_set_and_not_both() -> None:
    for arguments in ((), ("face", "--set", "commercial")):
        result = pull(*arguments)
        assert result.exit_code == 2
        assert "say which models: NAME..., or --set commercial" in result.output


def test_pull_takes_the_folder_of_the_environment(
    source: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("VITRINE_MODELS", str(tmp_path))
    assert pull("face.onnx", "--from", source / "face.onnx").exit_code == 0
    assert (tmp_path / "face.onnx").read_bytes() == CONTENT


def test_a_file_with_another_checksum_is_never_installed(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    (target / "other.onnx").write_bytes(b"other")
    with served(source) as address:
        said = failure(
            capsys,
            "other.onnx",
            "--folder",
            target,
            "--from",
            address,
        )
    assert "expected " + sha256(b"other").hexdigest() in said
    assert "nothing was installed" in said
    assert (target / "other.onnx").read_bytes() == b"other"
    assert names_in(target) == ["other.onnx"]


def test_a_download_that_breaks_off_leaves_nothing(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = tmp_path / "target"
    with served(source, _BreaksOff) as address:
        said = failure(
            capsys,
            "face",
            "--folder",
            target,
            "--from",
            address,
        )
    assert f"({HALF} bytes)" in said
    assert not target.exists()


def test_offline_is_one_sentence_that_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}/face.onnx"
    target = tmp_path / "target"
    said = failure(
        capsys,
        "face",
        "--folder",
        target,
        "--from",
        address,
    )
    assert f"this machine is offline, or {address} is" in said
    assert said.endswith(
        "fetch the file on another machine and run the command again with --from FILE\n"
    )
    assert not target.exists()


def test_an_address_without_the_file_is_said(
    source: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with served(source) as address:
        nowhere = f"{address}nowhere/"
        said = failure(
            capsys,
            "face",
            "--folder",
            tmp_path,
            "--from",
            nowhere,
        )
    assert "nowhere/face.onnx answers 404" in said


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["face"], "set VITRINE_MODELS, or say --folder"),
        (
            ["nose", "--folder", "x"],
            "nose names 0 public models; there are: face.onnx, other.onnx",
        ),
        (["", "--folder", "x"], "names 2 public models"),
        (
            ["face", "--folder", "x", "--from", "nowhere.onnx"],
            "nowhere.onnx cannot be read",
        ),
    ],
)
def test_a_wrong_wish_is_one_clear_message(
    arguments: list[str],
    expected: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert expected in failure(capsys, *arguments)
