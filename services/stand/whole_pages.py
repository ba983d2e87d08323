"""HTML creatives that need no other file, so that a screen can show them without the stand."""

from __future__ import annotations

import re
from functools import lru_cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

LOADED: Final = ("background", "data", "poster", "src", "srcset", "xlink:href")
"""Attributes whose address a browser loads by itself."""
LINKING: Final = ("image", "link", "use")
"""Elements that load what their `href` names."""
WITHIN: Final = ("#", "blob:", "data:")
FROM_STYLE: Final = re.compile(
    r"""@import|url\(\s*["']?(?!["']?\s*(?:data:|\#))""",
    re.IGNORECASE,
)


class _Parser(HTMLParser):
    """Look for what a page loads; what its scripts load can't be known."""

    def __init__(self) -> None:
        super().__init__()
        self.whole = True
        self._in_style = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_style = tag == "style"
        for name, value in attrs:
            text = (value or "").strip()
            if name == "style" and FROM_STYLE.search(text):
                self.whole = False
            loads = name in LOADED or (name == "href" and tag in LINKING)
            if loads and text and not text.lower().startswith(WITHIN):
                self.whole = False

    def handle_endtag(self, _tag: str) -> None:
        self._in_style = False

    def handle_data(self, data: str) -> None:
        if self._in_style and FROM_STYLE.search(data):
            self.whole = False


def is_whole(path: Path) -> bool:
    """Return True for an HTML file that names no other file; False for one that is not there."""
    try:
        status = path.stat()
    except OSError:
        return False
    return _is_whole(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1000)
def _is_whole(path: Path, _mtime_ns: int, _size: int) -> bool:
    """Return the same, once for each version of the file."""
    parser = _Parser()
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    parser.feed(text)
    parser.close()
    return parser.whole
