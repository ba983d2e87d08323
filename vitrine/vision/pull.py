"""Fetching public weights. The checksum decides: nothing else is ever put in place."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.vision.manifest import Public

TIMEOUT_S: Final = 30.0
STEP: Final = 65536
INSTEAD: Final = (
    "fetch the file on another machine and run the command again with --from FILE"
)

Progress = Callable[[int], object]
"""Is told the size of each part that arrived."""


def pull(entry: Public, source: str | None, folder: Path, progress: Progress) -> Path:
    """Puts the file of an entry into `folder`, from its own address or from `source`.

    `source`: an http(s) address, a file or a folder; a folder, or an address that ends with /, holds the file
    under its own name. The content is checked in memory and renamed into place, so a broken download leaves
    nothing. Raises Unavailable when it cannot be fetched or has another checksum, ConfigurationError when it
    cannot be written.
    """
    place = _place(entry, source)
    content = (
        _download(entry, place, progress)
        if _is_address(place)
        else _read(place, progress)
    )
    if not entry.matches(content):
        raise Unavailable(
            f"{entry.file}: {place} has sha256 {sha256(content).hexdigest()} ({len(content)} bytes), "
            f"expected {entry.sha256} ({entry.size} bytes); nothing was installed"
        )
    return _install(content, folder / entry.file)


def _place(entry: Public, source: str | None) -> str:
    if source is None:
        return entry.url
    if _is_address(source):
        return source + entry.file if source.endswith("/") else source
    return str(Path(source) / entry.file) if Path(source).is_dir() else source


def _is_address(place: str) -> bool:
    return urlsplit(place).scheme in {"http", "https"}


def _read(place: str, progress: Progress) -> bytes:
    try:
        content = Path(place).read_bytes()
    except OSError as error:
        raise Unavailable(f"{place} cannot be read: {error.strerror}") from error
    progress(len(content))
    return content


def _download(entry: Public, address: str, progress: Progress) -> bytes:
    """At most one byte more than the entry has: the checksum of anything longer is wrong anyway."""
    content = bytearray()
    try:
        with urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310  # http or https, see _is_address
            while part := answer.read(min(STEP, entry.size + 1 - len(content))):
                content += part
                progress(len(part))
    except HTTPError as error:
        error.close()
        raise Unavailable(
            f"{entry.file}: {address} answers {error.code} {error.reason}; {INSTEAD}"
        ) from error
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise Unavailable(
            f"{entry.file}: this machine is offline, or {address} is ({reason}); {INSTEAD}"
        ) from error
    return bytes(content)


def _install(content: bytes, target: Path) -> Path:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as beside:
            partial = Path(beside) / target.name
            partial.write_bytes(content)
            os.replace(partial, target)
    except OSError as error:
        raise ConfigurationError(
            f"{target} cannot be written: {error.strerror}"
        ) from error
    return target
