"""Small pictures of faces and photos, made from the originals and kept in memory only."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vitrine.errors import Invalid
from vitrine.lab.archive.photos import Photo, open_photo, path_of
from vitrine.vision.crop import Image

FACE_SIDE: Final = 176
PHOTO_SIDE: Final = 1_280
SMALL_SIDE: Final = 360
QUALITY: Final = 86
# Of its longer side, around a face on each side. Chosen by eye.
MARGIN: Final = 0.28
# Some 10 kB each, and some 150 kB.
FACES_KEPT: Final = 4_000
PHOTOS_KEPT: Final = 60
OPEN_KEPT: Final = 4
"""Photos that stay open: the faces of one come together."""

Box = tuple[float, float, float, float]


class Thumbnails:
    """Make small pictures of the photos of one archive."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._open = lru_cache(OPEN_KEPT)(self._read)
        self.face = lru_cache(FACES_KEPT)(self._face)
        self.photo = lru_cache(PHOTOS_KEPT)(self._photo)

    def _read(self, path: bytes) -> Photo:
        return open_photo(path_of(self._root, path))

    def _face(self, path: bytes, box: Box) -> bytes:
        """Return a face as JPEG. Raises Invalid where the photo cannot be read any more."""
        photo = self._open(path)
        x, y, wide, high = (side / photo.scale for side in box)
        side = max(wide, high) * (1 + 2 * MARGIN)
        left = round(x + wide / 2 - side / 2)
        top = round(y + high / 2 - side / 2)
        cut = _cut(photo.image, left, top, max(1, round(side)))
        return _jpeg(_within(cut, FACE_SIDE))

    def _photo(self, path: bytes, longest: int) -> bytes:
        """Return a photo as JPEG. Raises Invalid where it cannot be read any more."""
        return _jpeg(_within(self._open(path).image, longest))


def _cut(image: Image, left: int, top: int, side: int) -> Image:
    """Return a square of a picture; beyond its edges the edge goes on."""
    height, width = image.shape[:2]
    columns = np.clip(np.arange(left, left + side), 0, width - 1)
    rows = np.clip(np.arange(top, top + side), 0, height - 1)
    return image[np.ix_(rows, columns)]


def _within(image: Image, longest: int) -> Image:
    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8)


def _jpeg(image: Image) -> bytes:
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    if not done:
        raise Invalid("it cannot be shown")
    return encoded.tobytes()
