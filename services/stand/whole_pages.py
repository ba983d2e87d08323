"""HTML creatives that need no other file, so that a screen can show them without the stand."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from vitrine.services.stand.watched_files import MOST_BYTES

LOADED: Final = ("background", "data", "poster", "src", "srcset", "xlink:href")
"""Attributes whose address a browser loads by itself."""
LINKING: Final = ("feimage", "image", "link", "script", "use")
"""Elements that load what their `href` names."""
WITHIN: Final = ("#", "blob:", "data:")
# A creative may be damaged, or made to do harm, and decisions wait for this: each of these reads
# a text once from front to back, whatever it is. `html.parser` takes minutes for 24 kB of `<a `.
TAG: Final = re.compile(r"""<([a-z][^\s<>/]*)((?:[^<>"']|"[^"]*"|'[^']*')*)""")
ATTRIBUTE: Final = re.compile(
    r"""(?<![^\s"'/=])([^\s"'/=]+)\s*=\s*("[^"]*"|'[^']*'|[^\s"']+)"""
)
ADDRESS: Final = re.compile(r"""url\(\s*["']?\s*(data:|#)?""")


def is_whole(path: Path) -> bool:
    """Return True for an HTML file that names no other file; False for one that is not there."""
    try:
        status = path.stat()
    except OSError:
        return False
    return _is_whole(path, status.st_mtime_ns, status.st_size)


@lru_cache(maxsize=1000)
def _is_whole(path: Path, _mtime_ns: int, size: int) -> bool:
    """Return the same, once for each version of the file."""
    if size > MOST_BYTES:
        return False
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    text = text.lower()
    return not _styles_load(text) and not any(
        _loads(tag[1], tag[2]) for tag in TAG.finditer(text)
    )


def _styles_load(text: str) -> bool:
    """Return True where an element `style` names a file."""
    for part in text.split("<style")[1:]:
        style, _, _ = part.partition("</style")
        if _style_loads(style):
            return True
    return False


def _style_loads(style: str) -> bool:
    addresses = ADDRESS.finditer(style)
    return "@import" in style or any(address[1] is None for address in addresses)


def _loads(tag: str, attributes: str) -> bool:
    """Return True where an element names a file; what its script loads can't be known."""
    for attribute in ATTRIBUTE.finditer(attributes):
        name = attribute[1]
        value = attribute[2].strip("\"' \t\r\n")
        if name == "style" and _style_loads(value):
            return True
        loads = name in LOADED or (name == "href" and tag in LINKING)
        if loads and value and not value.startswith(WITHIN):
            return True
    return False
