"""Archives of photos for tests, without any network."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from queue import Queue
from threading import Event

import cv2
import numpy as np
from PIL import Image as Pillow

from vitrine.lab.archive.faces import PhotoFace, Vector
from vitrine.lab.archive.page_shown import run_page
from vitrine.lab.archive.photos import Photo
from vitrine.lab.archive.scanning import Finder, Scan, scan
from vitrine.lab.archive.store import Store
from vitrine.vision.pose import HeadPose

TOKEN = "the token of the page"  # noqa: S105
DATE = 36867
EXIF = 0x8769


def write_photo(
    path: Path,
    colour: tuple[int, int, int] = (40, 120, 200),
    *,
    taken: datetime | None = None,
    orientation: int = 1,
    size: tuple[int, int] = (60, 40),
    model: str = "Camera",
) -> Path:
    """Write a JPEG of one colour (red, green, blue), with what a camera says of it."""
    exif = Pillow.Exif()
    exif[274] = orientation
    if taken is not None:
        exif[272] = model
        exif[306] = f"{taken:%Y:%m:%d %H:%M:%S}"
        exif.get_ifd(EXIF)[DATE] = f"{taken:%Y:%m:%d %H:%M:%S}"
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.new("RGB", size, colour).save(path, exif=exif)
    return path


def vector_of(person: int, noise: float = 0.0, seed: int = 0) -> Vector:
    """Return a unit vector (128,) near that of a person; persons are at right angles."""
    vector = np.zeros(128)
    vector[person] = 1
    vector += noise * np.random.default_rng(seed).standard_normal(128) / np.sqrt(128)
    return np.asarray(vector / np.linalg.norm(vector), np.float32)


def make_face(
    vector: Vector | None, *, quality: float = 0.9, points: np.ndarray | None = None
) -> PhotoFace:
    """Return a face; one without a vector was dropped."""
    if points is None:
        points = np.zeros((68, 2), np.float32)
    return PhotoFace(
        box=np.array([10, 10, 20, 24], np.float32),
        points=points,
        score=0.9,
        quality=quality,
        pose=HeadPose(0, 0, 0),
        dropped=None if vector is not None else "too small (12 pixels)",
        vector=vector,
    )


@dataclass
class ToyFinder:
    """Find one face in each photo, whose person is its red."""

    model: str = "toy"
    seen: list[int] = field(default_factory=list)
    fail_after: int | None = None

    def faces(self, photo: Photo) -> list[PhotoFace]:
        """See Finder; breaks, as a power cut would, after some photos."""
        if self.fail_after is not None and len(self.seen) >= self.fail_after:
            raise KeyboardInterrupt
        red = int(np.median(photo.image[..., 2]))
        self.seen.append(red)
        return [make_face(vector_of(red // 20))]


def scanned(root: Path, store: Store, finder: Finder) -> Scan:
    """Scan without showing anything."""
    return scan(
        root,
        store,
        finder,
        threads=1,
        stop=Event(),
        begun=lambda _: None,
        done=lambda _: None,
    )


@contextmanager
def served_archive(root: Path) -> Iterator[str]:
    """Yield the address that opens the page over a grouped archive, with its token."""
    stop = Event()
    addresses: Queue[str] = Queue()
    with ThreadPoolExecutor(1) as helper:
        served = helper.submit(
            run_page,
            root,
            None,
            port=0,
            token=TOKEN,
            stop=stop,
            ready=addresses.put,
        )
        try:
            yield addresses.get(timeout=30)
        finally:
            stop.set()
            served.result()


def picture(width: int, height: int) -> np.ndarray:
    """Return a picture whose left upper quarter is white."""
    image = np.zeros((height, width, 3), np.uint8)
    image[: height // 2, : width // 2] = 255
    return image


def jpeg(image: np.ndarray) -> bytes:
    """Return a picture as JPEG."""
    _, encoded = cv2.imencode(".jpg", image)
    return encoded.tobytes()
