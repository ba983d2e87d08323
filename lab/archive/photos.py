"""Open photos of every kind upright, within bounds, and as small as finding faces allows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from vitrine.errors import Invalid
from vitrine.lab.archive.exif import START_OF_SCAN, Tags, read_tags, segments
from vitrine.lab.archive.walking import HEIC, RAW, suffix_of
from vitrine.vision import photographs
from vitrine.vision.crop import Image
from vitrine.vision.headers import (
    END_OF_IMAGE,
    OF_PHOTOGRAPHS,
    START_OF_IMAGE,
    check,
    jpeg_size,
)

# Chosen, not measured: RAW files of medium format cameras take half.
LARGEST_FILE: Final = 250_000_000
# A decoder halves a JPEG for nothing. Faces of 40 pixels in a photo of 24 megapixels keep 20.
# Chosen, not measured.
LONGER_SIDE: Final = 1_920
"""Pixels that the longer side keeps at least when a JPEG is decoded smaller."""
REDUCED: Final = {
    1: cv2.IMREAD_COLOR,
    2: cv2.IMREAD_REDUCED_COLOR_2,
    4: cv2.IMREAD_REDUCED_COLOR_4,
    8: cv2.IMREAD_REDUCED_COLOR_8,
}
NO_HEIC: Final = (
    "a HEIC picture, which needs the package pillow-heif: pip install 'vitrine[lab]'"
)
# OpenCV's codes to turn a picture upright, by orientation 2 to 8 (Exif 2.32, 4.6.4).
TURNS: Final = {
    3: cv2.ROTATE_180,
    6: cv2.ROTATE_90_CLOCKWISE,
    8: cv2.ROTATE_90_COUNTERCLOCKWISE,
}


@dataclass(frozen=True, slots=True)
class Photo:
    """Hold an open photo."""

    image: Image
    """(H, W, 3) BGR, upright, perhaps smaller than the file's."""
    width: int
    height: int
    """Of the whole picture, upright, pixels."""
    tags: Tags

    @property
    def scale(self) -> float:
        """Return how many pixels of the whole picture one of `image` is."""
        return float(self.width / self.image.shape[1])


def read_file(path: bytes) -> bytes:
    """Return the content of a file. Raises Invalid with the reason."""
    try:
        with open(path, "rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise Invalid(f"it cannot be opened: {error.strerror}") from None
    if not data:
        raise Invalid("the file is empty")
    if len(data) > LARGEST_FILE:
        raise Invalid(f"the file is larger than {LARGEST_FILE // 1_000_000} MB")
    return data


def open_photo(path: bytes) -> Photo:
    """Return a photo by its content. Raises Invalid with the reason."""
    data = read_file(path)
    if suffix_of(path) in RAW:
        return _raw(data)
    if data.startswith(START_OF_IMAGE):
        return _jpeg(data)
    if suffix_of(path) in HEIC or photographs.HEIC.match(data):
        return open_heic(data)
    image = photographs.decode(data)
    height, width = image.shape[:2]
    return Photo(image, width, height, read_tags(data))


def is_whole(jpeg: bytes) -> bool:
    """Return True for a JPEG whose picture ends; phones write more after it."""
    for marker, _, end in segments(jpeg):
        if marker == START_OF_SCAN:
            # Within a scan 0xFF is followed by 0 or a restart marker (ITU T.81, B.1.1.5).
            return jpeg.find(END_OF_IMAGE, end) >= 0
    return False


def _jpeg(data: bytes, turn: int | None = None) -> Photo:
    """Return a JPEG; `turn` is the orientation of who carries it, where it has none itself."""
    width, height = check(data, OF_PHOTOGRAPHS)
    if not is_whole(data):
        raise Invalid("the JPEG is cut off")
    image = _decoded(data, _factor(max(width, height)))
    tags = read_tags(data)
    orientation = tags.orientation
    if orientation == 1 and turn in TURNS:
        orientation = turn
        image = np.asarray(cv2.rotate(image, TURNS[turn]), np.uint8)
    if orientation >= 5:
        width, height = height, width
    return Photo(image, width, height, tags)


def _factor(longer: int) -> int:
    """Return by how much a JPEG is decoded smaller."""
    factor = 1
    while factor < 8 and longer / (2 * factor) >= LONGER_SIDE:
        factor *= 2
    return factor


def _decoded(data: bytes, factor: int) -> Image:
    content = np.frombuffer(data, np.uint8)
    try:
        # Turned by its own EXIF orientation.
        image = cv2.imdecode(content, REDUCED[factor])
    except cv2.error:
        image = None
    if image is None:
        raise Invalid("it is damaged")
    return np.asarray(image, np.uint8)


def _raw(data: bytes) -> Photo:
    """Return the largest JPEG that a camera put into its RAW file, to look at."""
    tags = read_tags(data)
    preview = _largest_jpeg(data)
    if preview is None:
        raise Invalid("a RAW file without a preview; develop it to JPEG")
    photo = _jpeg(preview, tags.orientation)
    return Photo(photo.image, photo.width, photo.height, tags)


def _largest_jpeg(data: bytes) -> bytes | None:
    best = None
    most = 0
    at = data.find(b"\xff\xd8\xff")
    while at >= 0:
        # A header lies within the first kilobytes: no need to copy the file for each candidate.
        size = jpeg_size(data[at : at + 200_000])
        if size is not None and size[0] * size[1] > most:
            most = size[0] * size[1]
            best = at
        at = data.find(b"\xff\xd8\xff", at + 3)
    return None if best is None else data[best:]


def open_heic(data: bytes) -> Photo:
    """Return a HEIC picture. Raises Invalid with the reason, also without pillow-heif."""
    try:
        import pillow_heif  # noqa: PLC0415 - only HEIC needs it
    except ImportError:
        raise Invalid(NO_HEIC) from None
    try:
        # Opened, not decoded yet: the size is bounded before.
        file = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
        reason = OF_PHOTOGRAPHS.refuse(file.size)
        if reason is not None:
            raise Invalid(reason)
        rgb = np.asarray(file.to_pillow().convert("RGB"))
    except (ValueError, OSError, EOFError, RuntimeError) as error:
        raise Invalid(f"a HEIC picture that is damaged: {error}") from None
    height, width = rgb.shape[:2]
    image = np.ascontiguousarray(rgb[..., ::-1])
    exif = file.info.get("exif") or b""
    return Photo(image, width, height, read_tags(exif.removeprefix(b"Exif\0\0")))


def path_of(root: Path, path: bytes) -> bytes:
    """Return where a file of an archive is."""
    return bytes(root) + b"/" + path
