"""Small pictures of creatives, to stand inside a report."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping
from io import BytesIO
from pathlib import Path
from typing import Final

from vitrine.mall import Mall
from vitrine.mall.creative_files import KINDS, creative_fault

# Pixels of the longer side: twice the size on the page, for dense screens.
SIDE: Final = 240
# Of a drawing, which goes into the page as it is; larger ones are told by their kind. Of a
# photograph, before it is opened. Chosen, not measured.
MOST_SVG_BYTES: Final = 100_000
MOST_BYTES: Final = 20_000_000
Thumbnails = Mapping[tuple[str, str], str]
"""Campaign and creative → address of its picture (`data:`)."""


def thumbnails(
    mall: Mall,
    folder: Path,
    wanted: Collection[str],
) -> dict[tuple[str, str], str]:
    """Return pictures of the creatives of the wanted campaigns that are images.

    Films and pages have none. `folder` holds the files of creatives. What cannot be read is left
    out: it is a report of figures.
    """
    found = {}
    for campaign in mall.campaigns:
        if campaign.id not in wanted:
            continue
        for creative in campaign.creatives:
            address = picture_of(folder, creative.file)
            if address is not None:
                found[campaign.id, creative.id] = address
    return found


def picture_of(folder: Path, file: str) -> str | None:
    """Return the address of a creative's picture; None for what is no image, or is broken."""
    path = folder / file
    if creative_fault(folder, file) is not None:
        return None
    if KINDS[path.suffix.lower()] != "image":
        return None
    if path.suffix.lower() == ".svg":
        return drawing(path)
    return photograph(path)


def drawing(path: Path) -> str | None:
    """Return an SVG as it is; in an image no script of it runs."""
    try:
        if path.stat().st_size > MOST_SVG_BYTES:
            return None
        return data_address("image/svg+xml", path.read_bytes())
    except OSError:
        return None


def photograph(path: Path) -> str | None:
    """Return a picture in its proportions, made small."""
    # Pillow comes with matplotlib, and takes a while to load.
    from PIL import Image  # noqa: PLC0415

    if path.stat().st_size > MOST_BYTES:
        return None
    small = BytesIO()
    try:
        with Image.open(path) as picture:
            picture.draft("RGB", (SIDE, SIDE))
            shown = picture.convert("RGBA")
            shown.thumbnail((SIDE, SIDE))
            shown.save(small, format="PNG", optimize=True)
    # Pillow raises these for broken files, and for "bombs" of too many pixels.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return data_address("image/png", small.getvalue())


def data_address(kind: str, content: bytes) -> str:
    """Return the address of a picture that stands inside the page."""
    text = base64.b64encode(content).decode()
    return f"data:{kind};base64,{text}"
