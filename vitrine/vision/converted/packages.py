"""Fetch a public package with pip, and convert the network in it."""

from __future__ import annotations

import shlex
import subprocess
import sys
import tarfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from zipfile import BadZipFile, ZipFile

import onnx

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.vision.converted.descriptor import embedding_of_descriptor
from vitrine.vision.converted.face_mesh import landmarks_of_mesh
from vitrine.vision.manifest import Converted

CONVERTERS: Final[dict[str, Callable[[bytes], onnx.ModelProto]]] = {
    "face-mesh": landmarks_of_mesh,
    "dlib-descriptor": embedding_of_descriptor,
}


def converted(entry: Converted, source: Path | None) -> bytes:
    """Return the ONNX file of an entry, from its package in `source` or from pip.

    `source` is the package's file, or a folder that has it. Raises Unavailable when it cannot be
    fetched or is another one.
    """
    if source is not None:
        return _converted(entry, _within(entry, source))
    with TemporaryDirectory() as folder:
        return _converted(entry, _downloaded(entry, Path(folder)))


def command(entry: Converted, folder: Path) -> list[str]:
    """Return the arguments of pip that put the package into a folder."""
    options = shlex.split(entry.options)
    return ["download", "--no-deps", *options, "--dest", str(folder), entry.package]


def _downloaded(entry: Converted, folder: Path) -> Path:
    arguments = command(entry, folder)
    done = subprocess.run(  # noqa: S603 - the manifest's own package
        [
            sys.executable,
            "-m",
            "pip",
            "--quiet",
            "--disable-pip-version-check",
            *arguments,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no message"]
        raise Unavailable(
            f"{entry.file}: pip cannot fetch {entry.package} ({said[-1]}); "
            f"run `pip {shlex.join(command(entry, Path('FOLDER')))}` on another machine "
            "and this command again with --from FOLDER"
        )
    return folder / entry.archive


def _within(entry: Converted, source: Path) -> Path:
    if source.is_dir():
        return source / entry.archive
    return source


def _converted(entry: Converted, archive: Path) -> bytes:
    content = _member(entry, archive)
    try:
        model = CONVERTERS[entry.converter](content)
    except ConfigurationError as error:
        raise Unavailable(f"{entry.file}: {entry.member} {error}") from error
    serialized: bytes = model.SerializeToString(deterministic=True)
    return serialized


def _member(entry: Converted, archive: Path) -> bytes:
    """Return the network's file in the package's, once its checksum is right."""
    try:
        digest = sha256(archive.read_bytes()).hexdigest()
    except OSError as error:
        raise Unavailable(f"{archive} cannot be read: {error.strerror}") from error
    if digest != entry.archive_sha256:
        raise Unavailable(
            f"{entry.file}: {archive} has sha256 {digest}, expected {entry.archive_sha256}; "
            "nothing was installed"
        )
    try:
        if archive.suffix == ".whl":
            with ZipFile(archive) as wheel:
                return wheel.read(entry.member)
        with tarfile.open(archive) as source:
            member = source.extractfile(entry.member)
            assert member is not None  # noqa: S101 - the checksum says what is in the archive
            return member.read()
    except (BadZipFile, tarfile.TarError, KeyError) as error:
        raise Unavailable(f"{entry.file}: {archive} has no {entry.member}") from error
