"""Names that customers are called by, as the forms of the pages take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

# As many letters as a name in a list may have. Chosen, not measured.
LONGEST_NAME: Final = 100


def name_in(fields: Mapping[str, str]) -> str | None:
    """Return the name of a form, which may be empty; None for one that no list can show."""
    name = fields.get("name", "").strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        return None
    return name
