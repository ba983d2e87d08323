"""Names that customers are called by, as forms and commands take them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from vitrine.errors import ConfigurationError

# As many letters as a name in a list may have. Chosen, not measured.
LONGEST_NAME: Final = 100
# Of another system; longer than any name. Chosen, not measured.
LONGEST_LISTED: Final = 200


def name_in(fields: Mapping[str, str]) -> str | None:
    """Return the name of a form, which may be empty; None for one that no list can show."""
    name = fields.get("name", "").strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        return None
    return name


def check_name(name: str) -> None:
    """Raise ConfigurationError for a name that no list can show."""
    if not name.strip() or len(name) > LONGEST_LISTED or not name.isprintable():
        raise ConfigurationError(
            f"found the name {name[:LONGEST_LISTED]!r}, expected 1 to {LONGEST_LISTED} characters, "
            "and none that controls a terminal"
        )
