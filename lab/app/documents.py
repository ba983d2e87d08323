"""Documents that the app shows: model cards, and pages of `docs/` where there is a checkout."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from vitrine.shipped import MODELS
from vitrine.vision.manifest import Shipped, read_manifest

PICTURE: Final = re.compile(r"!\[(?P<words>[^\]]*)\]\((?P<file>[^)\s]+)\)")
LINK: Final = re.compile(r"(?<!!)\[(?P<words>[^\]]+)\]\((?!https?:)[^)\s]+\)")
HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)
Check = Literal["as shipped", "changed", "missing"]


@dataclass(frozen=True, slots=True)
class Card:
    """Hold what ships of one model."""

    entry: Shipped
    check: Check
    """What comparing the file with its checksum said."""
    text: str
    """Markdown; empty where the card is missing."""


@dataclass(frozen=True, slots=True)
class Section:
    """Hold a part of a page: Markdown and pictures in their order."""

    title: str
    parts: list[str | Path]


def cards(folder: Path = MODELS) -> list[Card]:
    """Return the cards of all models that ship. Raises ConfigurationError without a manifest."""
    found = []
    for entry in read_manifest(folder).shipped:
        text = ""
        path = folder / entry.card
        if path.is_file():
            text = path.read_text(encoding="utf-8")
        found.append(Card(entry, _checked(entry, folder), text))
    return found


def _checked(entry: Shipped, folder: Path) -> Check:
    path = folder / entry.file
    if not path.is_file():
        return "missing"
    return "as shipped" if entry.matches(path.read_bytes()) else "changed"


def sections(path: Path) -> list[Section]:
    """Return a page of the documentation, cut at its headings of the second level.

    Links to other pages are their words only: those pages are not there to go to.
    """
    text = path.read_text(encoding="utf-8")
    alone = LINK.sub(lambda found: found["words"], text)
    first, *others = HEADING.split(alone)
    found = [Section("Overview", _parts(without_title(first), path.parent))]
    for title, content in zip(others[::2], others[1::2], strict=True):
        found.append(Section(title, _parts(content, path.parent)))
    return found


def without_title(text: str) -> str:
    """Return Markdown without its first heading: the app has its own."""
    first, _, rest = text.partition("\n")
    return rest.lstrip() if first.startswith("# ") else text


def _parts(text: str, folder: Path) -> list[str | Path]:
    parts: list[str | Path] = []
    end = 0
    for found in PICTURE.finditer(text):
        parts.append(text[end : found.start()])
        picture = folder / found["file"]
        if picture.is_file():
            parts.append(picture)
        end = found.end()
    parts.append(text[end:])
    return [part for part in parts if isinstance(part, Path) or part.strip()]
