"""Read what cameras write into JPEG and TIFF, with the place of each value.

Libraries that write EXIF write all of it anew, and lose what makers keep at fixed places. To change
a date, its 19 characters are enough, so this reader tells where they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

from vitrine.vision.headers import START_OF_IMAGE

# Exif 2.32, tables 3, 4 and 7.
MAKE: Final = 0x010F
MODEL: Final = 0x0110
ORIENTATION: Final = 0x0112
CHANGED: Final = 0x0132
TAKEN: Final = 0x9003
DIGITISED: Final = 0x9004
SERIAL: Final = 0xA431
EXIF_FOLDER: Final = 0x8769
DATES: Final = {
    CHANGED: "DateTime",
    TAKEN: "DateTimeOriginal",
    DIGITISED: "DateTimeDigitized",
}

ASCII: Final = 2
SHORT: Final = 3
LONG: Final = 4
SIZES: Final = {1: 1, ASCII: 1, SHORT: 2, LONG: 4, 5: 8, 7: 1, 9: 4, 10: 8}
ENTRY_BYTES: Final = 12
APP1: Final = 0xE1
START_OF_SCAN: Final = 0xDA
FILL: Final = 0xFF
EXIF_HEAD: Final = b"Exif\0\0"
Order = Literal["little", "big"]
TIFF_HEADS: Final[dict[bytes, Order]] = {b"II*\0": "little", b"MM\0*": "big"}
# Of all folders of tags; a real one has a few dozen. Chosen, not measured.
MOST_ENTRIES: Final = 2_000


@dataclass(frozen=True, slots=True)
class Value:
    """Hold a value of a tag, and where its bytes are in the file."""

    at: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Tags:
    """Hold the tags of a file."""

    order: Order = "little"
    values: dict[int, Value] = field(default_factory=dict)

    def text(self, tag: int) -> str:
        """Return a value as text, empty where there is none."""
        value = self.values.get(tag)
        if value is None:
            return ""
        text, _, _ = value.content.partition(b"\0")
        return text.decode("latin-1").strip()

    @property
    def orientation(self) -> int:
        """Return how the picture has to be turned, 1 to 8 (Exif 2.32, 4.6.4); 1 is not at all."""
        value = self.values.get(ORIENTATION)
        if value is None or len(value.content) < 2:
            return 1
        number = int.from_bytes(value.content[:2], self.order)
        return number if 1 <= number <= 8 else 1

    @property
    def camera(self) -> str:
        """Return maker, model and serial number; empty where the file does not say."""
        parts = [self.text(MAKE), self.text(MODEL), self.text(SERIAL)]
        return " ".join(part for part in parts if part)


def segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield marker, start and end of the content of each JPEG segment up to the first scan."""
    at = len(START_OF_IMAGE)
    while at + 4 <= len(data) and data[at] == FILL:
        marker = data[at + 1]
        if marker == FILL:
            at += 1
            continue
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if length < 2:
            return
        end = at + 2 + length
        yield marker, at + 4, end
        if marker == START_OF_SCAN:
            return
        at = end


def read_tags(data: bytes) -> Tags:
    """Return the tags of a JPEG, or of a TIFF or RAW file; none where there are none."""
    if data.startswith(START_OF_IMAGE):
        for marker, start, end in segments(data):
            if marker == APP1 and data.startswith(EXIF_HEAD, start):
                return _tags(data, start + len(EXIF_HEAD), end)
        return Tags()
    return _tags(data, 0, len(data))


def _tags(data: bytes, start: int, end: int) -> Tags:
    order = TIFF_HEADS.get(data[start : start + 4])
    if order is None:
        return Tags()
    tags = Tags(order)
    first = _number(data, start + 4, 4, order)
    folders = [first]
    for offset in folders:
        # Two of them: the first, and the one of Exif that it names.
        if len(folders) > 2:
            break
        for tag, value in _entries(data, start, start + offset, end, order):
            tags.values.setdefault(tag, value)
            if tag == EXIF_FOLDER and len(folders) == 1:
                folders.append(int.from_bytes(value.content[:4], order))
    return tags


def _entries(
    data: bytes,
    start: int,
    folder: int,
    end: int,
    order: Order,
) -> Iterator[tuple[int, Value]]:
    """Yield tags and values of one folder (TIFF 6.0, section 2); what leads outside is left out."""
    count = min(_number(data, folder, 2, order), MOST_ENTRIES)
    for index in range(count):
        at = folder + 2 + index * ENTRY_BYTES
        if at + ENTRY_BYTES > end:
            return
        kind = _number(data, at + 2, 2, order)
        length = SIZES.get(kind, 0) * _number(data, at + 4, 4, order)
        place = at + 8
        if length > 4:
            place = start + _number(data, at + 8, 4, order)
        if length and place + length <= end:
            tag = _number(data, at, 2, order)
            yield tag, Value(place, data[place : place + length])


def _number(data: bytes, at: int, size: int, order: Order) -> int:
    return int.from_bytes(data[at : at + size], order)
