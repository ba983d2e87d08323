"""Names as plain text in a cell of a spreadsheet: no formula, no control character."""

from __future__ import annotations

import unicodedata
from typing import Final

# With any of these first, a spreadsheet takes the text of a CSV file for a formula (OWASP, "CSV
# injection"); East Asian input methods make the wide ones.
FORMULA_STARTS: Final = tuple("=+-@\t\r＝＋－＠")
# Marks, embeddings, overrides and isolates of writing direction: they could show a name, or the
# cell after it, other than it is. Letters of any script keep their own direction.
DIRECTIONS: Final = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
)


def plain(text: str) -> str:
    """Return a text without control characters and marks of direction; others stay."""
    kept = []
    for character in text:
        if character in DIRECTIONS:
            continue
        is_control = unicodedata.category(character) == "Cc"
        kept.append(" " if is_control else character)
    return "".join(kept)


def cell_text(text: str) -> str:
    """Return a plain text with an apostrophe before what a spreadsheet takes for a formula."""
    shown = plain(text)
    if text.startswith(FORMULA_STARTS) or shown.lstrip().startswith(FORMULA_STARTS):
        return f"'{shown}"
    return shown
