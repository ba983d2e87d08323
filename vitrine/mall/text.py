"""Read text files as people save them."""

from __future__ import annotations

import codecs
import stat
from pathlib import Path

# Windows editors and shells write these marks; the names are Python's decoders that drop them.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class Unreadable(Exception):
    """Tell why a file is no text that can be used; `line` is 0 where the whole file is meant."""

    def __init__(self, reason: str, line: int = 0) -> None:
        super().__init__(reason)
        self.line = line


def read_text(path: Path, most_bytes: int) -> str:
    """Return the text of a file: UTF-8, or UTF-16 that says so. Raises Unreadable."""
    try:
        # A pipe or a device could block or never end.
        if not stat.S_ISREG(path.stat().st_mode):
            raise Unreadable("is no file")
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        raise Unreadable("there is no such file") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "the name is not usable"
        raise Unreadable(f"cannot be read: {reason}") from None
    if len(data) > most_bytes:
        raise Unreadable(f"is larger than {most_bytes:,} bytes")
    return decoded(data)


def decoded(data: bytes) -> str:
    """Return the text of these bytes. Raises Unreadable with the line where they are none."""
    encoding = "utf-8"
    for mark, name in _MARKS:
        if data.startswith(mark):
            encoding = name
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise Unreadable("is not UTF-8 text; save the file as UTF-8", line) from None
