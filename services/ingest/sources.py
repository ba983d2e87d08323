"""Sources of pictures, found by the address of a camera.

Devices, streams, videos and folders of images are read here. Other packages add sources by
the entry point group `vitrine.sources`: its names are schemes, its objects are called without
arguments and give an `InstalledSource`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from importlib.metadata import EntryPoints, entry_points
from pathlib import Path
from typing import Final, Protocol
from urllib.parse import urlsplit

from vitrine.mall import Camera
from vitrine.services.ingest.addresses import without_password
from vitrine.services.ingest.images import folder_shots
from vitrine.services.ingest.shots import (
    Reader,
    Shot,
    Shots,
    Source,
    Unreadable,
)
from vitrine.services.ingest.video import live_shots, video_shots

GROUP: Final = "vitrine.sources"
STREAM_SCHEMES: Final = frozenset(
    {
        "http",
        "https",
        "rtmp",
        "rtsp",
        "rtsps",
    }
)


class InstalledSource(Protocol):
    """Give the pictures of cameras whose address has the scheme of an entry point."""

    @property
    def live(self) -> bool:
        """True where pictures come in their own time; at its end it is opened again."""

    @property
    def synthetic(self) -> bool:
        """True where the people do not exist: figures that count them are labelled."""

    def shots(self, camera: Camera) -> Iterator[tuple[int, Reader]]:
        """Yield the time of each picture in nanoseconds, and a function that reads it.

        The time counts from the first picture. Raises ValueError for an address that is wrong.
        """


def source_of(camera: Camera) -> Source:
    """Return the source that a camera's `uri` names.

    Raises nothing: what is wrong with an address shows when it is opened.
    """
    uri = camera.uri
    if uri.isdecimal():
        device = int(uri)
        return Source(partial(live_shots, device), live=True)
    scheme = urlsplit(uri).scheme
    if scheme in STREAM_SCHEMES:
        return Source(partial(live_shots, uri), live=True)
    installed = entry_points(group=GROUP)
    if scheme in installed.names:
        make = installed[scheme].load()
        return _installed_source(make(), camera)
    path = Path(uri)
    if path.is_dir():
        return Source(partial(folder_shots, camera))
    if scheme and not path.exists():
        return Source(partial(_unknown_shots, camera, scheme, installed))
    return Source(partial(video_shots, camera))


def _installed_source(installed: InstalledSource, camera: Camera) -> Source:
    return Source(
        partial(_installed_shots, installed, camera),
        live=installed.live,
        synthetic=installed.synthetic,
    )


def _installed_shots(installed: InstalledSource, camera: Camera) -> Shots:
    try:
        for at_ns, read in installed.shots(camera):
            yield Shot(at_ns, read)
    except ValueError as error:
        address = without_password(camera.uri)
        raise Unreadable(f"{address}: {error}") from error


def _unknown_shots(
    camera: Camera,
    scheme: str,
    installed: EntryPoints,
) -> Shots:
    """Raise Unreadable that says which sources exist."""
    schemes = sorted(STREAM_SCHEMES | installed.names)
    listed = ", ".join(f"{each}:" for each in schemes)
    address = without_password(camera.uri)
    raise Unreadable(
        f"{address}: nothing reads {scheme}: and there is no such file; "
        f"give a device index, an address ({listed}), a video or a folder of images"
    )
