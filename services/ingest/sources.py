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

from vitrine.mall import Camera
from vitrine.mall.address import NETWORK_SCHEMES
from vitrine.services.ingest.devices import device_shots
from vitrine.services.ingest.http_source import HttpSource
from vitrine.services.ingest.images import (
    folder_shots,
    image_shots,
    is_image_file,
)
from vitrine.services.ingest.shots import (
    Reader,
    Shot,
    Shots,
    Source,
    Unreadable,
    failed_source,
)
from vitrine.services.ingest.streams import stream_shots
from vitrine.services.ingest.video import video_shots

GROUP: Final = "vitrine.sources"


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
    match camera.uri.kind:
        case "device":
            return Source(partial(device_shots, camera), live=True)
        case "http":
            return Source(HttpSource(camera).shots, live=True)
        case "stream":
            return Source(partial(stream_shots, camera), live=True)
        case "path":
            return _file_source(camera)
        case "installed":
            return _installed_source(camera)


def _file_source(camera: Camera) -> Source:
    path = Path(camera.uri.target)
    if path.is_dir():
        return Source(partial(folder_shots, camera))
    if is_image_file(path):
        return Source(partial(image_shots, camera))
    return Source(partial(video_shots, camera))


def _installed_source(camera: Camera) -> Source:
    scheme = camera.uri.scheme
    points = entry_points(group=GROUP)
    if scheme not in points.names:
        return failed_source(_nothing_reads(camera, points), "address")
    try:
        make = points[scheme].load()
        installed: InstalledSource = make()
    except Exception as error:  # noqa: BLE001 - of another package: only this camera is without it
        kind = type(error).__name__
        return failed_source(
            f"the package that reads {scheme}: does not work ({kind}); install it anew"
        )
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
        reason = str(error)
        if camera.uri.host:
            # Such an address may hold a login, and the text of the error the address.
            reason = f"the package that reads {camera.uri.scheme}: refuses the address"
        raise Unreadable(reason, "address") from None


def _nothing_reads(camera: Camera, installed: EntryPoints) -> str:
    """Return a message that says which sources exist."""
    address = camera.uri
    schemes = sorted(NETWORK_SCHEMES | installed.names)
    listed = ", ".join(f"{scheme}:" for scheme in schemes)
    return (
        f"{address}: nothing reads {address.scheme}:; "
        f"give a device index, an address ({listed}), a video or a folder of images"
    )
