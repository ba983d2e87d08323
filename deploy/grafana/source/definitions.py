"""What a figure means, in the words of docs/metrics.md and of the metrics' own declarations."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from prometheus_client import REGISTRY

from vitrine.telemetry import metrics

PAGE = Path(__file__).parents[3] / "docs" / "metrics.md"
_FIGURES = "| figure | definition | notes |"


@cache
def figures() -> dict[str, str]:
    """Figure → definition and notes: the table of docs/metrics.md."""
    table = PAGE.read_text(encoding="utf-8").partition(_FIGURES)[2].partition("\n\n")[0]
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in table.splitlines()[2:]
    ]
    return {
        re.sub(r" \(.*\)", "", name): sentence(text, notes)
        for name, text, notes in rows
    }


def sentence(text: str, notes: str) -> str:
    """Definition and notes as sentences."""
    return " ".join(
        part[0].upper() + part[1:].rstrip(".") + "." for part in (text, notes) if part
    )


def definition(*names: str) -> str:
    """The definitions of figures, as docs/metrics.md has them. Raises KeyError."""
    found = figures()
    if len(names) == 1:
        return found[names[0]]
    return "\n\n".join(f"**{name}**: {found[name]}" for name in names)


def declared(*names: str) -> str:
    """What metrics say of themselves. Raises KeyError."""
    assert metrics.__doc__ is not None  # noqa: S101 - the import registers them
    known = {family.name: family.documentation for family in REGISTRY.collect()}
    return "\n\n".join(f"`{name}`: {known[name]}" for name in names)
