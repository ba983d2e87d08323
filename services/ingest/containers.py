"""Read of containers what FFmpeg does not tell: their full size, and an unknown codec."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO, Final

# Outermost boxes of ISO base media files (MP4, MOV): ISO/IEC 14496-12.
BOXES: Final = frozenset(
    {
        b"ftyp",
        b"styp",
        b"moov",
        b"moof",
        b"mdat",
        b"mfra",
        b"sidx",
        b"free",
        b"skip",
        b"wide",
        b"uuid",
    }
)
RIFF: Final = b"RIFF"
EBML: Final = b"\x1a\x45\xdf\xa3"
SEGMENT: Final = b"\x18\x53\x80\x67"

# Packets of MPEG transport streams (ISO/IEC 13818-1), which all begin alike. Discs put a time of
# four bytes before each.
SYNC: Final = 0x47
PACKET_BYTES: Final = {0: 188, 4: 192}

# Names of codecs: four letters in MP4 and MOV, an identifier in Matroska.
CODEC: Final = re.compile(
    rb"stsd.{12}(\w{4})|\x86[\x80-\xa0](V_[A-Z0-9/_]+)", re.DOTALL
)
# Indexes lie at the beginning or the end.
SEARCHED_BYTES: Final = 1_000_000

# Sizes that writers put down before they know better.
UNKNOWN_RIFF: Final = (0, 0xFFFF_FFFF)


def is_cut_off(path: Path) -> bool:
    """Return True if the container is larger than the file, or ends within a packet.

    Times and numbers of pictures say nothing certain: trimming and remuxing leave them as they
    were. False where the format has no sizes, such as raw streams. Raises OSError.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(2 * max(PACKET_BYTES.values()))
        file.seek(0)
        packet = _packet_bytes(head)
        if packet is not None:
            return size % packet != 0
        if head.startswith(RIFF):
            return _riff_end(head) > size
        if head.startswith(EBML):
            return _segment_end(file) > size
        return _boxes_end(file, size) > size


def codec_name(path: Path) -> str:
    """Return the name that a recording gives its first codec; "of unknown name" without one."""
    try:
        with path.open("rb") as file:
            head = file.read(SEARCHED_BYTES)
            end = max(0, path.stat().st_size - SEARCHED_BYTES)
            file.seek(end)
            tail = file.read(SEARCHED_BYTES)
    except OSError:
        return "of unknown name"
    found = CODEC.search(head) or CODEC.search(tail)
    if found is None:
        return "of unknown name"
    name = found.group(1) or found.group(2)
    return name.decode("ascii", "replace")


def _packet_bytes(head: bytes) -> int | None:
    """Return the size of a transport stream's packets; None for what is none."""
    for first, size in PACKET_BYTES.items():
        begins = head[first : first + size + 1 : size]
        if begins == bytes([SYNC, SYNC]):
            return size
    return None


def _riff_end(head: bytes) -> int:
    """Return where an AVI file ends."""
    length = int.from_bytes(head[4:8], "little")
    if length in UNKNOWN_RIFF:
        return 0
    # Counted from its own eight bytes on.
    return 8 + length


def _boxes_end(file: BinaryIO, size: int) -> int:
    """Return where the last outermost box of an MP4 or MOV file ends."""
    end = 0
    while end < size:
        file.seek(end)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if head[4:8] not in BOXES or length == 0:
            # Something else, or a box that reaches to the end of the file.
            return end
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        end += max(8, length)
    return end


def _segment_end(file: BinaryIO) -> int:
    """Return where the segment of a Matroska or WebM file ends; 0 where that is not said."""
    file.seek(len(EBML), os.SEEK_SET)
    header = _vint(file)
    if header is None:
        return 0
    file.seek(header, os.SEEK_CUR)
    if file.read(len(SEGMENT)) != SEGMENT:
        return 0
    length = _vint(file)
    if length is None:
        return 0
    return file.tell() + length


def _vint(file: BinaryIO) -> int | None:
    """Return the next variable-size integer (RFC 8794, 4); None for an unknown size."""
    first = file.read(1)
    if not first or first[0] == 0:
        return None
    extra = 8 - first[0].bit_length()
    mask = (1 << (7 - extra)) - 1
    value = first[0] & mask
    rest = file.read(extra)
    for byte in rest:
        value = value << 8 | byte
    unknown = (1 << 7 * (extra + 1)) - 1
    if value == unknown:
        return None
    return value
